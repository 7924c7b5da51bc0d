"""Inspecting pictures with a model."""
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from ._files import PathLike, library_paths, list_pictures, name_of
from ._handle import Handle, filled, own
from ._image import Mask, Order, Picture, View, mask_view, picture_view, pointers
from ._library import ffi, lib
from ._progress import Progress, Watcher
from .error import TwinspectError, check, is_of_picture, make_error
from .health import Drift, read_drift
from .log import logger
from .model import Model, nan_or
from .options import OptionValue, OptionValues, native_options
from .result import Result, Results, new_result

_FORMATS = {
    "gray8": lib.TSP_FORMAT_GRAY8, "gray16": lib.TSP_FORMAT_GRAY16, "grayf32": lib.TSP_FORMAT_GRAYF32,
    "bgr8": lib.TSP_FORMAT_BGR8, "rgb8": lib.TSP_FORMAT_RGB8, "bgra8": lib.TSP_FORMAT_BGRA8,
    "rgba8": lib.TSP_FORMAT_RGBA8, "rgb8_planar": lib.TSP_FORMAT_RGB8_PLANAR, "rgb16_planar": lib.TSP_FORMAT_RGB16_PLANAR,
}  # fmt: skip
_STAGE = "inspecting"


@dataclass(frozen=True)
class Timing:
    """Milliseconds that the stages of an inspection took; 0 of a stage that the model does without."""

    total_ms: float
    preprocess_ms: float
    backbone_ms: float
    matching_ms: float
    statistics_ms: float
    map_ms: float
    verdict_ms: float


@dataclass(frozen=True)
class _Item:
    """A picture of many, its mask, and their files if the library reads them itself."""

    name: str
    picture: Picture
    mask: Mask | None
    paths: tuple[Any, Any] | None


