"""twinspect as a torch module: batches of anomalib in, its predictions out."""
from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
import torch
from anomalib.data import InferenceBatch
from numpy.typing import NDArray
from torch import nn

from .. import Fitter, Inspector, Model, Result, Verdict
from ..options import OptionValues

_STEPS_8_BIT = 255
_STEPS_16_BIT = 65535
# A float32 of a whole number over 255 misses it by less; what was resized lies between them.
_ON_A_STEP = 1e-3


class TwinspectModel(nn.Module):
    """Collects normal images, fits, and inspects. It has no parameters: what was learned is `fitted`.

    Parameters
    ----------
    options
        See `twinspect.fit`; those of scope "run" hold for inspecting, too.
    """

    def __init__(self, options: OptionValues) -> None:
        super().__init__()
        self.options = dict(options)
        self._fitter: Fitter | None = None
        self._inspector: Inspector | None = None
        self._fitted: Model | None = None

    @property
    def fitted(self) -> Model | None:
        """What was learned; None before `fit`."""
        return self._fitted

    @fitted.setter
    def fitted(self, model: Model) -> None:
        self._fitted, self._inspector, self._fitter = model, None, None

    def collect(self, images: Any, names: Sequence[str]) -> None:
        """Adds normal images, a tensor [N, 3, H, W] of floats from 0 to 1; names may be too few."""
        if self._fitter is None:
            self._fitter = Fitter(self.options)
        for image, name in zip_longest(images, names):
            self._fitter.add(pixels_of(image), name=name)

    def fit(self) -> None:
        """Makes a model of what was collected."""
        fitter = self._fitter or Fitter(self.options)
        self.fitted = fitter.fit()

    def forward(self, images: torch.Tensor) -> InferenceBatch:
        """Inspects [N, 3, H, W] float from 0 to 1.

        Scores [N] and maps [N, 1, H, W] are in standard deviations, labels [N] and masks [N, 1, H, W] bool by the model's own
        thresholds; an undecided part counts as anomalous.
        """
        if self._inspector is None:
            if self._fitted is None:
                raise RuntimeError("twinspect: nothing was learned yet. Call engine.fit, or name a model: Twinspect(twin=...).")
            self._inspector = Inspector(self._fitted, self._run_options())
        results = [self._inspector.inspect(pixels_of(image)) for image in images]
        return InferenceBatch(
            pred_score=torch.tensor([result.score for result in results], device=images.device),
            pred_label=torch.tensor([result.verdict is not Verdict.GOOD for result in results], device=images.device),
            anomaly_map=_stacked([result.anomaly_map for result in results], images.device),
            pred_mask=_stacked([_mask(result) for result in results], images.device),
        )

    def _run_options(self) -> OptionValues:
        return {key: value for key, value in self.options.items() if key != "recipe"}

    def __getstate__(self) -> dict[str, Any]:
        # Inspector and fitter belong to this process; the model may go to another one.
        return {**self.__dict__, "_fitter": None, "_inspector": None}


def pixels_of(image: torch.Tensor) -> NDArray[Any]:
    """The picture that anomalib has made a float tensor of, [H, W, 3]: uint8 as the file had it, or uint16 if it was resized.

    Raises ValueError if the image was normalised, as its colours cannot be told any more.
    """
    values = image.detach().float().cpu()
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 1:
        raise ValueError(
            f"twinspect: the image has values from {low:.3g} to {high:.3g}, 0 to 1 are allowed: someone has normalised it. "
            "twinspect prepares pictures itself: leave Normalize out of pre_processor and augmentations."
        )
    scaled = values * _STEPS_8_BIT
    if float((scaled - scaled.round()).abs().max()) < _ON_A_STEP:
        return np.asarray(scaled.round().to(torch.uint8).permute(1, 2, 0))
    # The planes stay where they are.
    planes: NDArray[Any] = (values * _STEPS_16_BIT).round().numpy().astype(np.uint16)
    return planes.transpose(1, 2, 0)


def _mask(result: Result) -> NDArray[np.bool_]:
    # A new array: what the library owns may not be written to, as torch would allow.
    return np.asarray(result.mask > 0)


def _stacked(maps: Sequence[NDArray[Any]], device: torch.device) -> torch.Tensor:
    return torch.from_numpy(np.stack(maps)[:, None]).to(device)
