"""Runs the table of hostile inputs through the command line and every binding: the right outcome, and the same one everywhere.

    run.py --program PROGRAM FOLDER [NAME=COMMAND ...]

Draws the files into FOLDER, which is emptied first, and runs the command line and each COMMAND, a runner, with one more
argument: FOLDER. Words of a COMMAND are split as a shell does. README.md says what the table and a runner are.

Ends with 1 if an outcome is not the right one or differs between doors, 2 if a runner fails. Nothing but the standard library.
"""

import argparse
import csv
import json
import math
import pathlib
import shlex
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import pictures  # noqa: E402

TABLE = HERE / "cases.tsv"
TASK = ["case", "good", "model", "picture", "options"]
# Small and without key points, so that a fit takes a second; the same in all doors.
SMALL = ["groups.size=0", "registration=none", "ground=same", "input.size=96", "verdict.false_alarm_rate=0.05"]
ENDINGS = ["png", "jpg", "jpeg", "bmp", "tif", "tiff", "webp", "pgm", "ppm", "pnm"]
COMMAND_LINE = "command line"
# The other doors take files, and leave folders to their programs.
TAKE_FOLDERS = (COMMAND_LINE, "python")
# Scores that differ by more are not those of the same picture in another depth.
NEAR = 1e-2


def fail(message):
    print(f"cases: {message}", file=sys.stderr)
    sys.exit(2)


def read_table():
    with open(TABLE, newline="", encoding="utf-8") as file:
        lines = (line.replace("LONG", pictures.LONG) for line in file if not line.startswith("#"))
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def options_of(case):
    """Those of fitting where something is fitted, those of the inspection otherwise."""
    named = [] if case["options"] == "-" else case["options"].split()
    return named if case["good"] == "-" else SMALL + named