class Inspector(Handle):
    """Inspects pictures with a model. One thread at a time: give each thread its own, they share the model.

    Parameters
    ----------
    model
        A model, or its file.
    options, **keywords
        Options of scope "run", such as ``device="cuda"``; see `twinspect.fit`.
    """

    def __init__(self, model: Model | PathLike, options: OptionValues | None = None, **keywords: OptionValue) -> None:
        if not isinstance(model, Model):
            model = Model.load(model, options, **keywords)
        settings = native_options(options, keywords)
        super().__init__(
            own("tsp_inspector", lib.tsp_inspector_destroy, lib.tsp_inspector_create, model._pointer, settings)
        )

    def inspect(
        self, picture: Picture, mask: Mask | None = None, *, order: Order = "rgb", white: float = 0.0
    ) -> Result:
        """Inspects a picture. A bad part is no error: see `Result.verdict`. Other threads run meanwhile.

        Parameters
        ----------
        picture
            A file, which the library reads itself, as the command line does; a Pillow image; or an array, which is read where
            it lies (any rectangle of a larger one, upside down, with gaps after its rows) and must not be written to
            meanwhile: [H, W] of uint8, uint16 or float32 is gray, [H, W, 3] and [H, W, 4] of uint8 or uint16 are colour,
            alpha ignored. uint16 colour is copied, unless its channels lie in planes.
        mask
            What of it is inspected, [H, W] of bool or uint8, or a gray file or Pillow image, non-zero = inspect; None = all.
            A file whose mask is an array or a Pillow image, or that has a `white`, is read by Pillow.
        order
            ``"rgb"``, or ``"bgr"`` for arrays of OpenCV.
        white
            The value of an array that means full scale; 0 = 255, 65535 or 1.0 by the type. 4095 for a 12-bit camera.

        Raises `InvalidArgumentError` for pixels that cannot be used, `NotFoundError`, `StateError` if another thread uses the
        inspector.
        """
        return self._inspect_one(picture, mask, order, white, name_of(picture))

    def _inspect_one(self, picture: Picture, mask: Mask | None, order: Order, white: float, name: str) -> Result:
        paths = library_paths(picture, mask, white)
        if paths is not None:
            return self._inspect_file(paths, name)
        view = picture_view(picture, order, white, name or "picture")
        over = mask_view(mask) if mask is not None else None
        result = new_result()
        check(lib.tsp_inspector_inspect(self._pointer, view.image, over.image if over else ffi.NULL, result), name)
        return Result(result, name)

    def inspect_many(
        self,
        pictures: PathLike | Iterable[Picture],
        masks: Iterable[Mask | None] | None = None,
        *,
        order: Order = "rgb",
        white: float = 0.0,
        progress: Progress | None = None,
        batch_size: int = 32,
        skip_unusable: bool = False,
    ) -> Results:
        """Inspects a folder, or any number of pictures; Ctrl-C cancels.

        Arrays and images of a batch are inspected several at once if the option ``lanes`` says so, files one after the other.
        Each result keeps its anomaly map: for thousands of large pictures call `inspect` in a loop and keep `Result.to_record`.

        Parameters
        ----------
        masks
            For each picture as for `inspect`, or None.
        progress
            Called with (stage, done, total) of a batch; returning False cancels. See `Fitter.fit`.
        batch_size
            Arrays and images that are handed to the library at once. Files are handed to it one by one, and their batch is
            what progress counts; a batch ends where arrays follow files, or files arrays.
        skip_unusable
            Pictures that cannot be used, as one that ends too early, are named in warnings of the log and have no result; arrays
            are then handed over one by one, too. Otherwise the first one raises.

        Raises what `inspect` raises, at the first picture that fails; its `where` names the file, or ``images[3]``.
        """
        if isinstance(pictures, (str, os.PathLike)):
            pictures = list_pictures(pictures)
        if batch_size < 1:
            raise make_error(lib.TSP_E_INVALID_ARGUMENT, f"batch_size is {batch_size}, 1 or more are allowed")
        results = Results()
        for batch in _batches(_items(pictures, masks, white), batch_size):
            if skip_unusable:
                results.extend(self._inspect_usable(batch, order, white, progress))
                continue
            if batch[0].paths is not None:
                results.extend(self._inspect_files(batch, progress))
                continue
            views = [picture_view(each.picture, order, white, each.name) for each in batch]
            over = [_optional(each.mask, each.name) for each in batch]
            results.extend(self._inspect_batch(views, over, [each.name for each in batch], progress))
        return results

    def _inspect_file(self, paths: tuple[Any, Any], name: str) -> Result:
        result = new_result()
        check(lib.tsp_inspector_inspect_file(self._pointer, *paths, result), name)
        return Result(result, name)

    def _inspect_files(self, batch: list[_Item], progress: Progress | None) -> list[Result]:
        """As `_inspect_batch`, for the library's batches take no files. Between two of them Python sees Ctrl-C itself."""
        found: list[Result] = []
        with self._alone():
            for item in batch:
                _report(progress, len(found), len(batch))
                assert item.paths is not None
                found.append(self._inspect_file(item.paths, item.name))
            if progress is not None:
                # Nothing is left to cancel.
                progress(_STAGE, len(found), len(batch))
        return found

    def _inspect_usable(self, batch: list[_Item], order: Order, white: float, progress: Progress | None) -> list[Result]:
        found: list[Result] = []
        with self._alone():
            for done, item in enumerate(batch):
                _report(progress, done, len(batch))
                try:
                    found.append(self._inspect_one(item.picture, item.mask, order, white, item.name))
                except TwinspectError as error:
                    if not is_of_picture(error, item.name):
                        raise
                    logger.warning("not inspected: %s", error)
            if progress is not None:
                progress(_STAGE, len(batch), len(batch))
        return found

    def _inspect_batch(
        self, views: list[View], over: list[View | None], names: list[str], progress: Progress | None
    ) -> list[Result]:
        made = [new_result() for _ in views]
        images, masks, results = pointers(views), pointers(over), ffi.new("tsp_result *[]", made)
        pointer = self._pointer

        def work() -> int:
            return int(lib.tsp_inspector_inspect_batch(pointer, images, masks, len(views), results, ffi.NULL))

        try:
            with self._alone():
                Watcher(progress).run(lib.tsp_inspector_set_progress, pointer, work)
        except Exception as error:
            raise _renamed(error, names) from error.__cause__
        return [Result(result, name) for result, name in zip(made, names)]

    def warm_up(self, width: int, height: int, format: str = "rgb8") -> None:
        """Inspects a made-up picture, so that the first real one does not wait for memory, threads and kernels."""
        if format not in _FORMATS:
            message = f"format is '{format}', allowed are {', '.join(_FORMATS)}"
            raise make_error(lib.TSP_E_INVALID_ARGUMENT, message, "", "format")
        check(lib.tsp_inspector_warm_up(self._pointer, _FORMATS[format], width, height))

    def set_thresholds(self, image: float | None = None, pixel: float | None = None) -> None:
        """Uses other thresholds than the model's from the next picture on; None puts the model's own back."""
        check(lib.tsp_inspector_set_thresholds(self._pointer, nan_or(image), nan_or(pixel)))

    @property
    def timing(self) -> Timing:
        """How long the stages of the last picture took. Raises `StateError` before the first one."""
        found = filled("tsp_timing", lib.tsp_inspector_timing, self._pointer)
        return Timing(**{name: getattr(found, name) for name in Timing.__dataclass_fields__})

    @property
    def drift(self) -> Drift:
        """How the scores of the pictures that were found good compare with those of the normal images.

        Raises `StateError` if the model has too few of them to say.
        """
        return read_drift(filled("tsp_drift", lib.tsp_inspector_drift, self._pointer))

    def reset_drift(self) -> None:
        """Begins the comparison anew, as after the lamp was changed. Raises as `drift`."""
        check(lib.tsp_inspector_reset_drift(self._pointer))


def _renamed(error: Exception, names: list[str]) -> Exception:
    """The library's error, whose place is ``images[3]`` of the batch, at the name of that picture."""
    where = getattr(error, "where", "")
    places = {f"images[{index}]": name for index, name in enumerate(names)}
    place = next((each for each in places if where.startswith(each)), None)
    if place is None or not isinstance(error, TwinspectError):
        return error
    return make_error(error.code, error.message, error.hint, where.replace(place, places[place], 1))


def _report(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None and progress(_STAGE, done, total) is False:
        raise make_error(lib.TSP_E_CANCELLED, "the progress function asked to stop")


def _items(pictures: Iterable[Picture], masks: Iterable[Mask | None] | None, white: float) -> Iterator[_Item]:
    covers = iter(masks) if masks is not None else None
    for number, picture in enumerate(pictures):
        name = name_of(picture) or f"images[{number}]"
        mask = _next_mask(covers, name)
        yield _Item(name, picture, mask, library_paths(picture, mask, white))


def _batches(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """At most `size` items that follow each other, all of them files for the library, or none."""
    for _, alike in groupby(items, lambda item: item.paths is not None):
        while batch := list(islice(alike, size)):
            yield batch


def _next_mask(masks: Iterator[Mask | None] | None, name: str) -> Mask | None:
    if masks is None:
        return None
    try:
        return next(masks)
    except StopIteration:
        message = "there are fewer masks than pictures"
        hint = "None stands for a picture without a mask."
        raise make_error(lib.TSP_E_INVALID_ARGUMENT, message, hint, name) from None


def _optional(mask: Mask | None, name: str) -> View | None:
    return None if mask is None else mask_view(mask, f"mask of {name}")

