"""Arrays, Pillow images and files: the same pixels are the same picture, however they lie in memory."""
import struct
import zlib

import numpy as np
import parts
import pytest
import twinspect
from PIL import Image
from twinspect._image import picture_view


def outcome(result):
    return result.score, result.verdict, result.anomaly_map.tobytes()


@pytest.fixture
def expected(inspector, bad):
    return outcome(inspector.inspect(bad))


def padded(pixels, gap=13):
    """The same picture with bytes after each row that are not its own."""
    height, width, channels = pixels.shape
    rows = np.full((height, width * channels + gap), 0xA5, np.uint8)
    rows[:, : width * channels] = pixels.reshape(height, -1)
    return np.ndarray(pixels.shape, np.uint8, rows, 0, (rows.strides[0], channels, 1))


def framed(pixels):
    """A rectangle of a larger picture."""
    larger = np.full((pixels.shape[0] + 20, pixels.shape[1] + 30, 3), 7, np.uint8)
    larger[9 : 9 + pixels.shape[0], 17 : 17 + pixels.shape[1]] = pixels
    return larger[9 : 9 + pixels.shape[0], 17 : 17 + pixels.shape[1]]


WITHOUT_COPY = {
    "packed": lambda pixels: pixels,
    "padded": padded,
    "rectangle": framed,
    "bottom-up": lambda pixels: np.ascontiguousarray(pixels[::-1])[::-1],
    "planar": lambda pixels: np.ascontiguousarray(pixels.transpose(2, 0, 1)).transpose(1, 2, 0),
    "alpha": lambda pixels: np.dstack([pixels, np.zeros(pixels.shape[:2], np.uint8)]),
    "bgr turned round": lambda pixels: np.ascontiguousarray(pixels[:, :, ::-1])[:, :, ::-1],
}


@pytest.mark.parametrize("layout", WITHOUT_COPY)
def test_array_of_any_layout_is_the_same_picture_and_is_not_copied(inspector, bad, expected, layout):
    pixels = WITHOUT_COPY[layout](bad)
    assert outcome(inspector.inspect(pixels)) == expected
    assert np.shares_memory(picture_view(pixels).array, pixels)


def test_array_of_every_other_pixel_is_copied(inspector, bad, expected):
    wide = np.repeat(bad, 2, axis=1)
    assert outcome(inspector.inspect(wide[:, ::2])) == expected
    assert outcome(inspector.inspect(np.asfortranarray(bad))) == expected


def test_order_bgr_of_opencv(inspector, bad, expected):
    bgr = np.ascontiguousarray(bad[:, :, ::-1])
    assert outcome(inspector.inspect(bgr, order="bgr")) == expected
    assert outcome(inspector.inspect(np.dstack([bgr, bgr[:, :, 0]]), order="bgr")) == expected
    assert outcome(inspector.inspect(bgr[:, :, ::-1], order="rgb")) == expected
    assert outcome(inspector.inspect(twinspect.Frame(bgr, order="bgr"))) == expected
    planar = np.ascontiguousarray(bgr.transpose(2, 0, 1)).transpose(1, 2, 0)
    assert outcome(inspector.inspect(planar, order="bgr")) == expected
    assert inspector.inspect(bgr).score != expected[0], "the order makes no difference"


