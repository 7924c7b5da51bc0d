"""Draws the files of tests/cases/cases.tsv: small, and the same bytes on every machine and in every run.

    pictures.py FOLDER

FOLDER is made. Nothing but the standard library; the JPEGs are those of tests/data/image, which only other tools can write.
"""

import pathlib
import pickle
import struct
import sys
import zipfile
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "parity"))
from make import Noise, part, samples, tinted  # noqa: E402

DATA = HERE.parent / "data" / "image"
WIDTH, HEIGHT = 64, 48
# Enough for an estimate of the threshold that is not one picture's.
GOOD_PARTS = 16
# Those of tests/data/image/make.py, whose JPEGs show them.
BLOCKS = [(200, 30, 40), (20, 180, 60), (30, 60, 210), (230, 230, 230)]
# Longer than the 255 bytes that a name may have, so folders.
LONG = "Teile ä 零件/" + "/".join(["mit Leerzeichen und viel Text " + "x" * 60] * 4)


# ---- Files ----


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width, height, channels, pixels, bits=8, palette=None, orientation=None):
    """A PNG of gray (1 channel), colour (3) or colour with alpha (4); samples of 16 bits are big-endian.

    palette: the PLTE and tRNS chunks' contents, for indices of 8 bits. orientation: as EXIF says it.
    """
    kind = 3 if palette else {1: 0, 3: 2, 4: 6}[channels]
    row_bytes = width * channels * bits // 8
    rows = b"".join(b"\0" + pixels[y * row_bytes : (y + 1) * row_bytes] for y in range(height))
    content = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0))
    if orientation:
        # One entry: tag, SHORT, one value.
        content += chunk(b"eXIf", b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0))
    if palette:
        content += chunk(b"PLTE", palette[0]) + chunk(b"tRNS", palette[1])
    return b"\x89PNG\r\n\x1a\n" + content + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def big_endian_tiff(width, height, channels, pixels):
    """A TIFF of 16 bits, in the byte order of Motorola, in one strip."""
    short, long = 3, 4
    bits_at = 8 + len(pixels)
    tags = [
        (256, short, 1, width << 16), (257, short, 1, height << 16),
        (258, short, channels, bits_at if channels > 2 else 16 << 16), (259, short, 1, 1 << 16),
        (262, short, 1, (2 if channels == 3 else 1) << 16), (273, long, 1, 8),
        (277, short, 1, channels << 16), (278, short, 1, height << 16), (279, long, 1, len(pixels)),
    ]  # fmt: skip
    directory = struct.pack(">H", len(tags)) + b"".join(struct.pack(">HHII", *tag) for tag in tags) + b"\0" * 4
    bits = struct.pack(">HHH", 16, 16, 16)
    return b"MM\0*" + struct.pack(">I", bits_at + len(bits)) + pixels + bits + directory


def bmp(width, height, pixels):
    """Of 24 bits, bottom-up; a row is a multiple of four bytes."""
    rows = [bytes(pixels[3 * (y * width + x) + 2 - c] for x in range(width) for c in range(3)) for y in range(height)]
    body = b"".join(row + b"\0" * (-len(row) % 4) for row in reversed(rows))
    return b"BM" + struct.pack("<IIIIiiHHIIiiII", 54 + len(body), 0, 54, 40, width, height, 1, 24, 0, len(body), 0, 0, 0, 0) + body


# ---- Pictures ----


def gray(seed, defective=False, size=(WIDTH, HEIGHT)):
    return samples(part(*size, seed, defective), 255, 1)


def colour(seed, defective=False, size=(WIDTH, HEIGHT)):
    return samples(tinted(part(*size, seed, defective)), 255, 1)


def in_three(pixels):
    """Gray as colour."""
    return bytes(value for value in pixels for _ in range(3))


def widened(pixels):
    """8 bits as 16, full scale as full scale."""
    return bytes(value for value in pixels for _ in range(2))


def stored_for_orientation_6(width, height, channels, pixels):
    """The pixels of a picture that is upright once it is turned clockwise by 90 degrees, and its width and height."""
    pixel = lambda x, y: pixels[channels * (y * width + x) :][:channels]
    return height, width, b"".join(pixel(x, y) for x in reversed(range(width)) for y in range(height))


