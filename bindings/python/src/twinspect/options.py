"""Options: the table of all of them, and sets of them out of keywords and dictionaries."""
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from numbers import Integral, Real
from typing import Any

from ._handle import filled, own, path_bytes
from ._library import ffi, lib, text
from .error import check

OptionValue = str | int | float | os.PathLike[str]
OptionValues = Mapping[str, OptionValue]


@dataclass(frozen=True)
class Option:
    """One row of the table of options.

    `type` is ``"int"``, ``"float"``, ``"choice"`` or ``"text"``; `scope` is ``"fit"`` (it says what a model is, and is stored
    in it) or ``"run"`` (it says how and where to work). `min` and `max` are those of numbers, `choices` the words of a choice.
    """

    key: str
    type: str
    scope: str
    default: str
    choices: tuple[str, ...]
    min: float | None
    max: float | None
    help: str


@cache
def option_table() -> tuple[Option, ...]:
    """All options, in the order in which the data meets them."""
    return tuple(_option(index) for index in range(lib.tsp_option_count()))


def _option(index: int) -> Option:
    row = filled("tsp_option", lib.tsp_option_info, index)
    types = {lib.TSP_TYPE_INT: "int", lib.TSP_TYPE_FLOAT: "float", lib.TSP_TYPE_CHOICE: "choice", lib.TSP_TYPE_TEXT: "text"}
    is_number = row.type in (lib.TSP_TYPE_INT, lib.TSP_TYPE_FLOAT)
    return Option(
        key=text(row.key),
        type=types.get(row.type, "text"),
        scope="fit" if row.scope == lib.TSP_SCOPE_FIT else "run",
        default=text(row.default_value),
        choices=tuple(filter(None, text(row.choices).split(","))),
        min=row.min if is_number else None,
        max=row.max if is_number else None,
        help=text(row.help),
    )


@cache
def _spellings() -> dict[str, str]:
    """Keys by their spelling as a Python name, ``groups_size`` for ``groups.size``, where only one key is spelt so."""
    keys = [option.key for option in option_table()]
    names = [key.replace(".", "_") for key in keys]
    return {name: key for name, key in zip(names, keys) if names.count(name) == 1 and name not in keys}


def native_options(values: OptionValues | None, keywords: OptionValues) -> Any:
    """The library's options: the defaults, then ``recipe``, then `values`, then `keywords`."""
    if not values and not keywords:
        return ffi.NULL
    options = own("tsp_options", lib.tsp_options_destroy, lib.tsp_options_create)
    wanted = {_spellings().get(key, key): value for key, value in (*(values or {}).items(), *keywords.items())}
    if (recipe := wanted.pop("recipe", None)) is not None:
        check(lib.tsp_options_apply_recipe(options, str(recipe).encode()), "recipe")
    for key, value in wanted.items():
        check(_set(options, key, value), key)
    return options


def _set(options: Any, key: str, value: OptionValue) -> int:
    name = key.encode()
    # numpy's numbers are Integral or Real, too.
    if isinstance(value, Integral):
        return int(lib.tsp_options_set_int(options, name, int(value)))
    if isinstance(value, Real):
        return int(lib.tsp_options_set_float(options, name, float(value)))
    if isinstance(value, (str, os.PathLike)):
        return int(lib.tsp_options_set_text(options, name, path_bytes(value)))
    raise TypeError(f"twinspect: option {key} is {value!r}; a number, a text or a path is allowed")
