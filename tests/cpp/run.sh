#!/usr/bin/env bash
# Installs a built library into a prefix, moves the prefix, and builds and runs C++ programs on it, as users do.
#
#   tests/cpp/run.sh LIBRARY LIBTORCH FOLDER
#
# LIBRARY: the libtwinspect that cargo has built. LIBTORCH: the folder of its libtorch. FOLDER: where to work; emptied first.
set -euo pipefail
cd "$(dirname "$0")/../.."
library=$(realpath "$1")
libtorch=$(realpath "$2")
work=$(realpath -m "$3")
# The installed library must find its libtorch by itself.
unset LD_LIBRARY_PATH CMAKE_PREFIX_PATH
jobs=$(nproc)

say() { echo "test-cpp: $*"; }
fail() { say "$*" >&2; exit 1; }
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; fail "failed: $*"; }; }

rm -rf "$work"
mkdir -p "$work"
quietly cmake -S cmake -B "$work/install" -DTWINSPECT_LIBRARY="$library" -DTWINSPECT_LIBTORCH="$libtorch"
quietly cmake --build "$work/install"
quietly cmake --install "$work/install" --prefix "$work/elsewhere"
mv "$work/elsewhere" "$work/prefix"
prefix=$work/prefix
say "installed, and moved"

# ---- What lies in the prefix ----

for file in include/twinspect/{twinspect.h,twinspect.hpp,opencv.hpp} lib/pkgconfig/twinspect.pc share/licenses/twinspect/LICENSE \
    lib/cmake/Twinspect/Twinspect{Config,ConfigVersion,Targets}.cmake; do
    [ -f "$prefix/$file" ] || fail "the prefix lacks $file"
done
if [ -d "$libtorch/licenses" ]; then
    [ -f "$prefix/share/licenses/twinspect/torch/LICENSE" ] || fail "the prefix has libtorch and lacks its licence"
else
    say "SKIPPED: libtorch's licences in the prefix: $libtorch has none; lay libtorch anew with .ci/libtorch.sh"
fi
soname=$(objdump -p "$library" | awk '$1 == "SONAME" { print $2 }')
[ -e "$prefix/lib/$soname" ] || fail "the prefix lacks lib/$soname, which the loader looks for"
runpath=$(objdump -p "$prefix/lib/$soname" | awk '$1 == "RUNPATH" { print $2 }')
[ "$runpath" = '$ORIGIN:$ORIGIN/twinspect' ] || fail "RUNPATH is $runpath, which names this machine"
if grep -rIl "$work" "$prefix"; then fail "these files name the folder that they were made in"; fi

# Nothing is missing, and nothing is there besides: neither of ours nor of the crates that are in it.
nm -D --defined-only "$prefix/lib/$soname" | awk '{ print $3 }' | LC_ALL=C sort >"$work/exported"
diff cmake/exports.txt "$work/exported" >"$work/difference" ||
    { cat "$work/difference"; fail "what is listed in cmake/exports.txt (<) and what the library exports (>) differ"; }
say "$(wc -l <"$work/exported") functions are exported, as listed in cmake/exports.txt"

