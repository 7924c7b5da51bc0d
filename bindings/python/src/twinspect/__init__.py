"""Finds defects in pictures of manufactured parts without training.

>>> import twinspect
>>> model = twinspect.fit("good/", "part.twin")  # doctest: +SKIP
>>> result = twinspect.Inspector(model).inspect("new.png")  # doctest: +SKIP
>>> result.verdict, result.score, result.regions  # doctest: +SKIP

In the order in which the data flows: `fit` and `Fitter` (pictures of good parts to a `Model`), `Inspector` (a picture and a model to
a `Result`), `Variation` (HALCON's variation model). Beside them `options` (what can be set), `error` (what is raised), `log`,
`process` (threads, devices, versions), `threshold`, and `twinspect.anomalib`, which needs anomalib and is not imported here.
"""
from . import log  # noqa: F401
from ._image import Frame, Mask, Order, Picture
from ._progress import Progress
from .error import (
    CancelledError,
    InputOutputError,
    InvalidArgumentError,
    NotFoundError,
    OutOfMemoryError,
    StateError,
    TwinspectError,
    UnsupportedError,
)
from .fitter import Fitter, fit
from .health import Drift, Finding, Health
from .inspector import Inspector, Timing
from .model import Model, ModelInfo, Thresholds
from .options import Option, option_table
from .process import Device, build_info, devices, set_threads, version
from .result import Region, Result, Results, Verdict
from .threshold import Threshold, threshold_from_scores
from .variation import Variation, VariationInfo

__version__ = version()
__all__ = [
    "CancelledError", "Device", "Drift", "Finding", "Fitter", "Frame", "Health", "InputOutputError", "Inspector",
    "InvalidArgumentError", "Mask", "Model", "ModelInfo", "NotFoundError", "Option", "Order", "OutOfMemoryError", "Picture",
    "Progress", "Region", "Result", "Results", "StateError", "Threshold", "Thresholds", "Timing", "TwinspectError",
    "UnsupportedError", "Variation", "VariationInfo", "Verdict", "build_info", "devices", "fit", "option_table",
    "set_threads", "threshold_from_scores", "version",
]  # fmt: skip
