"""The pictures that are inspected: photographs of a folder, resized, or drawn ones where there is no such folder."""
import numpy as np
from PIL import Image


def make(source, size, count, folder):
    """PNG files, [size, size] RGB: count - 1 to fit and one to inspect. Cached in folder.

    source: a folder of pictures of good parts; None or one that does not exist = parts are drawn.
    """
    name = source.parent.parent.name if source and source.is_dir() else "drawn"
    target = folder / f"{name}-{size}"
    target.mkdir(exist_ok=True)
    paths = [target / f"{number:03}.png" for number in range(count)]
    given = sorted(source.iterdir()) if name != "drawn" else []
    if name != "drawn" and len(given) < count:
        raise ValueError(f"{source}: {len(given)} pictures, {count} are needed")
    for number, path in enumerate(paths):
        if not path.exists():
            picture = Image.open(given[number]).convert("RGB") if given else drawn(number)
            picture.resize((size, size), Image.Resampling.BICUBIC).save(path)
    return [str(path) for path in paths]


def drawn(number, side=512):
    """A textured disc that lies a little differently each time."""
    random = np.random.default_rng(number)
    rows, columns = np.mgrid[:side, :side] - side / 2 - random.uniform(-8, 8, (2, 1, 1))
    radius, angle = np.hypot(rows, columns), np.arctan2(rows, columns)
    part = np.where(radius < side * 0.4, 150 + 40 * np.cos(8 * angle) + 30 * np.cos(radius / 9), 40)
    picture = part[:, :, None] * [1.0, 0.9, 0.8] + random.normal(0, 4, (side, side, 3))
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
