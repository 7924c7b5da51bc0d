#!/usr/bin/env bash
# Runs tests/soak/soak.c for long: frames through the C interface, with a network of two layers and with the default one.
#
#   tests/soak/run.sh LIBRARY FOLDER
#
# SMALL and REAL in the environment are numbers of frames, 1,000,000 and 100,000 if they are not set. FOLDER: gets the tables.
set -euo pipefail
cd "$(dirname "$0")/../.."
library=$(realpath "$1")
mkdir -p "$2"
work=$(realpath "$2")
tests/abi/link.sh "$library" include "$work/soak" -std=c11 -D_DEFAULT_SOURCE -O2 -Wall -Wextra -Wpedantic -Werror tests/soak/soak.c -lm
small=(backbone="$PWD/tests/data/backbones/tuple.pt" input.size=96 features.stages=1,2 features.grid=2 matcher.stage=2
    registration=none ground=same)
status=0
"$work/soak" "${SMALL:-1000000}" "${small[@]}" | tee "$work/small.md" || status=1
"$work/soak" "${REAL:-100000}" input.size=64 | tee "$work/real.md" || status=1
exit $status
