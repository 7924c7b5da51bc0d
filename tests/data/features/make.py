"""Expected values of the adaptor and of Gaussian smoothing, by PyTorch and SciPy in float64.

Run: python tests/data/features/make.py   (needs torch, scipy, numpy)
"""
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from scipy.ndimage import gaussian_filter

HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(20261125)


def save(name, values):
    np.save(HERE / f"{name}.npy", np.ascontiguousarray(values.astype(np.float32)))


def mean_patches(stage, border):
    mode = {"mode": "constant"} if border == "zero" else {"mode": "replicate"}
    patches = F.unfold(F.pad(stage, (1, 1, 1, 1), **mode), 3)
    n, _, h, w = stage.shape
    return patches.reshape(n, -1, 9, h * w).mean(2).reshape(n, -1, h, w)


fine = torch.from_numpy(rng.standard_normal((2, 5, 8, 12)))
coarse = torch.from_numpy(rng.standard_normal((2, 7, 4, 6)))
save("fine", fine.numpy())
save("coarse", coarse.numpy())

for border in ("zero", "replicate"):
    pooled = [mean_patches(stage, border) for stage in (fine, coarse)]
    up = F.interpolate(pooled[1], size=(8, 12), mode="bilinear", align_corners=False)
    save(f"mean_{border}_fine_grid", torch.cat([pooled[0], up], 1).numpy())
    down = F.adaptive_avg_pool2d(pooled[0], (4, 6))
    save(f"mean_{border}_coarse_grid", torch.cat([down, pooled[1]], 1).numpy())

# The paper's adaptor: unfold, flatten (channel, dy, dx), adaptive average pooling to C'.
for patch, channels in ((3, 10), (5, 33)):
    flat = F.unfold(fine, patch, padding=patch // 2).transpose(1, 2)
    pooled = F.adaptive_avg_pool1d(flat, channels).transpose(1, 2)
    save(f"adaptive_{patch}_{channels}", pooled.reshape(2, channels, 8, 12).numpy())

for sigma in (0.5, 2.0):
    save(f"smooth_{sigma}", gaussian_filter(fine.numpy(), sigma, axes=(2, 3), mode="nearest", truncate=4.0))
