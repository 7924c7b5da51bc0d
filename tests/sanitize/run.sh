#!/usr/bin/env bash
# Runs the C programs, and the C++ programs that need nothing else, with AddressSanitizer (leaks too) and UBSan.
#
#   tests/sanitize/run.sh LIBRARY PROGRAM FOLDER
#
# The library itself is not built so, but it shares the allocator: what it writes into a program's memory, reads beyond it,
# frees twice or forgets is found. PROGRAM: the command line, which fits the models of tests/parity. FOLDER: emptied first.
set -euo pipefail
cd "$(dirname "$0")/../.."
library=$(realpath "$1")
command_line=$(realpath "$2")
work=$(realpath -m "$3")
# No leak is suppressed: what libtorch and libgomp keep for the life of the process stays reachable.
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1

rm -rf "$work"
mkdir -p "$work"
flags=(-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -Wall -Wextra -Wpedantic -Werror)
compile_c() { tests/abi/link.sh "$library" include "$work/$1" -std=c11 -D_POSIX_C_SOURCE=200809L "${flags[@]}" "tests/c/$1.c"; }
compile_cpp() { CC=c++ tests/abi/link.sh "$library" include "$work/$1" -std=c++17 "${flags[@]}" -Ibindings/cpp/include "tests/cpp/$2.cpp"; }

# A tool that finds nothing may be one that looks at nothing.
printf '#include <stdlib.h>\nint main(int n, char **a) { volatile char *p = calloc(8, 1); p[n > 1 ? 8 : 0] = 1; p = NULL; return a == NULL; }\n' >"$work/seeded.c"
cc -O0 -fsanitize=address,undefined "$work/seeded.c" -o "$work/seeded"
! "$work/seeded" 2>"$work/leak" && grep -q 'LeakSanitizer: detected memory leaks' "$work/leak" || { echo "sanitize: a leak was not found"; exit 1; }
! "$work/seeded" 1 2>"$work/overflow" && grep -q 'heap-buffer-overflow' "$work/overflow" || { echo "sanitize: an overflow was not found"; exit 1; }

run() {
    local name=$1 status=0
    shift
    (cd "$work" && "./$name" "$@") >"$work/$name.out" 2>"$work/$name.err" || status=$?
    if [ $status != 0 ]; then
        tail -n 60 "$work/$name.err"
        echo "sanitize: $name ended with $status"
        exit 1
    fi
    echo "sanitize: $name"
}

# Its claims are made when it is compiled.
cc -std=c11 "${flags[@]}" -Iinclude -c tests/c/layout.c -o "$work/layout.o"
for name in fork variation pictures inspect parity; do compile_c $name; done
tests/abi/link.sh "$library" include "$work/halcon_package" -std=c11 "${flags[@]}" -Itests/cpp/halcon_package_double \
    -Ibindings/halcon/source bindings/halcon/source/twinspect.c tests/cpp/halcon_package{,_double/Halcon}.c
compile_cpp variation_cpp variation
compile_cpp golden golden
compile_cpp objects objects
compile_cpp parity_cpp parity
python3 tests/parity/run.py --program "$command_line" "$work/pictures_of_parity"
mkdir "$work"/{good,new}
cp "$work"/pictures_of_parity/square_good_0*.pgm "$work/good"
cp "$work"/pictures_of_parity/square_{new,bad}.pgm "$work/new"

for name in fork variation pictures halcon_package variation_cpp golden objects; do run $name; done
run inspect model.twin good new input.size=96
run parity pictures_of_parity "$PWD/tests/parity/cases.tsv"
run parity_cpp pictures_of_parity "$PWD/tests/parity/cases.tsv"
cmp "$work/parity.out" "$work/parity_cpp.out"
rm -rf "$work"
echo "sanitize: all passed"
