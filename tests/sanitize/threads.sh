#!/usr/bin/env bash
# Looks for data races with ThreadSanitizer, in two ways.
#
#   tests/sanitize/threads.sh LIBRARY FOLDER
#
# A C++ program of two threads that share a model, against the library as it is built: races in the header's classes, and in
# what the library writes into the caller's memory. Rust's locks are not seen in that, nor is what the library does within.
# For that, where there is a nightly Rust with its source, the crate itself and Rust's library are built with ThreadSanitizer,
# and tests/faults/threads.rs runs with it. libtorch is instrumented in neither: thread.supp says what is left out.
# FOLDER: where programs and the second build go; the build is kept. FRAMES: of each of eight threads, 50 if it is not set.
set -euo pipefail
cd "$(dirname "$0")/../.."
library=$(realpath "$1")
mkdir -p "$2"
work=$(realpath "$2")
export TSAN_OPTIONS="suppressions=$PWD/tests/sanitize/thread.supp halt_on_error=1 second_deadlock_stack=1"
# Fixed addresses for the tool's shadow memory: some kernels place programs where it needs room.
plain=(setarch -R)

# A tool that finds nothing may be one that looks at nothing.
cat >"$work/seeded.cpp" <<'SEEDED'
#include <thread>
static int shared;
int main() {
  std::thread other([] { shared++; });
  shared++;
  other.join();
}
SEEDED
c++ -std=c++17 -g -O1 -fsanitize=thread "$work/seeded.cpp" -o "$work/seeded"
! "${plain[@]}" "$work/seeded" 2>"$work/race" && grep -q 'data race' "$work/race" || { echo "threads: a race was not found"; exit 1; }

CC=c++ tests/abi/link.sh "$library" include "$work/threads" -std=c++17 -g -O1 -fsanitize=thread -Wall -Wextra -Werror \
    -Ibindings/cpp/include tests/cpp/threads.cpp
if ! "${plain[@]}" "$work/threads" >"$work/threads.out" 2>&1; then
    tail -n 60 "$work/threads.out"
    echo "threads: the C++ program failed"
    exit 1
fi
echo "threads: the C++ program is free of races"

if ! rustup run nightly rustc --version >/dev/null 2>&1 ||
    [ ! -d "$(rustup run nightly rustc --print sysroot)/lib/rustlib/src/rust/library" ]; then
    echo "SKIPPED: the crate with ThreadSanitizer: it needs \`rustup toolchain install nightly --component rust-src\`"
    exit 0
fi
target=$(rustup run nightly rustc -vV | sed -n 's/^host: //p')
RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer" \
    rustup run nightly cargo test --locked -Zbuild-std --target "$target" --target-dir "$work/rust" --test faults --no-run
test=$(find "$work/rust/$target/debug/deps" -name 'faults-*' -type f -executable -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2)
TWINSPECT_FRAMES=${FRAMES:-50} "${plain[@]}" "$test" threads:: --test-threads 1
echo "threads: the crate is free of races"