def listed(folder):
    """The pictures of a folder by name, as a program that has only doors for files lists them."""
    found = [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")] if folder.is_dir() else []
    return sorted(path for path in found if path.suffix[1:].lower() in ENDINGS)


# ---- What a door says of a case ----


class Answer:
    """An error, or what was learned and found. None is what a door does not say."""

    def __init__(self, kind=None, message="", refused=(), skipped=None, model=None, result=None, map_hash=None):
        self.kind, self.message, self.map_hash = kind, message, map_hash
        self.refused, self.skipped, self.model, self.result = list(refused), skipped, model, result

    @property
    def is_error(self):
        return self.result is None

    def facts(self):
        width, height = self.result["width"], self.result["height"]
        return {
            "size": f"{width}x{height}",
            "verdict": self.result["verdict"],
            "threshold": "none" if self.result["threshold"] is None else "some",
            "images": self.model["images"],
            "left_out": len(self.model["left_out"]),
            "refused": len(self.refused),
            "skipped": None if self.skipped is None else len(self.skipped),
        }

    def words(self):
        """All that is said to a person."""
        if self.is_error:
            return self.message
        left_out = [str(image) for image in self.model["left_out"]]
        return "\n".join(self.refused + (self.skipped or []) + self.model["warnings"] + left_out)

    def differences(self, other):
        """Where another door says something else."""
        names = ["kind", "message", "refused", "skipped", "model", "result", "map_hash"]
        pairs = [(name, getattr(self, name), getattr(other, name)) for name in names]
        return [f"{name} {mine!r}, not {its!r}" for name, mine, its in pairs if mine is not None and its is not None and mine != its]


# ---- The command line ----


class CommandLine:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def run(self, *words):
        done = subprocess.run([self.program, *words], capture_output=True, text=True, cwd=self.folder)
        if done.returncode not in (0, 1, 2):
            fail(f"{shlex.join(map(str, words))} ended with {done.returncode}\n{done.stderr}")
        said = [line.removeprefix("twinspect: ") for line in done.stderr.splitlines() if line.startswith("twinspect: ")]
        return done.returncode, done.stdout, said

    def answer(self, case):
        settings = [word for setting in options_of(case) for word in ("--set", setting)]
        refused, skipped = [], []
        if case["good"] != "-":
            status, _, said = self.run("fit", case["good"], "-o", case["model"], *settings)
            if not (self.folder / case["model"]).exists():
                return Answer(message=said[-1] if status == 2 else "no model, and no error status")
            refused = [line.removeprefix("left out: ") for line in said if line.startswith("left out: ")]
            skipped = [line for line in said if line.startswith("skipped")]
            if status != (2 if refused else 0):
                return Answer(message=f"exit status {status} with {len(refused)} unusable pictures")
            settings = []
        status, out, said = self.run("inspect", case["model"], case["picture"], "--json", *settings)
        found = json.loads(out) if out else {}
        if status == 2:
            message = found.get("error", said[-1])
            return Answer(message=message if message == said[-1] else f"{message} and {said[-1]} are two errors")
        found.pop("path")
        _, out, _ = self.run("info", case["model"], "--json")
        model = json.loads(out)
        model.pop("bytes")
        if status != (0 if found["verdict"] == "good" else 1):
            return Answer(message=f"exit status {status} of a part that is {found['verdict']}")
        return Answer("OK", refused=refused, skipped=skipped, model=model, result=found)

    def answers(self, table):
        return {case["case"]: self.answer(case) for case in table}


# ---- Runners ----


class Runner:
    def __init__(self, name, command, folder):
        self.name, self.command, self.folder = name, shlex.split(command), folder

    def answers(self, table):
        self.write_tasks(table)
        done = subprocess.run([*self.command, self.folder], capture_output=True, text=True, encoding="utf-8")
        if done.returncode != 0:
            fail(f"{self.name} ended with {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        lines = [line.split("\t") for line in done.stdout.splitlines()]
        if [line[0] for line in lines] != [case["case"] for case in table]:
            fail(f"{self.name} answered other cases than it was asked: {[line[0] for line in lines]}")
        return {name: self.answer(*fields) for name, *fields in lines}

    def write_tasks(self, table):
        """tasks.tsv, and for each case that fits a list of its files."""
        lists = self.folder / "lists"
        lists.mkdir(exist_ok=True)
        lines = []
        for case in table:
            good = self.folder / case["good"]
            if case["good"] != "-":
                names = "".join(f"{path.relative_to(self.folder)}\n" for path in listed(good))
                (lists / f"{case['case']}.txt").write_text(names, encoding="utf-8")
            lines.append("\t".join([case[name] for name in TASK[:-1]] + [" ".join(options_of(case))]) + "\n")
        (self.folder / "tasks.tsv").write_text("".join(lines), encoding="utf-8")

    def answer(self, kind, *fields):
        kind = kind.removeprefix("TSP_E_")
        if kind != "OK":
            [message] = fields
            return Answer(kind, message)
        refused, model, result, map_hash, *skipped = fields
        parted = lambda text: text.split(" ;; ") if text else []
        return Answer(
            kind, refused=parted(refused), skipped=parted(skipped[0]) if skipped else None,
            model=json.loads(model), result=json.loads(result), map_hash=map_hash,
        )  # fmt: skip


# ---- What is right ----


def wrong(case, answer, answers):
    """What of a door's answer is not the table's."""
    expected, *facts = case["expected"].split()
    if (expected != "OK") != answer.is_error or (answer.kind or expected) != expected:
        yield f"{answer.kind or 'an error'}: {answer.message}, {expected} is right" if answer.is_error else f"OK, {expected} is right"
        return
    for words in [] if case["says"] == "-" else case["says"].split("; "):
        if words not in answer.words():
            yield f"does not say '{words}' but: {answer.words()}"
    if answer.is_error:
        return
    score = answer.result["score"]
    if not isinstance(score, float) or not math.isfinite(score) or score < 0:
        yield f"the score is {score}"
    found = answer.facts()
    for fact in facts:
        name, _, value = fact.partition("=")
        if found[name] is not None and str(found[name]) != value:
            yield f"{name} {found[name]}, {value} is right"
    if answer.result["threshold"] is not None and not answer.result["threshold"] > 0:
        yield f"a threshold of {answer.result['threshold']}"
    for relation in [] if case["like"] == "-" else case["like"].split():
        yield from unlike(relation, answer, answers)


def unlike(relation, answer, answers):
    other = answers[relation[1:]]
    if other.is_error:
        yield f"{relation[1:]}, to be compared with, is an error"
        return
    mine, its = answer.result["score"], other.result["score"]
    is_near = abs(mine - its) <= NEAR * max(mine, its)
    holds = {"=": (mine, answer.map_hash) == (its, other.map_hash), "~": is_near, "!": not is_near}[relation[0]]
    if not holds:
        yield f"score {mine} and map {answer.map_hash}, {relation[1:]} has {its} and {other.map_hash}: not {relation[0]}"


def compare(answers, table):
    """Prints a row a case, and gives how many went wrong."""
    wide = max(len(case["case"]) for case in table)
    failed = 0
    for case in table:
        name = case["case"]
        asked = {door: said[name] for door, said in answers.items() if name in said}
        first = next(iter(asked.values()))
        faults = [f"{door}: {fault}" for door, answer in asked.items() for fault in wrong(case, answer, answers[door])]
        differences = [(door, fault) for door, answer in asked.items() for fault in answer.differences(first)]
        # Python brings a libtorch of its own, which may lack another half of CUDA: what is said of it is held against `says` alone.
        is_of_libtorch = case["needs"] == "no-gpu"
        faults += [f"{door} DIFFERS: {fault}" for door, fault in differences if not (is_of_libtorch and fault.startswith("message"))]
        failed += bool(faults)
        print(f"{'WRONG' if faults else 'ok   '} {name:{wide}}  {case['expected']}  ({len(asked)} doors)")
        for fault in faults:
            print(f"      {fault}")
    return failed


def has_gpu():
    return pathlib.Path("/proc/driver/nvidia/version").exists()


def asked_of(door, table):
    other = "files" if door.startswith(TAKE_FOLDERS) else "folder"
    return [case for case in table if case["needs"] != other]


def make(folder, command_line, table):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pictures.main(folder)
    first = table[0]
    if command_line.answer(first).is_error:
        fail(f"{first['case']}: {command_line.answer(first).message}")
    pictures.damage_model(folder, first["model"])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--program", type=pathlib.Path, required=True)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("runners", nargs="*", metavar="NAME=COMMAND")
    given = arguments.parse_args()
    program, folder = given.program.resolve(), given.folder.resolve()
    table = read_table()
    for case in table if has_gpu() else []:
        if case["needs"] == "no-gpu":
            print(f"SKIPPED {case['case']}: this machine has a GPU")
    table = [case for case in table if case["needs"] != "no-gpu" or not has_gpu()]
    doors = {COMMAND_LINE: CommandLine(program, folder)}
    for word in given.runners:
        name, _, command = word.partition("=")
        doors[name] = Runner(name, command, folder)
    make(folder, doors[COMMAND_LINE], table)
    answers = {}
    for name, door in doors.items():
        # No door may live on the models of another.
        for case in table:
            if case["good"] != "-":
                (folder / case["model"]).unlink(missing_ok=True)
        answers[name] = door.answers(asked_of(name, table))
    failed = compare(answers, table)
    print(f"cases: {len(table)} cases, {len(answers)} doors ({', '.join(answers)}), {failed} wrong")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