def blocks(width, height, change=lambda rgb: rgb):
    return bytes(value for _ in range(height) for x in range(width) for value in change(BLOCKS[x * 4 // width]))


def noisy(pixels, seed, most):
    noise = Noise(seed)
    return bytes(min(max(round(value + noise(most)), 0), 255) for value in pixels)


# ---- The files of the table ----


class Files:
    """Writes below a folder, and makes the folders on the way."""

    def __init__(self, root):
        self.root = root

    def __call__(self, name, content):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def draw_normal_images(write):
    for seed in range(1, GOOD_PARTS + 1):
        pixels, plain = colour(seed), gray(seed)
        named = f"{seed:02}.png"
        picture = png(WIDTH, HEIGHT, 3, pixels)
        write(f"good/{named}", picture)
        write(f"{LONG}/good/{named}", picture)
        width, height, turned = stored_for_orientation_6(WIDTH, HEIGHT, 3, pixels)
        write(f"turned/{named}", png(width, height, 3, turned, orientation=6))
        write(f"gray/{named}", png(WIDTH, HEIGHT, 1, plain))
        write(f"mixed/{named}", png(WIDTH, HEIGHT, 1, plain) if seed % 2 else png(WIDTH, HEIGHT, 3, in_three(plain)))
        write(f"blocks/{named}", png(64, 32, 3, noisy(blocks(64, 32), seed, 3)))
        write(f"wide/{named}", png(512, 256, 1, gray(seed, size=(512, 256))))
        # One level each: no two are copies, and nothing varies within a picture.
        write(f"levels/{named}", png(WIDTH, HEIGHT, 1, bytes([100 + seed]) * (WIDTH * HEIGHT)))
    for number in range(6):
        write(f"identical/{number}.png", png(WIDTH, HEIGHT, 3, colour(1)))
        write(f"constant/{number}.png", png(WIDTH, HEIGHT, 1, bytes([128]) * (WIDTH * HEIGHT)))
    for count, name in ((1, "one"), (2, "two")):
        for seed in range(1, count + 1):
            write(f"{name}/{seed}.png", png(WIDTH, HEIGHT, 3, colour(seed)))
    # Of twenty pictures two are defective, and three are there twice.
    for seed in range(1, 19):
        write(f"outliers/{seed:02}.png", png(WIDTH, HEIGHT, 3, colour(seed)))
    for number, seed in ((1, 700), (2, 701)):
        write(f"outliers/wrong_{number}.png", png(WIDTH, HEIGHT, 3, colour(seed, True)))
    for seed in (4, 9, 15):
        write(f"outliers/z_copy_of_{seed:02}.png", png(WIDTH, HEIGHT, 3, colour(seed)))
    # Among 200.
    for seed in range(1, 201):
        write(f"many/{seed:03}.png", png(32, 24, 1, gray(seed, size=(32, 24))))
    whole = png(32, 24, 1, gray(900, size=(32, 24)))
    write("many/077_cut.png", whole[: len(whole) // 2])
    whole = (DATA / "orientation_6_100x40.jpg").read_bytes()
    write("many/123_cut.jpg", whole[: len(whole) // 2])
    # One of another size.
    for seed in range(1, 13):
        write(f"sizes/{seed:02}.png", png(WIDTH, HEIGHT, 3, colour(seed)))
    write("sizes/05_large.png", png(WIDTH + 16, HEIGHT, 3, colour(5, size=(WIDTH + 16, HEIGHT))))


def draw_folders(write):
    write("capitals/01.PNG", png(WIDTH, HEIGHT, 3, colour(1)))
    write("capitals/02.BMP", bmp(WIDTH, HEIGHT, colour(2)))
    write("capitals/03.JPG", (DATA / "cmyk.jpg").read_bytes())
    write("capitals/04.Tif", big_endian_tiff(WIDTH, HEIGHT, 3, widened(colour(4))))
    write("capitals/notes.txt", b"no picture\n")
    write("capitals/.hidden.png", b"no picture\n")
    write("texts/notes.txt", b"no picture\n")
    write("parent/good/01.png", png(WIDTH, HEIGHT, 3, colour(1)))
    (write.root / "empty").mkdir(exist_ok=True)


def draw_test_pictures(write):
    bad, plain = colour(600, True), gray(600, True)
    write("new/bad.png", png(WIDTH, HEIGHT, 3, bad))
    write(f"{LONG}/bad.png", png(WIDTH, HEIGHT, 3, bad))
    write("new/fine.png", png(WIDTH, HEIGHT, 3, colour(500)))
    write("new/bad_16.png", png(WIDTH, HEIGHT, 3, widened(bad), bits=16))
    write("new/bad_16.tif", big_endian_tiff(WIDTH, HEIGHT, 3, widened(bad)))
    write("new/bad.BMP", bmp(WIDTH, HEIGHT, bad))
    alpha = bytes(value for i in range(WIDTH * HEIGHT) for value in (*bad[3 * i : 3 * i + 3], i % 256))
    write("new/bad_alpha.png", png(WIDTH, HEIGHT, 4, alpha))
    write("new/bad_gray.png", png(WIDTH, HEIGHT, 1, plain))
    write("new/bad_gray_in_three.png", png(WIDTH, HEIGHT, 3, in_three(plain)))
    palette = (bytes(value for value in range(256) for _ in range(3)), bytes(range(256)))
    write("new/bad_palette.png", png(WIDTH, HEIGHT, 1, plain, palette=palette))
    width, height, turned = stored_for_orientation_6(WIDTH, HEIGHT, 3, bad)
    write("new/bad_turned.png", png(width, height, 3, turned, orientation=6))
    write("new/bad_lying.png", png(width, height, 3, turned))
    write("new/large.png", png(WIDTH + 16, HEIGHT, 3, colour(5, size=(WIDTH + 16, HEIGHT))))
    write("new/2048x110.png", png(2048, 110, 1, gray(1, size=(2048, 110))))
    write("new/512x256.png", png(512, 256, 1, gray(501, size=(512, 256))))
    write("new/1x1.png", png(1, 1, 1, b"\x80"))
    write("new/constant.png", png(WIDTH, HEIGHT, 1, bytes([128]) * (WIDTH * HEIGHT)))

    # The ramp of tests/data/image/make.py, and what tools have made of it: clipped to white, or cut to eight levels.
    ramp = [round(i * 65535 / 1023) for i in range(1024)]
    write("new/ramp.png", png(256, 4, 1, b"".join(value.to_bytes(2, "big") for value in ramp), bits=16))
    write("new/ramp_12.pgm", b"P5 256 4 4095\n" + b"".join((value >> 4).to_bytes(2, "big") for value in ramp))
    write("new/ramp_clipped.png", png(256, 4, 1, bytes(min(value, 255) for value in ramp)))
    write("new/ramp_8_levels.png", png(256, 4, 1, bytes(value >> 8 & 0xE0 for value in ramp)))
    # Its largest value is 1, of 255.
    dark = bytes(value > 100 for value in plain)
    write("new/dark.png", png(WIDTH, HEIGHT, 1, dark))
    write("new/dark_16.png", png(WIDTH, HEIGHT, 1, widened(dark), bits=16))
    write("new/dark_stretched.png", png(WIDTH, HEIGHT, 1, bytes(255 * value for value in dark)))

    write("new/blocks.png", png(64, 32, 3, blocks(64, 32)))
    write("new/blocks_inverted.png", png(64, 32, 3, blocks(64, 32, lambda rgb: [255 - value for value in rgb])))
    write("new/blocks_bgr.png", png(64, 32, 3, blocks(64, 32, lambda rgb: rgb[::-1])))
    for name in ("cmyk.jpg", "ycck.jpg", "orientation_6_100x40.jpg", "gray16_big_endian.tif", "float32.tif"):
        write(f"new/{name}", (DATA / name).read_bytes())
    for name in ("bad.png", "bad_16.tif"):
        whole = (write.root / "new" / name).read_bytes()
        write(f"new/cut_{name}", whole[: len(whole) // 2])
    whole = (DATA / "cmyk.jpg").read_bytes()
    write("new/cut.jpg", whole[: len(whole) // 2])
    write("new/text.png", b"no picture\n")
    # 220 megapixels that are not there.
    header = struct.pack(">IIBBBBB", 20_000, 11_000, 8, 2, 0, 0, 0)
    write("new/huge.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"\0\0\0\x04IDAT")


def write_foreign_models(write):
    write("foreign/text.twin", b"threshold = 3.0\n")
    write("foreign/empty.twin", b"")
    write("foreign/pickle.twin", pickle.dumps({"threshold": 3.0}, 2))
    write("foreign/picture.twin", png(1, 1, 1, b"\x80"))
    # What torch.save writes.
    with zipfile.ZipFile(write.root / "foreign/torch.twin", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"threshold": 3.0}, 2))


def damage_model(folder, model):
    """Files that were once the model of this name: of a newer version, and cut."""
    whole = bytearray((folder / model).read_bytes())
    (folder / "foreign/cut.twin").write_bytes(whole[: len(whole) // 2])
    # The version stands behind 16 bytes of magic.
    whole[16:20] = struct.pack("<I", 99)
    (folder / "foreign/newer.twin").write_bytes(whole)


def main(folder):
    write = Files(folder)
    draw_normal_images(write)
    draw_folders(write)
    draw_test_pictures(write)
    write_foreign_models(write)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
