"""Thresholds from a program's own scores."""
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ._handle import filled
from ._library import ffi, lib
from .error import make_error
from .model import number_or_none

_METHODS = {
    lib.TSP_METHOD_COUNTED: "counted",
    lib.TSP_METHOD_TAIL: "tail",
    lib.TSP_METHOD_LOG_NORMAL: "log_normal",
    lib.TSP_METHOD_BETWEEN: "between",
}


@dataclass(frozen=True)
class Threshold:
    """A threshold, and how far it can be relied on.

    `method`: ``"counted"`` (read off the scores), ``"tail"`` (extrapolated from the highest scores of good parts),
    ``"log_normal"`` (of two to four good parts: a guess) or ``"between"`` (good and defective parts). `rate_low` and `rate_high`:
    the share of good parts that it will call defective lies between them with 90 % each, None for ``"between"``.
    `images_needed`: good parts that it takes to count the rate off. `false_alarms` and `misses`: among the scores.
    """

    threshold: float
    method: str
    rate_low: float | None
    rate_high: float | None
    images_needed: int
    false_alarms: int
    misses: int


def threshold_from_scores(
    scores: ArrayLike, labels: Sequence[bool] | ArrayLike | None = None, false_alarm_rate: float = 0.02
) -> Threshold:
    """Finds a threshold by the scores of pictures that the model has not learned from.

    Parameters
    ----------
    scores
        [N] of images, or of the highest values of anomaly maps; 0 or more.
    labels
        [N], False = of a good part, True = of a defective one; None = all good.
    false_alarm_rate
        Share of good parts that may be called defective, 0.000001 to 0.5. 0 = between the good and the defective parts.

    Raises `InvalidArgumentError`, also for fewer than 2 good parts.
    """
    values = np.ascontiguousarray(scores, np.float32).ravel()
    marks = None if labels is None else np.ascontiguousarray(labels, np.bool_).ravel().view(np.uint8)
    if marks is not None and len(marks) != len(values):
        raise make_error(lib.TSP_E_INVALID_ARGUMENT, f"there are {len(marks)} labels for {len(values)} scores", "", "labels")
    found = filled(
        "tsp_threshold", lib.tsp_threshold_from_scores,
        ffi.from_buffer("float[]", values), ffi.NULL if marks is None else ffi.from_buffer("uint8_t[]", marks),
        len(values), false_alarm_rate,
    )  # fmt: skip
    return Threshold(
        threshold=found.threshold,
        method=_METHODS.get(found.method, str(found.method)),
        rate_low=number_or_none(found.rate_low),
        rate_high=number_or_none(found.rate_high),
        images_needed=found.images_needed,
        false_alarms=found.false_alarms,
        misses=found.misses,
    )
