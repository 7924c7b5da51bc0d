"""Whether calibrated thresholds hold: false alarms on good parts that a model has not seen, over random splits of a set.

usage: python3 tests/bench/coverage.py target/release/twinspect [--splits 200] [--sets bottle,screw] [--rates 0.02]
                                       [--images N] [--recipe NAME] [--set KEY=VALUE ...] [--root DIR]

Each split fits one random half of the good parts (or N of them) at each rate, and inspects the rest. Printed a rate: the mean of
the rates reached; in brackets the 95 % interval (Clopper and Pearson) as if each picture were judged once, because splits of
the same pictures are no new pictures; the middle 90 % of the splits' rates; how often a split's rate lies in the interval that
its model states, which is for the true rate and not for that of a hundred pictures; and how many models had no threshold.

The sets lie in ../shared/data, or in the folder `data` of TWINSPECT_SHARED. They are no part of the project.
"""
import argparse
import collections
import json
import math
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

CONFIDENCE = 0.95


def run(program, *arguments, allowed=(0,)):
    """What the program printed; ends this script with the program's own words if it failed."""
    ran = subprocess.run([program, *arguments], capture_output=True, text=True)
    if ran.returncode not in allowed:
        sys.exit(ran.stderr)
    return ran.stdout


def at_most(events, trials, rate):
    """The chance of at most so many events."""
    terms = (math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
             + k * math.log(rate) + (trials - k) * math.log1p(-rate) for k in range(events + 1))
    return sum(map(math.exp, terms))


def clopper_pearson(events, trials):
    def solved(reached):
        low, high = 1e-12, 1 - 1e-12
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (low, middle) if reached(middle) else (middle, high)
        return high

    tail = (1 - CONFIDENCE) / 2
    low = 0 if events == 0 else solved(lambda rate: 1 - at_most(events - 1, trials, rate) >= tail)
    high = 1 if events == trials else solved(lambda rate: at_most(events, trials, rate) <= tail)
    return low, high


def split(program, pictures, images, rates, fitting, seed):
    """Per rate: the rate reached on the pictures that were not fitted, and the interval stated; None without a threshold."""
    shuffled = random.Random(seed).sample(pictures, len(pictures))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, part in (("fit", shuffled[:images]), ("rest", shuffled[images:])):
            (folder / name).mkdir()
            for picture in part:
                (folder / name / picture.name).symlink_to(picture.resolve())
        model, scores, found = folder / "part.twin", None, []
        for rate in rates:
            run(program, "fit", folder / "fit", "-o", model, "--set", f"verdict.false_alarm_rate={rate}", *fitting)
            calibrated = json.loads(run(program, "info", model, "--json"))["calibration"]["image"]
            if scores is None:
                lines = run(program, "inspect", model, folder / "rest", "--json", allowed=(0, 1)).splitlines()
                scores = [json.loads(line)["score"] for line in lines]
            if calibrated is None:
                found.append(None)
                continue
            alarms = sum(score >= calibrated["threshold"] for score in scores)
            found.append((alarms / len(scores), calibrated["interval"]))
    return found


def percent(*shares):
    return " to ".join(f"{100 * share:.2f}" for share in shares) + " %"


def report(name, pictures, images, rate, found):
    known = [one for one in found if one is not None]
    if not known:
        print(f"{name}: {images} images, asked {percent(rate)}: no model had a threshold")
        return
    reached = sorted(share for share, _ in known)
    mean = statistics.mean(reached)
    interval = clopper_pearson(round(mean * pictures), pictures)
    middle = reached[int(0.05 * len(reached))], reached[math.ceil(0.95 * len(reached)) - 1]
    inside = sum(low <= share <= high for share, (low, high) in known)
    print(f"{name}: {images} of {pictures} images, {len(found)} splits, asked {percent(rate)}: reached {percent(mean)} "
          f"({percent(*interval)}), 90 % of splits {percent(*middle)}, in the stated interval {inside} of {len(known)}, "
          f"no threshold {len(found) - len(known)}", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("program")
    arguments.add_argument("--splits", type=int, default=200)
    arguments.add_argument("--sets", default="bottle,screw")
    arguments.add_argument("--rates", default="0.02")
    arguments.add_argument("--images", type=int, help="images to fit; half of them without it")
    arguments.add_argument("--recipe")
    arguments.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    arguments.add_argument("--root", type=pathlib.Path, help="where the sets lie")
    args = arguments.parse_args()
    shared = pathlib.Path(os.environ.get("TWINSPECT_SHARED", pathlib.Path(__file__).resolve().parents[3] / "shared"))
    fitting = [part for setting in args.set for part in ("--set", setting)]
    fitting += ["--recipe", args.recipe] if args.recipe else []
    rates = [float(rate) for rate in args.rates.split(",")]
    for name in args.sets.split(","):
        folder = (args.root or shared / "data") / name / "train/good"
        if not folder.is_dir():
            print(f"{name}: SKIPPED, there is no {folder}")
            continue
        pictures = sorted(folder.iterdir())
        images = args.images or len(pictures) // 2
        found = collections.defaultdict(list)
        for seed in range(args.splits):
            for rate, one in zip(rates, split(args.program, pictures, images, rates, fitting, seed)):
                found[rate].append(one)
        for rate in rates:
            report(name, len(pictures), images, rate, found[rate])


if __name__ == "__main__":
    main()
