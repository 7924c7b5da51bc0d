"""The library, found, loaded and checked once: `lib` has its functions and numbers, `ffi` its types."""
import json
import os
import sys
from pathlib import Path
from typing import Any

from . import _libtorch
from ._declarations import ffi as _ffi

VARIABLE = "TWINSPECT_LIBRARY"
_NAME = {"win32": "twinspect.dll", "darwin": "libtwinspect.dylib"}.get(sys.platform, "libtwinspect.so")

ffi: Any = _ffi


def _find() -> Path:
    named = os.environ.get(VARIABLE)
    path = Path(named) if named else Path(__file__).with_name("lib") / _NAME
    if path.is_file():
        return path.resolve()
    if named:
        raise ImportError(f"twinspect: {VARIABLE} is '{named}', but there is no such file. Correct it, or unset it.")
    raise ImportError(
        f"twinspect: the package lacks its library {path}. Install the wheel (`make wheel`), "
        f"or set {VARIABLE} to a {_NAME}."
    )


def _load() -> Any:
    path = _find()
    libtorch = _libtorch.load()
    try:
        library = ffi.dlopen(str(path))
    except OSError as error:
        raise ImportError(
            f"twinspect: {path} cannot be loaded ({libtorch}): {error}. It needs libtorch {_libtorch.BUILT_WITH}: "
            f"`pip install torch=={_libtorch.BUILT_WITH}`, or set {_libtorch.VARIABLE} to the folder of one."
        ) from None
    _check(library, path, libtorch)
    return library


def _check(library: Any, path: Path, libtorch: str) -> None:
    # An integer constant needs no library of the right version, and this function no struct.
    if library.tsp_check_abi(library.TSP_ABI_VERSION) != library.TSP_OK:
        raise ImportError(f"twinspect: {path}: {text(library.tsp_last_error_message())}")
    build = json.loads(text(library.tsp_build_info()))
    loaded = build["libtorch_loaded"]
    if loaded is not None and loaded != build["libtorch"]:
        raise ImportError(
            f"twinspect: {path} was compiled with libtorch {build['libtorch']}, but this process has {loaded} ({libtorch}). "
            f"Install that with `pip install torch=={build['libtorch']}`."
        )


def text(pointer: Any) -> str:
    """The text at a ``const char *``; what is no UTF-8, as a path may be, survives as Python's paths do."""
    return bytes(ffi.string(pointer)).decode("utf-8", "surrogateescape") if pointer else ""


lib = _load()
