#!/usr/bin/env bash
# Lays libtorch 2.11.0 under target/libtorch (about 500 MB), unless the user has one: the folder LIBTORCH, or the torch of that
# version that python3 (or the interpreter PYTHON) would import, which is linked to and not copied.
#
# The prebuilt archives cannot be reached from every machine; the PyPI wheel of torch holds the same files. The x86-64
# Linux wheel is the CUDA 13.0 build, so its CPU part also wants two small CUDA libraries, and its libtorch.so, a stub that
# needs libtorch_cuda.so, is replaced by one that needs libtorch_cpu.so alone.
set -euo pipefail
cd "$(dirname "$0")/.."

TORCH=$(sed -n 's/^torch==\([^ ]*\).*/\1/p' .ci/libtorch.txt)
into=${CARGO_TARGET_DIR:-target}/libtorch

if [ -n "${LIBTORCH:-}" ] && [ "$(realpath -m "$LIBTORCH")" != "$(realpath -m "$into")" ]; then
    [ -e "$LIBTORCH/lib/libtorch_cpu.so" ] || {
        echo "libtorch: LIBTORCH is '$LIBTORCH', but there is no lib/libtorch_cpu.so in it. Unset it, or name the folder of a libtorch $TORCH." >&2
        exit 1
    }
    echo "libtorch: using yours at LIBTORCH"
    exit 0
fi
if [ "$(cat "$into/build-version" 2>/dev/null)" = "$TORCH" ]; then
    echo "libtorch: $TORCH is in place ($into)"
    exit 0
fi

# Reads the version without importing torch, which takes seconds.
installed=$("${PYTHON:-python3}" - "$TORCH" <<'PY' || true
import importlib.util, pathlib, re, sys
spec = importlib.util.find_spec("torch")
if spec and spec.origin:
    folder = pathlib.Path(spec.origin).parent
    version = re.search(r"__version__ = '([^'+]*)", (folder / "version.py").read_text())
    if version and version[1] == sys.argv[1] and (folder / "lib/libtorch_cpu.so").exists():
        print(folder)
PY
)
if [ -n "$installed" ]; then
    mkdir -p "$(dirname "$into")"
    [ -L "$into" ] || rm -rf "$into"
    ln -sfn "$installed" "$into"
    echo "libtorch: using the torch $TORCH that Python has"
    exit 0
fi
if [ "$(uname -sm)" != "Linux x86_64" ]; then
    echo "libtorch: this recipe is for x86-64 Linux. Set LIBTORCH to the folder of a libtorch $TORCH for $(uname -sm)." >&2
    exit 1
fi

mkdir -p "$(dirname "$into")"
work=$(mktemp -d "$(dirname "$into")/libtorch.XXXXXX")
trap 'rm -rf "$work"' EXIT

echo "libtorch: downloading torch $TORCH and its two CUDA stubs (about 540 MB) ..."
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --python-version 3.11 --require-hashes \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 --platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64 \
    -d "$work/wheels" -r .ci/libtorch.txt

echo "libtorch: unpacking the CPU part ..."
python3 - "$work" <<'PY'
import pathlib, sys, zipfile
work = pathlib.Path(sys.argv[1])
folder = work / "libtorch"
for wheel in sorted((work / "wheels").glob("*.whl")):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            base = name.rsplit("/", 1)[-1]
            if name.startswith(("torch/include/", "torch/share/cmake/")):
                target = folder / name.removeprefix("torch/")
            elif base.startswith(("libtorch_cpu.so", "libc10.so", "libgomp", "libcudart.so", "libcupti.so")) and ".so" in name:
                target = folder / "lib" / base
            elif ".dist-info/" in name and base.lower().startswith(("license", "notice")):
                # Who passes these libraries on passes their licences on.
                target = folder / "licenses" / wheel.name.split("-")[0] / base
            else:
                continue
            if not base:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as source, open(target, "wb") as out:
                while block := source.read(1 << 22):
                    out.write(block)
PY

# The stub that stands for libtorch.so: linking against it must bring libtorch_cpu.so, and nothing of CUDA.
cc -shared -o "$work/libtorch/lib/libtorch.so" -Wl,-soname,libtorch.so -Wl,--no-as-needed \
    -Wl,-rpath,'$ORIGIN' -Wl,--allow-shlib-undefined -L"$work/libtorch/lib" -l:libtorch_cpu.so -x c /dev/null
echo "$TORCH" > "$work/libtorch/build-version"

rm -rf "$into"
mv "$work/libtorch" "$into"
echo "libtorch: $TORCH laid under $into"
