"""Mahalanobis distances by inverting the full covariance in float64, also with one image left out.

Run: python tests/data/statistics/make.py   (needs numpy)
"""
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(20261125)
EPSILON = 0.01


def distance(samples, test, epsilon):
    """sqrt((x - mu)' (S + eps I)^-1 (x - mu)); S = 0 for a single image."""
    mu = samples.mean(0)
    s = np.cov(samples, rowvar=False) if len(samples) > 1 else np.zeros((samples.shape[1],) * 2)
    d = test - mu
    return np.sqrt(d @ np.linalg.solve(s + epsilon * np.eye(len(mu)), d))


def case(name, samples, tests, epsilon=EPSILON):
    """samples [N, L, C], tests [T, L, C]; everything rounded to float32 first, as the library sees it."""
    samples, tests = (array.astype(np.float32).astype(np.float64) for array in (samples, tests))
    locations = range(samples.shape[1])
    expected = [[distance(samples[:, l], test[l], epsilon) for l in locations] for test in tests]
    np.save(HERE / f"{name}_samples.npy", samples.astype(np.float32))
    np.save(HERE / f"{name}_tests.npy", tests.astype(np.float32))
    np.save(HERE / f"{name}_distances.npy", np.array(expected))
    if len(samples) > 1:
        left_out = [
            [distance(np.delete(samples[:, l], i, 0), samples[i, l], epsilon) for l in locations] for i in range(len(samples))
        ]
        np.save(HERE / f"{name}_leave_one_out.npy", np.array(left_out))


def correlated(count, locations, channels):
    """Features as networks give them: few strong directions, means far from zero."""
    basis = rng.standard_normal((locations, 6, channels)) * np.array([8, 4, 2, 1, 0.5, 0.2])[None, :, None]
    mean = rng.standard_normal((locations, channels)) * 5
    latent = rng.standard_normal((count, locations, 6))
    return mean + np.einsum("nlk,lkc->nlc", latent, basis) + 0.3 * rng.standard_normal((count, locations, channels))


def split(values, tests=4):
    return values[tests:], values[:tests]


case("few", *split(correlated(14 + 4, 5, 40)))
case("two", *split(correlated(2 + 4, 5, 40)))
case("one", *split(correlated(1 + 4, 5, 40)))
case("more_than_channels", *split(correlated(60 + 4, 4, 12)))
case("large_epsilon", *split(correlated(14 + 4, 5, 40)), epsilon=2.5)

samples, tests = split(correlated(10 + 4, 3, 24))
case("constant", np.repeat(samples[:1], 10, 0), tests)
case("duplicates", np.concatenate([samples[:5], samples[:5], samples]), tests)
