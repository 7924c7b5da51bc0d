"""Progress functions: how an exception gets from a callback, through the library, to whoever called it."""
from collections.abc import Callable
from types import TracebackType
from typing import Any

from ._library import ffi, text
from .error import CancelledError, check

Progress = Callable[[str, int, int], object]
"""Called with a stage, and how many of how many steps are done; what returns False cancels, anything else goes on."""


class Watcher:
    """A progress function where the library finds it, and what it raised: nothing may be raised through the library."""

    def __init__(self, function: Progress | None) -> None:
        self.function = function
        self.raised: BaseException | None = None
        self._itself = ffi.new_handle(self)

    def run(self, set_progress: Callable[..., int], pointer: Any, work: Callable[[], int], where: str = "") -> None:
        """Does `work` on the object at `pointer`, watched. Raises what the function raised, or else what `work` reports."""
        check(set_progress(pointer, _step, self._itself))
        try:
            check(work(), where)
        except CancelledError:
            if self.raised is not None:
                raise self.raised from None
            raise
        finally:
            set_progress(pointer, ffi.NULL, ffi.NULL)
        # It was raised by the call at the end, when nothing was left to cancel.
        if self.raised is not None:
            raise self.raised


def _keep(_kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    # KeyboardInterrupt too: Ctrl-C reaches Python here first, even where nobody watches, since all else is the library's.
    if trace is not None:
        ffi.from_handle(trace.tb_frame.f_locals["user_data"]).raised = error


# What raises returns `error`, which cancels.
@ffi.callback("int32_t(void *, const char *, uint64_t, uint64_t)", error=1, onerror=_keep)  # type: ignore[untyped-decorator]
def _step(user_data: Any, stage: Any, done: int, total: int) -> int:
    function = ffi.from_handle(user_data).function
    return int(function is not None and function(text(stage), done, total) is False)
