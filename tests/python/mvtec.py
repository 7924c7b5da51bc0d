"""A drawn set in the layout of MVTec AD, with defects that are hard to see, and their masks."""
import numpy as np
import parts
from PIL import Image


def write_set(root, good=16, tested=8, defective=12):
    """root/bottle: train/good, test/good, test/scratch, ground_truth/scratch."""
    folder = root / "bottle"
    parts.write_folder(folder / "train" / "good", range(1, 1 + good))
    parts.write_folder(folder / "test" / "good", range(101, 101 + tested))
    for name in ("test/scratch", "ground_truth/scratch"):
        (folder / name).mkdir(parents=True)
    for number, seed in enumerate(range(201, 201 + defective)):
        pixels, scratch = parts.draw(seed, defective=True)
        if number % 2:
            pixels = faint(pixels, parts.draw_part(seed), scratch)
        Image.fromarray(pixels).save(folder / "test" / "scratch" / f"{number:03}.png")
        Image.fromarray(scratch.astype(np.uint8) * 255).save(folder / "ground_truth" / "scratch" / f"{number:03}_mask.png")
    return folder


def faint(pixels, without, scratch):
    """The scratch at an eighth of its strength, so that no metric is perfect."""
    mixed = without + (pixels.astype(float) - without) * 0.12 * scratch[:, :, None]
    return mixed.clip(0, 255).astype(np.uint8)
