"""Arrays as the library's pictures, without copying where a picture of the library can lie in memory as the array does."""
import os
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ._files import PathLike, pixels_of, read_picture
from ._library import ffi, lib
from .error import make_error

Order = Literal["rgb", "bgr"]


@final
@dataclass(frozen=True)
class Frame:
    """An array with an order and a white of its own, for lists of pictures that differ in them: see `Inspector.inspect`."""

    pixels: NDArray[Any]
    order: Order = "rgb"
    white: float = 0.0


Picture = PathLike | Image.Image | NDArray[Any] | Frame
"""A file, a Pillow image, a `Frame`, or an array: [H, W] or [H, W, 1] of uint8, uint16 or float32 is gray, [H, W, 3] or [H, W, 4] of
uint8 or uint16 is colour, whose fourth channel is alpha and ignored."""
Mask = PathLike | Image.Image | NDArray[Any]
"""What counts of a picture: [H, W] of bool or uint8, non-zero = counts; or a gray file or image."""

_GRAY = {"uint8": lib.TSP_FORMAT_GRAY8, "uint16": lib.TSP_FORMAT_GRAY16, "float32": lib.TSP_FORMAT_GRAYF32}
_INTERLEAVED = {
    (3, "rgb"): lib.TSP_FORMAT_RGB8, (3, "bgr"): lib.TSP_FORMAT_BGR8,
    (4, "rgb"): lib.TSP_FORMAT_RGBA8, (4, "bgr"): lib.TSP_FORMAT_BGRA8,
}  # fmt: skip
_PLANAR = {"uint8": lib.TSP_FORMAT_RGB8_PLANAR, "uint16": lib.TSP_FORMAT_RGB16_PLANAR}


@dataclass
class View:
    """A picture of the library, and the array in whose memory it lies; to be kept until the call has returned."""

    image: Any
    array: NDArray[Any]


def picture_view(picture: Picture, order: Order = "rgb", white: float = 0.0, where: str = "") -> View:
    """A view of a picture. Raises `InvalidArgumentError` or `UnsupportedError`, whose `where` is `where`."""
    if isinstance(picture, Frame):
        order, white, picture = picture.order, picture.white, picture.pixels
    if order not in ("rgb", "bgr"):
        raise make_error(lib.TSP_E_INVALID_ARGUMENT, f"order is '{order}', allowed are 'rgb' and 'bgr'", "", where)
    if isinstance(picture, Image.Image):
        pixels, order = pixels_of(picture, where), "rgb"
    elif isinstance(picture, (str, os.PathLike)):
        pixels, order = read_picture(picture), "rgb"
    else:
        pixels = np.asarray(picture)
    pixels = _native(pixels)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    view = _gray(pixels) if pixels.ndim == 2 else _colour(pixels, order)
    if view is None:
        raise _refusal(pixels, where)
    view.image.white = white
    return view


def mask_view(mask: Mask, where: str = "mask") -> View:
    """A view of a mask, [H, W] of uint8; values of bool are taken as they lie."""
    if isinstance(mask, Image.Image):
        pixels = np.asarray(mask if mask.mode == "L" else mask.convert("L"))
    elif isinstance(mask, (str, os.PathLike)):
        pixels = read_picture(mask)
    else:
        pixels = np.asarray(mask)
    if pixels.dtype == np.bool_:
        pixels = pixels.view(np.uint8)
    if pixels.dtype != np.uint8 or pixels.ndim != 2:
        message = f"a mask is an array [H, W] of bool or uint8, not {list(pixels.shape)} of {pixels.dtype}"
        raise make_error(lib.TSP_E_IMAGE, message, "Non-zero is what counts.", where)
    view = _gray(pixels)
    assert view is not None
    return view


def pointers(views: list[View] | list[View | None]) -> Any:
    """An array of pointers to pictures, NULL where there is no view."""
    return ffi.new("tsp_image *[]", [view.image if view else ffi.NULL for view in views])


def writable_view(pixels: NDArray[Any], format: int) -> View:
    """A picture that the library writes to; `pixels` is tightly packed."""
    return _view(pixels, format, pixels.ctypes.data, pixels.strides[0])


