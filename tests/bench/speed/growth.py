"""How times grow: exponents by regression of logarithms, and plots."""
import pathlib

import numpy as np


def exponent(sizes, times):
    """k of time = c * size^k, by least squares on the logarithms; NaN of fewer than two positive times."""
    sizes, times = np.asarray(sizes, float), np.asarray(times, float)
    kept = times > 0
    if kept.sum() < 2 or len(set(sizes[kept])) < 2:
        return float("nan")
    return float(np.polyfit(np.log(sizes[kept]), np.log(times[kept]), 1)[0])


def plot(path, title, label, sizes, lines):
    """A plot with logarithmic axes; lines: name to milliseconds."""
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot
    from matplotlib.ticker import ScalarFormatter
    figure, axes = pyplot.subplots(figsize=(6, 4))
    for name, times in lines.items():
        axes.loglog(sizes, times, marker="o", label=f"{name}, exponent {exponent(sizes, times):.2f}")
    axes.set(title=title, xlabel=label, ylabel="ms")
    axes.set_xticks(sizes)
    axes.minorticks_off()
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.yaxis.set_major_formatter(ScalarFormatter())
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(pathlib.Path(path), metadata={"Date": None})
    pyplot.close(figure)
