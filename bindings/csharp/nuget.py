#!/usr/bin/env python3
"""Lays a NuGet package without a .NET SDK, and checks that it is one.

    nuget.py --binding FOLDER --library LIBTWINSPECT --out FOLDER [--net8 FOLDER] [--libtorch FOLDER]

--binding: the folder of Twinspect.Net.dll and .xml for netstandard2.0 (build.sh FOLDER makes FOLDER/classic). --net8: that of a
build for net8.0 by a .NET SDK; what mono's compiler makes for .NET Core refers to its private core library, which no SDK can
compile against. --libtorch: makes a second package of libtorch's libraries, some 130 MB.
"""
import argparse
import pathlib
import re
import sys
import uuid
import xml.etree.ElementTree as xml
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NATIVE = "runtimes/linux-x64/native"
LIBTORCH = "2.11.0"
# Of a file of 1980, so that the same content is the same package.
DATE = (1980, 1, 1, 0, 0, 0)
DESCRIPTION = "Finds defects in pictures of manufactured parts without training: some tens of good parts are enough."


def nuspec(identity, version, description, licence, frameworks):
    groups = "".join(f'\n      <group targetFramework="{framework}" />' for framework in frameworks)
    dependencies = f"\n    <dependencies>{groups}\n    </dependencies>" if groups else ""
    return f"""<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata>
    <id>{identity}</id>
    <version>{version}</version>
    <authors>The twinspect authors</authors>
    <requireLicenseAcceptance>false</requireLicenseAcceptance>
    {licence}
    <readme>README.md</readme>
    <description>{description}</description>
    <tags>anomaly-detection inspection machine-vision defect</tags>{dependencies}
  </metadata>
</package>
"""


def without_machine(library):
    """The library's bytes, with a RUNPATH that names its own folder, and none of the machine which built it."""
    content = library.read_bytes()
    paths = re.findall(rb"\$ORIGIN(?::[^\0]*)?\0", content)
    if len(paths) != 1:
        sys.exit(f"nuget: {library} has {len(paths)} RUNPATHs that begin with $ORIGIN, and should have one")
    own = b":".join(path for path in paths[0].rstrip(b"\0").split(b":") if path.startswith(b"$ORIGIN"))
    return content.replace(paths[0], own.ljust(len(paths[0]), b"\0"))


