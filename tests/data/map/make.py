"""Upsampling of a grid of distances, by PyTorch in float64.

Run: python tests/data/map/make.py   (needs torch, numpy)
"""
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
distances = torch.from_numpy(np.random.default_rng(20261125).gamma(3.0, 2.0, (1, 1, 5, 8)))
np.save(HERE / "distances.npy", distances[0, 0].numpy().astype(np.float32))
for width, height in ((128, 80), (77, 31), (8, 5), (3, 2)):
    full = F.interpolate(distances, size=(height, width), mode="bilinear", align_corners=False)
    np.save(HERE / f"map_{width}x{height}.npy", full[0, 0].numpy().astype(np.float32))
