"""Image and pixel metrics in float64, exact: every distinct score is a threshold."""
import numpy as np
from scipy import ndimage


def auroc(negative, positive):
    """The chance that a positive is higher than a negative; ties count half. 1-D arrays, NaN if one is empty."""
    if len(negative) == 0 or len(positive) == 0:
        return float("nan")
    negative = np.sort(negative)
    below = np.searchsorted(negative, positive, "left").astype(np.float64)
    not_above = np.searchsorted(negative, positive, "right").astype(np.float64)
    return float((below + not_above).sum() / (2 * len(negative) * len(positive)))


def aupro(maps, masks, limit=0.3):
    """Area under the per-region overlap over the false-positive rate from 0 to limit, divided by limit.

    MVTec's definition: each 8-connected region counts as much as any other; negatives are all pixels outside of regions,
    those of good pictures too. maps: [H, W] floats; masks: booleans of the same shapes. NaN if there is no region.
    """
    share, outside, regions = [], [], 0
    for mask in masks:
        labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
        regions += count
        areas = np.bincount(labels.ravel())
        share.append(np.where(labels > 0, 1.0 / np.maximum(areas[labels], 1), 0.0).ravel())
        outside.append(labels.ravel() == 0)
    values, share, outside = (np.concatenate(parts) for parts in ([m.ravel() for m in maps], share, outside))
    if regions == 0:
        return float("nan")
    order = np.argsort(-values, kind="stable")
    values = values[order]
    overlap = np.cumsum(share[order]) / regions
    rate = np.cumsum(outside[order], dtype=np.float64) / outside.sum()
    # Equal scores lie on the same side of every threshold.
    last = np.append(np.flatnonzero(values[1:] != values[:-1]), len(values) - 1)
    rate, overlap = np.append(0.0, rate[last]), np.append(0.0, overlap[last])
    end = np.searchsorted(rate, limit, "right")
    at_limit = np.interp(limit, rate, overlap)
    rate, overlap = np.append(rate[:end], limit), np.append(overlap[:end], at_limit)
    return float(np.trapezoid(overlap, rate) / limit)