def test_gray_of_each_type(inspector, bad):
    gray = bad[:, :, 0]
    expected = outcome(inspector.inspect(np.ascontiguousarray(gray)))
    assert outcome(inspector.inspect(gray)) == expected
    assert outcome(inspector.inspect(gray[:, :, None])) == expected
    assert outcome(inspector.inspect(np.dstack([gray] * 3))) == expected
    assert outcome(inspector.inspect(gray.astype(np.float32), white=255)) == expected
    assert outcome(inspector.inspect(gray.astype(np.float32) / np.float32(255))) == expected
    wide = gray.astype(np.uint16) * 257
    assert inspector.inspect(wide).score == pytest.approx(expected[0], rel=1e-4)
    # Of another byte order, as files of some cameras are.
    assert outcome(inspector.inspect(wide.astype(">u2"))) == outcome(inspector.inspect(wide))
    assert inspector.inspect(wide // 16, white=65535 / 16).score == pytest.approx(expected[0], rel=1e-2)


def test_white_of_files_is_that_of_arrays(bad, tmp_path):
    parts_12_bit = [parts.draw_part(seed)[:, :, 0].astype(np.uint16) * 16 for seed in range(1, 5)]
    paths = [tmp_path / f"{number}.png" for number, _ in enumerate(parts_12_bit)]
    for path, pixels in zip(paths, parts_12_bit):
        Image.fromarray(pixels).save(path)
    scores = []
    for pictures in (parts_12_bit, paths):
        model = twinspect.fit(pictures, white=4095, options=parts.SMALL)
        found = twinspect.Inspector(model, threads=1).inspect(bad[:, :, 0].astype(np.uint16) * 16, white=4095)
        scores.append(found.score)
    assert scores[0] == scores[1]


def test_values_at_odd_addresses_are_copied(inspector, bad):
    gray = bad[:, :, 0].astype(np.uint16) * 257
    memory = np.zeros(gray.nbytes + 1, np.uint8)
    odd = memory[1:].view(np.uint16).reshape(gray.shape)
    odd[:] = gray
    assert not odd.flags.aligned
    assert outcome(inspector.inspect(odd)) == outcome(inspector.inspect(gray))


def test_colour_of_16_bit_lies_in_planes(inspector, bad, expected):
    wide = bad.astype(np.uint16) * 257
    interleaved = inspector.inspect(wide)
    assert interleaved.score == pytest.approx(expected[0], rel=1e-4)
    planes = np.ascontiguousarray(wide.transpose(2, 0, 1)).transpose(1, 2, 0)
    assert outcome(inspector.inspect(planes)) == outcome(interleaved)
    assert np.shares_memory(picture_view(planes).array, planes)
    assert outcome(inspector.inspect(np.dstack([wide, wide[:, :, 0]]))) == outcome(interleaved)


def test_broadcast_row_is_no_tightly_packed_picture(inspector, bad):
    row = np.broadcast_to(bad[40], bad.shape)
    assert row.strides[0] == 0
    assert outcome(inspector.inspect(row)) == outcome(inspector.inspect(row.copy()))


def test_pillow_images(inspector, bad, expected, tmp_path):
    image = Image.fromarray(bad)
    assert outcome(inspector.inspect(image)) == expected
    assert outcome(inspector.inspect(image.convert("RGBA"))) == expected
    assert outcome(inspector.inspect(image, order="bgr")) == expected, "a Pillow image says itself how its colours lie"
    gray = image.convert("L")
    assert outcome(inspector.inspect(gray)) == outcome(inspector.inspect(np.asarray(gray)))
    with pytest.raises(twinspect.InvalidArgumentError, match="which value is white"):
        inspector.inspect(gray.convert("F"))


@pytest.mark.parametrize("ending", ["png", "bmp", "tif", "ppm"])
def test_file_is_the_picture_that_was_written(inspector, bad, expected, tmp_path, ending):
    path = tmp_path / f"bad.{ending}"
    Image.fromarray(bad).save(path)
    assert outcome(inspector.inspect(path)) == expected
    assert outcome(inspector.inspect(str(path))) == expected
    assert inspector.inspect(path).name == str(path)


def test_file_is_upright_by_its_orientation(inspector, bad, expected, tmp_path):
    turned = Image.fromarray(np.ascontiguousarray(np.rot90(bad)))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "turned.png", exif=exif)
    assert outcome(inspector.inspect(tmp_path / "turned.png")) == expected


def test_gray_16_bit_file_keeps_its_bits(inspector, bad, tmp_path):
    wide = bad[:, :, 0].astype(np.uint16) * 200
    Image.fromarray(wide).save(tmp_path / "wide.png")
    assert outcome(inspector.inspect(tmp_path / "wide.png")) == outcome(inspector.inspect(wide))


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def write_wide(path, wide):
    """[H, W, 3] of uint16 as PNG or PPM: Pillow writes neither."""
    height, width, _ = wide.shape
    rows = [row.astype(">u2").tobytes() for row in wide]
    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    # A filter before each row.
    packed = zlib.compress(b"".join(b"\0" + row for row in rows))
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    path.write_bytes(png if path.suffix == ".png" else b"P6 %d %d 65535\n" % (width, height) + b"".join(rows))


