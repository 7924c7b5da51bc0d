"""The C header as cffi's declarations: what the Python code calls is what the header says, as nothing lies between them."""
import re
from pathlib import Path

import cffi

HEADER = Path(__file__).parents[2] / "include" / "twinspect" / "twinspect.h"
_DIRECTIVE = re.compile(r"\s*#\s*(\w+)\s*(.*)")
_NUMBER = re.compile(r"TSP_\w+ -?\d+")
# What is not so for cffi, which reads C99.
_FALSE = re.compile(r"defined\(__cplusplus\)|__cplusplus|__STDC_VERSION__ >= 202311L")


def library_version(header: str) -> str:
    """The version that the header states, such as ``"0.1.0"``."""
    found = re.search(r'#define TSP_VERSION "([^"]+)"', header)
    if found is None:
        raise ValueError(f"{HEADER}: there is no TSP_VERSION")
    return found[1]


def cdef(header: str) -> str:
    """The declarations that cffi reads: no preprocessor but for the numbers, no comments."""
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", header, flags=re.S)
    kept, is_open = [], [True]
    for line in code.splitlines():
        directive = _DIRECTIVE.fullmatch(line)
        if directive is None:
            if all(is_open) and line.strip():
                kept.append(line)
            continue
        word, rest = directive.groups()
        if word in ("if", "ifdef"):
            is_open.append(not _all_false(rest))
        elif word == "ifndef":
            is_open.append(True)
        elif word == "else":
            is_open[-1] = not is_open[-1]
        elif word == "endif":
            is_open.pop()
        elif word == "define" and all(is_open) and _NUMBER.fullmatch(rest.strip()):
            kept.append(line)
        elif word not in ("define", "include"):
            raise ValueError(f"{HEADER}: cannot read '#{word} {rest}'")
    return "\n".join(kept)


def _all_false(condition: str) -> bool:
    terms = [term.strip() for term in condition.split("||")]
    if not all(_FALSE.fullmatch(term) for term in terms):
        raise ValueError(f"{HEADER}: cannot tell whether '{condition}' holds")
    return True


def write_module(path: Path) -> None:
    """Writes the module ``_declarations``, which the package loads the library with; no parser runs then."""
    ffi = cffi.FFI()
    ffi.cdef(cdef(HEADER.read_text(encoding="utf-8")))
    ffi.set_source("twinspect._declarations", None)
    ffi.emit_python_code(str(path))
