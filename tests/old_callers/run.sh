#!/usr/bin/env bash
# Builds the C programs of every released minor version with the header of that version, and runs them on today's library.
#
#   tests/old_callers/run.sh LIBRARY FOLDER
#
# FOLDER: where to work; emptied first. Those of another major version are not promised to run, nor of 0.x those of another
# minor version; they are named, and left out.
set -euo pipefail
cd "$(dirname "$0")/../.."
library=$(realpath "$1")
work=$(realpath -m "$2")
today=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
case $today in
0.*) serves="${today%.*}" ;;
*) serves="${today%%.*}.*" ;;
esac

rm -rf "$work"
mkdir -p "$work"
for folder in tests/old_callers/[0-9]*; do
    version=${folder##*/}
    # Unquoted: a pattern.
    if [[ $version != $serves ]]; then
        echo "old_callers: $version is not promised to run on $today"
        continue
    fi
    for source in "$folder"/*.c; do
        name=$(basename "$source" .c)
        tests/abi/link.sh "$library" "$folder/include" "$work/$version-$name" -std=c11 -D_POSIX_C_SOURCE=200809L -O1 "$source"
        status=0
        (cd "$work" && "./$version-$name") || status=$?
        case $status in
        0) echo "old_callers: $name of $version runs on $today" ;;
        77) echo "SKIPPED old_callers: $name of $version: the network's weights are missing" ;;
        *) echo "old_callers: $name of $version ended with $status on $today" >&2 && exit 1 ;;
        esac
    done
done
rm -rf "$work"
