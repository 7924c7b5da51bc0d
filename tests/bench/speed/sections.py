"""The measurements, a generator each: what is compared with what. Cells are plain data for report.py, apart by name and threads."""
import pathlib

import load
import pictures
from turns import SHORT_SPIN, Cell, Rival

ENGINES = ["eager", "compile", "openvino", "onnxruntime"]
ANOMALIB = ["padim-torch", "padim-openvino", "patchcore-torch", "patchcore-openvino"]
# Good parts that a model is fitted of, as many as twinspect's documentation asks for.
FITTED = 25
# Largest side at which batches are measured: of 8 pictures of 1024 x 1024 OpenVINO took 9.5 GB (2026-11-25).
LARGEST_BATCHED = 512
# Options of ours that cost or save time, each a row.
CHOICES = {
    "default": (None, []),
    "default, `matcher=none`": (None, ["matcher=none"]),
    "default, `matcher=none`, `features.stages=2`": (None, ["matcher=none", "features.stages=2", "features.grid=2"]),
    "default, `matcher=xfeat`": (None, ["matcher=xfeat"]),
    "`padim`": ("padim", []),
    "`orthoad`": ("orthoad", []),
    "`patchcore`": ("patchcore", []),
    "`spade`": ("spade", []),
    "`rad`": ("rad", []),
    "`subspace`": ("subspace", []),
    "`registered`": ("registered", []),
    "`registered`, `input.size=256`": ("registered", ["input.size=256"]),
    "`registered`, `registration.refinements=0`": ("registered", ["registration.refinements=0"]),
    "`registered`, `registration.turns=1`": ("registered", ["registration.turns=1"]),
}
# glibc gives what is freed back to the system from 32 MB on; here it keeps it.
KEPT = SHORT_SPIN | {"MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TRIM_THRESHOLD_": "8000000000"}
# Ways in which the threads of libgomp wait for each other.
WAITING = {"spinning (libgomp's default)": {}, "`GOMP_SPINCOUNT=1000`": SHORT_SPIN,
           "`OMP_WAIT_POLICY=passive`": {"OMP_WAIT_POLICY": "passive"}}


class Plan:
    """What was asked for. job goes to every worker; of pictures, source is a folder; quick takes fewer turns."""

    def __init__(self, job, source, sizes, threads, quick, limit_s):
        self.job, self.source, self.sizes, self.threads = job, source, sizes, threads
        self.rounds, self.limit_s = 7 if quick else 30, limit_s
        self.quick = quick

    def cell(self, size, batch=1, at_once=1, count=FITTED, source=None, name="", **more):
        """count good parts to fit and one more to inspect, all of size x size."""
        made = pictures.make(source or self.source, size, count + 1, pathlib.Path(self.job["folder"]))
        return {"name": f"{name or 'cell'} {size} x{batch} {at_once}", "size": size, "batch": batch, "at_once": at_once,
                "pictures": made[:-1], "picture": made[-1], **more}

    def run(self, rivals, about, each=None):
        """Turns of the rivals on a cell; at least 5, of batches 2, which take many seconds."""
        return Cell(rivals, about, each).take_turns(self.rounds, self.limit_s, least=5 if about["batch"] == 1 else 2)


class Rivals(list):
    """Worker processes that end with the block."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for rival in self:
            rival.close()


def limits(plan):
    """Matrix product and memory, by threads."""
    for threads in plan.threads:
        with Rivals(Rival(f"limit-{kind}", plan.job | {"threads": threads}) for kind in ("peak", "reading", "copying")) as rivals:
            yield plan.run(rivals, plan.cell(64)) | {"threads": threads}


def engines(plan):
    """A whole inspection beside the bare backbone by each engine, anomalib's inferencers and the peak, in turn."""
    taking = {"compile": plan.job["compile_sizes"]} | dict.fromkeys(ANOMALIB, plan.job["anomalib_sizes"])
    kinds = [kind for kind in ["limit-peak", *ENGINES, "twinspect", *ANOMALIB]
             if set(plan.sizes) & set(taking.get(kind, plan.sizes))]
    for threads in plan.threads:
        with Rivals(Rival(kind, plan.job | {"threads": threads}) for kind in kinds) as rivals:
            for size in plan.sizes:
                for batch, at_once in [(1, 1)] + [(8, 1)] * (not plan.quick and size <= LARGEST_BATCHED) + [(1, 2)] * (threads == 1):
                    # anomalib's inferencers take one picture at a time.
                    several = batch * at_once > 1
                    there = [rival for rival in rivals if size in taking.get(rival.kind, plan.sizes)
                             and rival.process.poll() is None and not (several and rival.kind in ANOMALIB)]
                    cell = plan.run(there, plan.cell(size, batch, at_once, decode=True))
                    yield cell | {"threads": threads, "size": size, "batch": batch, "at_once": at_once}


