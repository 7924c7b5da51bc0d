"""One competitor of anomalib_peer.py in a process of its own, so that its memory is its own and libtorch comes once.

usage: python peer_worker.py fit SPEC JOB     prints one line of JSON: fit_s, spared_s, peak_mib
       python peer_worker.py inspect SPEC JOB reads a path a line; prints score and ms for each, at the end peak_mib

SPEC is ours:RECIPE[:KEY=VALUE...], padim:SIZE:CHANNELS or patchcore:SIZE:CORESET. JOB is JSON: library, weights, model
(the file to write or read), threads, pictures (the normal ones), maps (a folder for the anomaly maps, .npy).
"""
import json
import os
import pathlib
import sys
import time

import numpy as np
from PIL import Image


def decode(path):
    with Image.open(path) as picture:
        return np.array(picture.convert("RGB"))


def peak_mib():
    """The most memory that this process ever held, in MiB."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


class Ours:
    def __init__(self, spec, job):
        import capi
        _, recipe, *self.settings = spec.split(":")
        self.recipe, self.capi, self.job = recipe, capi, job
        self.library = capi.Library(job["library"], job["threads"])

    def fit(self):
        options = self.library.options(self.recipe, self.settings)
        self.model = self.library.fit(options, self.job["pictures"])
        return 0.0

    def save(self):
        self.library.save(self.model, self.job["model"])

    def load(self):
        self.inspector = self.capi.Inspector(self.library, self.job["model"])

    def inspect(self, picture):
        self.inspector.inspect(picture)
        return self.inspector.score(), None

    def enlarged(self, _, height, width):
        return self.inspector.map()


class Anomalib:
    def __init__(self, spec, job):
        import torch
        import anomalib_models
        torch.set_num_threads(job["threads"])
        kind, size, self.parameter = spec.split(":")
        self.peer, self.job = anomalib_models, job
        channels = int(self.parameter) if kind == "padim" else None
        self.model, self.transform = anomalib_models.build(kind, int(size), channels, job["weights"])

    def fit(self):
        return self.peer.fit(self.model, self.transform, map(decode, self.job["pictures"]), float(self.parameter))

    def save(self):
        self.peer.save(self.model, self.job["model"])

    def load(self):
        self.peer.restore(self.model, self.job["model"])

    def inspect(self, picture):
        return self.peer.inspect(self.model, self.transform, picture)

    def enlarged(self, anomaly_map, height, width):
        return self.peer.enlarge(anomaly_map, height, width)


def keep_answers_apart():
    """A file for the answers; from then on what libraries print goes to the errors."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


def main():
    mode, spec, job = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    answers = keep_answers_apart()

    def answer(**values):
        print(json.dumps(values), file=answers, flush=True)

    competitor = (Ours if spec.startswith("ours:") else Anomalib)(spec, job)
    if mode == "fit":
        begin = time.perf_counter()
        spared_s = competitor.fit()
        fit_s = time.perf_counter() - begin
        competitor.save()
        answer(fit_s=fit_s, spared_s=spared_s, peak_mib=peak_mib())
        return
    competitor.load()
    answer(ready=True)
    for line in sys.stdin:
        path = pathlib.Path(line.strip())
        picture = decode(path)
        begin = time.perf_counter()
        score, found = competitor.inspect(picture)
        ms = 1000 * (time.perf_counter() - begin)
        enlarged = competitor.enlarged(found, *picture.shape[:2])
        np.save(pathlib.Path(job["maps"]) / f"{path.parent.name}_{path.stem}.npy", enlarged)
        answer(score=score, ms=ms)
    answer(peak_mib=peak_mib())


if __name__ == "__main__":
    main()
