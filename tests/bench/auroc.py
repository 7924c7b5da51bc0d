"""The area under the ROC curve."""


def auroc(good, defective):
    """The chance that a defective picture scores higher than a good one; ties count half."""
    wins = sum((d > g) + 0.5 * (d == g) for d in defective for g in good)
    return wins / (len(good) * len(defective))
