"""Draws the pictures of tests/parity/cases.tsv: small, and the same bytes on every machine and in every run.

    make.py FOLDER

Writes P5 and P6 files, train.txt and fitted.txt into FOLDER, which is made. Nothing but the standard library.
"""

import pathlib
import sys

GOOD_PARTS = 24

# Where the part lies in a picture that is larger than a part: the roi of the table.
ROI_X, ROI_Y = 17, 9


class Noise:
    """A linear congruential generator: Python's own numbers may differ from version to version."""

    def __init__(self, seed):
        self.state = (seed * 2654435761 + 12345) % 2**32

    def __call__(self, most):
        self.state = (self.state * 1664525 + 1013904223) % 2**32
        return most * (2 * (self.state >> 8) / 2**24 - 1)


def part(width, height, seed, defective):
    """Gray values of a plate with a disc and a hole, 0 to 255, not rounded; a defective one has a dark scratch."""
    noise = Noise(seed)
    dx, dy = noise(0.7), noise(0.7)
    radius = 0.4 * min(width, height)
    values = []
    for y in range(height):
        for x in range(width):
            u, v = x - width / 2 - dx, y - height / 2 - dy
            gray = 180 if u * u + v * v < radius * radius else 95
            if (u - radius / 2) ** 2 + v * v < (radius / 4) ** 2:
                gray = 40
            if defective and abs(u - v / 2) < 2.5 and -0.6 * radius < v < 0.1 * radius:
                gray = 25
            values.append(gray + noise(6))
    return values


def samples(values, white, bytes_each):
    """Gray values as the samples of a file: `white` is what 255 becomes."""
    numbers = (min(max(round(value * white / 255), 0), white) for value in values)
    return b"".join(number.to_bytes(bytes_each, "big") for number in numbers)


def tinted(values):
    return [value * tint for value in values for tint in (1.0, 0.85, 0.6)]


def framed(width, height, values, whole_width, whole_height):
    """The part in the middle of other things, which a wrong stride or a wrong roi would show."""
    noise = Noise(99)
    whole = [128 + noise(120) for _ in range(whole_width * whole_height)]
    for y in range(height):
        start = (ROI_Y + y) * whole_width + ROI_X
        whole[start : start + width] = values[y * width : (y + 1) * width]
    return whole


def scratch_mask(width, height, inside):
    """A mask whose edges are not those of anything in the picture: the upper half, or all but it."""
    return bytes(200 if (y < height / 2 + x / 9) == inside else 0 for y in range(height) for x in range(width))


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)

    def write(name, kind, width, height, pixels, maxval=255):
        (folder / name).write_bytes(b"%s\n%d %d\n%d\n" % (kind, width, height, maxval) + pixels)

    for model, kind, width, height in (("square", b"P5", 96, 96), ("colour", b"P6", 128, 80), ("odd", b"P5", 101, 67)):
        end = "pgm" if kind == b"P5" else "ppm"
        channels = tinted if kind == b"P6" else list
        for number in range(GOOD_PARTS):
            write(f"{model}_good_{number:02}.{end}", kind, width, height, samples(channels(part(width, height, 1 + number, False)), 255, 1))
        for name, seed, defective in (("new", 500, False), ("bad", 600, True)):
            values = part(width, height, seed, defective)
            write(f"{model}_{name}.{end}", kind, width, height, samples(channels(values), 255, 1))
            write(f"{model}_{name}_16.{end}", kind, width, height, samples(channels(values), 65535, 2), 65535)
            write(f"{model}_{name}_12.{end}", kind, width, height, samples(channels(values), 4095, 2), 65535)
            whole = framed(width, height, values, width + 43, height + 22)
            write(f"{model}_{name}_framed.{end}", kind, width + 43, height + 22, samples(channels(whole), 255, 1))
            if kind == b"P5":
                # The largest value is 1 of 255, and the same share of 65535.
                dark = [value > 100 for value in values]
                write(f"{model}_{name}_dark.{end}", kind, width, height, samples(dark, 255, 1))
                write(f"{model}_{name}_dark_16.{end}", kind, width, height, samples(dark, 65535, 2), 65535)
        write(f"{model}_mask.pgm", b"P5", width, height, scratch_mask(width, height, True))
        write(f"{model}_mask_below.pgm", b"P5", width, height, scratch_mask(width, height, False))

    # What a runner fits itself: gray and colour, so that both ways of adding are gone. In the order of names, which is the
    # command line's.
    train = [f"square_good_{number:02}.pgm" for number in range(16)] + [f"square_tinted_{number:02}.ppm" for number in range(8)]
    for number in range(8):
        write(train[16 + number], b"P6", 96, 96, samples(tinted(part(96, 96, 100 + number, False)), 255, 1))
    (folder / "train.txt").write_text("".join(f"{name}\n" for name in train))
    (folder / "fitted.txt").write_text("square_bad.pgm\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
