"""Beside anomalib: its PaDiM and PatchCore and our recipes on the same pictures and the same lite0 weights, in one run.

usage: python tests/bench/anomalib_peer.py LIBRARY WEIGHTS [--sets bottle,screw] [--competitors SPEC ...] [--markdown]

LIBRARY is libtwinspect.so, WEIGHTS efficientnet-lite0-57934424.pth. Sets lie in MVTec's layout in ../shared/data, or in
the folder `data` of TWINSPECT_SHARED; a set without ground truth gets no pixel metrics. For SPEC see peer_worker.py.

Every competitor fits in a process of its own, one after the other; then all inspect in turn, picture by picture, so that
a busy machine slows all alike. Columns: AUROC and AUPRO (to a false-positive rate of 30 %) in %; seconds to fit, decoding
included; milliseconds a picture, the median, batch 1, decoded before; peak memory of fitting and of inspecting. Pixel
metrics are taken at the resolution of the pictures. PatchCore's selection is done by a faster one that chooses the same;
its own time, extrapolated from 20 of its steps, is in brackets.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

import pixel_metrics

WORKER = pathlib.Path(__file__).with_name("peer_worker.py")
# anomalib has no number of channels for this network and refuses to guess: 100 is its own for ResNet-18, 176 are all.
COMPETITORS = ["ours:default", "ours:registered", "padim:256:100", "padim:256:176", "padim:320:100", "patchcore:256:0.1",
               "patchcore:320:0.1"]
HEAD = ["", "image AUROC", "pixel AUROC", "AUPRO 30 %", "fit, s", "ms a picture", "fit MiB", "inspect MiB", "model MB"]


def title(spec):
    kind, first, *rest = spec.split(":")
    if kind == "ours":
        return " ".join(["twinspect", first, *rest])
    if kind == "padim":
        return f"anomalib PaDiM {first} px, {rest[0]} channels"
    return f"anomalib PatchCore {first} px, coreset {100 * float(rest[0]):g} %"


class Competitor:
    """A worker process and what it answered."""

    def __init__(self, spec, job, folder):
        self.spec, self.folder = spec, folder
        folder.mkdir()
        self.job = job | {"model": str(folder / "model"), "maps": str(folder)}
        self.scores, self.ms = [], []

    def start(self, mode):
        command = [sys.executable, "-W", "ignore", str(WORKER), mode, self.spec, json.dumps(self.job)]
        # Threads that spin while they wait would slow the others that wait with them.
        environment = os.environ | {"GOMP_SPINCOUNT": "0"}
        if not self.spec.startswith("ours:"):
            # It may lead to our libtorch; torch brings its own.
            environment.pop("LD_LIBRARY_PATH", None)
        self.errors = open(self.folder / "errors.txt", "w+")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                        text=True, env=environment)

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.errors.seek(0)
            sys.exit(f"{title(self.spec)} ended with status {self.process.returncode}:\n{self.errors.read()[-3000:]}")
        return json.loads(line)

    def finish(self):
        self.process.stdin.close()
        answer = self.read()
        self.process.wait()
        return answer

    def fit(self):
        self.start("fit")
        self.fitted = self.finish()

    def inspect(self, path):
        print(path, file=self.process.stdin, flush=True)
        answer = self.read()
        self.scores.append(answer["score"])
        self.ms.append(answer["ms"])

    def map(self, path):
        return np.load(self.folder / f"{path.parent.name}_{path.stem}.npy")


def mask_of(root, path, shape):
    """The defect's pixels, [H, W] bool, none for a good picture."""
    if path.parent.name == "good":
        return np.zeros(shape, bool)
    with Image.open(root / "ground_truth" / path.parent.name / f"{path.stem}_mask.png") as mask:
        return np.array(mask.convert("L")) > 127


def cells(competitor, root, paths):
    good = np.array([path.parent.name == "good" for path in paths])
    scores = np.array(competitor.scores)
    row = [title(competitor.spec), f"{100 * pixel_metrics.auroc(scores[good], scores[~good]):.2f}", "-", "-"]
    if (root / "ground_truth").is_dir():
        maps = [competitor.map(path) for path in paths]
        masks = [mask_of(root, path, found.shape) for path, found in zip(paths, maps)]
        values, marked = np.concatenate([m.ravel() for m in maps]), np.concatenate([m.ravel() for m in masks])
        row[2:] = [f"{100 * pixel_metrics.auroc(values[~marked], values[marked]):.2f}",
                   f"{100 * pixel_metrics.aupro(maps, masks):.2f}"]
    fitted, size = competitor.fitted, os.path.getsize(competitor.job["model"])
    own_s = f" ({fitted['fit_s'] + fitted['spared_s']:.0f})" if fitted["spared_s"] else ""
    return row + [f"{fitted['fit_s']:.0f}{own_s}", f"{statistics.median(competitor.ms):.0f}", f"{fitted['peak_mib']:.0f}",
                  f"{competitor.peak_mib:.0f}", f"{size / 1e6:.1f}"]


def measure(root, job, specs, every):
    """The rows of one set's table."""
    pictures = [str(path) for path in sorted((root / "train/good").iterdir())][::every]
    paths = sorted((root / "test").glob("*/*"))
    with tempfile.TemporaryDirectory() as folder:
        made = [Competitor(spec, job | {"pictures": pictures}, pathlib.Path(folder) / str(i)) for i, spec in enumerate(specs)]
        for competitor in made:
            competitor.fit()
            print(f"{root.name}: {title(competitor.spec)}: fitted {len(pictures)} pictures in "
                  f"{competitor.fitted['fit_s']:.0f} s", file=sys.stderr, flush=True)
        for competitor in made:
            competitor.start("inspect")
            competitor.read()
        for path in paths:
            for competitor in made:
                competitor.inspect(path)
        for competitor in made:
            competitor.peak_mib = competitor.finish()["peak_mib"]
        return [cells(competitor, root, paths) for competitor in made]


def print_table(rows, markdown):
    rows = [HEAD, *rows]
    if markdown:
        rows.insert(1, ["---"] * len(HEAD))
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    for row in rows:
        padded = [cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))]
        print("| " + " | ".join(padded) + " |" if markdown else "  ".join(padded))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("library")
    arguments.add_argument("weights")
    arguments.add_argument("--sets", default="bottle,screw")
    arguments.add_argument("--competitors", nargs="+", default=COMPETITORS, metavar="SPEC")
    arguments.add_argument("--every", type=int, default=1, help="only every such normal picture, for all competitors")
    arguments.add_argument("--threads", type=int, default=os.cpu_count())
    arguments.add_argument("--markdown", action="store_true")
    args = arguments.parse_args()
    shared = pathlib.Path(os.environ.get("TWINSPECT_SHARED", pathlib.Path(__file__).resolve().parents[3] / "shared"))
    job = {"library": os.path.abspath(args.library), "weights": os.path.abspath(args.weights), "threads": args.threads}
    for name in args.sets.split(","):
        root = shared / "data" / name
        if not (root / "train/good").is_dir():
            print(f"{name}: SKIPPED, there is no {root / 'train/good'}")
            continue
        rows = measure(root, job, args.competitors, args.every)
        print(f"\n### {name}\n" if args.markdown else f"\n{name}")
        print_table(rows, args.markdown)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
