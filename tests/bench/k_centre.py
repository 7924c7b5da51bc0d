"""The greedy k-centre selection of PatchCore, exact, in minutes where anomalib's needs hours.

anomalib (KCenterGreedy) measures every point anew for each centre. Here a point is measured only if the new centre can
be nearer than its own: by the triangle inequality not if its own centre is twice as far from the new one as from it.
The same points come out in the same order, but for ties of rounding.
"""
import torch


def select(points, count, first):
    """Indices, [count], of the points that are chosen one after the other, each the farthest from those before it.

    points: [n, C] float32. first: the index to begin with.
    """
    squares = (points * points).sum(1)
    nearest = distances(points, squares, points[first])
    owner = torch.zeros(len(points), dtype=torch.int32)
    centres = torch.empty(count, points.shape[1])
    centre_squares = torch.empty(count)
    chosen = torch.empty(count, dtype=torch.int64)
    chosen[0], centres[0], centre_squares[0] = first, points[first], squares[first]
    for k in range(1, count):
        index = int(nearest.argmax())
        half = distances(centres[:k], centre_squares[:k], points[index]) / 2
        # What rounding may take from a distance by the expanded square must not hide a point.
        near = (nearest >= half[owner] * 0.999).nonzero().squeeze(1)
        found = distances(points[near], squares[near], points[index])
        closer = found < nearest[near]
        nearest[near[closer]] = found[closer]
        owner[near[closer]] = k
        nearest[index] = 0
        chosen[k], centres[k], centre_squares[k] = index, points[index], squares[index]
    return chosen


def distances(points, squares, centre):
    """Euclidean distances, [n]; squares are those of the points' lengths."""
    return torch.addmv(squares + (centre * centre).sum(), points, centre, alpha=-2).clamp_(min=0).sqrt_()
