"""Expected values of the variation model, by NumPy in float64 from HALCON's documented formulas.

t_u = i + max(a_light, b_light v), t_l = i - max(a_dark, b_dark v); a pixel c is too light if c > t_u, too dark if c < t_l.

Run: python tests/data/legacy/make.py   (needs numpy)
"""
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
HEIGHT, WIDTH = 24, 31
# Light and dark, chosen so that for some pixels a decides and for some b v.
ABSOLUTE = {"byte": (6.0, 9.0), "uint2": (500.0, 900.0)}
RELATIVE = (2.5, 3.5)
# 1 / the 75 % quantile of the standard Gaussian.
MAD_TO_DEVIATION = 1.482602218505602


def limits(ideal, variation, absolute):
    upper = ideal + np.maximum(absolute[0], RELATIVE[0] * variation)
    lower = ideal - np.maximum(absolute[1], RELATIVE[1] * variation)
    return lower, upper


def save(name, array):
    np.save(HERE / f"{name}.npy", array)


rng = np.random.default_rng(20261125)
for kind, highest in [("byte", 255), ("uint2", 65535)]:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    part = highest * (0.5 + 0.45 * np.sin(rows / 5.0) * np.cos(columns / 4.0))
    spread = highest * (0.002 + 0.03 * columns / WIDTH)
    draw = lambda count: np.clip(np.rint(part + spread * rng.normal(size=(count, HEIGHT, WIDTH))), 0, highest)
    train = draw(8)
    # One bad image among the good ones: what `robust` is for.
    train[3, 4:9, 4:9] = highest
    image = draw(1)[0]
    image[2:6, 10:15] = np.clip(image[2:6, 10:15] + 0.2 * highest, 0, highest)
    image[5:9, 15:19] = np.clip(image[5:9, 15:19] - 0.2 * highest, 0, highest)
    save(f"{kind}_train", train.astype(np.int32))
    save(f"{kind}_image", image.astype(np.int32))

    median = np.median(train, axis=0)
    given = np.rint(spread)
    statistics = {
        "standard": (train.mean(axis=0), train.std(axis=0)),
        "robust": (median, MAD_TO_DEVIATION * np.median(np.abs(train - median), axis=0)),
        "direct": (train[0], given),
    }
    for mode, (ideal, variation) in statistics.items():
        lower, upper = limits(ideal, variation, ABSOLUTE[kind])
        light, dark = image > upper, image < lower
        # Integer gray values beside fractional limits: the masks are exact unless one is hit by a rounding.
        near = np.minimum(np.abs(image - upper), np.abs(image - lower))
        assert not ((near > 0) & (near < 1e-7)).any()
        save(f"{kind}_{mode}", np.stack([ideal, variation, lower, upper]))
        save(f"{kind}_{mode}_masks", np.stack([light | dark, light, dark]).astype(np.uint8))