@pytest.mark.parametrize("ending", ["png", "ppm"])
def test_colour_16_bit_file_keeps_its_bits_where_the_library_reads_it(inspector, bad, tmp_path, ending):
    path = tmp_path / f"wide.{ending}"
    wide = bad.astype(np.uint16) * 200 + 77
    write_wide(path, wide)
    assert outcome(inspector.inspect(path)) == outcome(inspector.inspect(wide))
    assert outcome(inspector.inspect_many([path])[0]) == outcome(inspector.inspect(wide))
    for refused in (dict(white=4095), dict(mask=np.ones(bad.shape[:2], bool))):
        with pytest.raises(twinspect.UnsupportedError, match="16-bit colours"):
            inspector.inspect(path, **refused)


def test_mask_of_each_kind(inspector, bad, tmp_path):
    whole = inspector.inspect(bad)
    below = np.zeros(bad.shape[:2], bool)
    below[60:] = True
    result = inspector.inspect(bad, below)
    assert result.score < whole.score
    assert not result.anomaly_map[:60].any()
    Image.fromarray(below.astype(np.uint8) * 255).save(tmp_path / "mask.png")
    Image.fromarray(bad).save(tmp_path / "bad.png")
    for mask in (below.astype(np.uint8), Image.fromarray(below), tmp_path / "mask.png", np.asfortranarray(below), below[::-1][::-1]):
        assert outcome(inspector.inspect(bad, mask)) == outcome(result)
        assert outcome(inspector.inspect(tmp_path / "bad.png", mask)) == outcome(result)
    many = inspector.inspect_many([tmp_path / "bad.png"] * 2, [tmp_path / "mask.png", below])
    assert [outcome(each) for each in many] == [outcome(result)] * 2
    with pytest.raises(FileNotFoundError) as raised:
        inspector.inspect(tmp_path / "bad.png", tmp_path / "nowhere.png")
    assert raised.value.where == str(tmp_path / "nowhere.png")


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (np.zeros((3, 80, 96), np.uint8), "transpose"),
        (np.zeros((80, 96)), "float32"),
        (np.zeros((80, 96, 3), np.float32), "uint8 or uint16"),
        (np.zeros((80, 96, 2), np.uint8), "no picture"),
        (np.zeros(80, np.uint8), "no picture"),
        (np.full((80, 96), np.nan, np.float32), "finite"),
        (np.zeros((0, 96), np.uint8), "0"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_hint(inspector, pixels, words):
    with pytest.raises(twinspect.TwinspectError) as raised:
        inspector.inspect(pixels)
    assert words in str(raised.value)


def test_mask_of_another_size_or_type_is_refused(inspector, bad):
    with pytest.raises(twinspect.InvalidArgumentError, match="80"):
        inspector.inspect(bad, np.ones((40, 48), bool))
    with pytest.raises(twinspect.InvalidArgumentError, match="bool or uint8"):
        inspector.inspect(bad, np.ones((80, 96), np.float32))
    with pytest.raises(ValueError, match="allowed are 'rgb' and 'bgr'"):
        inspector.inspect(bad, order="gbr")


def test_files_that_are_no_pictures(inspector, bad, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    Image.fromarray(bad).save(tmp_path / "whole.png")
    content = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(content[: len(content) // 2])
    # Read by the library, and by Pillow.
    for white in (0, 255):
        for name, kind in (("nowhere.png", FileNotFoundError), ("text.png", ValueError), ("cut.png", ValueError), (".", OSError)):
            with pytest.raises(kind) as raised:
                inspector.inspect(tmp_path / name, white=white)
            assert raised.value.where == str(tmp_path / name)
            with pytest.raises(kind) as raised:
                inspector.inspect_many([tmp_path / "whole.png", tmp_path / name], white=white)
            assert raised.value.where == str(tmp_path / name)


def test_folder_is_listed_as_the_command_line_does(tmp_path, caplog):
    from twinspect._files import list_pictures

    parts.write_folder(tmp_path / "good", range(3))
    for name in (".hidden.png", "notes.txt"):
        (tmp_path / "good" / name).write_text("no picture")
    (tmp_path / "good" / "deeper").mkdir()
    with caplog.at_level("WARNING", "twinspect"):
        assert [path.name for path in list_pictures(tmp_path / "good")] == ["000.png", "001.png", "002.png"]
    assert [record.getMessage().split("/")[-1] for record in caplog.records] == [".hidden.png", "notes.txt"]
    with pytest.raises(FileNotFoundError, match="no pictures, but subfolders.*name one of them: good"):
        list_pictures(tmp_path)
    with pytest.raises(ValueError, match="a folder of pictures is expected"):
        list_pictures(tmp_path / "good" / "000.png")
