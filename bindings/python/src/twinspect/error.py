"""Errors: what the library says went wrong, as exceptions that also are Python's own kinds."""
from typing import Any

from ._library import ffi, lib, text


class TwinspectError(Exception):
    """A failure: which kind, what went wrong, and what to do about it. ``str()`` is one line: "where: message. hint".

    Attributes
    ----------
    code : int
        The library's status, never 0.
    name : str
        Its name in the C header, such as ``"TSP_E_IO"``.
    message : str
        What went wrong: which value, and which are allowed.
    hint : str
        What to do about it; may be empty.
    where : str
        A file, a picture or the key of an option; may be empty.
    """

    def __init__(self, code: int, message: str, hint: str = "", where: str = "") -> None:
        line = f"{where}: {message}" if where else message
        super().__init__(f"{line}. {hint}" if hint else line)
        self.code, self.message, self.hint, self.where = code, message, hint, where

    @property
    def name(self) -> str:
        return text(lib.tsp_status_name(self.code))

    def __str__(self) -> str:
        # OSError, of which some are, would print its errno.
        return str(self.args[0])

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.code, self.message, self.hint, self.where)


class InvalidArgumentError(TwinspectError, ValueError):
    """A value is outside of what is accepted; so are pictures that cannot be used, and too few of them."""


class NotFoundError(TwinspectError, FileNotFoundError):
    """A file, a folder, or a network's weights do not exist."""


class InputOutputError(TwinspectError, OSError):
    """The system could not read or write."""


class OutOfMemoryError(TwinspectError, MemoryError):
    """Host or device memory is exhausted."""


class StateError(TwinspectError, RuntimeError):
    """Calls in the wrong order, from two threads at once, on an object that was closed, or in a forked process."""


class UnsupportedError(TwinspectError, NotImplementedError):
    """Well-formed, but this build or this version cannot do it."""


class CancelledError(TwinspectError):
    """A progress function asked to stop."""


_KINDS: dict[int, type[TwinspectError]] = {
    lib.TSP_E_NULL_ARGUMENT: InvalidArgumentError,
    lib.TSP_E_INVALID_ARGUMENT: InvalidArgumentError,
    lib.TSP_E_INVALID_HANDLE: StateError,
    lib.TSP_E_STATE: StateError,
    lib.TSP_E_BUSY: StateError,
    lib.TSP_E_UNSUPPORTED: UnsupportedError,
    lib.TSP_E_BUFFER_TOO_SMALL: InvalidArgumentError,
    lib.TSP_E_IMAGE: InvalidArgumentError,
    lib.TSP_E_IMAGE_SIZE: InvalidArgumentError,
    lib.TSP_E_NOT_FOUND: NotFoundError,
    lib.TSP_E_IO: InputOutputError,
    lib.TSP_E_FORMAT: InvalidArgumentError,
    lib.TSP_E_WEIGHTS: NotFoundError,
    lib.TSP_E_MEMORY: OutOfMemoryError,
    lib.TSP_E_TOO_FEW_IMAGES: InvalidArgumentError,
    lib.TSP_E_CANCELLED: CancelledError,
    lib.TSP_E_FORKED: StateError,
}
_FORK_HINT = 'In Python: multiprocessing.get_context("spawn"), or load the model in the child alone.'


def make_error(code: int, message: str, hint: str = "", where: str = "") -> TwinspectError:
    """An error of the class that fits its code."""
    if code == lib.TSP_E_FORKED:
        hint = f"{hint} {_FORK_HINT}".strip()
    return _KINDS.get(code, TwinspectError)(code, message, hint, where)


def is_of_picture(error: TwinspectError, name: str) -> bool:
    """Whether an error is the picture's own, so that the next one may do better; a full disk is not."""
    if error.code in (lib.TSP_E_IMAGE, lib.TSP_E_IMAGE_SIZE, lib.TSP_E_NUMERIC, lib.TSP_E_UNSUPPORTED):
        return True
    return error.code in (lib.TSP_E_IO, lib.TSP_E_NOT_FOUND) and error.where == name


def check(status: int, where: str = "") -> None:
    """Raises this thread's last error unless the status is OK; `where` stands in if the library does not say where."""
    if status == lib.TSP_OK:
        return
    error = ffi.new("tsp_error *", {"struct_size": ffi.sizeof("tsp_error")})
    lib.tsp_last_error(error)
    raise make_error(status, text(error.message), text(error.hint), text(error.where) or where)
