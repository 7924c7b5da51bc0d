"""What a package is made of, and what a user sees who lacks a part of it."""
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import twinspect
from conftest import ROOT
from twinspect import _libtorch
from twinspect._declarations import ffi
from twinspect._library import lib

SOURCE = ROOT / "bindings" / "python"
IMPORT = "import twinspect"


def last_line(errors):
    return errors.splitlines()[-1]


def test_every_function_of_the_header_is_there():
    header = (ROOT / "include" / "twinspect" / "twinspect.h").read_text()
    functions = set(re.findall(r"\b(tsp_\w+)\(", re.sub(r"/\*.*?\*/", "", header, flags=re.S)))
    assert len(functions) > 60
    assert [name for name in sorted(functions) if not hasattr(lib, name)] == []
    assert ffi.sizeof("tsp_image") == 64 and ffi.sizeof("tsp_run") == 12


def test_versions_are_said_once():
    header = (ROOT / "include" / "twinspect" / "twinspect.h").read_text()
    assert f'#define TSP_VERSION "{twinspect.__version__}"' in header
    assert twinspect.build_info()["libtorch"] == _libtorch.BUILT_WITH
    assert f"torch=={_libtorch.BUILT_WITH}" in (SOURCE / "pyproject.toml").read_text()


def test_missing_library_is_named(python):
    status, _, errors = python(IMPORT, TWINSPECT_LIBRARY="/nowhere/libtwinspect.so")
    assert status == 1
    assert last_line(errors) == (
        "ImportError: twinspect: TWINSPECT_LIBRARY is '/nowhere/libtwinspect.so', but there is no such file. "
        "Correct it, or unset it."
    )


def test_file_that_is_no_library_is_named(python, tmp_path):
    (tmp_path / "libtwinspect.so").write_text("no library")
    status, _, errors = python(IMPORT, TWINSPECT_LIBRARY=str(tmp_path / "libtwinspect.so"))
    assert status == 1 and f"{tmp_path}/libtwinspect.so cannot be loaded" in last_line(errors)


def test_wrong_torch_is_named_with_the_fix(python, tmp_path):
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("__version__ = '2.9.1+cpu'")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    status, _, errors = python(IMPORT, PYTHONPATH=path, TWINSPECT_LIBTORCH=None)
    assert status == 1
    assert "torch is 2.9.1+cpu" in last_line(errors) and "pip install torch==2.11.0" in last_line(errors)


def test_broken_torch_is_named(python, tmp_path):
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise OSError('libcudart.so.13: cannot open shared object file')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    status, _, errors = python(IMPORT, PYTHONPATH=path, TWINSPECT_LIBTORCH=None)
    assert status == 1 and "importing it fails: libcudart.so.13" in last_line(errors)


def test_libtorch_folder_without_libtorch_is_named(python, tmp_path):
    status, _, errors = python(IMPORT, TWINSPECT_LIBTORCH=str(tmp_path))
    assert status == 1 and f"TWINSPECT_LIBTORCH is '{tmp_path}', but there is no libtorch_cpu" in last_line(errors)


def test_torchs_own_libtorch_is_used(python):
    if importlib.util.find_spec("torch") is None:
        pytest.skip("there is no torch")
    code = "import twinspect; print({line.split()[-1] for line in open('/proc/self/maps') if 'libtorch_cpu' in line})"
    status, printed, errors = python(code, TWINSPECT_LIBTORCH=None)
    assert status == 0, errors
    places = eval(printed)
    assert len(places) == 1 and "/torch/lib/" in places.pop()


@pytest.fixture(scope="session")
def wheel():
    path = os.environ.get("TWINSPECT_WHEEL")
    if not path:
        pytest.skip("TWINSPECT_WHEEL names no wheel")
    return path


def test_wheel_carries_library_and_types_and_names_no_machine(wheel, tmp_path):
    shutil.unpack_archive(wheel, tmp_path, "zip")
    package = tmp_path / "twinspect"
    for name in ("py.typed", "_declarations.py", "lib/libtwinspect.so", "anomalib/lightning_model.py"):
        assert (package / name).is_file(), name
    dynamic = subprocess.run(["readelf", "-d", package / "lib" / "libtwinspect.so"], capture_output=True, text=True).stdout
    assert "[$ORIGIN/../../torch/lib]" in dynamic
    assert re.search(r"py3-none-\w+\.whl$", wheel)
    assert importlib.metadata.version("twinspect") == twinspect.__version__


def test_wheel_without_a_library_says_what_to_do(tmp_path):
    pytest.importorskip("setuptools", "77", reason="no setuptools to build a wheel with")
    environment = {**os.environ, "TWINSPECT_LIBRARY": str(tmp_path / "nowhere.so")}
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", tmp_path, SOURCE]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "there is no such file. Build the library with `make build`, or set TWINSPECT_LIBRARY" in said, said


def test_command_line_of_the_wheel():
    path = Path(twinspect.__file__).parent / "bin"
    if not path.is_dir():
        pytest.skip("this package carries no program")
    command = [sys.executable, "-c", "from twinspect_program import main; main()"]
    done = subprocess.run([*command, "fit", "--list-recipes"], capture_output=True, text=True)
    assert done.returncode == 0 and "registered" in done.stdout, done.stderr
    done = subprocess.run([*command, "inspect", "nowhere.twin", "nowhere.png"], capture_output=True, text=True)
    assert done.returncode == 2 and "nowhere.twin" in done.stderr
