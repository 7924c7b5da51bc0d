"""Models: what was learned from good parts."""
import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from numpy.typing import NDArray

from ._files import PathLike
from ._handle import Handle, Memory, content, filled, own, path_bytes
from ._library import ffi, lib
from .error import check
from .options import OptionValue, OptionValues, native_options

_NAN = float("nan")


class Thresholds(NamedTuple):
    """From where on what is a defect, in standard deviations; None if there were too few images to say."""

    image: float | None
    pixel: float | None


@dataclass(frozen=True)
class ModelInfo:
    """What a model is made of; sizes are (width, height).

    `image_size` is that of the first good part, in pixels, `input_size` the network's, `grid_size` counts the locations that
    have statistics. `left_out_count` is how many pictures were added and not learned from.
    """

    image_count: int
    group_count: int
    left_out_count: int
    image_size: tuple[int, int]
    input_size: tuple[int, int]
    grid_size: tuple[int, int]
    thresholds: Thresholds
    file_version: int


class Model(Handle):
    """What was learned from good parts. Never changes; any number of threads may use it at once.

    Made by `fit`, `Fitter.fit`, `load` and `from_bytes`. May be pickled, and so be passed to processes that were spawned.
    """

    @classmethod
    def load(cls, path: PathLike, options: OptionValues | None = None, **keywords: OptionValue) -> "Model":
        """Reads a model file.

        Options of scope "fit" come from the file, but for a ``backbone`` that is named here: where the network is now. A
        model may name a TorchScript file, which is a program and is run: load such models only from those whom you trust.

        Raises `NotFoundError` (no such file, or the network's weights are missing), `InvalidArgumentError` (damaged, or no
        model), `InputOutputError`, and `TwinspectError` TSP_E_VERSION for a model of a newer library.
        """
        settings = native_options(options, keywords)
        return cls(_own(lib.tsp_model_load, path_bytes(path), settings))

    @classmethod
    def from_bytes(cls, data: bytes, options: OptionValues | None = None, **keywords: OptionValue) -> "Model":
        """Reads a model from the content of its file; otherwise as `load`."""
        settings = native_options(options, keywords)
        return cls(_own(lib.tsp_model_load_memory, ffi.from_buffer(data), len(data), settings))

    def save(self, path: PathLike) -> None:
        """Writes the model to a file, which is replaced in one step or, if anything fails, left as it is."""
        check(lib.tsp_model_save(self._pointer, path_bytes(path)))

    def to_bytes(self) -> bytes:
        """The content of the model's file."""
        return content(lib.tsp_model_save_memory, self._pointer)

    def __reduce__(self) -> tuple[Any, ...]:
        return Model.from_bytes, (self.to_bytes(),)

    @property
    def info(self) -> ModelInfo:
        """What the model is made of, in numbers."""
        found = filled("tsp_model_summary", lib.tsp_model_info, self._pointer)
        return ModelInfo(
            image_count=found.image_count,
            group_count=found.group_count,
            left_out_count=found.left_out_count,
            image_size=(found.image_width, found.image_height),
            input_size=(found.input_width, found.input_height),
            grid_size=(found.grid_width, found.grid_height),
            thresholds=Thresholds(number_or_none(found.threshold), number_or_none(found.pixel_threshold)),
            file_version=found.file_version,
        )

    @property
    def thresholds(self) -> Thresholds:
        """The thresholds of the score and of the anomaly map."""
        return self.info.thresholds

    def describe(self) -> dict[str, Any]:
        """What ``twinspect info --json`` prints: networks, recipe, thresholds, groups, images, what was left out, warnings."""
        described: dict[str, Any] = json.loads(content(lib.tsp_model_describe, self._pointer)[:-1])
        return described

    def lead_image(self, group: int = 0) -> NDArray[Any]:
        """A small picture of what the parts of a group, from 0, are compared with.

        [H, W, 3] uint8, RGB, its longer side 128 pixels at most; read-only, and keeps the model's memory.
        """
        image = filled("tsp_image", lib.tsp_model_lead_image, self._pointer, group)
        shape = (image.height, image.width, 3)
        stride = image.row_stride or 3 * image.width
        return Memory(self._pointer, image.plane[0], shape, (stride, 3, 1), "u1").array()

    def with_thresholds(self, image: float | None = None, pixel: float | None = None) -> "Model":
        """A model with other thresholds of the score and of the anomaly map; None keeps the model's own.

        What was learned is shared with this model, which stays as it is.
        """
        return Model(_own(lib.tsp_model_with_thresholds, self._pointer, nan_or(image), nan_or(pixel)))

    def __repr__(self) -> str:
        if self.is_closed:
            return "<Model, closed>"
        info = self.info
        return f"<Model of {info.image_count} images in {info.group_count} groups, threshold {info.thresholds.image}>"


def _own(create: Any, *arguments: Any) -> Any:
    return own("tsp_model", lib.tsp_model_destroy, create, *arguments)


def number_or_none(value: float) -> float | None:
    """A threshold as Python has it: the library's NaN says that there is none."""
    return None if value != value else float(value)


def nan_or(value: float | None) -> float:
    """The other way round."""
    return _NAN if value is None else value
