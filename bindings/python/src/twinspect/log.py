"""What the library has to say beside its errors goes to Python's `logging`, to the logger ``twinspect``.

Warnings are what a person should know before relying on a model. Like those of any logger they are printed to standard error
where a program has not configured logging; ``logging.getLogger("twinspect").setLevel(logging.ERROR)`` silences them.
"""
import atexit
import logging
from typing import Any

from ._library import ffi, lib, text
from .error import check

logger = logging.getLogger("twinspect")
_LEVELS = {lib.TSP_LOG_ERROR: logging.ERROR, lib.TSP_LOG_WARNING: logging.WARNING, lib.TSP_LOG_INFO: logging.INFO}


@ffi.callback("void(void *, int32_t, const char *)")  # type: ignore[untyped-decorator]
def _forward(_user_data: Any, level: int, message: Any) -> None:
    logger.log(_LEVELS.get(level, logging.ERROR), "%s", text(message))


def _start() -> None:
    check(lib.tsp_set_log(lib.TSP_LOG_INFO, _forward, ffi.NULL))
    # A message after Python's end would find no Python.
    atexit.register(lib.tsp_set_log, lib.TSP_LOG_OFF, ffi.NULL, ffi.NULL)


_start()
