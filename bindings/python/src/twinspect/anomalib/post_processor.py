"""Scores and maps from 0 to 1, by the thresholds that the model found itself."""
from __future__ import annotations

from typing import Any

import torch
from anomalib.data import Batch, InferenceBatch
from anomalib.post_processing import PostProcessor

from ..model import Thresholds


class TwinspectPostProcessor(PostProcessor):
    """Maps a score s to ``s / (s + threshold)``: 0.5 at the threshold, in the order of the scores, and below 1.

    anomalib's own post-processor takes threshold and range from the validation set, which by default is the test set, and cuts
    off what is beyond. Labels and masks are the model's.
    """

    _image_threshold: torch.Tensor
    _pixel_threshold: torch.Tensor

    def use(self, thresholds: Thresholds) -> None:
        """Takes a model's thresholds; 1 stands in for one that it does not have."""
        self._image_threshold.fill_(thresholds.image or 1.0)
        self._pixel_threshold.fill_(thresholds.pixel or 1.0)

    def on_validation_batch_end(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is learned from the validation set."""

    def on_validation_epoch_end(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is learned from the validation set."""

    def normalize_batch(self, batch: Batch[Any]) -> None:
        """Brings the scores and maps of a batch to 0 to 1."""
        batch.pred_score = _share(batch.pred_score, self._image_threshold)
        batch.anomaly_map = _share(batch.anomaly_map, self._pixel_threshold)

    def forward(self, predictions: InferenceBatch) -> InferenceBatch:
        """The same for predictions outside of a trainer."""
        return predictions._replace(
            pred_score=_share(predictions.pred_score, self._image_threshold),
            anomaly_map=_share(predictions.anomaly_map, self._pixel_threshold),
        )


def _share(values: torch.Tensor | None, threshold: torch.Tensor) -> torch.Tensor | None:
    return None if values is None else values / (values + threshold.to(values.device))
