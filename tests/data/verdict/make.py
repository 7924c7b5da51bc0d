"""Generalised Pareto distributions by scipy, what a tail of them predicts, by brute integration, and scores that drift.

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


# Scores of normal images and of parts that drift after a while: the CUSUM after each part, in float64, and the two-sample
# Kolmogorov-Smirnov test of each window of 50, exact up to 10,000 products of both counts, else the limit of the distribution.
drifting = {
    "small": (rng.normal(3.0, 0.2, 24), rng.normal(3.0, 0.2, 150) + 0.3 * (np.arange(150) >= 70)),
    "large": (rng.normal(1.0, 0.1, 260), rng.normal(0.99, 0.12, 100)),
    "fall": (rng.normal(2.0, 0.3, 90), rng.normal(1.8, 0.2, 50)),
}
for name, (normal, parts) in drifting.items():
    normal, parts = (np.exp(logs).astype(np.float32) for logs in (normal, parts))
    logs, rows = np.log(normal.astype(np.float64)), np.log(parts.astype(np.float64))
    mean, deviation = logs.mean(), logs.std(ddof=1)
    total, sums = 0.0, []
    for log in rows:
        total = max(0.0, total + (log - mean) / deviation - 0.5 - 1 / np.sqrt(len(logs)))
        sums.append(total)
    tests = []
    for window in rows.reshape(-1, 50):
        found = stats.ks_2samp(logs, window, method="exact")
        pairs = len(logs) * len(window)
        effective = pairs / (len(logs) + len(window))
        p = found.pvalue if pairs <= 10_000 else stats.kstwobign.sf(found.statistic * np.sqrt(effective))
        tests.append((found.statistic, p))
    np.save(HERE / f"drift_{name}_normal.npy", normal)
    np.save(HERE / f"drift_{name}_parts.npy", parts)
    np.save(HERE / f"drift_{name}_cusum.npy", np.array(sums))
    np.save(HERE / f"drift_{name}_ks.npy", np.array(tests))