# Each header alone, and all of them twice, in both standards that compilers have now.
opencv=$(pkg-config --cflags-only-I opencv4)
for header in "$prefix"/include/twinspect/*.hpp; do
    # The includes of OpenCV are unquoted: words for the compiler.
    quietly c++ -std=c++17 -fsyntax-only -Wall -Wextra -Wpedantic -Werror -I"$prefix/include" ${opencv//-I/-isystem } -I tests/cpp/halcon_double -x c++ "$header"
done
printf '#include <twinspect/opencv.hpp>\n%.0s' 1 2 >"$work/twice.cpp"
for compiler in g++ clang++; do
    command -v $compiler >/dev/null || continue
    for standard in 17 20; do
        quietly $compiler -std=c++$standard -fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror \
            -I"$prefix/include" ${opencv//-I/-isystem } "$work/twice.cpp"
    done
done

# ---- What users do ----

quietly cmake -S tests/cpp -B "$work/uses" -DCMAKE_PREFIX_PATH="$prefix"
quietly cmake --build "$work/uses" -j "$jobs"
ctest --test-dir "$work/uses" --output-on-failure

quietly cmake -S examples/opencv -B "$work/examples" -DCMAKE_PREFIX_PATH="$prefix"
quietly cmake --build "$work/examples" -j "$jobs"
"$work/uses/draw" "$work/pictures" "$work/part.twin"
"$work/examples/folder" "$work"/pictures/{good,test} "$work/drawn" input.size=96 2>/dev/null >"$work/said" && status=0 || status=$?
cat "$work/said"
[ $status = 1 ] && [ "$(grep -c '^good' "$work/said")" = 3 ] && [ "$(ls "$work/drawn")" = $'bad_1.png\nbad_2.png\nbad_3.png' ] ||
    fail "examples/opencv/folder: expected exit status 1, three good parts and three that are drawn, not $status and the above"
"$work/examples/camera" "$work/part.twin" "$work/pictures/test" 24 | tee "$work/said"
grep -q '^12 good, 12 bad' "$work/said" || fail "examples/opencv/camera: expected 12 good and 12 bad parts"

# The same inspection with HALCON's variation model and with twinspect's, built as for HALCON: the stand-in is where it would be.
mkdir -p "$work"/halcon/{include/halconcpp,lib/x64-linux} "$work/plates"
cp tests/cpp/halcon_double/HalconCpp.h "$work/halcon/include/halconcpp"
c++ -shared -x c++ /dev/null -o "$work/halcon/lib/x64-linux/libhalconcpp.so"
quietly env HALCONROOT="$work/halcon" HALCONARCH=x64-linux cmake -S examples/halcon -B "$work/examples_halcon" -DCMAKE_PREFIX_PATH="$prefix"
quietly cmake --build "$work/examples_halcon" -j "$jobs"
"$work/uses/draw_plates" "$work/plates"
for program in before after; do
    "$work/examples_halcon/$program" "$work"/plates/good_*.pgm -- "$work"/plates/{new,spotted}.pgm >"$work/$program" && status=0 || status=$?
    [ $status = 1 ] || fail "examples/halcon/$program: expected exit status 1, as a part is not good, and not $status"
done
diff "$work/before" "$work/after" || fail "examples/halcon/before (<) and after (>) say different things of the same parts"
grep -q 'new.pgm: good$' "$work/after" && grep -q 'spotted.pgm: 6 pixels differ, rows 12 to 13, columns 7 to 9$' "$work/after" ||
    { cat "$work/after"; fail "examples/halcon: expected a good part and one that differs in 6 pixels"; }
say "examples/halcon: before and after say the same"

# Each operator that HALCON would be told of has its procedure, and none is left over.
sed -n 's/.*<- \(C[A-Za-z]*\)\[.*/\1/p' bindings/halcon/def/twinspect.def | LC_ALL=C sort >"$work/told"
sed -n 's/^Herror \(C[A-Za-z]*\)(.*{$/\1/p' bindings/halcon/source/twinspect.c | LC_ALL=C sort >"$work/there"
[ -s "$work/told" ] && diff "$work/told" "$work/there" || fail "bindings/halcon: the operators of the def file (<) and the procedures (>) differ"

# By pkg-config, and with nothing but a C compiler.
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
# Unquoted: words for the compiler.
quietly cc tests/cpp/version.c -o "$work/by_pkg_config" $(pkg-config --cflags --libs twinspect) -Wl,-rpath,"$prefix/lib"
[ "$("$work/by_pkg_config")" = "$(pkg-config --modversion twinspect)" ] || fail "pkg-config and the library differ in version"

# From source, in the user's own build.
quietly cmake -S tests/cpp/from_source -B "$work/from_source" -DTWINSPECT_LIBRARY="$library"
quietly cmake --build "$work/from_source" -j "$jobs"
for program in version with_opencv; do quietly "$work/from_source/$program"; done

# The version rule: of 0.x only the same minor version serves.
asks_for() { cmake -S tests/cpp -B "$work/asks" -DCMAKE_PREFIX_PATH="$prefix" -DTWINSPECT_ASKED="$1" >"$work/log" 2>&1; }
for version in 0.0 0.2 1.0; do
    if asks_for $version; then fail "find_package(Twinspect $version) takes $(pkg-config --modversion twinspect)"; fi
done
rm -rf "$work"
say "all passed"
