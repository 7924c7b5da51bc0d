"""HALCON's variation model: gray values compared by its documented formulas, without a network."""
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ._files import PathLike, name_of
from ._handle import Handle, content, filled, own, path_bytes
from ._image import Mask, Picture, mask_view, picture_view, pointers, writable_view
from ._library import ffi, lib
from .error import check, make_error
from .options import OptionValue, OptionValues, native_options
from .result import Result, new_result

Limits = float | tuple[float, float]
"""A limit for both sides, or for too light and too dark."""

_TYPES = {"uint8": lib.TSP_VARIATION_TYPE_BYTE, "uint16": lib.TSP_VARIATION_TYPE_UINT2}
_MODES = {
    "standard": lib.TSP_VARIATION_MODE_STANDARD,
    "robust": lib.TSP_VARIATION_MODE_ROBUST,
    "direct": lib.TSP_VARIATION_MODE_DIRECT,
}
_SIDES = {
    "absolute": lib.TSP_VARIATION_COMPARE_ABSOLUTE,
    "light": lib.TSP_VARIATION_COMPARE_LIGHT,
    "dark": lib.TSP_VARIATION_COMPARE_DARK,
    "light_dark": lib.TSP_VARIATION_COMPARE_LIGHT_DARK,
}
_IMAGES = {
    "ideal": lib.TSP_VARIATION_IMAGE_IDEAL,
    "variation": lib.TSP_VARIATION_IMAGE_VARIATION,
    "lower": lib.TSP_VARIATION_IMAGE_LOWER,
    "upper": lib.TSP_VARIATION_IMAGE_UPPER,
}
_ENGINES = {
    "pixels": lib.TSP_VARIATION_ENGINE_PIXELS,
    "features": lib.TSP_VARIATION_ENGINE_FEATURES,
    "both": lib.TSP_VARIATION_ENGINE_BOTH,
}


@dataclass(frozen=True)
class VariationInfo:
    """What a variation model is, in the words that `Variation` is made with; `size` is (width, height)."""

    size: tuple[int, int]
    dtype: str
    mode: str
    engine: str
    is_prepared: bool


