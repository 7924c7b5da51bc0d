#!/usr/bin/env bash
# Compiles the binding with mono's mcs, for machines without a .NET SDK; with one, `dotnet build` does it.
#
#   bindings/csharp/build.sh FOLDER [ASSEMBLIES]
#
# FOLDER/classic: Twinspect.Net.dll and .xml for netstandard2.0, on mono's own assemblies. ASSEMBLIES: those of .NET Core 3.1
# or later; on them FOLDER/modern is made, which has spans.
set -euo pipefail
folder=$(realpath -m "$1")
assemblies=${2:+$(realpath "$2")}
cd "$(dirname "$0")"

version=$(sed -n 's/^version = "\(.*\)"/\1/p' ../../Cargo.toml | head -n 1)
sources=(*.cs Handles/*.cs Loading/*.cs Native/*.cs Spans/*.cs)
mkdir -p "$folder"/classic "$folder"/modern
cat >"$folder/version.cs" <<END
[assembly: System.Reflection.AssemblyTitle("Twinspect")]
[assembly: System.Reflection.AssemblyVersion("$version.0")]
[assembly: System.Reflection.AssemblyFileVersion("$version.0")]
END
# 1701 and 1702: mono's assemblies have other versions than some that they refer to.
options=(-target:library -langversion:7.2 -unsafe -optimize -warn:4 -warnaserror -nowarn:1701,1702)
rm -f "$folder"/*/Twinspect.Net.*
mcs "${options[@]}" -doc:"$folder/classic/Twinspect.Net.xml" -out:"$folder/classic/Twinspect.Net.dll" "$folder/version.cs" "${sources[@]}"
if [ -n "$assemblies" ]; then
    references=()
    for name in System.{Private.CoreLib,Runtime,Runtime.InteropServices.RuntimeInformation,IO.FileSystem,Text.RegularExpressions}; do references+=("-r:$assemblies/$name.dll"); done
    mcs "${options[@]}" -nostdlib -noconfig -define:TWINSPECT_MODERN "${references[@]}" \
        -doc:"$folder/modern/Twinspect.Net.xml" -out:"$folder/modern/Twinspect.Net.dll" "$folder/version.cs" "${sources[@]}"
fi
