"""Makes the picture files that only other tools can write, and the resized pictures that ours are compared with.

Run with torch 2.11.0, torchvision 0.26.0, Pillow 13.0.0, numpy: python3 make.py
"""

import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2.functional import resize

HERE = Path(__file__).parent
BLOCKS = [(200, 30, 40), (20, 180, 60), (30, 60, 210), (230, 230, 230)]
RESIZES = [((640, 480), (96, 64)), ((97, 61), (64, 32)), ((20, 12), (64, 32)), ((2048, 110), (160, 32)), ((33, 200), (32, 160))]


def pattern(width, height):
    """The picture that tests/rust/image.rs computes too: every value from 0 to 255, rough and smooth places, [h, w, 3] u8."""
    y, x, c = np.mgrid[:height, :width, :3]
    return ((x * x * 7 + y * 13 + x * y * 3 + c * 101) % 256).astype(np.uint8)


def blocks(width=64, height=32):
    """Four blocks side by side, in the colours of BLOCKS, [h, w, 3] u8."""
    return np.repeat(np.repeat(np.array([BLOCKS], np.uint8), width // 4, axis=1), height, axis=0)


def make_resized():
    for (width, height), (new_width, new_height) in RESIZES:
        # In float64: torchvision rounds the weights of a float32 picture too, which costs up to 1.5e-6 (2026-11-25).
        picture = (torch.from_numpy(pattern(width, height)).permute(2, 0, 1).float() / 255).double()
        small = resize(picture, [new_height, new_width], InterpolationMode.BILINEAR, antialias=True)
        np.save(HERE / f"resized_{width}x{height}_{new_width}x{new_height}.npy", small.float().numpy())


def make_four_component_jpegs():
    cmyk = Image.fromarray(blocks()).convert("CMYK")
    cmyk.save(HERE / "cmyk.jpg", quality=95)
    # Pillow writes no YCCK: what it takes for C, M, Y becomes Y, Cb, Cr, and the transform in Adobe's marker says so.
    stored = 255 - np.asarray(cmyk).astype(float)
    r, g, b = np.moveaxis(255 - stored[..., :3], -1, 0)
    luma = 0.299 * r + 0.587 * g + 0.114 * b
    ycck = np.stack([luma, (b - luma) / 1.772 + 128, (r - luma) / 1.402 + 128, stored[..., 3]], axis=-1)
    ycck = np.clip(np.round(ycck), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(255 - ycck, "CMYK").save(file, "JPEG", quality=95)
    data = bytearray(file.getvalue())
    data[data.index(b"Adobe") + 11] = 2
    (HERE / "ycck.jpg").write_bytes(data)
    for name in ["cmyk.jpg", "ycck.jpg"]:
        seen = np.asarray(Image.open(HERE / name).convert("RGB"))[16, 8::16]
        assert np.abs(seen.astype(int) - BLOCKS).max() <= 2, (name, seen)


def make_orientations():
    upright = Image.fromarray(pattern(3, 2))
    upright.save(HERE / "upright.png")
    T = Image.Transpose
    inverse = [None, T.FLIP_LEFT_RIGHT, T.ROTATE_180, T.FLIP_TOP_BOTTOM, T.TRANSPOSE, T.ROTATE_90, T.TRANSVERSE, T.ROTATE_270]
    for orientation, method in enumerate(inverse, start=1):
        stored = upright.transpose(method) if method is not None else upright
        exif = stored.getexif()
        exif[0x112] = orientation
        name = HERE / f"orientation_{orientation}.png"
        stored.save(name, exif=exif)
        seen = ImageOps.exif_transpose(Image.open(name))
        assert np.array_equal(np.asarray(seen), np.asarray(upright)), orientation
    lying = Image.fromarray(blocks(100, 40))
    exif = lying.getexif()
    exif[0x112] = 6
    lying.save(HERE / "orientation_6_100x40.jpg", exif=exif, quality=95)


def make_rare_formats():
    palette = Image.fromarray(blocks()).quantize(4)
    palette.save(HERE / "palette_transparent.png", transparency=bytes([0, 128, 255, 0]))
    ramp = np.linspace(0, 65535, 1024).round().astype(">u2")
    Image.frombytes("I;16B", (256, 4), ramp.tobytes()).save(HERE / "gray16_big_endian.tif")
    Image.fromarray(np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)).save(HERE / "float32.tif")
    Image.fromarray(pattern(24, 16)).save(HERE / "progressive.jpg", progressive=True)
    Image.fromarray(pattern(24, 16)).save(HERE / "lossless.webp", lossless=True)
    Image.fromarray(pattern(24, 16)).save(HERE / "lzw.tif", compression="tiff_lzw")


if __name__ == "__main__":
    make_resized()
    make_four_component_jpegs()
    make_orientations()
    make_rare_formats()
