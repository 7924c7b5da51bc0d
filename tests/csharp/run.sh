#!/usr/bin/env bash
# Builds the binding, its tests and its examples with mono's compiler, and runs them on mono and on .NET Core.
#
#   tests/csharp/run.sh LIBRARY LIBTORCH FOLDER [DOTNET]
#
# LIBRARY: the libtwinspect that cargo has built, with the program twinspect beside it. LIBTORCH: the folder of its libtorch.
# FOLDER: where to work; emptied first. DOTNET: the folder of a .NET Core 3.1 runtime; without it mono alone is used.
set -euo pipefail
cd "$(dirname "$0")/../.."
library=$(realpath "$1")
libtorch=$(realpath "$2")
work=$(realpath -m "$3")
dotnet=${4:+$(realpath "$4")/dotnet}
assemblies=${dotnet:+$(echo "${dotnet%/*}"/shared/Microsoft.NETCore.App/3.1.*)}
program=${library%/*}/twinspect
header=include/twinspect/twinspect.h
unset LD_LIBRARY_PATH

say() { echo "test-csharp: $*"; }
fail() { say "$*" >&2; exit 1; }

rm -rf "$work"
mkdir -p "$work"
bindings/csharp/build.sh "$work/binding" $assemblies
mv "$work/binding/classic" "$work/mono"
# The same assembly of netstandard2.0 on .NET Core, where programs for .NET Core 3.1 to .NET 7 have it from a package.
[ -z "$dotnet" ] || { cp -r "$work/mono" "$work/classic" && mv "$work/binding/modern" "$work/modern"; }

# compile PROGRAM SOURCES: for each runtime.
compile() {
    local name=$1 folder assembly references=()
    shift
    local options=(-langversion:7.2 -unsafe -warn:4 -warnaserror -nowarn:1701,1702 -r:Twinspect.Net.dll)
    mcs "${options[@]}" -lib:"$work/mono" -out:"$work/mono/$name.exe" "$@"
    [ -n "$dotnet" ] || return 0
    cp "$work/mono/$name.exe" "$work/classic/$name.dll"
    for assembly in System.{Private.CoreLib,Runtime,Runtime.Extensions,Console,Linq,Collections,Memory,IO.FileSystem}; do
        references+=("-r:$assemblies/$assembly.dll")
    done
    mcs "${options[@]}" -nostdlib -noconfig -define:TWINSPECT_MODERN "${references[@]}" -lib:"$work/modern" -out:"$work/modern/$name.dll" "$@"
    for folder in classic modern; do
        cat >"$work/$folder/$name.runtimeconfig.json" <<'END'
{"runtimeOptions": {"framework": {"name": "Microsoft.NETCore.App", "version": "3.1.0"},
 "configProperties": {"System.Globalization.Invariant": true}}}
END
    done
}

# on RUNTIME PROGRAM ARGUMENTS: runs a compiled program.
on() {
    local runtime=$1 name=$2
    shift 2
    if [ "$runtime" = mono ]; then mono "$work/mono/$name.exe" "$@"; else "$dotnet" "$work/$runtime/$name.dll" "$@"; fi
}

compile tests tests/csharp/{Check,Parts,Objects,Results,Callbacks,Threads,Memory,Cultures,Variations,Spans,CommandLine,Program}.cs
compile loading tests/csharp/Loading.cs
compile declarations tests/csharp/Declarations.cs
compile parity tests/csharp/{Parity,Pnm}.cs
compile cases tests/csharp/Cases.cs
compile inspect examples/csharp/{Inspect,Bitmap}.cs
compile pixels examples/csharp/{Pixels,Bitmap}.cs
say "built"

runtimes=(mono)
[ -z "$dotnet" ] || runtimes+=(modern classic)
export TWINSPECT_LIBRARY=$library LD_LIBRARY_PATH=$libtorch/lib
# What the command line says, for comparison.
on mono tests draw "$work/pictures"
"$program" fit "$work/pictures/good" -o "$work/pictures/cli.twin" --set input.size=96 --set threads=1 >/dev/null 2>&1
"$program" inspect "$work/pictures/cli.twin" "$work/pictures/test" --json --set threads=1 >"$work/pictures/cli.jsonl" 2>/dev/null ||
    [ $? = 1 ] || fail "the command line failed"

for runtime in "${runtimes[@]}"; do
    say "on $runtime"
    on "$runtime" declarations >"$work/declared"
    python3 tests/csharp/check_declarations.py "$header" "$work/declared" --prove-it
    on "$runtime" tests "$work/pictures"
    if [ "$runtime" = mono ]; then run=(mono "$work/mono/loading.exe"); else run=("$dotnet" "$work/$runtime/loading.dll"); fi
    tests/csharp/loading.sh "$library" "$libtorch" "$work/$runtime" "${run[@]}"

    on "$runtime" inspect "$work"/pictures/{good,test} input.size=96 2>/dev/null >"$work/said" && status=0 || status=$?
    [ $status = 1 ] && grep -q '^3 good, 3 defect, 0 undecided' "$work/said" || { cat "$work/said"; fail "examples/csharp/inspect: status $status"; }
    on "$runtime" pixels "$work/pictures/cli.twin" "$work/pictures/test/bad_1.bmp" "$work/drawn.bmp" >"$work/said" &&
        grep -q '^Defect' "$work/said" && grep -q '^20 of 20' "$work/said" || { cat "$work/said"; fail "examples/csharp/pixels failed"; }
    # What was drawn is a picture, and another one.
    "$program" inspect "$work/pictures/cli.twin" "$work/drawn.bmp" >/dev/null 2>&1 || [ $? = 1 ] || fail "examples/csharp/pixels drew no picture"
    if cmp -s "$work/drawn.bmp" "$work/pictures/test/bad_1.bmp"; then fail "examples/csharp/pixels drew nothing"; fi
    say "the examples ran on $runtime"
done
[ -n "$dotnet" ] || say "SKIPPED .NET Core: no runtime was given"
say "all passed"
