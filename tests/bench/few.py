"""How good models of a few good parts are, over sets in MVTec's layout (train/good, test/good, test/KIND).

usage: python3 tests/bench/few.py target/release/twinspect --sets bottle,screw --shots 1,2,4,8 [--try "KEY=VALUE ..."]

Each `--try` is a row: options of `twinspect fit`, separated by blanks; without any, the defaults are the only row. For
every number of good parts they are drawn by a fixed seed, several times, the same for all rows. A cell of the table is the
image AUROC, and after the bar, at the model's own threshold, how many of 100 good pictures are called defective and how many
of 100 defective ones are missed; all are means over the draws, the last two over those whose model has a threshold. A set is
a folder in ../shared/data (or `data` of TWINSPECT_SHARED), or a path. Ends with status 1 if a score is not finite.
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

from auroc import auroc


def run(program, *arguments, allowed=(0,)):
    """What the program printed; ends this script with the program's own words if it failed."""
    ran = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if ran.returncode not in allowed:
        sys.exit(ran.stderr)
    return ran.stdout


def inspected(program, model, folder):
    """What is said of a folder's pictures. Ends this script if a score is no number: it must be, from one good part on."""
    lines = run(program, "inspect", model, folder, "--json", allowed=(0, 1)).splitlines()
    found = [json.loads(line) for line in lines]
    if not all(isinstance(line["score"], float) and math.isfinite(line["score"]) for line in found):
        sys.exit(f"{folder}: a score is not finite")
    return found


def measure(program, root, pictures, settings):
    """Image AUROC, false alarms and misses in per cent of the model of these good parts."""
    with tempfile.TemporaryDirectory() as folder:
        model, good = pathlib.Path(folder) / "part.twin", pathlib.Path(folder) / "good"
        good.mkdir()
        for picture in pictures:
            shutil.copy(picture, good)
        run(program, "fit", good, "-o", model, *settings)
        found = {kind.name: inspected(program, model, kind) for kind in sorted((root / "test").iterdir())}
    good = found.pop("good")
    defective = [line for kind in found.values() for line in kind]
    area = auroc([line["score"] for line in good], [line["score"] for line in defective])
    if good[0]["threshold"] is None:
        return 100 * area, None, None
    alarms = sum(line["score"] >= line["threshold"] for line in good)
    missed = sum(line["score"] < line["threshold"] for line in defective)
    return 100 * area, 100 * alarms / len(good), 100 * missed / len(defective)


def mean(values):
    """As text, of those that there are: models of too few good parts have no threshold."""
    known = [value for value in values if value is not None]
    return f"{sum(known) / len(known):.1f}" if known else "-"


def draws(root, count, seeds):
    """Several sets of so many good parts; the same whenever and wherever it is asked."""
    pictures = sorted((root / "train/good").iterdir())
    count = min(count, len(pictures))
    return [sorted(random.Random(f"{count} {seed}").sample(pictures, count)) for seed in range(seeds)]


def table(program, root, rows, shots, seeds):
    """Prints a line for each row, a cell as soon as it is known."""
    width = max(len(row) for row in rows + ["good parts"])
    print(f"{root.name}: image AUROC | false alarms, missed in per cent; means of {seeds} draws")
    print(f"  {'good parts':{width}}" + "".join(f"{count:>20}" for count in shots), flush=True)
    for row in rows:
        settings = [part for setting in row.split() if setting != "default" for part in ("--set", setting)]
        print(f"  {row:{width}}", end="", flush=True)
        for count in shots:
            found = [measure(program, root, drawn, settings) for drawn in draws(root, count, seeds)]
            area, alarms, missed = map(mean, zip(*found))
            print(f"{area:>8} | {alarms:>4} {missed:>4}", end="", flush=True)
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
