"""What counts for the whole process: versions, threads, devices."""
import json
from dataclasses import dataclass
from typing import Any, cast

from ._handle import filled
from ._library import ffi, lib, text
from .error import check


@dataclass(frozen=True)
class Device:
    """A place to compute at: `option` is the value of the option ``device`` for it.

    `compute` is a GPU's compute capability, (0, 0) of the CPU; `memory_bytes` is 0 if unknown.
    """

    option: str
    name: str
    compute: tuple[int, int]
    memory_bytes: int


def devices() -> list[Device]:
    """The CPU, and the GPUs that torch can use; the first call may take a while."""
    count = ffi.new("uint64_t *")
    check(lib.tsp_device_count(count))
    found = [filled("tsp_device", lib.tsp_device_info, index) for index in range(count[0])]
    return [
        Device(text(each.option), text(each.name), (each.compute_major, each.compute_minor), each.memory_bytes) for each in found
    ]


def set_threads(count: int) -> None:
    """How many threads libtorch, torch's too, uses inside of one operation, 1 to 1024, for the whole process.

    Programs that inspect on several threads at once are usually fastest with 1.
    """
    check(lib.tsp_set_threads(count))


def version() -> str:
    """The library's version."""
    return text(lib.tsp_version())


def build_info() -> dict[str, Any]:
    """What the library was built from: version, commit, rustc, libtorch, libtorch_loaded, features."""
    return cast(dict[str, Any], json.loads(text(lib.tsp_build_info())))
