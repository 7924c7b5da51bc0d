"""Runs the table of cases through every binding and through the command line, and compares what they say byte for byte.

    run.py --program PROGRAM FOLDER [NAME=COMMAND ...]

Draws the pictures into FOLDER, which is emptied first, fits the models of the table with PROGRAM, the twinspect command
line, and runs each COMMAND with two more arguments: FOLDER and the table. Words of a COMMAND are split as a shell does.
--keep leaves FOLDER as it is and runs the commands alone, for whoever writes a binding.

Ends with 1 if anything differs, 2 if anything fails. Nothing but the standard library.
"""

import argparse
import csv
import json
import pathlib
import re
import shlex
import shutil
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TABLE = HERE / "cases.tsv"
VERDICTS = {"good": 1, "defect": 2, "undecided": 3}
FIT = {
    # No key points, as in the runners' own fit; the other models go the default way, with matching and groups.
    "square": ["groups.size=0", "registration=none", "ground=same"],
    "colour": [],
    "odd": [],
}
ALL = ["input.size=96", "verdict.false_alarm_rate=0.05"]
# What rounding to another depth may change of a score.
NEAR = 0.05
COLUMNS = ["case", "score", "verdict", "regions", "map"]


def fail(message):
    print(f"parity: {message}", file=sys.stderr)
    sys.exit(2)


def run(command, allowed=(0,)):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in allowed:
        fail(f"{shlex.join(map(str, command))} ended with {done.returncode}\n{done.stderr}")
    return done.stdout


def read_table():
    with open(TABLE, newline="") as file:
        return list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE))


# ---- Models, fitted by the command line ----


def fit(program, pictures, model):
    folder = model.with_suffix("")
    folder.mkdir()
    for picture in pictures:
        shutil.copy(picture, folder)
    settings = [word for setting in FIT.get(model.stem, FIT["square"]) + ALL for word in ("--set", setting)]
    run([program, "fit", folder, "-o", model, *settings])


def make(program, folder):
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, HERE / "make.py", folder])
    for model in FIT:
        fit(program, folder.glob(f"{model}_good_*"), folder / f"{model}.twin")


# ---- The command line's own answers ----


def cropped(path, roi):
    """The file with nothing but the roi in it."""
    kind, size, maxval, pixels = path.read_bytes().split(b"\n", 3)
    width, _ = map(int, size.split())
    pixel = (3 if kind == b"P6" else 1) * (1 if maxval == b"255" else 2)
    x, y, roi_width, roi_height = map(int, roi.split(","))
    rows = (pixels[((y + row) * width + x) * pixel :][: roi_width * pixel] for row in range(roi_height))
    out = path.parent / "cropped" / f"{roi.replace(',', '_')}_{path.name}"
    out.parent.mkdir(exist_ok=True)
    out.write_bytes(b"%s\n%d %d\n%s\n" % (kind, roi_width, roi_height, maxval) + b"".join(rows))
    return out


def why_not(case):
    """Why the command line cannot say a case; None if it can."""
    if case["mask"] != "-":
        return "no masks"
    if case["white"] != "0":
        return "no white"
    return None


def inspect(program, model, picture):
    found = json.loads(run([program, "inspect", model, picture, "--json"], allowed=(0, 1)))
    score = struct.pack(">f", found["score"]).hex()
    # It prints no map.
    return [score, str(VERDICTS[found["verdict"]]), str(len(found["regions"])), None]


def command_line(program, folder, table):
    lines, left_out = {}, {}
    for case in table:
        if why := why_not(case):
            left_out.setdefault(why, []).append(case["case"])
            continue
        picture = folder / case["picture"]
        picture = picture if case["roi"] == "-" else cropped(picture, case["roi"])
        lines[case["case"]] = inspect(program, folder / f"{case['model']}.twin", picture)
    fitted = folder / "fitted.twin"
    fit(program, [folder / name for name in (folder / "train.txt").read_text().split()], fitted)
    lines["fitted"] = inspect(program, fitted, folder / (folder / "fitted.txt").read_text().strip())
    for why, names in left_out.items():
        print(f"parity: the command line has {why}, so it was not asked for {', '.join(names)}")
    return lines


# ---- Comparing ----


def runner(command, folder, expected_names):
    lines = [line.split("\t") for line in run([*shlex.split(command), folder, TABLE]).splitlines()]
    names = [line[0] for line in lines]
    if names != expected_names or any(len(line) != len(COLUMNS) for line in lines):
        fail(f"{command} printed other lines than the table asks for:\n" + "\n".join("\t".join(line) for line in lines))
    return {line[0]: line[1:] for line in lines}


def same_pixels(case):
    """What two cases must share to give the same answer to the last bit."""
    shown = case["roi"] if "framed" not in case["picture"] and case["roi"] != "-" else "the part"
    return (case["model"], case["picture"].replace("_framed", ""), shown, case["white"], case["mask"])


def same_part(case):
    """What two cases share that show the same picture in another depth; their scores are near each other."""
    model, picture, *rest = same_pixels(case)
    # white belongs to the depth; 12 bits without theirs are another, darker picture.
    is_darker = "_12." in picture and case["white"] == "0"
    return (model, re.sub(r"_(12|16)\.", ".", picture), rest[0], rest[2], is_darker)


def value_of(line):
    return struct.unpack(">f", bytes.fromhex(line[0]))[0]


def compare(answers, names, table):
    """Prints a row a case, and gives the number of cases in which the doors, or two layouts of one picture, differ."""
    first = next(iter(answers))
    wide = max(map(len, names))
    print(f"{'case':{wide}}  {'score':8}  verdict  regions  {'map':16}  doors")
    different = 0
    seen, depths = {}, {}
    for name in names:
        expected = answers[first][name]
        doors = []
        for door, lines in answers.items():
            if name in lines:
                pairs = zip(COLUMNS[1:], lines[name], expected)
                wrong = [f"{column} {value}" for column, value, wanted in pairs if value is not None and value != wanted]
                doors.append(f"{door} DIFFERS: {', '.join(wrong)}" if wrong else door)
        case = next((case for case in table if case["case"] == name), None)
        if case:
            before = seen.setdefault(same_pixels(case), (name, expected))
            if before[1] != expected:
                doors.append(f"DIFFERS from {before[0]}, which shows the same pixels")
            before = depths.setdefault(same_part(case), (name, expected))
            score, other = value_of(expected), value_of(before[1])
            if abs(score - other) > NEAR * max(score, other):
                doors.append(f"DIFFERS from {before[0]}, which shows the same in another depth: {score}, not {other}")
        different += any("DIFFERS" in door for door in doors)
        score, verdict, regions, map_hash = expected
        print(f"{name:{wide}}  {score}  {verdict:>7}  {regions:>7}  {map_hash}  {' '.join(doors)}")
    return different


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--program", type=pathlib.Path, required=True)
    arguments.add_argument("--keep", action="store_true")
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("runners", nargs="*", metavar="NAME=COMMAND")
    given = arguments.parse_args()
    program, folder = given.program.resolve(), given.folder.resolve()
    table = read_table()
    names = [case["case"] for case in table] + ["fitted"]
    if not given.keep:
        make(program, folder)
    answers = {}
    for word in given.runners:
        name, _, command = word.partition("=")
        answers[name] = runner(command, folder, names)
    if not answers:
        print(f"parity: no runner was given; pictures and models lie in {folder}")
        return 0
    if not given.keep:
        answers["command line"] = command_line(program, folder, table)
    different = compare(answers, names, table)
    print(f"parity: {len(names)} cases, {len(answers)} doors ({', '.join(answers)}), {different} differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
