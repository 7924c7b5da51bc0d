"""Accuracy of the program on picture sets in MVTec's layout: image AUROC, and what the calibrated threshold gives.

usage: python3 tests/accuracy.py target/release/twinspect [--sets bottle,screw] [--set KEY=VALUE ...]

The sets lie in ../shared/data, or in the folder `data` of TWINSPECT_SHARED. They are no part of the project.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time


def auroc(good, defective):
    """The chance that a defective picture scores higher than a good one; ties count half."""
    wins = sum((d > g) + 0.5 * (d == g) for d in defective for g in good)
    return wins / (len(good) * len(defective))


def run(program, *arguments, allowed=(0,)):
    """What the program printed; ends this script with the program's own words if it failed."""
    ran = subprocess.run([program, *arguments], capture_output=True, text=True)
    if ran.returncode not in allowed:
        sys.exit(ran.stderr)
    return ran.stdout


def scores(program, model, folder):
    return [json.loads(line) for line in run(program, "inspect", model, folder, "--json", allowed=(0, 1)).splitlines()]


def measure(program, root, settings):
    with tempfile.TemporaryDirectory() as folder:
        model = str(pathlib.Path(folder) / "part.twin")
        begin = time.time()
        run(program, "fit", root / "train/good", "-o", model, *settings)
        fit_s, size_mb = time.time() - begin, os.path.getsize(model) / 1e6
        begin = time.time()
        found = {kind.name: scores(program, model, kind) for kind in sorted((root / "test").iterdir())}
        inspect_s = time.time() - begin
    good = found.pop("good")
    defective = [line for lines in found.values() for line in lines]
    count = len(good) + len(defective)
    area = auroc([line["score"] for line in good], [line["score"] for line in defective])
    false_alarms = sum(line["verdict"] != "good" for line in good)
    misses = {kind: sum(line["verdict"] == "good" for line in lines) for kind, lines in found.items()}
    undecided = sum(line["verdict"] == "undecided" for line in good + defective)
    print(f"{root.name}: image AUROC {100 * area:.2f}")
    print(f"  at the calibrated threshold {good[0]['threshold']:.2f}: {false_alarms} of {len(good)} good called defective, "
          f"{sum(misses.values())} of {len(defective)} defective called good, {undecided} undecided")
    print("  missed by kind: " + ", ".join(f"{kind} {missed} of {len(found[kind])}" for kind, missed in misses.items()))
    print(f"  fit {fit_s:.1f} s, model {size_mb:.0f} MB, inspect {1000 * inspect_s / count:.0f} ms a picture with loading the model")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("program")
    arguments.add_argument("--sets", default="bottle,screw")
    arguments.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    args = arguments.parse_args()
    shared = pathlib.Path(os.environ.get("TWINSPECT_SHARED", pathlib.Path(__file__).resolve().parents[2] / "shared"))
    settings = [part for setting in args.set for part in ("--set", setting)]
    for name in args.sets.split(","):
        root = shared / "data" / name
        if not (root / "train/good").is_dir():
            print(f"{name}: SKIPPED, there is no {root / 'train/good'}")
            continue
        measure(args.program, root, settings)


if __name__ == "__main__":
    main()