def choices(plan):
    """Recipes and options of ours in turn, at one size unless the recipe names its own."""
    size, rows = plan.job["choice_size"], CHOICES
    # Parts at any angle, where there are pictures of such.
    turned = plan.cell(size, source=pathlib.Path(plan.job["turned"])) if plan.job["turned"] else {}
    lying = {key: turned[key] for key in ("pictures", "picture") if turned}
    for threads in plan.threads:
        job = plan.job | {"threads": threads}
        with Rivals(Rival("twinspect", job, f"choice-{number}") for number in range(len(rows))) as rivals:
            each = {f"choice-{number}": {"recipe": recipe, "settings": settings} | (lying if recipe == "registered" else {})
                    for number, (recipe, settings) in enumerate(rows.values())}
            cell = plan.run(rivals, plan.cell(size), each)
        yield cell | {"threads": threads, "rows": list(rows), "size": size}


def growth(plan):
    """The default over good parts, groups and the picture's area, one thread; the area also where freed memory is kept."""
    job = plan.job | {"threads": 1}
    size = plan.job["choice_size"]

    def sweep(name, at, cells, environment=SHORT_SPIN):
        """All points of a sweep in turn, so that a slow minute does not bend the line."""
        with Rivals(Rival("twinspect", job, f"{name}-{number}", environment) for number in range(len(cells))) as rivals:
            each = {rival.name: cell | {"name": name} for rival, cell in zip(rivals, cells)}
            cell = plan.run(rivals, cells[0] | {"name": name}, each)
            return cell | {"threads": 1, "at": at, "order": [rival.name for rival in rivals]}

    counts = [10, 25, 50] if plan.quick else [10, 25, 50, 100, 200]
    yield sweep("pictures", counts, [plan.cell(size, count=count) for count in counts])
    if plan.job["turned"]:
        turned = pathlib.Path(plan.job["turned"])
        per_group = [40, 8] if plan.quick else [160, 40, 20, 10, 5]
        cells = [plan.cell(size, count=per_group[0], source=turned,
                           settings=["registration=none", f"groups.size={count}", f"groups.smallest={max(2, count // 3)}"])
                 for count in per_group]
        cell = sweep("groups", None, cells)
        yield cell | {"at": [cell["about"][name]["groups"] for name in cell["order"]]}
    sides = [256, 512] if plan.quick else [128, 192, 256, 384, 512, 768, 1024]
    for name, environment in [("area", SHORT_SPIN), ("kept", KEPT)]:
        yield sweep(name, [side**2 for side in sides], [plan.cell(side) for side in sides], environment)


def loaded(plan):
    """Inspections and engines beside programs that hold the cores, by threads and by how threads wait."""
    size = plan.job["choice_size"]
    for threads in plan.threads:
        job = plan.job | {"threads": threads}
        with Rivals() as rivals:
            for number, (waiting, environment) in enumerate(WAITING.items()):
                rivals += [Rival(kind, job, f"{kind}, {waiting}", environment) for kind in ("twinspect", "eager")]
            rivals += [Rival(kind, job) for kind in ("openvino", "onnxruntime")]
            for held in range(3):
                with load.busy_cores(held):
                    cell = plan.run(rivals, plan.cell(size, name=f"held {held}"))
                yield cell | {"threads": threads, "held": held, "size": size}


SECTIONS = {"limits": limits, "engines": engines, "choices": choices, "growth": growth, "loaded": loaded}
