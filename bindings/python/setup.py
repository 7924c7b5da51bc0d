"""Puts the library, the program if it lies beside it, and what cffi makes of the header into the wheel.

The library is the file that the variable TWINSPECT_LIBRARY names, else what `make build` has left under target/release.
"""
import atexit
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

sys.path.insert(0, str(Path(__file__).parent))
import declarations  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
FILES = {"win32": ("twinspect.dll", "twinspect.exe"), "darwin": ("libtwinspect.dylib", "twinspect")}
LIBRARY, PROGRAM = FILES.get(sys.platform, ("libtwinspect.so", "twinspect"))
# Seen from twinspect/lib and twinspect/bin in site-packages.
RUNPATH = b"$ORIGIN/../../torch/lib"


def find_library() -> Path:
    named = os.environ.get("TWINSPECT_LIBRARY")
    built = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / LIBRARY
    path = Path(named) if named else built
    if not path.is_file():
        looked = f"TWINSPECT_LIBRARY is '{named}', but there is no such file" if named else f"there is no {built}"
        sys.exit(f"twinspect: {looked}. Build the library with `make build`, or set TWINSPECT_LIBRARY to a {LIBRARY}.")
    return path


def copy_binary(source: Path, target: Path) -> None:
    """Copies a library or program that finds libtorch beside the package, and not where the builder had it."""
    content = source.read_bytes()
    if content[:4] == b"\x7fELF":
        content = re.sub(rb"\$ORIGIN[^\0]*\0", lambda old: RUNPATH.ljust(len(old[0]), b"\0"), content, count=1)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    shutil.copymode(source, target)


class BuildPy(build_py):
    def run(self) -> None:
        library = find_library()
        super().run()
        package = Path("src/twinspect") if self.editable_mode else Path(self.build_lib) / "twinspect"
        declarations.write_module(package / "_declarations.py")
        copy_binary(library, package / "lib" / LIBRARY)
        if (program := library.with_name(PROGRAM)).is_file():
            copy_binary(program, package / "bin" / PROGRAM)
        if not self.editable_mode:
            shutil.copy(ROOT / "LICENSE", package)


class PlatformWheel(bdist_wheel):
    """One wheel for every Python, as cffi loads the library: no code is compiled against Python."""

    def get_tag(self) -> tuple[str, str, str]:
        return "py3", "none", super().get_tag()[2]


class Binary(Distribution):
    def has_ext_modules(self) -> bool:
        return True


# A build folder in the tree would put modules that are gone now into the next wheel.
scratch = tempfile.mkdtemp(prefix="twinspect-wheel-")
atexit.register(shutil.rmtree, scratch, ignore_errors=True)
setup(
    version=declarations.library_version(declarations.HEADER.read_text(encoding="utf-8")),
    distclass=Binary,
    cmdclass={"build_py": BuildPy, "bdist_wheel": PlatformWheel},
    options={"build": {"build_base": scratch}, "egg_info": {"egg_base": scratch}},
)
