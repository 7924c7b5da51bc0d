"""How fast twinspect is beside named rivals and beside what the machine can do; all take turns in one run.

usage: python tests/bench/speed LIBRARY WEIGHTS [--quick] [--sizes 256,320] [--threads 1,2] [--only engines,growth]
                                [--document docs/performance.md] [-o target/speed]

LIBRARY is libtwinspect.so, WEIGHTS efficientnet-lite0-57934424.pth. Rivals: the bare backbone in PyTorch eager,
torch.compile, OpenVINO and ONNX Runtime; anomalib's PaDiM and PatchCore in its TorchInferencer and OpenVINOInferencer; the
machine's matrix product and memory. Pictures are MVTec's bottle and screw of ../shared/data (or `data` of
TWINSPECT_SHARED), or drawn where they are not. Into the folder go speed.md, speed.json, plots/*.svg; --document replaces
what stands between the markers of a Markdown file. The last line is `inspect / bare forward (fastest engine): R`.
"""
import argparse
import datetime
import json
import os
import pathlib
import sys
import tempfile

import report
from sections import SECTIONS, Plan


def numbers(text):
    return [int(part) for part in text.split(",")]


def parse():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("library")
    arguments.add_argument("weights")
    arguments.add_argument("--quick", action="store_true", help="fewer cells and turns, a minute or two")
    arguments.add_argument("--sizes", type=numbers, help="sides of pictures and network's input; 256,320,512,1024")
    arguments.add_argument("--threads", type=numbers, help="1,2")
    arguments.add_argument("--only", type=lambda text: [name for name in text.split(",") if name], default=list(SECTIONS),
                           help=",".join(SECTIONS) + "; '' = nothing, write the tables of earlier runs")
    arguments.add_argument("--compile-sizes", type=numbers, help="where torch.compile takes part, a minute each; 320")
    arguments.add_argument("--anomalib-sizes", type=numbers, help="where anomalib takes part; 256,320")
    arguments.add_argument("--seconds", type=float, help="after so many a comparison takes no further turns; 8")
    arguments.add_argument("--document", type=pathlib.Path, help="a Markdown file whose marked parts are replaced")
    arguments.add_argument("-o", "--output", type=pathlib.Path, default=pathlib.Path("target/speed"))
    args = arguments.parse_args()
    unknown = set(args.only) - set(SECTIONS)
    if unknown:
        arguments.error(f"--only: {', '.join(sorted(unknown))} is none of {', '.join(SECTIONS)}")
    args.sizes = args.sizes or ([320] if args.quick else [256, 320, 512, 1024])
    args.threads = args.threads or ([1] if args.quick else [1, 2])
    args.compile_sizes = args.compile_sizes or ([] if args.quick else [320])
    args.anomalib_sizes = args.anomalib_sizes or ([] if args.quick else [256, 320])
    args.seconds = args.seconds or (2 if args.quick else 8)
    return args


def merged(cells, cell):
    """The cells with one measured anew."""
    others = [other for other in cells if (other["name"], other["threads"]) != (cell["name"], cell["threads"])]
    order = ["threads", "size", "batch", "at_once", "held"]
    return sorted([*others, cell], key=lambda cell: [cell.get(key, 0) for key in order])


def main():
    args = parse()
    shared = pathlib.Path(os.environ.get("TWINSPECT_SHARED", pathlib.Path(__file__).resolve().parents[4] / "shared")) / "data"
    turned = shared / "screw/train/good"
    (args.output / "plots").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        job = {"library": os.path.abspath(args.library), "weights": os.path.abspath(args.weights), "folder": folder,
               "compile_sizes": args.compile_sizes, "anomalib_sizes": args.anomalib_sizes, "choice_size": 320,
               "turned": str(turned) if turned.is_dir() else None}
        plan = Plan(job, shared / "bottle/train/good", args.sizes, args.threads, args.quick, args.seconds)
        kept = args.output / "speed.json"
        # What is left out this time, or was interrupted, stays as an earlier run measured it.
        found = json.loads(kept.read_text()) if kept.exists() else {}
        for name in args.only:
            for cell in SECTIONS[name](plan):
                cell |= {"when": datetime.datetime.now().isoformat(" ", "minutes"), "load": os.getloadavg()[0]}
                found[name] = merged(found.get(name, []), cell)
                kept.write_text(json.dumps(found, indent=1))
                print(f"{cell['when']} {name}: {cell['name']}, threads {cell['threads']}", file=sys.stderr, flush=True)
    parts = report.parts(found, args.output / "plots")
    (args.output / "speed.md").write_text("\n\n".join(parts.values()) + "\n")
    if args.document:
        report.insert(args.document, parts)
    print("\n\n".join(parts.values()))
    print(report.last_line(found))


if __name__ == "__main__":
    main()
