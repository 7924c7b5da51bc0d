"""From pictures of good parts to a model."""
import os
from collections.abc import Iterable
from typing import Any

from ._files import PathLike, library_paths, list_pictures, name_of
from ._handle import Handle, own
from ._image import Mask, Order, Picture, mask_view, picture_view
from ._library import ffi, lib
from ._progress import Progress, Watcher
from .error import TwinspectError, check, is_of_picture, make_error
from .log import logger
from .model import Model
from .options import OptionValue, OptionValues, native_options


class Fitter(Handle):
    """Takes pictures of good parts one by one, and makes a model of them. One thread at a time.

    It keeps the pictures' features, not their pixels, so that more can be added and fitted again.

    Parameters
    ----------
    options, **keywords
        See `twinspect.fit`.
    """

    def __init__(self, options: OptionValues | None = None, **keywords: OptionValue) -> None:
        super().__init__(_own(lib.tsp_fitter_create, native_options(options, keywords)))

    @classmethod
    def from_model(cls, model: Model, options: OptionValues | None = None, **keywords: OptionValue) -> "Fitter":
        """A fitter that adds pictures to a model, which itself stays as it is. Options of scope "fit" are the model's."""
        fitter = cls.__new__(cls)
        Handle.__init__(fitter, _own(lib.tsp_fitter_create_from_model, model._pointer, native_options(options, keywords)))
        return fitter

    def add(
        self,
        picture: Picture,
        mask: Mask | None = None,
        *,
        name: str | None = None,
        order: Order = "rgb",
        white: float = 0.0,
    ) -> None:
        """Adds a picture of a good part.

        Parameters
        ----------
        picture
            A file, a Pillow image, or an array: see `Inspector.inspect`.
        mask
            What of it counts for the thresholds; None = all.
        name
            For messages and for the model; files have their own.

        Raises `NotFoundError` for a file that is not there, `InvalidArgumentError` for pixels that cannot be used.
        """
        paths = library_paths(picture, mask, white)
        if paths is not None:
            check(lib.tsp_fitter_add_file(self._pointer, *paths), name_of(picture))
            return
        view = picture_view(picture, order, white, name or "picture")
        over = mask_view(mask) if mask is not None else None
        called = (name or name_of(picture)).encode("utf-8", "surrogateescape")
        check(lib.tsp_fitter_add(self._pointer, view.image, over.image if over else ffi.NULL, called or ffi.NULL))

    def __len__(self) -> int:
        count = ffi.new("uint64_t *")
        check(lib.tsp_fitter_count(self._pointer, count))
        return int(count[0])

    def fit(self, progress: Progress | None = None) -> Model:
        """Makes a model of the pictures so far: groups, statistics, thresholds. Ctrl-C cancels it.

        Parameters
        ----------
        progress
            Called with (stage, done, total) at most 20 times a second. It cancels by returning False, which raises
            `CancelledError`, or by raising, which comes out of this call.

        Raises `InvalidArgumentError` if there are no pictures.
        """
        pointer = self._pointer
        out = ffi.new("tsp_model **")
        with self._alone():
            Watcher(progress).run(lib.tsp_fitter_set_progress, pointer, lambda: int(lib.tsp_fitter_fit(pointer, out)))
        return Model(ffi.gc(out[0], lib.tsp_model_destroy))


def fit(
    pictures: PathLike | Iterable[Picture],
    out: PathLike | None = None,
    *,
    masks: Iterable[Mask | None] | None = None,
    progress: Progress | None = None,
    order: Order = "rgb",
    white: float = 0.0,
    skip_unusable: bool = False,
    options: OptionValues | None = None,
    **keywords: OptionValue,
) -> Model:
    """Learns from pictures of good parts: some 25 are enough for a good model; one is fitted, but gives no thresholds.

    Parameters
    ----------
    pictures
        A folder, whose pictures are taken in the order of their names, or any number of files, Pillow images and arrays.
    out
        Where the model is written to as well; None = nowhere.
    masks
        For each picture what of it counts for the thresholds, or None; None = all counts.
    progress
        Called with (stage, done, total); returning False cancels. See `Fitter.fit`.
    order, white
        Of arrays: see `Inspector.inspect`.
    skip_unusable
        Pictures that cannot be used, as one that ends too early, are named in warnings of the log and left out, as the command
        line does; otherwise the first one raises.
    options, **keywords
        Options by key. A keyword has underscores for dots: ``groups_size=25`` is ``{"groups.size": 25}``. ``recipe`` names
        options that are set together; what else is named wins over it. `option_table` lists all options.

    Raises
    ------
    NotFoundError
        The folder, a file, or the network's weights are not there.
    InvalidArgumentError
        A picture cannot be used, there are too few, or an option is unknown or out of range.

    Examples
    --------
    >>> model = twinspect.fit("good/", "part.twin", input_size=448)  # doctest: +SKIP
    """
    if isinstance(pictures, (str, os.PathLike)):
        pictures = list_pictures(pictures)
    listed = list(pictures)
    covers: list[Mask | None] = [None] * len(listed) if masks is None else list(masks)
    if len(covers) != len(listed):
        message = f"there are {len(covers)} masks for {len(listed)} pictures"
        raise make_error(lib.TSP_E_INVALID_ARGUMENT, message, "None stands for a picture without a mask.", "masks")
    with Fitter(options, **keywords) as fitter:
        for number, (picture, mask) in enumerate(zip(listed, covers)):
            if progress is not None and progress("reading good parts", number, len(listed)) is False:
                raise make_error(lib.TSP_E_CANCELLED, "the progress function asked to stop")
            try:
                fitter.add(picture, mask, order=order, white=white)
            except TwinspectError as error:
                if not skip_unusable or not is_of_picture(error, name_of(picture)):
                    raise
                logger.warning("left out: %s", error)
        model = fitter.fit(progress)
    if out is not None:
        model.save(out)
    return model


def _own(create: Any, *arguments: Any) -> Any:
    return own("tsp_fitter", lib.tsp_fitter_destroy, create, *arguments)
