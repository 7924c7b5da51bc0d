"""Options by keyword, by dictionary, and their table."""
from pathlib import Path

import numpy as np
import parts
import pytest
import twinspect
from twinspect._handle import content
from twinspect._library import ffi, lib
from twinspect.options import native_options


def effective(key, values=None, **keywords):
    return content(lib.tsp_options_get_text, native_options(values, keywords), key.encode())[:-1].decode()


def test_values_of_each_type():
    assert effective("input.size", {"input.size": 96}) == "96"
    assert effective("input.size", {"input.size": "96"}) == "96"
    assert effective("input.size", {"input.size": np.int64(96)}) == "96"
    assert effective("verdict.false_alarm_rate", {"verdict.false_alarm_rate": 0.05}) == "0.05"
    assert effective("verdict.false_alarm_rate", {"verdict.false_alarm_rate": np.float64(0.125)}) == "0.125"
    assert effective("map.sigma", {"map.sigma": 2}) == "2"
    assert effective("registration", registration="none") == "none"
    assert effective("backbone", backbone=Path("net.pt")) == "net.pt"


def test_underscores_stand_for_dots():
    assert effective("groups.size", groups_size=25) == "25"
    assert effective("verdict.false_alarm_rate", verdict_false_alarm_rate=0.01) == "0.01"
    keys = [option.key for option in twinspect.option_table()]
    assert len({key.replace(".", "_") for key in keys}) == len(keys), "an underscored name is ambiguous"


def test_keywords_win_over_the_dictionary_and_both_over_the_recipe():
    assert effective("registration", {"recipe": "registered"}) == "similarity"
    assert effective("registration", {"registration": "affine"}, recipe="registered") == "affine"
    assert effective("registration", {"registration": "affine"}, registration="none") == "none"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"group.size": 3}, "groups.size"),
        ({"input.size": 3}, "64"),
        ({"input.size": 96.5}, "input.size"),
        ({"input.size": "large"}, "input.size"),
        ({"registration": "sometimes"}, "similarity"),
        ({"recipe": "cake"}, "paper"),
    ],
)
def test_wrong_option_says_what_is_allowed(options, words):
    with pytest.raises(ValueError) as raised:
        twinspect.fit(parts.good_parts(2), options=options)
    assert words in str(raised.value)


def test_value_that_is_no_value_says_so():
    with pytest.raises(TypeError, match="input.size"):
        twinspect.Fitter({"input.size": None})
    with pytest.raises(TypeError, match="input.size"):
        twinspect.Fitter(input_size=[96])


def test_table_says_all_of_an_option():
    table = {option.key: option for option in twinspect.option_table()}
    size = table["input.size"]
    assert (size.type, size.scope, size.default, size.min, size.max, size.choices) == ("int", "fit", "320", 0, 32768, ())
    assert table["registration"].choices[:2] == ("auto", "none") and table["registration"].min is None
    assert table["device"].scope == "run"
    assert all(option.help for option in table.values())
    assert ffi.NULL == native_options(None, {})
