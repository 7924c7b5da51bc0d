#!/usr/bin/env bash
# Keeps today's C programs and today's header as the callers of this minor version; part of every release of one.
#
#   tests/old_callers/add.sh [--renew]
#
# --renew: before the release only, to follow what is still changing.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^version = "\([0-9]*\.[0-9]*\)\..*/\1/p' Cargo.toml | head -n 1)
folder=tests/old_callers/$version
if [ -e "$folder" ] && [ "${1:-}" != --renew ]; then
    echo "old_callers: $folder is there; what was released is not changed (before the release: --renew)" >&2
    exit 1
fi
rm -rf "$folder"
mkdir -p "$folder/include/twinspect"
cp include/twinspect/twinspect.h "$folder/include/twinspect"
cp tests/c/pictures.c tests/c/variation.c "$folder"
echo "old_callers: $folder"
