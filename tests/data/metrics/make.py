"""What scikit-learn, scipy and anomalib say of rankings, anomaly maps and counted rates.

AUPRO is computed twice: by anomalib 2.7 (exact thresholds, float32 sums, regions connected by corners too, the curve cut at
the limit by a straight line), and in float64 below, region by region, without its sorting trick.

Run: python tests/data/metrics/make.py   (scikit-learn 1.9, scipy 1.17, anomalib 2.7; half a minute)
"""
import pathlib

import numpy as np
import torch
from anomalib.metrics.aupro import _AUPRO
from scipy import ndimage, stats
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

HERE = pathlib.Path(__file__).parent
LIMITS = [0.3, 0.05, 1.0]
rng = np.random.default_rng(20261125)


def save(name, values):
    np.save(HERE / f"{name}.npy", values)


def best_f1(truth, scores):
    """The highest F1, and the highest threshold that reaches it."""
    precision, recall, thresholds = precision_recall_curve(truth, scores)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-300)
    best = np.flatnonzero(f1[:-1] >= f1.max() - 1e-14)[-1]
    return f1[best], thresholds[best]


def numbers(truth, scores):
    return np.array([roc_auc_score(truth, scores), average_precision_score(truth, scores), *best_f1(truth, scores)])


def ranking(name, truth, scores):
    scores = scores.astype(np.float32)
    false_positives, true_positives, _ = roc_curve(truth, scores, drop_intermediate=False)
    precision, recall, _ = precision_recall_curve(truth, scores)
    save(f"{name}_scores", scores)
    save(f"{name}_truth", truth.astype(np.uint8))
    save(f"{name}_numbers", numbers(truth, scores))
    save(f"{name}_roc", np.stack([false_positives, true_positives], 1))
    save(f"{name}_precision_recall", np.stack([recall, precision], 1)[::-1])


def regions_of(truths):
    """One mask [N, H, W] for each part of a picture's truth that hangs together by edges or corners."""
    found = []
    for picture, truth in enumerate(truths):
        labels, count = ndimage.label(truth, structure=np.ones((3, 3)))
        for label in range(1, count + 1):
            mask = np.zeros(truths.shape, bool)
            mask[picture] = labels == label
            found.append(mask)
    return found


def pro_curve(truths, maps, thresholds):
    """False-positive rate and mean overlap at each threshold, float64."""
    def shares(values):
        values = np.sort(values)
        return 1 - np.searchsorted(values, thresholds, side="left") / len(values)

    overlaps = [shares(maps[region]) for region in regions_of(truths)]
    return shares(maps[~truths]), np.mean(overlaps, 0)


def aupro(truths, maps, limit):
    x, y = pro_curve(truths, maps, np.unique(maps)[::-1])
    x, y = np.concatenate([[0], x]), np.concatenate([[0], y])
    # At the limit the curve may rise steeply: its point is found between its neighbours, not by np.interp.
    last = np.flatnonzero(x <= limit)[-1]
    x_end, y_end = x[: last + 1], y[: last + 1]
    if x[last] < limit:
        share = (limit - x[last]) / (x[last + 1] - x[last])
        x_end, y_end = np.append(x_end, limit), np.append(y_end, y[last] + share * (y[last + 1] - y[last]))
    return np.trapezoid(y_end, x_end) / limit


def aupro_of_anomalib(truths, maps, limit):
    metric = _AUPRO(fpr_limit=limit)
    metric.update(torch.from_numpy(maps), torch.from_numpy(truths.astype(np.uint8)))
    return float(metric.compute())


def rounded_down(maps):
    """To 8 bits of the mantissa, so that values that share a bin are equal."""
    return (maps.view(np.uint32) & ~np.uint32(0x7FFF)).view(np.float32)


def pictures(name, truths, maps):
    maps = maps.astype(np.float32)
    save(f"{name}_maps", maps)
    for kind, values in [("exact", maps), ("rounded", rounded_down(maps))]:
        save(f"{name}_{kind}_numbers", numbers(truths.ravel(), values.ravel()))
        rows = [[limit, aupro(truths, values, limit), aupro_of_anomalib(truths, values, limit)] for limit in LIMITS]
        print(name, kind, numbers(truths.ravel(), values.ravel()), *rows, sep="\n  ")
        save(f"{name}_{kind}_pro", np.array(rows))
    thresholds = np.unique(rounded_down(maps))[::-1][::5]
    save(f"{name}_pro_curve", np.stack(pro_curve(truths, maps, thresholds), 1))


def defects():
    """Six pictures of 40 x 48: defects of many sizes, at borders and corners, two that touch by a corner, two good ones."""
    truths = np.zeros((6, 40, 48), bool)
    truths[0, 0:3, 0:5] = True  # In a corner of the picture.
    truths[0, 20:32, 10:30] = True
    truths[1, 10:14, 10:14] = truths[1, 14:20, 14:16] = True  # They touch by a corner: one region.
    truths[1, 39, 40:48] = True  # A line along the border.
    truths[1, 5, 47] = True  # One pixel.
    truths[2] = np.hypot(*(np.indices((40, 48)) - np.array([20, 24])[:, None, None])) < 9
    truths[2, 18:22, 20:28] = False  # A ring.
    truths[2, 19, 23] = True  # In its hole.
    truths[4, :, 30:33] = True  # From border to border.
    truths[4, 2:4, 2:4] = truths[4, 2:4, 5:7] = True  # Apart by one column.
    return truths


def anomaly_maps(truths):
    """Noise as smooth as a network's, higher on most of the defects: some are missed, some bleed over their border."""
    noise = ndimage.gaussian_filter(rng.standard_normal(truths.shape), (0, 2, 2))
    maps = np.exp(1.5 + 2.5 * noise)
    for strength, region in zip(rng.permutation(np.linspace(0, 1, 11)), regions_of(truths), strict=False):
        maps += 9 * strength * ndimage.gaussian_filter(region.astype(float), (0, 1.5, 1.5))
    return maps


truth = rng.random(80) < 0.4
ranking("distinct", truth, rng.standard_normal(80) + truth)
truth = rng.random(120) < 0.3
ranking("ties", truth, np.round(2 * rng.standard_normal(120) + 1.5 * truth) / 4)

truths = defects()
maps = anomaly_maps(truths)
save("truths", truths.astype(np.uint8))
pictures("wide", truths, maps)
# Between 10 and 13 a bin is 1/32 wide: all pixels share a hundred of them.
pictures("narrow", truths, 10 + maps / maps.max() * 3)

rates = []
for events, trials in [(0, 1), (1, 1), (0, 100), (1, 2), (3, 10), (20, 20), (19, 20), (50, 100), (7, 83), (1, 10**6),
                       (10**6 - 1, 10**6), (12_345, 10**6), (500_000, 10**6), (3, 10**9)]:
    for confidence in [0.5, 0.9, 0.95, 0.99, 0.999]:
        tail = (1 - confidence) / 2
        low = stats.beta.ppf(tail, events, trials - events + 1) if events > 0 else 0
        high = stats.beta.isf(tail, events + 1, trials - events) if events < trials else 1
        rates.append([events, trials, confidence, low, high])
save("clopper_pearson", np.array(rates))
