"""Which libtorch the library gets: a process has one, and it must be of the version that the library was compiled with."""
import ctypes
import importlib.util
import os
import sys
from pathlib import Path

BUILT_WITH = "2.11.0"
VARIABLE = "TWINSPECT_LIBTORCH"
_FILES = {"win32": ("c10.dll", "torch_cpu.dll"), "darwin": ("libc10.dylib", "libtorch_cpu.dylib")}.get(
    sys.platform, ("libc10.so", "libtorch_cpu.so")
)


def load() -> str:
    """Loads libtorch before the library asks for it, and says in words which one.

    The folder that TWINSPECT_LIBTORCH names, unless torch is imported already; else torch, if it is installed; else what the
    system's loader finds. Raises ImportError if torch is of another version, or the folder holds no libtorch.
    """
    folder = os.environ.get(VARIABLE)
    if folder and "torch" not in sys.modules:
        return _load_folder(Path(folder))
    if "torch" in sys.modules or importlib.util.find_spec("torch") is not None:
        return _load_torch()
    return "no torch, so the system's libtorch"


def _load_torch() -> str:
    try:
        import torch
    except (ImportError, OSError) as error:
        raise ImportError(
            f"twinspect: torch is installed, but importing it fails: {error}. "
            f"Repair it with `pip install --force-reinstall torch=={BUILT_WITH}`."
        ) from error
    version = str(torch.__version__)
    # The part after + says for which GPUs it was built.
    if version.partition("+")[0] != BUILT_WITH:
        raise ImportError(
            f"twinspect: torch is {version}, but libtwinspect was compiled with libtorch {BUILT_WITH}, whose C++ interface is "
            f"another one. Install that with `pip install torch=={BUILT_WITH}`, or a twinspect that was built for {version}."
        )
    return f"torch {version}"


def _load_folder(folder: Path) -> str:
    for place in (folder / "lib", folder):
        if (place / _FILES[1]).is_file():
            for name in _FILES:
                ctypes.CDLL(str(place / name), mode=ctypes.RTLD_GLOBAL)
            return f"libtorch in {place}"
    raise ImportError(
        f"twinspect: {VARIABLE} is '{folder}', but there is no {_FILES[1]} in it. "
        f"Name the folder of a libtorch {BUILT_WITH}, or unset it to use torch's own."
    )
