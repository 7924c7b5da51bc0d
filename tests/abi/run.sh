#!/usr/bin/env bash
# Compares the interface of a built library with the one that is committed, and says what a difference means.
#
#   tests/abi/run.sh LIBRARY             fails on any difference
#   tests/abi/run.sh LIBRARY --renew     writes the baseline anew
#
# LIBRARY: with the debug information of this crate, as `make check-abi` builds it. README.md has the rule.
set -euo pipefail
cd "$(dirname "$0")/../.."
library=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What differs between two builds of the same interface is left out: paths, lines, numbers of types, libraries.
abidw --no-show-locs --no-comp-dir-path --no-corpus-path --no-elf-needed --no-parameter-names --type-id-style hash "$library" |
    python3 tests/abi/reachable.py >"$work/now.abi"
sed -n 's/^#define \(TSP_[A-Z0-9_]*\) \(.*\)$/\1 \2/p' include/twinspect/twinspect.h | grep -v '_VERSION\|^TSP_VERSION' | LC_ALL=C sort >"$work/constants.txt"

if [ "${2:-}" = --renew ]; then
    cp "$work/now.abi" tests/abi/baseline.abi
    cp "$work/constants.txt" tests/abi/constants.txt
    echo "abi: the baseline is renewed; commit it with the change"
    exit 0
fi

# The name of a field is what it means: two that change places are a change, though abidiff calls it harmless.
compare() { abidiff --harmless "$1" "$2"; }

# A comparison that sees nothing may be one that looks at nothing.
cp tests/abi/baseline.abi "$work/seeded.abi"
sed -i 's/tsp_version\b/tsp_gone/g' "$work/seeded.abi"
compare "$work/seeded.abi" tests/abi/baseline.abi >/dev/null && { echo "abi: a removed function was not seen"; exit 1; }
sed 's/name="column_end"/name="column_last"/' tests/abi/baseline.abi >"$work/seeded.abi"
compare "$work/seeded.abi" tests/abi/baseline.abi >/dev/null && { echo "abi: a changed struct was not seen"; exit 1; }

# abidiff's exit status is a set of bits: 1 and 2 = it failed, 4 = there is a difference, 8 = one that breaks callers for sure.
status=0
compare tests/abi/baseline.abi "$work/now.abi" || status=$?
if [ $((status & 3)) != 0 ]; then
    echo "abi: abidiff itself failed"
    exit 1
fi
diff tests/abi/constants.txt "$work/constants.txt" || status=$((status | 4))
if diff tests/abi/constants.txt "$work/constants.txt" | grep -q '^<'; then status=$((status | 8)); fi
if [ $((status & 8)) != 0 ]; then
    echo "abi: something was removed or changed, so programs that are built may break: from 1.0 on that is a new major version"
elif [ $status != 0 ]; then
    echo "abi: the interface differs; if that is meant and nothing is changed but added, it is a new minor version"
else
    echo "abi: $(grep -c '<function-decl' tests/abi/baseline.abi) functions and $(wc -l <tests/abi/constants.txt) constants as in the baseline"
    exit 0
fi
echo "abi: a difference that is meant is committed with its baseline: make abi-baseline"
exit 1
