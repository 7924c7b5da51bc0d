"""twinspect as a model of anomalib's own kind."""
from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch
from anomalib import LearningType
from anomalib.data import ImageBatch
from anomalib.deploy.export import ExportType
from anomalib.metrics import Evaluator
from anomalib.models.components import AnomalibModule, MemoryBankMixin
from anomalib.pre_processing import PreProcessor
from anomalib.visualization import Visualizer
from torch import nn

from .. import Model
from .post_processor import TwinspectPostProcessor
from .torch_model import TwinspectModel

logger = logging.getLogger(__name__)
_CHECKPOINT_KEY = "twinspect_model"


class Twinspect(MemoryBankMixin, AnomalibModule):
    """Finds defects without training: groups of normal images, a Gaussian at every location, Mahalanobis distances.

    Args:
        twin (str | Path | None): A model file of twinspect, to be tested as it is. Defaults to ``None``: ``Engine.fit`` learns.
        recipe (str | None): Options that are set together, such as ``"registered"``. Defaults to ``None``.
        options (dict[str, Any] | None): Options by key, such as ``{"input.size": 448}``. Defaults to ``None``.
        pre_processor (nn.Module | bool): Defaults to ``True``: pictures reach twinspect as they are, which prepares them itself.
        post_processor (nn.Module | bool): Defaults to ``True``: scores from 0 to 1 by the model's own thresholds.
        evaluator (Evaluator | bool): Defaults to ``True``.
        visualizer (Visualizer | bool): Defaults to ``True``.
    """

    # Directly of AnomalibModule: get_model looks no deeper.
    def __init__(
        self,
        twin: str | Path | None = None,
        recipe: str | None = None,
        options: dict[str, Any] | None = None,
        pre_processor: nn.Module | bool = True,
        post_processor: nn.Module | bool = True,
        evaluator: Evaluator | bool = True,
        visualizer: Visualizer | bool = True,
    ) -> None:
        super().__init__(
            pre_processor=pre_processor,
            post_processor=post_processor,
            evaluator=evaluator,
            visualizer=visualizer,
        )
        chosen = {} if recipe is None else {"recipe": recipe}
        self.model: TwinspectModel = TwinspectModel({**chosen, **(options or {})})
        if twin is not None:
            self._adopt(Model.load(twin))

    @property
    def fitted(self) -> Model | None:
        """What was learned, as twinspect's own model; None before ``Engine.fit``."""
        return self.model.fitted

    def _adopt(self, model: Model) -> None:
        self.model.fitted = model
        self._is_fitted = torch.tensor([True], device=self.device)
        if isinstance(self.post_processor, TwinspectPostProcessor):
            self.post_processor.use(model.thresholds)

    @staticmethod
    def configure_pre_processor(image_size: tuple[int, int] | None = None) -> PreProcessor:
        """No transform: the size of the network's input is the option ``input.size``."""
        if image_size is not None:
            raise ValueError('twinspect resizes pictures itself: set options={"input.size": ...} instead of image_size.')
        return PreProcessor()

    def configure_post_processor(self) -> TwinspectPostProcessor:
        """Scores from 0 to 1 by the model's own thresholds."""
        return TwinspectPostProcessor()

    @staticmethod
    def configure_optimizers() -> None:
        """Nothing is optimised."""

    def on_train_start(self) -> None:
        """Says so if there is nothing to do."""
        if self._is_fitted:
            logger.warning("twinspect has learned already; the training set is passed over. Make a new Twinspect to learn anew.")

    def training_step(self, batch: ImageBatch, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Collects a batch of normal images; the loss is a dummy."""
        del args, kwargs
        if not self._is_fitted:
            self.model.collect(batch.image, batch.image_path or [])
        return torch.tensor(0.0, requires_grad=True, device=self.device)

    def fit(self) -> None:
        """Learns from what was collected: called by anomalib at the end of the epoch, or before validation."""
        self.model.fit()
        assert self.model.fitted is not None
        self._adopt(self.model.fitted)

    # Lightning's own signature has no batch, as those of anomalib's models have.
    def validation_step(  # type: ignore[override]
        self, batch: ImageBatch, *args: Any, **kwargs: Any
    ) -> ImageBatch:
        """The batch with scores, labels, maps and masks."""
        del args, kwargs
        found: ImageBatch = batch.update(**self.model(batch.image)._asdict())
        return found

    @property
    def trainer_arguments(self) -> dict[str, Any]:
        """One pass over the training set, on one device."""
        return {"max_epochs": 1, "val_check_interval": 1.0, "num_sanity_val_steps": 0, "devices": 1}

    @property
    def learning_type(self) -> LearningType:
        """Normal images alone."""
        return LearningType.ONE_CLASS

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The model file goes into the checkpoint, which then needs no other file."""
        super().on_save_checkpoint(checkpoint)
        checkpoint["hyper_parameters"].pop("twin", None)
        if self.fitted is not None:
            checkpoint[_CHECKPOINT_KEY] = torch.frombuffer(bytearray(self.fitted.to_bytes()), dtype=torch.uint8)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Takes it out again."""
        super().on_load_checkpoint(checkpoint)
        if _CHECKPOINT_KEY in checkpoint:
            self._adopt(Model.from_bytes(checkpoint[_CHECKPOINT_KEY].numpy().tobytes()))

    def to_torch(self, export_root: Path | str, model_file_name: str = "model") -> Path:
        """Writes twinspect's own model file: ``weights/torch/model.twin``, for C, C++, C#, Python and the command line."""
        if self.fitted is None:
            raise RuntimeError("twinspect: nothing was learned yet. Call engine.fit first.")
        path = Path(export_root) / "weights" / ExportType.TORCH.value / f"{model_file_name}.twin"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.fitted.save(path)
        return path

    def to_onnx(self, *args: Any, **kwargs: Any) -> Path:  # type: ignore[override]
        """Not there: the model is inspected with by libtwinspect, on any machine, from its own file."""
        raise NotImplementedError('twinspect: a model is exported as its own file: export_type="torch" writes a .twin file.')

    def to_openvino(self, *args: Any, **kwargs: Any) -> Path:
        """As `to_onnx`."""
        return self.to_onnx(*args, **kwargs)
