"""Generalised Pareto distributions by scipy, and what a tail of them predicts, by brute integration.

Run: python tests/data/verdict/make.py   (needs numpy and scipy)
"""
import pathlib

import numpy as np
from scipy import optimize, stats

HERE = pathlib.Path(__file__).parent
SHAPE_SPREAD = 0.2
SHARES = [0.5, 0.2, 0.05, 0.01, 0.001]

# Rows of shape, scale, excess, survival, logarithm of the density; light tails also beyond their end.
rows = [
    (shape, scale, excess, stats.genpareto.sf(excess, shape, scale=scale), stats.genpareto.logpdf(excess, shape, scale=scale))
    for shape in [-0.8, -0.2, 0.0, 1e-9, 0.2, 0.8]
    for scale in [0.05, 1.0, 30.0]
    for excess in np.array([0.0, 0.1, 1.0, 3.0, 20.0]) * scale
]
np.save(HERE / "pareto.npy", np.array(rows))


def predicted(excesses, shares):
    """Excesses that the next one is above with these chances: shape and logarithm of the scale on a fine and wide grid."""
    shapes = np.linspace(-5 * SHAPE_SPREAD, 5 * SHAPE_SPREAD, 201)[:, None]
    # Past this the grid of the library ends too; the prior of few excesses has no end that would matter more.
    half = max(1.6, 5 / np.sqrt(len(excesses)))
    scales = excesses.mean() * np.exp(np.linspace(-half, half, 401))[None, :]
    log = stats.norm.logpdf(shapes, scale=SHAPE_SPREAD) + np.zeros_like(scales)
    for excess in excesses:
        log = log + stats.genpareto.logpdf(excess, shapes, scale=scales)
    weights = np.exp(log - log.max())
    weights /= weights.sum()

    def above(excess):
        return (weights * stats.genpareto.sf(excess, shapes, scale=scales)).sum()

    return [optimize.brentq(lambda excess: above(excess) - share, 0, 1e4 * excesses.max(), xtol=1e-10) for share in shares]


rng = np.random.default_rng(20261125)
cases = {
    "few": rng.exponential(0.2, 5),
    "heavy": stats.genpareto.rvs(0.3, scale=0.1, size=12, random_state=rng),
    "light": stats.genpareto.rvs(-0.3, scale=2.0, size=40, random_state=rng),
    "many": stats.genpareto.rvs(0.1, scale=0.15, size=120, random_state=rng),
}
np.save(HERE / "shares.npy", np.array(SHARES))
for name, excesses in cases.items():
    np.save(HERE / f"{name}_excesses.npy", excesses)
    np.save(HERE / f"{name}_quantiles.npy", np.array(predicted(excesses, SHARES)))
