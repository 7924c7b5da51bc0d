"""Whether a picture is one that a verdict can be given on, and whether good parts still score as they did."""
import enum
from dataclasses import dataclass, fields
from typing import Any

from ._library import lib


class Finding(enum.IntFlag):
    """What is wrong with a picture."""

    TOO_DARK = lib.TSP_HEALTH_TOO_DARK
    TOO_BRIGHT = lib.TSP_HEALTH_TOO_BRIGHT
    BLACK = lib.TSP_HEALTH_BLACK
    """More of it is black: the lens is covered, or the frame has arrived in part."""
    SATURATED = lib.TSP_HEALTH_SATURATED
    FLAT = lib.TSP_HEALTH_FLAT
    """Less contrast than the normal images: nothing is seen."""
    BLURRED = lib.TSP_HEALTH_BLURRED
    REPEATED = lib.TSP_HEALTH_REPEATED
    """The same picture came right before, as often as the option ``health.repeats`` says."""
    PROPORTIONS = lib.TSP_HEALTH_PROPORTIONS
    """Width and height are in another proportion than those of the normal images."""


@dataclass(frozen=True)
class Health:
    """What a picture is like as a frame of a camera, and the limits that follow from the normal images; NaN where there is none.

    Gray values are those of the pixels that the network sees, 0 = black, 1 = white. `findings` is 0 where nothing is wrong;
    ``Result.to_dict()["health"]["advice"]`` says what to do. `sharpness` is the mean absolute Laplacian, `black` and `saturated` are
    shares of pixels, `proportions` is width by height. `limits_known` is False for a model of an old file. `repeats` counts the
    pictures right before it that were the same to the last bit; `images` the normal images that the limits follow from.
    """

    findings: Finding
    limits_known: bool
    repeats: int
    brightness: float
    brightness_low: float
    brightness_high: float
    contrast: float
    contrast_low: float
    sharpness: float
    sharpness_low: float
    black: float
    black_high: float
    saturated: float
    saturated_high: float
    proportions: float
    proportions_low: float
    proportions_high: float
    images: int

    @property
    def is_fine(self) -> bool:
        """Whether nothing is wrong, as far as is known."""
        return not self.findings


@dataclass(frozen=True)
class Drift:
    """How the scores of good parts compare with those of the normal images.

    `rise_found`: the CUSUM has reached its limit since the beginning; `change_found`: a window of good parts had other scores, by
    the Kolmogorov-Smirnov test. `parts` counts the good parts; `found_at` is the number, from 1, of the one at which a drift was
    found first, `rising_since` that from which on the CUSUM has not been 0, each 0 if there is none. The CUSUM is in standard
    deviations; `ks_distance` and `ks_p` are NaN before the first full window of `window` parts.
    """

    rise_found: bool
    change_found: bool
    parts: int
    found_at: int
    rising_since: int
    cusum: float
    cusum_limit: float
    cusum_allowance: float
    ks_distance: float
    ks_p: float
    ks_least_p: float
    window: int
    references: int

    @property
    def is_found(self) -> bool:
        """Whether either test has found a drift."""
        return self.rise_found or self.change_found


def read_health(found: Any) -> Health:
    """Of the library's struct."""
    values = {each.name: getattr(found, each.name) for each in fields(Health)}
    return Health(**{**values, "findings": Finding(found.findings), "limits_known": bool(found.limits_known)})


def read_drift(found: Any) -> Drift:
    """Of the library's struct."""
    values = {each.name: getattr(found, each.name) for each in fields(Drift) if not each.name.endswith("_found")}
    rise, change = bool(found.found & lib.TSP_DRIFT_RISE), bool(found.found & lib.TSP_DRIFT_CHANGE)
    return Drift(rise_found=rise, change_found=change, **values)
