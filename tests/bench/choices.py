"""What a picture is compared with: no groups, fixed groups or the nearest images, by each matcher, registered or not.

usage: python3 tests/bench/choices.py target/release/twinspect [--sets bottle,screw] [--rows TEXT] [--json choices.jsonl]

Prints a table in Markdown: image AUROC, mistakes at the calibrated threshold, milliseconds a picture without loading the
model, seconds to fit, size of the model. Rows that are in the file of --json are not measured again. A row whose weights
are not at hand says so. The sets lie in ../shared/data, or in the folder `data` of TWINSPECT_SHARED.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

from auroc import auroc

REGISTERED = ["registration=similarity"]
AS_IT_LIES = ["registration=none", "ground=same"]
COMPARED_WITH = {
    "all": ["groups.size=0"],
    "groups of 25": ["groups.size=25"],
    "25 nearest by place": ["grouping=nearest", "nearest.by=place"],
    "25 nearest by matches": ["grouping=nearest", "nearest.by=matches"],
}
# Without groups and without registration a matcher decides nothing; by place it decides only about registration.
IDLE = {("all", False), ("25 nearest by place", False)}


def rows():
    """(compared with, matcher, registered) of every row, the cheap ones first."""
    for matcher in ("backbone", "xfeat", "dedode"):
        for compared in COMPARED_WITH:
            for registered in (False, True):
                if (compared, registered) in IDLE and matcher != "backbone":
                    continue
                yield compared, "-" if (compared, registered) in IDLE else matcher, registered


def settings(compared, matcher, registered):
    chosen = COMPARED_WITH[compared] + (REGISTERED if registered else AS_IT_LIES)
    chosen = chosen + ([] if matcher == "-" else [f"matcher={matcher}"])
    return [part for setting in chosen for part in ("--set", setting)]


def run(program, *arguments):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)


def timed(program, *arguments):
    begin = time.time()
    ran = run(program, *arguments)
    return ran, time.time() - begin


def measure(program, root, row):
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / "part.twin"
        fitted, fit_s = timed(program, "fit", root / "train/good", "-o", model, *settings(*row))
        if fitted.returncode != 0:
            return {"failed": fitted.stderr.strip().splitlines()[-1]}
        size_mb = model.stat().st_size / 1e6
        good, defective = [], []
        pictures = sorted((root / "test").glob("*/*"))
        _, first_s = timed(program, "inspect", model, pictures[0], "--json")
        inspected, all_s = timed(program, "inspect", model, *pictures, "--json")
        for line in map(json.loads, inspected.stdout.splitlines()):
            (good if pathlib.Path(line["path"]).parent.name == "good" else defective).append(line)
    return {
        "auroc": 100 * auroc([line["score"] for line in good], [line["score"] for line in defective]),
        "false_alarms": sum(line["verdict"] != "good" for line in good), "good": len(good),
        "misses": sum(line["verdict"] == "good" for line in defective), "defective": len(defective),
        "undecided": sum(line["verdict"] == "undecided" for line in good + defective),
        "fit_s": fit_s, "model_mb": size_mb, "picture_ms": 1000 * (all_s - first_s) / (len(pictures) - 1),
    }


def cells(found):
    if "failed" in found:
        return "not measured: " + ("no weights here" if "weights" in found["failed"] else found["failed"])
    mistakes = f"{found['false_alarms']} of {found['good']} | {found['misses']} of {found['defective']}"
    return f"{found['auroc']:.1f} | {mistakes} | {found['picture_ms']:.0f} | {found['fit_s']:.0f} | {found['model_mb']:.0f}"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("program")
    arguments.add_argument("--sets", default="bottle,screw")
    arguments.add_argument("--rows", default="", help="only rows whose 'compared matcher registered' holds this text")
    arguments.add_argument("--json", type=pathlib.Path, default=pathlib.Path("choices.jsonl"))
    args = arguments.parse_args()
    shared = pathlib.Path(os.environ.get("TWINSPECT_SHARED", pathlib.Path(__file__).resolve().parents[3] / "shared"))
    known = {}
    if args.json.exists():
        for line in map(json.loads, args.json.read_text().splitlines()):
            known[line["set"], *line["row"]] = line["found"]
    for name in args.sets.split(","):
        root = shared / "data" / name
        if not (root / "train/good").is_dir():
            print(f"{name}: SKIPPED, there is no {root / 'train/good'}")
            continue
        print(f"\n### {name}\n\n| compared with | matcher | registered | AUROC | good called defective | defective called good "
              "| ms a picture | fit, s | model, MB |\n|" + " --- |" * 9)
        for row in rows():
            compared, matcher, registered = row
            if args.rows not in " ".join([compared, matcher, "registered" if registered else "as it lies"]):
                continue
            if (name, *row) not in known:
                found = measure(args.program, root, row)
                known[name, *row] = found
                with args.json.open("a") as file:
                    print(json.dumps({"set": name, "row": row, "found": found}), file=file)
            print(f"| {compared} | {matcher} | {'yes' if registered else 'no'} | {cells(known[name, *row])} |", flush=True)


if __name__ == "__main__":
    main()