def write(path, identity, spec, files):
    """files: name in the package to its bytes, or to the file that they are in."""
    core = f"package/services/metadata/core-properties/{uuid.uuid5(uuid.NAMESPACE_URL, path.name).hex}.psmdcp"
    endings = {name.rsplit("/", 1)[-1].rpartition(".")[2] for name in files if "." in name.rsplit("/", 1)[-1]}
    types = "".join(f'<Default Extension="{ending}" ContentType="application/octet" />' for ending in sorted(endings | {"nuspec"}))
    types += "".join(f'<Override PartName="/{name}" ContentType="application/octet" />' for name in sorted(files) if "." not in name.rsplit("/", 1)[-1])
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    parts = {
        f"{identity}.nuspec": spec.encode(),
        "[Content_Types].xml": f"""{head}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml" /><Default Extension="psmdcp" ContentType="application/vnd.openxmlformats-package.core-properties+xml" />{types}</Types>""".encode(),
        "_rels/.rels": f"""{head}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Type="http://schemas.microsoft.com/packaging/2010/07/manifest" Target="/{identity}.nuspec" Id="R1" /><Relationship Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="/{core}" Id="R2" /></Relationships>""".encode(),
        core: f"""{head}<coreProperties xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"><dc:creator>The twinspect authors</dc:creator><dc:identifier>{identity}</dc:identifier></coreProperties>""".encode(),
        **files,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with archive.open(entry, "w") as out:
                out.write(content if isinstance(content, bytes) else content.read_bytes())


def check(path):
    """What NuGet reads of a package is there, and is what it says."""
    def claim(holds, words):
        if not holds:
            sys.exit(f"nuget: {path.name}: not so: {words}")

    with zipfile.ZipFile(path) as archive:
        claim(archive.testzip() is None, "every file has its checksum")
        names = archive.namelist()
        claim(len(names) == len({name.lower() for name in names}), "no two names differ in case alone")
        claim(all(not name.startswith("/") and ".." not in name and "\\" not in name for name in names), "names are relative")
        specs = [name for name in names if name.endswith(".nuspec") and "/" not in name]
        claim(len(specs) == 1, "there is one nuspec at the top")
        space = "{http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd}"
        metadata = xml.fromstring(archive.read(specs[0])).find(space + "metadata")
        for field in ("id", "version", "authors", "description", "license", "readme"):
            claim((metadata.findtext(space + field) or "").strip(), f"the nuspec has {field}")
        identity, version = metadata.findtext(space + "id"), metadata.findtext(space + "version")
        claim(specs[0] == identity + ".nuspec" and path.name == f"{identity}.{version}.nupkg", "files are called by id and version")
        claim(re.fullmatch(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", version), "the version is a semantic one")
        claim(metadata.findtext(space + "readme") in names, "the readme is there")
        types = xml.fromstring(archive.read("[Content_Types].xml"))
        typed = {entry.get("Extension") or entry.get("PartName").lstrip("/") for entry in types}
        for name in names:
            base = name.rsplit("/", 1)[-1]
            claim(name == "[Content_Types].xml" or name in typed or "." in base and base.rpartition(".")[2] in typed, f"{name} has a content type")
        for relation in xml.fromstring(archive.read("_rels/.rels")):
            claim(relation.get("Target").lstrip("/") in names, f"{relation.get('Target')} is there")
        for name in names:
            content = archive.read(name) if not name.startswith(NATIVE) else archive.open(name).read(64)
            if name.startswith("lib/") and name.endswith(".dll"):
                claim(content[:2] == b"MZ" and b"BSJB" in content and b"System.Private.CoreLib" not in content, f"{name} is an assembly that an SDK can refer to")
                claim(name[:-3] + "xml" in names, f"{name} has its documentation")
            if name.startswith("lib/") and name.endswith(".xml"):
                claim(len(xml.fromstring(content).findall("members/member")) > 100, f"{name} documents the members")
            if name.startswith(NATIVE):
                claim(content[:5] == b"\x7fELF\x02" and content[18:20] == b"\x3e\x00", f"{name} is for x86-64 Linux")
            if name.endswith("/libtwinspect.so"):
                paths = re.findall(rb"\$ORIGIN[^\0]*", archive.read(name))
                claim(len(paths) == 1 and all(path.startswith(b"$ORIGIN") for path in paths[0].split(b":")), "the library looks in its own folder only")
    print(f"nuget: {path} ({path.stat().st_size / 1e6:.1f} MB, {len(names)} files)")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--binding", "--library", "--out"):
        arguments.add_argument(name, type=pathlib.Path, required=True)
    for name in ("--net8", "--libtorch"):
        arguments.add_argument(name, type=pathlib.Path)
    given = arguments.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    version = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.M)[1]

    common = {"LICENSE": ROOT / "LICENSE", "README.md": pathlib.Path(__file__).parent / "README.md"}
    files = {f"{NATIVE}/libtwinspect.so": without_machine(given.library), **common}
    frameworks = {"netstandard2.0": given.binding, **({"net8.0": given.net8} if given.net8 else {})}
    for framework, folder in frameworks.items():
        for ending in ("dll", "xml"):
            files[f"lib/{framework}/Twinspect.Net.{ending}"] = folder / f"Twinspect.Net.{ending}"
    path = given.out / f"Twinspect.{version}.nupkg"
    licence = '<license type="expression">Apache-2.0</license>'
    write(path, "Twinspect", nuspec("Twinspect", version, DESCRIPTION, licence, frameworks), files)
    check(path)

    if given.libtorch:
        identity = "Twinspect.Libtorch.linux-x64"
        libraries = {f"{NATIVE}/{library.name}": library for library in sorted((given.libtorch / "lib").iterdir())}
        path = given.out / f"{identity}.{LIBTORCH}.nupkg"
        licence = '<license type="expression">BSD-3-Clause</license>'
        write(path, identity, nuspec(identity, LIBTORCH, "libtorch's CPU half for Twinspect, as PyTorch publishes it.", licence, []),
              {"README.md": common["README.md"], **libraries})
        check(path)


main()
