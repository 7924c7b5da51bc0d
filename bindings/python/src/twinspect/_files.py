"""Picture files: as the library takes them, or as arrays where it does not read them itself; and folders to their pictures."""
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from ._handle import path_bytes
from ._library import ffi, lib
from .error import make_error
from .log import logger

PathLike = str | os.PathLike[str]
# What the library and its command line take for a picture.
_ENDINGS = "png jpg jpeg bmp tif tiff webp pgm ppm pnm".split()

# Files and folders that are named one by one.
_SHOWN = 5


def name_of(picture: object) -> str:
    """What a picture is called if nobody says: its file, if it has one."""
    if isinstance(picture, (str, os.PathLike)):
        return os.fspath(picture)
    return str(getattr(picture, "filename", "") or "")


def library_paths(picture: object, mask: object, white: float) -> tuple[Any, Any] | None:
    """A picture file and its mask's, NULL for none, as the library reads them itself; None if one of them is no file.

    None too if there is a white, which the library's doors for files do not take.
    """
    if white != 0 or not isinstance(picture, (str, os.PathLike)):
        return None
    if mask is None:
        return path_bytes(picture), ffi.NULL
    if isinstance(mask, (str, os.PathLike)):
        return path_bytes(picture), path_bytes(mask)
    return None


def list_pictures(folder: PathLike) -> list[Path]:
    """The pictures of a folder, sorted by name, without subfolders; at least one, or `NotFoundError`.

    Hidden files, and files of other kinds, are named in warnings of the log.
    """
    path = Path(folder)
    if not path.exists():
        raise make_error(lib.TSP_E_NOT_FOUND, "the folder does not exist", "Check the spelling of the path.", str(path))
    if not path.is_dir():
        raise make_error(
            lib.TSP_E_INVALID_ARGUMENT, "is a file, a folder of pictures is expected",
            "Name the folder that holds it.", str(path),
        )  # fmt: skip
    entries = sorted(path.iterdir())
    files = [each for each in entries if not each.is_dir()]
    pictures = [each for each in files if each.is_file() and _is_picture_name(each)]
    skipped = [each for each in files if each not in pictures]
    if not pictures:
        raise _no_pictures(path, len(skipped), [each.name for each in entries if each.is_dir()])
    for each in skipped[:_SHOWN]:
        logger.warning("skipped, not a picture: %s", each)
    if len(skipped) > _SHOWN:
        logger.warning("skipped, not pictures: %d more", len(skipped) - _SHOWN)
    return pictures


def _is_picture_name(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix[1:].lower() in _ENDINGS


def _no_pictures(path: Path, other_files: int, subfolders: list[str]) -> Exception:
    """In the words of the command line."""
    if not other_files and not subfolders:
        hint = "Put the pictures into it, or name another one."
        return make_error(lib.TSP_E_NOT_FOUND, "the folder is empty", hint, str(path))
    others = {0: "subfolders", 1: "another file"}.get(other_files, f"{other_files} other files")
    hint = f"Pictures end in {', '.join(_ENDINGS)}."
    if subfolders:
        more = ", ..." if len(subfolders) > _SHOWN else ""
        hint = f"Subfolders are not searched; name one of them: {', '.join(subfolders[:_SHOWN])}{more}."
    return make_error(lib.TSP_E_NOT_FOUND, f"the folder has no pictures, but {others}", hint, str(path))


def read_picture(path: PathLike) -> NDArray[Any]:
    """The pixels of a file, [H, W] or [H, W, 3 or 4], uint8 or uint16, upright by its EXIF orientation."""
    try:
        with Image.open(path) as image:
            _refuse_wide_colours(image, str(path))
            ImageOps.exif_transpose(image, in_place=True)
            return pixels_of(image, str(path))
    except FileNotFoundError:
        message = "the file does not exist"
        raise make_error(lib.TSP_E_NOT_FOUND, message, "Check the spelling of the path.", str(path)) from None
    except UnidentifiedImageError:
        hint = "Pictures are PNG, JPEG, BMP, TIFF, WebP, PGM or PPM files."
        raise make_error(lib.TSP_E_IMAGE, "this is no picture that can be read", hint, str(path)) from None
    except (IsADirectoryError, PermissionError) as error:
        raise make_error(lib.TSP_E_IO, f"the file cannot be read: {error.strerror}", "", str(path)) from error
    except Image.DecompressionBombError as error:
        hint = "PIL.Image.MAX_IMAGE_PIXELS is Pillow's limit; None is none."
        raise make_error(lib.TSP_E_IMAGE_SIZE, str(error), hint, str(path)) from error
    except (OSError, SyntaxError) as error:
        hint = "Copy it anew from where it came from."
        raise make_error(lib.TSP_E_IMAGE, f"the picture is damaged: {error}", hint, str(path)) from error


def pixels_of(image: Image.Image, where: str = "") -> NDArray[Any]:
    """The pixels of a Pillow image, alpha kept or dropped, palettes and other colour models as RGB."""
    if image.mode in ("L", "RGB", "RGBA"):
        return np.asarray(image)
    if image.mode == "LA":
        return np.asarray(image.getchannel("L"))
    if image.mode == "1":
        return np.asarray(image.convert("L"))
    if image.mode.startswith("I;16"):
        return np.asarray(image).astype(np.uint16)
    if image.mode == "I":
        values = np.asarray(image)
        if values.min() >= 0 and values.max() <= 65535:
            return values.astype(np.uint16)
    if image.mode in ("I", "F"):
        hint = "Convert it to 16 bit, or pass the pixels as a float32 array with white=."
        raise make_error(lib.TSP_E_IMAGE, f"pixels of mode {image.mode} do not say which value is white", hint, where)
    return np.asarray(image.convert("RGB"))


def _refuse_wide_colours(image: Image.Image, where: str) -> None:
    """Pillow has no mode for 16-bit colours and drops half of their bits, which the library, where it reads the file, does not."""
    if image.mode not in ("RGB", "RGBA"):
        return
    for tile in getattr(image, "tile", ()):
        is_wide_pnm = tile[0] == "ppm" and any(isinstance(each, int) and each > 255 for each in tile[3])
        if ";16" in str(tile) or is_wide_pnm:
            hint = "Read it with imageio or OpenCV, which keep 16 bit, and pass the array, uint16 [H, W, 3]."
            raise make_error(lib.TSP_E_UNSUPPORTED, "Pillow reads 16-bit colours as 8 bit", hint, where)
