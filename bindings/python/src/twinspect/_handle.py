"""Objects of the library as objects of Python: who owns them, and how they are asked."""
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ._library import ffi, lib
from .error import check, make_error

Self = TypeVar("Self", bound="Handle")


class Handle:
    """An object of the library, freed when it is closed or forgotten, as soon as no call and no array uses it any more."""

    def __init__(self, pointer: Any) -> None:
        self._owned = pointer
        self._watched = threading.Lock()

    def close(self) -> None:
        """Lets go of the object: a second time does nothing, any other call raises `StateError`."""
        # A thread that is inside of a call holds the pointer too, and so does an array: nothing is freed under them.
        self._owned = None

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._owned is None

    @property
    def _pointer(self) -> Any:
        if self._owned is None:
            raise make_error(lib.TSP_E_INVALID_HANDLE, f"the {type(self).__name__} is closed", "Make another one.")
        return self._owned

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keeps a second thread from replacing what watches the first one's work. Raises `StateError` for it."""
        if not self._watched.acquire(blocking=False):
            message = f"the {type(self).__name__} is in use by another thread or by its own callback"
            raise make_error(lib.TSP_E_BUSY, message, "Use one object a thread.")
        try:
            yield
        finally:
            self._watched.release()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class Memory:
    """Values in the library's memory, which is not freed before the arrays over it are."""

    def __init__(self, owner: Any, address: Any, shape: tuple[int, ...], strides: tuple[int, ...], dtype: str) -> None:
        self._owner = owner
        self.__array_interface__ = {
            "version": 3,
            "data": (int(ffi.cast("uintptr_t", address)), True),
            "shape": shape,
            "strides": strides,
            "typestr": np.dtype(dtype).str,
        }

    def array(self) -> NDArray[Any]:
        """The values, read-only and not copied; the array's base is this object."""
        return np.asarray(self)


def own(kind: str, destroy: Callable[[Any], None], create: Callable[..., int], *arguments: Any) -> Any:
    """What `create` makes: a pointer that is destroyed when nobody holds it any more."""
    out = ffi.new(f"{kind} **")
    check(create(*arguments, out))
    return ffi.gc(out[0], destroy)


def filled(kind: str, ask: Callable[..., int], *arguments: Any) -> Any:
    """The struct that `ask` fills."""
    out = ffi.new(f"{kind} *", {"struct_size": ffi.sizeof(kind)})
    check(ask(*arguments, out))
    return out


def content(ask: Callable[..., int], *arguments: Any) -> bytes:
    """The bytes that `ask` writes into a buffer; a text's NUL is among them."""
    needed = ffi.new("uint64_t *")
    check(ask(*arguments, ffi.NULL, 0, needed))
    buffer = ffi.new("char[]", needed[0])
    check(ask(*arguments, buffer, needed[0], needed))
    return bytes(ffi.buffer(buffer, needed[0]))


def path_bytes(path: str | os.PathLike[str]) -> bytes:
    """A path as the library takes it: UTF-8 on Windows, any bytes elsewhere."""
    name = os.fspath(path)
    return name.encode("utf-8") if os.name == "nt" else os.fsencode(name)
