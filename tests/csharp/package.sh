#!/usr/bin/env bash
# Unpacks a NuGet package beside a program, as a build does, and has the program load the library out of it.
#
#   tests/csharp/package.sh PACKAGE LIBTORCH FOLDER [DOTNET]
set -euo pipefail
package=$(realpath "$1")
libtorch=$(realpath "$2")
work=$(realpath -m "$3")
dotnet=${4:+$(realpath "$4")/dotnet}
cd "$(dirname "$0")"
unset TWINSPECT_LIBRARY

rm -rf "$work"
mkdir -p "$work"
python3 -m zipfile -e "$package" "$work/package"
mkdir "$work/program"
cp "$work"/package/lib/netstandard2.0/Twinspect.Net.dll "$work/program"
cp -r "$work/package/runtimes" "$work/program"
mcs -r:"$work/program/Twinspect.Net.dll" -out:"$work/program/loading.exe" Loading.cs

loads() {
    LD_LIBRARY_PATH=$libtorch/lib "$@" | grep '^load: version' || { echo "package: $* did not load the library" >&2; exit 1; }
    "$@" | grep -q 'needs libtorch_cpu.so of libtorch, which was not found' || { echo "package: $* finds a libtorch of this machine" >&2; exit 1; }
}
unset LD_LIBRARY_PATH
loads mono "$work/program/loading.exe"
if [ -n "$dotnet" ]; then
    mv "$work/program/loading.exe" "$work/program/loading.dll"
    echo '{"runtimeOptions": {"framework": {"name": "Microsoft.NETCore.App", "version": "3.1.0"}, "configProperties": {"System.Globalization.Invariant": true}}}' >"$work/program/loading.runtimeconfig.json"
    loads "$dotnet" "$work/program/loading.dll"
fi
rm -rf "$work"
echo "package: its library is found and loaded"