def _native(pixels: NDArray[Any]) -> NDArray[Any]:
    """The same values in native byte order, each at an address that its type can have."""
    if pixels.dtype.isnative and pixels.flags.aligned:
        return pixels
    return np.array(pixels, pixels.dtype.newbyteorder("="))


def _gray(pixels: NDArray[Any]) -> View | None:
    format = _GRAY.get(pixels.dtype.name)
    if format is None:
        return None
    if not _rows_fit(pixels, pixels.itemsize):
        pixels = np.ascontiguousarray(pixels)
    return _view(pixels, format, pixels.ctypes.data, pixels.strides[0])


def _colour(pixels: NDArray[Any], order: Order) -> View | None:
    if pixels.ndim != 3 or pixels.shape[2] not in (3, 4) or pixels.dtype.name not in _PLANAR:
        return None
    if pixels.dtype == np.uint16:
        return _planar(pixels[:, :, :3], order) or _planar(_as_planes(pixels[:, :, :3]), order)
    return _interleaved(pixels, order) or _planar(pixels, order) or _interleaved(np.ascontiguousarray(pixels), order)


def _interleaved(pixels: NDArray[Any], order: Order) -> View | None:
    channels, step = pixels.shape[2], pixels.strides[2]
    if not _rows_fit(pixels, channels):
        return None
    if step == 1:
        return _view(pixels, _INTERLEAVED[channels, order], pixels.ctypes.data, pixels.strides[0])
    # `frame[..., ::-1]`: the same pixels in the other order, from two bytes before.
    if step == -1 and channels == 3:
        return _view(pixels, _INTERLEAVED[3, "bgr" if order == "rgb" else "rgb"], pixels.ctypes.data - 2, pixels.strides[0])
    return None


def _planar(pixels: NDArray[Any], order: Order) -> View | None:
    if pixels.shape[2] != 3 or not _rows_fit(pixels, pixels.itemsize):
        return None
    view = _view(pixels, _PLANAR[pixels.dtype.name], pixels.ctypes.data, pixels.strides[0])
    for plane, channel in enumerate((0, 1, 2) if order == "rgb" else (2, 1, 0)):
        view.image.plane[plane] = ffi.cast("void *", pixels.ctypes.data + channel * pixels.strides[2])
    return view


def _as_planes(pixels: NDArray[Any]) -> NDArray[Any]:
    planes: NDArray[Any] = np.ascontiguousarray(pixels.transpose(2, 0, 1))
    return planes.transpose(1, 2, 0)


def _rows_fit(pixels: NDArray[Any], pixel_bytes: int) -> bool:
    """Whether pixels of this size follow each other within rows, and no row overlaps the next."""
    height, width = pixels.shape[:2]
    row_step, step = pixels.strides[:2]
    return bool((step == pixel_bytes or width == 1) and (abs(row_step) >= width * pixel_bytes or height == 1))


def _view(pixels: NDArray[Any], format: int, address: int, row_stride: int) -> View:
    height, width = pixels.shape[:2]
    # Of a single row numpy may state any stride; 0 is tightly packed.
    stride = row_stride if height > 1 else 0
    image = ffi.new("tsp_image *", {"struct_size": ffi.sizeof("tsp_image"), "format": format, "width": width, "height": height})
    image.plane[0], image.row_stride = ffi.cast("void *", address), stride
    return View(image, pixels)


def _refusal(pixels: NDArray[Any], where: str) -> Exception:
    message = f"an array {list(pixels.shape)} of {pixels.dtype} is no picture"
    hint = "Gray is [H, W] of uint8, uint16 or float32; colour is [H, W, 3] or [H, W, 4] of uint8 or uint16."
    if pixels.ndim == 3 and pixels.shape[0] in (1, 3) and pixels.shape[2] > 4:
        hint += " Of [3, H, W], .transpose(1, 2, 0) copies nothing."
    if pixels.dtype == np.float64:
        hint += " .astype(numpy.float32) converts gray."
    return make_error(lib.TSP_E_UNSUPPORTED, message, hint, where)
