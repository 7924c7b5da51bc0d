#!/usr/bin/env bash
# Prints how to call a cargo that is new enough for this crate. Where there is none, it is how tools.sh will install one, and
# the exit status is 1.
set -euo pipefail
cd "$(dirname "$0")/.."

needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
of_rustup=${CARGO_HOME:-$HOME/.cargo}/bin

serves() {
    local version
    version=$("$@" --version 2>/dev/null) || return 1
    version=${version#cargo }
    [ "$(printf '%s\n' "$needed" "${version%% *}" | sort -V | head -n 1)" = "$needed" ]
}

rustup=$(command -v rustup || echo "$of_rustup/rustup")
for candidate in cargo "$of_rustup/cargo" "$rustup run stable cargo"; do
    # Left unquoted: the last one has arguments.
    if serves $candidate; then
        echo "$candidate"
        exit 0
    fi
done
# A rustup that is there keeps its default toolchain; a new one gets the latest as its default.
if [ -x "$rustup" ]; then echo "$rustup run stable cargo"; else echo "$of_rustup/cargo"; fi
exit 1
