#!/usr/bin/env bash
# Compiles a program against a header and links it with a library as cargo has built it, so that it finds that library.
#
#   tests/abi/link.sh LIBRARY INCLUDE PROGRAM WORD...
#
# INCLUDE: the folder that twinspect/twinspect.h lies in. WORD: sources and flags. CC names another compiler than cc.
set -euo pipefail
library=$(realpath "$1")
include=$2
program=$(realpath -m "$3")
shift 3

# The loader looks for the name that is written into the library, which cargo's file does not have.
soname=$(objdump -p "$library" | awk '$1 == "SONAME" { print $2 }')
links=$(dirname "$program")/lib
mkdir -p "$links"
ln -sfn "$library" "$links/$soname"
# Unquoted: a compiler may be named with words of its own.
${CC:-cc} -I"$include" "$@" "$links/$soname" -Wl,-rpath,"$links" -o "$program"
