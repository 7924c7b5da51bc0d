"""Writes THIRD-PARTY.md: whose code is in what is built, and under which licences.

    third_party.py            writes it
    third_party.py --check    fails if it is not what this would write
    third_party.py --texts F  writes the licence texts of all crates into F, for whoever passes the library on
"""
import argparse
import pathlib
import re
import sys

from packages import ROOT, packages, wheels

PAGE = ROOT / "THIRD-PARTY.md"

# What the wheels' own metadata and licence files say (read on 2026-12-01).
WHEELS = {
    "torch": ("BSD-3-Clause", "libtorch_cpu.so, libc10.so, headers; libgomp.so.1 (GPL-3.0 with the GCC Runtime Library Exception)"),
    "nvidia-cuda-runtime": ("NVIDIA CUDA Toolkit EULA", "libcudart.so.13, which the wheel's CPU half asks for; redistributable by attachment A of the EULA"),
    "nvidia-cuda-cupti": ("NVIDIA CUDA Toolkit EULA", "libcupti.so.13, likewise"),
}

HEAD = """# Third-party code and weights

`make third-party` writes this page from Cargo.lock and .ci/libtorch.txt; `make lint` fails if it is not current, `make supply` if a licence is
none of those that deny.toml allows. Whoever passes twinspect on passes these licences on: `make supply` gathers the crates' texts in
`target/supply/licences.txt`, and those of libtorch lie in `target/libtorch/licenses`.
"""

CRATES = "| crate | version | licence | source |\n| --- | --- | --- | --- |\n"


def rows(chosen):
    return "".join(f"| {package.name} | {package.version} | {package.licence} | {package.repository} |\n" for package in chosen)


def weights():
    """Name, licence and publisher's source of each file of the table in the program."""
    table = (ROOT / "src/features/weights/table.rs").read_text()
    constants = dict(re.findall(r'const (\w+): &str = "([^"]*)";', table))
    entry = re.compile(r'name: "([^"]+)",\s*file: "[^"]+",.*?licence: ("[^"]*"|\w+),.*?(?:requirement: "([^"]+)"|Source::Url\(\s*"([^"]+)")', re.S)
    for name, licence, requirement, url in entry.findall(table[table.index("WEIGHT_FILES:"):]):
        licence = licence.strip('"') if licence.startswith('"') else constants[licence]
        yield name, licence, f"`{requirement}` of PyPI" if requirement else url


def page():
    found = [package for package in packages() if not package.is_own]
    unnamed = [package.name for package in found if not package.licence]
    if unnamed:
        sys.exit(f"third-party: no licence is stated by {', '.join(unnamed)}")
    linked = [package for package in found if package.linked]
    building = [package for package in found if not package.linked]
    torch = "".join(f"| {name} | {version} | {WHEELS[name][0]} | {WHEELS[name][1]} |\n" for name, version, _ in wheels())
    listed = list(weights())
    count = (ROOT / "src/features/weights/table.rs").read_text().count("    WeightFile {\n")
    assert len(listed) == count, f"{len(listed)} of {count} weight files were understood"
    return "\n".join([
        HEAD,
        f"## Linked into the library or the program: {len(linked)} crates\n",
        "`ureq`, `rustls` and what they need are in the program `twinspect` alone, for `weights get`.\n",
        CRATES + rows(linked),
        f"## Used while building: {len(building)} crates\n",
        CRATES + rows(building),
        "## libtorch\n",
        "Taken from wheels of the Python package index, by SHA-256 (.ci/libtorch.txt), linked dynamically. The LICENSE of torch names the projects that\n"
        "are built into it, each with its text, among them oneDNN (mkl-dnn), fbgemm, XNNPACK, cpuinfo, pthreadpool, fmt, protobuf, onnx, flatbuffers,\n"
        "kineto, gloo, mimalloc; and Intel's oneMKL is linked into libtorch_cpu.so (Intel Simplified Software License).\n",
        "| wheel | version | licence | what is taken |\n| --- | --- | --- | --- |\n" + torch,
        "## Pretrained weights\n",
        "Never part of the program or the library; `twinspect weights get` fetches one when a user asks for it. The licence is what its publisher says.\n",
        "| name | licence | source |\n| --- | --- | --- |\n" + "".join(f"| {name} | {licence} | {source} |\n" for name, licence, source in listed),
    ])


TEXTS = re.compile(r"(licen[cs]e|copying|notice|copyright|unlicense)", re.I)


def write_texts(path):
    """All texts, one after the other; names the crates that carry none."""
    without = []
    with open(path, "w", encoding="utf-8") as out:
        for package in packages():
            if package.is_own:
                continue
            files = sorted(file for file in package.folder.iterdir() if TEXTS.match(file.name) and file.is_file())
            out.write(f"==== {package.name} {package.version}: {package.licence} ({package.repository})\n\n")
            if not files:
                without.append(package.name)
            for file in files:
                out.write(file.read_text(encoding="utf-8", errors="replace").strip() + "\n\n")
    print(f"supply: licence texts in {path}; without one in its archive: {', '.join(without) or 'none'}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--texts", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.texts:
        return write_texts(arguments.texts)
    text = page()
    if not arguments.check:
        PAGE.write_text(text)
    elif not PAGE.exists() or PAGE.read_text() != text:
        sys.exit("third-party: THIRD-PARTY.md is not current. `make third-party` writes it.")
    else:
        print("third-party: THIRD-PARTY.md is current")


if __name__ == "__main__":
    main()
