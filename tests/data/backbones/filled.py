"""Weights as a closed formula of a tensor's name and shape, so that the Rust tests make the same ones and none is stored."""

import numpy as np
import torch


def uniform(name, count):
    """`count` numbers in [0, 1) with 24 bits: splitmix64 of (FNV-1a of the name + index)."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001B3) % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) / 2**24


def filled(name, shape):
    """A tensor of a network: kernels scaled by their inputs, so that activations neither vanish nor explode."""
    if name.endswith("num_batches_tracked"):
        return torch.tensor(0)
    if name.endswith(("_embed", "_token", "_tokens")):
        low, high = -1.0, 1.0
    elif len(shape) > 1:
        bound = np.sqrt(6.0 / np.prod(shape[1:]))
        low, high = -bound, bound
    elif name.endswith("running_var"):
        low, high = 0.5, 1.5
    elif name.endswith("weight"):
        low, high = 0.4, 1.2
    else:
        low, high = -0.3, 0.3
    values = low + (high - low) * uniform(name, int(np.prod(shape)))
    return torch.from_numpy(values.astype(np.float32).reshape(shape))
