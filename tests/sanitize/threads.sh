#!/usr/bin/env bash
# Looks for data races with ThreadSanitizer in a C++ program of two threads that share a model.
#
#   tests/sanitize/threads.sh LIBRARY FOLDER
#
# The library is as it is built, so what is seen are races in the header's classes, and in what the library does to the
# caller's memory through the functions that the tool replaces. Rust's locks, and what the library does within, are not seen:
# tests/sanitize/crate.sh is for that. Nothing is suppressed. FOLDER: where programs go.
set -euo pipefail
cd "$(dirname "$0")/../.."
library=$(realpath "$1")
mkdir -p "$2"
work=$(realpath "$2")
# Fixed addresses: some kernels place programs where the tool needs room.
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
if ! TSAN_OPTIONS=halt_on_error=1 "${plain[@]}" "$work/threads" >"$work/threads.out" 2>&1; then
    tail -n 60 "$work/threads.out"
    echo "threads: the C++ program failed"
    exit 1
fi
echo "threads: no race in the C++ program"
