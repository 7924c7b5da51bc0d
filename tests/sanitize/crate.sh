#!/usr/bin/env bash
# Builds the crate, its dependencies and Rust's library with ThreadSanitizer, and runs tests/faults/threads.rs with it.
#
#   tests/sanitize/crate.sh FOLDER
#
# It takes a nightly Rust with its source, half an hour on two cores, and 5 GB. libtorch and its C++ glue are not instrumented:
# thread.supp says what is left out. FOLDER: of the build. FRAMES: of each of eight threads, 50 if it is not set.
set -euo pipefail
cd "$(dirname "$0")/../.."
sysroot=$(rustup run nightly rustc --print sysroot 2>/dev/null || true)
if [ ! -d "$sysroot/lib/rustlib/src/rust/library" ]; then
    echo "SKIPPED: the crate with ThreadSanitizer: it needs \`rustup toolchain install nightly --component rust-src\`"
    exit 0
fi
mkdir -p "$1"
work=$(realpath "$1")
target=$(rustup run nightly rustc -vV | sed -n 's/^host: //p')
# The glue between Rust and C++ is not built by rustc.
export RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer"
rustup run nightly cargo test --locked -Zbuild-std --target "$target" --target-dir "$work" --test faults --no-run
test=$(find "$work/$target/debug" -name 'faults-*' -type f -executable -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2)
TSAN_OPTIONS="suppressions=$PWD/tests/sanitize/thread.supp halt_on_error=1" TWINSPECT_FRAMES=${FRAMES:-50} \
    setarch -R "$test" threads:: --test-threads 1
echo "crate: no race"
