"""Parts as a camera would show them, drawn: small, and the same in every run."""
from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 96, 80
# The least input that the backbone takes in seconds; one thread, so that the bits do not depend on the machine's cores.
SMALL = {"input.size": 96, "threads": 1}


def draw_part(seed, defective=False):
    """A gray plate with a bright disc and two holes, [80, 96, 3] uint8 RGB; a defective one has a dark scratch."""
    return draw(seed, defective)[0]


def draw(seed, defective=False):
    """The part, and where its scratch is, [80, 96] bool."""
    random = np.random.default_rng(seed)
    dx, dy = random.uniform(-0.7, 0.7, 2)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    u, v = x - WIDTH / 2 - dx, y - HEIGHT / 2 - dy
    gray = np.where(np.hypot(u, v) < 32, 180.0, 95.0)
    gray[(np.hypot(u - 18, v) < 6) | (np.hypot(u + 18, v) < 6)] = 40
    scratch = np.zeros((HEIGHT, WIDTH), bool)
    if defective:
        place, turn = random.uniform(-14, 14), random.uniform(-0.6, 0.6)
        scratch = (np.abs(u - place - turn * v) < 2) & (np.abs(v) < random.uniform(6, 14))
        gray[scratch] = random.uniform(50, 110)
    gray = gray + random.uniform(-6, 6, gray.shape)
    pixels = np.stack([gray * tint for tint in (1.0, 0.9, 0.7)], axis=-1)
    return np.clip(pixels, 0, 255).astype(np.uint8), scratch


def good_parts(count=12):
    return [draw_part(seed) for seed in range(1, count + 1)]


def write_folder(folder, seeds, defective=False):
    """PNG files 000.png and so on; their paths."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:03}.png" for number, _ in enumerate(seeds)]
    for path, seed in zip(paths, seeds):
        Image.fromarray(draw_part(seed, defective)).save(path)
    return paths