class Variation(Handle):
    """Gray values of good parts, and limits for those of others: create, train (often), prepare, compare.

    A gray value is a defect above ``ideal + max(absolute, relative * variation)`` or below ``ideal - max(...)``. Pictures are
    [height, width] of `dtype`, all of one size, and show the part in the same place. Any number of threads may compare at once.
    Calls out of order raise `StateError`.

    Parameters
    ----------
    width, height
        Of the pictures.
    dtype
        ``"uint8"`` (HALCON's byte) or ``"uint16"`` (uint2).
    mode
        ``"standard"`` (mean and standard deviation), ``"robust"`` (median; all pictures in one call of `train`) or
        ``"direct"`` (both are given to `prepare_direct`).
    options, **keywords
        See `twinspect.fit`. ``variation_engine`` says what is compared: ``"pixels"``, gray values, by default; ``"features"``,
        anomaly maps; or ``"both"``, one in the shadow of the other (docs/from-halcon.md).
    """

    def __init__(
        self,
        width: int,
        height: int,
        dtype: Literal["uint8", "uint16"] = "uint8",
        mode: Literal["standard", "robust", "direct"] = "standard",
        options: OptionValues | None = None,
        **keywords: OptionValue,
    ) -> None:
        kind, how = _number(_TYPES, dtype, "dtype"), _number(_MODES, mode, "mode")
        settings = native_options(options, keywords)
        super().__init__(_own(lib.tsp_variation_create, width, height, kind, how, settings))

    @classmethod
    def load(cls, path: PathLike, options: OptionValues | None = None, **keywords: OptionValue) -> "Variation":
        """Reads a file that `save` wrote; HALCON's own cannot be read."""
        return cls._adopt(_own(lib.tsp_variation_read, path_bytes(path), native_options(options, keywords)))

    @classmethod
    def from_bytes(cls, data: bytes, options: OptionValues | None = None, **keywords: OptionValue) -> "Variation":
        """Reads a variation model from the content of its file."""
        settings = native_options(options, keywords)
        return cls._adopt(_own(lib.tsp_variation_read_memory, ffi.from_buffer(data), len(data), settings))

    @classmethod
    def _adopt(cls, pointer: Any) -> "Variation":
        variation = cls.__new__(cls)
        Handle.__init__(variation, pointer)
        return variation

    @property
    def info(self) -> VariationInfo:
        """Size, dtype, mode, engine, and whether it can compare; of one that was loaded, too."""
        found = filled("tsp_variation_summary", lib.tsp_variation_info, self._pointer)
        return VariationInfo(
            size=(found.width, found.height),
            dtype=_word(_TYPES, found.type),
            mode=_word(_MODES, found.mode),
            engine=_word(_ENGINES, found.engine),
            is_prepared=found.prepared != 0,
        )

    def train(self, pictures: Picture | Iterable[Picture]) -> None:
        """Learns from pictures of good parts; in mode "standard" they are added to those of earlier calls."""
        listed = [pictures] if isinstance(pictures, np.ndarray) and pictures.ndim == 2 else list(pictures)  # type: ignore[arg-type]
        views = [picture_view(each, where=f"images[{index}]") for index, each in enumerate(listed)]
        check(lib.tsp_variation_train(self._pointer, pointers(views), len(views)))

    def prepare(self, absolute: Limits = 10, relative: Limits = 2) -> None:
        """Makes the limits of what was learned: gray values, and multiples of the variation; the larger of both holds.

        Of features, `absolute` is in standard deviations, and a negative one automatic.
        """
        check(lib.tsp_variation_prepare(self._pointer, _pair(absolute), _pair(relative)))

    def prepare_direct(
        self, reference: Picture, variation: Picture, absolute: Limits = 10, relative: Limits = 2
    ) -> None:
        """Makes the limits of a picture of a good part, and of one that says how much it may vary, in mode "direct"."""
        good, varies = picture_view(reference, where="reference"), picture_view(variation, where="variation")
        check(lib.tsp_variation_prepare_direct(self._pointer, good.image, varies.image, _pair(absolute), _pair(relative)))

    def compare(
        self,
        picture: Picture,
        mask: Mask | None = None,
        sides: Literal["absolute", "light", "dark", "light_dark"] = "absolute",
    ) -> Result:
        """Finds what is too light, too dark, or either, where `mask` is not zero; None = everywhere.

        Map and peaks of the result say how far a pixel is beyond its limit, its score is the highest of them; there are no
        thresholds.
        With sides="light_dark" the regions are of one side each, and what is too dark is negative.
        """
        which, view = _number(_SIDES, sides, "sides"), picture_view(picture)
        over = None if mask is None else mask_view(mask)
        result = new_result()
        check(lib.tsp_variation_compare_ext(self._pointer, view.image, over.image if over else ffi.NULL, which, result))
        return Result(result, name_of(picture))

    def image(self, which: Literal["ideal", "variation", "lower", "upper"]) -> NDArray[np.float32]:
        """One of the variation model's images, [height, width] float32, in gray values; limits may lie outside of their range."""
        number = _number(_IMAGES, which, "which")
        width, height = self.info.size
        pixels = np.empty((height, width), np.float32)
        check(lib.tsp_variation_get_image(self._pointer, number, writable_view(pixels, lib.TSP_FORMAT_GRAYF32).image))
        return pixels

    def clear_train_data(self) -> None:
        """Forgets all but the limits, for less memory and a smaller file; nothing more can be learned then."""
        check(lib.tsp_variation_clear_train_data(self._pointer))

    def save(self, path: PathLike) -> None:
        """Writes training data and limits to a file, which is replaced in one step or, if anything fails, left as it is."""
        check(lib.tsp_variation_write(self._pointer, path_bytes(path)))

    def to_bytes(self) -> bytes:
        """The content of the file."""
        return content(lib.tsp_variation_write_memory, self._pointer)


def _own(create: Any, *arguments: Any) -> Any:
    return own("tsp_variation", lib.tsp_variation_clear, create, *arguments)


def _pair(limits: Limits) -> Any:
    return ffi.new("double[2]", limits if isinstance(limits, tuple) else (limits, limits))


def _number(words: dict[str, int], word: str, where: str) -> int:
    if word not in words:
        raise make_error(lib.TSP_E_INVALID_ARGUMENT, f"'{word}' is unknown, allowed are {', '.join(words)}", "", where)
    return words[word]


def _word(words: dict[str, int], number: int) -> str:
    return next((word for word, each in words.items() if each == number), f"unknown ({number})")
