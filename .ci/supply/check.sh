#!/usr/bin/env bash
# Holds all dependencies against deny.toml: licences, duplicates, sources, and known vulnerabilities.
#
# The RustSec database comes from GitHub or, where that cannot be reached, is the copy (a git repository) that ADVISORY_DB names.
# Without either this fails, for dependencies that nobody has looked at are not sound ones; ADVISORIES=skip leaves them out, and
# says so.
set -euo pipefail
cd "$(dirname "$0")/../.."

DENY=0.20.2
DATABASE=https://github.com/RustSec/advisory-db
# How cargo-deny of that version names its clone of the database.
CLONE=advisory-db-3157b0e258782691
# A copy may be old, but not forgotten.
OLDEST_DAYS=${ADVISORY_DB_DAYS:-90}

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
tools=$target/tools
read -ra cargo <<<"${CARGO:-cargo}"

if [ "$("$tools/bin/cargo-deny" --version 2>/dev/null)" != "cargo-deny $DENY" ]; then
    echo "supply: building cargo-deny $DENY under $tools (some minutes) ..."
    CARGO_TARGET_DIR="$tools/build" "${cargo[@]}" install --quiet --locked --root "$tools" "cargo-deny@$DENY"
    rm -rf "$tools/build"
fi

# Crates of other systems are in Cargo.lock, and cargo wants to see those too.
"${cargo[@]}" fetch --quiet --locked
# It calls cargo by name: the one of rustup, or the one that CARGO names.
through=("${cargo[@]:0:${#cargo[@]}-1}")
deny() { env -u CARGO PATH="$(dirname "$(command -v "${cargo[-1]}")"):$PATH" "${through[@]}" "$tools/bin/cargo-deny" --log-level error --workspace --locked "$@"; }
deny --offline check licenses bans sources
python3 -B .ci/supply/third_party.py --check
mkdir -p "$target/supply"
python3 -B .ci/supply/third_party.py --texts "$target/supply/licences.txt"

config=$target/supply/deny.toml
sed "s#^\[advisories\]#&\ndb-path = \"$tools/advisory-dbs\"#" deny.toml > "$config"
clone=$tools/advisory-dbs/$CLONE
offline=()
if [ "${ADVISORIES:-}" = skip ]; then
    echo "supply: ADVISORIES NOT CHECKED, as ADVISORIES=skip asks. Nothing is known of vulnerabilities." >&2
    exit 0
elif [ -n "${ADVISORY_DB:-}" ]; then
    rm -rf "$clone"
    git clone --quiet "$ADVISORY_DB" "$clone"
    offline=(--offline)
elif ! timeout 60 git ls-remote --quiet "$DATABASE" HEAD >/dev/null 2>&1; then
    echo "supply: ADVISORIES NOT CHECKED: $DATABASE cannot be reached." >&2
    echo "supply: name a copy in ADVISORY_DB (git clone $DATABASE elsewhere), or leave them out with ADVISORIES=skip." >&2
    exit 1
fi
deny "${offline[@]}" --config "$config" check advisories

read -r seconds day <<<"$(git -C "$clone" log -1 --format='%ct %cs')"
days=$((($(date +%s) - seconds) / 86400))
echo "supply: advisories as of $day, $days days ago"
if [ "$days" -gt "$OLDEST_DAYS" ]; then
    echo "supply: that is more than $OLDEST_DAYS days: what was found since is not known. Renew the copy, or allow it with ADVISORY_DB_DAYS." >&2
    exit 1
fi
