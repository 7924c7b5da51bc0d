"""Image AUROC of models that learned from a few good parts, over sets in MVTec's layout (train/good, test/good, test/KIND).

usage: python3 tests/bench/few.py target/release/twinspect --sets bottle,screw --shots 1,2,4,8 [--try "KEY=VALUE ..."]

Each `--try` is a row: options of `twinspect fit`, separated by blanks; without any, the defaults are the only row. For
every number of good parts they are drawn by a fixed seed, several times, the same for all rows; the table shows the mean
over the draws, and below the lowest of them. A set is a folder in ../shared/data (or `data` of TWINSPECT_SHARED), or a path.
"""
import argparse
import json
import math
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile


def auroc(good, defective):
    """The chance that a defective picture scores higher than a good one; ties count half."""
    wins = sum((d > g) + 0.5 * (d == g) for d in defective for g in good)
    return wins / (len(good) * len(defective))


def run(program, *arguments, allowed=(0,)):
    """What the program printed; ends this script with the program's own words if it failed."""
    ran = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if ran.returncode not in allowed:
        sys.exit(ran.stderr)
    return ran.stdout


def scores(program, model, folder):
    """Scores of a folder's pictures. Ends this script if one is not a number: it must be, from the first good part on."""
    lines = run(program, "inspect", model, folder, "--json", allowed=(0, 1)).splitlines()
    found = [json.loads(line)["score"] for line in lines]
    if not all(isinstance(score, float) and math.isfinite(score) for score in found):
        sys.exit(f"{folder}: a score is not finite")
    return found


def measure(program, root, pictures, settings):
    """Image AUROC of the model of these good parts."""
    with tempfile.TemporaryDirectory() as folder:
        model, good = pathlib.Path(folder) / "part.twin", pathlib.Path(folder) / "good"
        good.mkdir()
        for picture in pictures:
            shutil.copy(picture, good)
        run(program, "fit", good, "-o", model, *settings)
        found = {kind.name: scores(program, model, kind) for kind in sorted((root / "test").iterdir())}
    good = found.pop("good")
    return auroc(good, [score for kind in found.values() for score in kind])


def draws(root, count, seeds):
    """Several sets of so many good parts; the same whenever and wherever it is asked."""
    pictures = sorted((root / "train/good").iterdir())
    count = min(count, len(pictures))
    return [sorted(random.Random(f"{count} {seed}").sample(pictures, count)) for seed in range(seeds)]


def table(program, root, rows, shots, seeds):
    """Prints a line for each row as soon as it is known: means, and in brackets the lowest."""
    width = max(len(row) for row in rows + ["good parts"])
    print(f"{root.name}: image AUROC, mean (and lowest) of {seeds} draws")
    print(f"  {'good parts':{width}}" + "".join(f"{count:>14}" for count in shots), flush=True)
    for row in rows:
        settings = [part for setting in row.split() if setting != "default" for part in ("--set", setting)]
        print(f"  {row:{width}}", end="", flush=True)
        for count in shots:
            found = [100 * measure(program, root, drawn, settings) for drawn in draws(root, count, seeds)]
            print(f"{sum(found) / len(found):7.1f} ({min(found):4.1f})", end="", flush=True)
        print(flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("program")
    arguments.add_argument("--sets", default="bottle,screw", help="names or paths, separated by commas")
    arguments.add_argument("--shots", default="1,2,4,8", help="numbers of good parts, separated by commas")
    arguments.add_argument("--seeds", type=int, default=3, help="draws of each number")
    arguments.add_argument("--try", dest="rows", action="append", metavar="'KEY=VALUE ...'", help="options of a row; may be repeated")
    args = arguments.parse_args()
    shared = pathlib.Path(os.environ.get("TWINSPECT_SHARED", pathlib.Path(__file__).resolve().parents[3] / "shared"))
    shots = [int(count) for count in args.shots.split(",")]
    for name in args.sets.split(","):
        root = pathlib.Path(name) if "/" in name else shared / "data" / name
        if not (root / "train/good").is_dir():
            print(f"{name}: SKIPPED, there is no {root / 'train/good'}")
            continue
        table(args.program, root, args.rows or ["default"], shots, args.seeds)


main()
