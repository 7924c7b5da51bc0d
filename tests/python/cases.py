"""The Python door of tests/cases: hostile inputs, to have the right outcome and the same one by every door.

usage: cases.py FOLDER

tests/cases says what the tasks in FOLDER are, and what the lines mean.
"""
import json
import logging
import os
import sys
from pathlib import Path

import numpy as np
import twinspect

SKIPPED, LEFT_OUT = "skipped, ", "left out: "


class Said(logging.Handler):
    """What the package and the library warn of."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())

    def of(self, kind):
        return [line for line in self.lines if line.startswith(kind)]


def fnv1a(content):
    """FNV-1a, 64 bit."""
    value = 0xCBF29CE484222325
    for byte in content:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def answer(name, good, model, picture, settings, said):
    named = dict(setting.split("=", 1) for setting in settings.split())
    said.lines.clear()
    try:
        if good != "-":
            twinspect.fit(good, model, options=named, skip_unusable=True).close()
            named = {}
        loaded = twinspect.Model.load(model, named)
        result = twinspect.Inspector(loaded, named).inspect(picture)
    except twinspect.TwinspectError as error:
        return f"{name}\t{error.name}\t{error}"
    refused = [line.removeprefix(LEFT_OUT) for line in said.of(LEFT_OUT)]
    content = np.ascontiguousarray(result.anomaly_map, "<f4").tobytes()
    described = [json.dumps(each) for each in (loaded.describe(), result.to_dict())]
    return "\t".join([name, "OK", " ;; ".join(refused), *described, f"{fnv1a(content):016x}", " ;; ".join(said.of(SKIPPED))])


def main():
    os.chdir(sys.argv[1])
    sys.stdout.reconfigure(encoding="utf-8")
    said = Said()
    logging.getLogger("twinspect").addHandler(said)
    logging.getLogger("twinspect").propagate = False
    for line in Path("tasks.tsv").read_text(encoding="utf-8").splitlines():
        print(answer(*line.split("\t"), said))


if __name__ == "__main__":
    main()
