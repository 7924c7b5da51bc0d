#!/usr/bin/env bash
# Runs the unit tests of the C interface under Miri, which checks each access to memory against Rust's rules.
#
#   tests/sanitize/miri.sh FOLDER
#
# Handles, texts, structs and the guard: what calls libtorch cannot run there, and lies in other modules. FOLDER: of the build.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! rustup run nightly cargo miri --version >/dev/null 2>&1; then
    echo "SKIPPED: Miri: it needs \`rustup toolchain install nightly --component miri --component rust-src\`"
    exit 0
fi
# Clocks and the process's id are the host's.
export MIRIFLAGS=-Zmiri-disable-isolation
# The tests of progress are about pauses between calls, and Miri is a thousand times slower than their clock.
rustup run nightly cargo miri test --locked --target-dir "$1" --lib -- ffi:: error:: --skip ffi::progress::
