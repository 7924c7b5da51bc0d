#!/usr/bin/env bash
# Libraries that are missing, damaged, of another computer, or found, and what the binding says of each.
#
#   tests/csharp/loading.sh LIBRARY LIBTORCH FOLDER COMMAND...
#
# FOLDER holds the program loading, which COMMAND and its file's name run, and the binding beside it. Files are put beside them.
set -euo pipefail
library=$(realpath "$1")
libtorch=$(realpath "$2")
folder=$(realpath "$3")
shift 3
run=("$@")
unset LD_LIBRARY_PATH TWINSPECT_LIBRARY
beside=$folder/libtwinspect.so
work=$folder/loading
rm -rf "$work" "$beside" "$folder/runtimes" "$folder/libtorch"
mkdir -p "$work"
checked=0

# expect TEXT [ARGUMENTS]: what the program says, given the arguments, holds the text in each of its lines.
expect() {
    local text=$1
    shift
    "${run[@]}" "$@" >"$work/said" 2>&1 || { cat "$work/said"; echo "loading: the program failed" >&2; exit 1; }
    if [ ! -s "$work/said" ] || grep -vF -- "$text" "$work/said" >"$work/other"; then
        cat "$work/said"
        echo "loading: expected '$text'" >&2
        exit 1
    fi
    checked=$((checked + 1))
}

# bytes FILE HEX: writes bytes, and zeros up to 1 KiB.
bytes() { python3 -c 'import sys; open(sys.argv[1], "wb").write(bytes.fromhex(sys.argv[2]).ljust(1024, b"\0"))' "$1" "$2"; }

# ---- Missing ----

expect "TwinspectLibraryException: libtwinspect.so was not found: not at $beside, $folder/runtimes/linux-x64/native/libtwinspect.so" everywhere
[ "$(wc -l <"$work/said")" = 17 ] || { cat "$work/said"; echo "loading: expected 17 lines" >&2; exit 1; }
expect "Put it beside the program, or set TWINSPECT_LIBRARY to its path."
TWINSPECT_LIBRARY=$work/none.so expect "TWINSPECT_LIBRARY names $work/none.so, which does not exist"

# ---- Not a library of this computer ----

: >"$beside"
expect "TwinspectLibraryException: $beside cannot be loaded: it is empty. Replace it"
echo "<html>not found</html>" >"$beside"
expect "it is no library: 23 bytes that do not start as one does"
# The first bytes of ELF: class, byte order, and at 16 the kind and the machine.
bytes "$beside" 7f454c4601010100000000000000000003000300
expect "it is a 32-bit library, and this is a 64-bit process"
bytes "$beside" 7f454c460201010000000000000000000300b700
expect "it is for Linux on Arm64, and this process is for Linux on X64"
bytes "$beside" "$(python3 -c 'print("4d5a" + "00" * 58 + "40000000" + "50450000" + "6486")')"
expect "it is for Windows on X64, and this process is for Linux on X64"
bytes "$beside" cffaedfe0c000001
expect "it is for macOS on Arm64, and this process is for Linux on X64"
head -c 4096 "$library" >"$beside"
expect "it is cut off: it has 4096 bytes, and should have "

# ---- Another library, and one of another version ----

echo 'int nothing;' | cc -shared -fPIC -x c - -o "$beside"
expect "TwinspectLibraryException: $beside is not twinspect's library: it lacks tsp_check_abi"
cc -shared -fPIC -x c - -o "$beside" <<'END'
int tsp_check_abi(unsigned header_version) { return 13; }
void tsp_last_error(void *out) {}
const char *tsp_status_name(int status) { return "TSP_E_VERSION"; }
END
expect "TwinspectIOException: TSP_E_VERSION"

# ---- Without libtorch ----

# A build of cargo remembers where libtorch was; what is installed does not.
python3 - "$library" "$beside" "$(objdump -p "$library" | awk '$1 == "RUNPATH" { print $2 }')" <<'END'
import sys
library, copy, runpath = sys.argv[1:]
content = open(library, "rb").read()
assert content.count(runpath.encode() + b"\0") == 1
forgotten = "$ORIGIN:$ORIGIN/libtorch"
open(copy, "wb").write(content.replace(runpath.encode() + b"\0", forgotten.encode().ljust(len(runpath), b"\0") + b"\0"))
END
expect "TwinspectLibraryException: $beside needs libtorch_cpu.so of libtorch, which was not found. Put the libraries of libtorch"

mkdir "$folder/libtorch"
for name in libtorch_cpu.so libc10.so; do echo 'int nothing;' | cc -shared -fPIC -Wl,-soname,$name -x c - -o "$folder/libtorch/$name"; done
expect "$beside does not fit the libtorch that was found: "
rm -r "$folder/libtorch"

# ---- Found ----

version=$(awk '$2 == "TSP_VERSION" { gsub("\"", "", $3); print $3 }' "$(dirname "$0")/../../include/twinspect/twinspect.h")
LD_LIBRARY_PATH=$libtorch/lib expect "load: version $version"
mkdir "$folder/libtorch"
ln -s "$libtorch"/lib/* "$folder/libtorch"
expect "load: version $version"
mkdir -p "$folder/runtimes/linux-x64/native"
mv "$beside" "$folder/libtorch" "$folder/runtimes/linux-x64/native"
expect "load: version $version"
mv "$folder/runtimes/linux-x64/native/libtwinspect.so" "$work"
expect "was not found"
LD_LIBRARY_PATH=$work expect "libtwinspect.so needs libtorch_cpu.so of libtorch, which was not found"
LD_LIBRARY_PATH=$work:$libtorch/lib expect "load: version $version"
TWINSPECT_LIBRARY=$library expect "load: version $version"
# A failure is no last word: the next call tries again.
TWINSPECT_LIBRARY=$work/none.so "${run[@]}" again "$library" >"$work/said"
grep -q '^first: TwinspectLibraryException' "$work/said" && grep -q "^load: version $version" "$work/said" ||
    { cat "$work/said"; echo "loading: expected a failure, then a version" >&2; exit 1; }
rm -rf "$work" "$folder/runtimes"
echo "loading: $((checked + 1)) cases"
