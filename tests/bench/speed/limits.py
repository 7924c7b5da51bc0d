"""What the machine can do at most: a matrix product and moving memory, as fast as PyTorch or NumPy does it.

NumPy's threads are set by its environment, PyTorch's by a call; both get as many as the rivals.
"""
import time

import numpy as np
import torch

# 2.1 GFLOP, and 12 MB that the caches hold.
SIDE = 1024
# Far beyond the caches.
ELEMENTS = 64 * 2**20


class Limit:
    """The fastest of several ways to do the same work."""

    def __init__(self, job):
        torch.set_num_threads(job["threads"])

    def prepare(self, cell):
        ways = self.ways()
        for way in ways:
            way()
        self.work = min(ways, key=lambda way: min(seconds(way) for _ in range(5)))
        return self.amount

    def run(self, name, number):
        self.work()

    def forget(self, name):
        pass


class Peak(Limit):
    amount = {"flop": 2 * SIDE**3}

    def ways(self):
        left, right, out = torch.rand(SIDE, SIDE), torch.rand(SIDE, SIDE), torch.empty(SIDE, SIDE)
        a, b, c = left.numpy(), right.numpy(), np.empty((SIDE, SIDE), np.float32)
        weight, picture = right[:, :, None, None], left.reshape(1, SIDE, 32, 32)
        return [lambda: torch.mm(left, right, out=out), lambda: np.matmul(a, b, out=c),
                lambda: torch.nn.functional.conv2d(picture, weight)]


class Reading(Limit):
    amount = {"bytes": 4 * ELEMENTS}

    def ways(self):
        values = torch.ones(ELEMENTS)
        array = values.numpy()
        return [values.sum, lambda: np.dot(array, array), values.max]


class Copying(Limit):
    """Read and written bytes count, those that a write reads first do not."""
    amount = {"bytes": 8 * ELEMENTS}

    def ways(self):
        source, target = torch.ones(ELEMENTS), torch.zeros(ELEMENTS)
        return [lambda: target.copy_(source), lambda: np.copyto(target.numpy(), source.numpy())]


def seconds(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
