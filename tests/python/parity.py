"""The Python door of tests/parity: what the library finds through it, to be the same by every door.

usage: parity.py FOLDER CASES.tsv

For every case a line of name, score (its bits), verdict, count of regions, and a hash of the map; then a line for a model that is
fitted here. tests/parity says what the columns of CASES.tsv mean.
"""
import csv
import itertools
import sys
from pathlib import Path

import numpy as np
import twinspect

FITTED = {"groups.size": 0, "registration": "none", "ground": "same", "input.size": 96, "verdict.false_alarm_rate": 0.05}
FILLING = 0xA5


def read_pnm(path):
    """[H, W] or [H, W, 3], uint8 or uint16 in native byte order, and the largest value."""
    content = path.read_bytes()
    kind, width, height, most = content.split(maxsplit=4)[:4]
    # One white space ends the head.
    start = len(kind) + len(width) + len(height) + len(most) + 4
    shape = (int(height), int(width)) + ((3,) if kind == b"P6" else ())
    dtype = np.dtype("u1" if int(most) < 256 else ">u2")
    pixels = np.frombuffer(content, dtype, offset=start).reshape(shape)
    return pixels.astype(dtype.newbyteorder("=")), int(most)


def converted(pixels, most, name):
    """The pixels in a format, [H, W] or [planes, H, W] or [H, W, channels], and the order of their colours."""
    if name == "GRAYF32":
        return pixels.astype(np.float32) / np.float32(most), "rgb"
    if name.endswith("PLANAR"):
        return pixels.transpose(2, 0, 1), "rgb"
    if name.startswith("GRAY"):
        return pixels, "rgb"
    if name.startswith("BGR"):
        pixels = pixels[:, :, ::-1]
    if name[3] == "A":
        pixels = np.concatenate([pixels, np.zeros_like(pixels[:, :, :1])], axis=2)
    return pixels, "bgr" if name.startswith("BGR") else "rgb"


def laid_out(pixels, layout, is_planar):
    """The same pixels in memory as the layout says, as a view [H, W] or [H, W, channels] of it."""
    planes = pixels if is_planar else pixels[None]
    rows = np.ascontiguousarray(planes).view(np.uint8).reshape(len(planes), planes.shape[1], -1)
    gap = 0 if layout != "padded" else 13 if pixels.itemsize == 1 else 16
    memory = np.full((rows.shape[0], rows.shape[1], rows.shape[2] + gap), FILLING, np.uint8)
    memory[:, :, : rows.shape[2]] = rows[:, ::-1] if layout == "flipped" else rows
    plane_step, row_step, _ = memory.strides
    offset = 0
    if layout == "flipped":
        offset, row_step = (rows.shape[1] - 1) * row_step, -row_step
    inner = (pixels.itemsize,) if is_planar else np.ascontiguousarray(pixels).strides[1:]
    strides = ((plane_step,) if is_planar else ()) + (row_step,) + inner
    view = np.ndarray(pixels.shape, pixels.dtype, memory, offset, strides)
    return view.transpose(1, 2, 0) if is_planar else view


def frame_of(case, folder):
    pixels, most = read_pnm(folder / case["picture"])
    pixels, order = converted(pixels, most, case["format"])
    view = laid_out(pixels, case["layout"], case["format"].endswith("PLANAR"))
    if case["roi"] != "-":
        x, y, width, height = map(int, case["roi"].split(","))
        view = view[y : y + height, x : x + width]
    return twinspect.Frame(view, order, float(case["white"]))


def mask_of(case, folder):
    return None if case["mask"] == "-" else read_pnm(folder / case["mask"])[0]


def fnv1a(content):
    """FNV-1a, 64 bit."""
    value = 0xCBF29CE484222325
    for byte in content:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def line(name, result):
    score = int(np.float32(result.score).view(np.uint32))
    content = np.ascontiguousarray(result.anomaly_map, "<f4").tobytes()
    return f"{name}\t{score:08x}\t{int(result.verdict)}\t{result.region_count}\t{fnv1a(content):016x}"


def inspect_all(cases, folder):
    """The results of the cases, by their names; those of one batch come from one call."""
    models = {each["model"] for each in cases}
    inspectors = {name: twinspect.Inspector(folder / f"{name}.twin") for name in models}
    results, batches = {}, {}
    for case in cases:
        if case["batch"] == "-":
            result = inspectors[case["model"]].inspect(frame_of(case, folder), mask_of(case, folder))
            results[case["case"]] = result
        else:
            batches.setdefault(case["batch"], []).append(case)
    for batch in batches.values():
        frames, masks = [frame_of(each, folder) for each in batch], [mask_of(each, folder) for each in batch]
        found = inspectors[batch[0]["model"]].inspect_many(frames, masks, batch_size=len(batch))
        results.update(zip((each["case"] for each in batch), found))
    return results


def fitted(folder):
    names = (folder / "train.txt").read_text().split()
    fitter = twinspect.Fitter(FITTED)
    for name in names:
        fitter.add(read_pnm(folder / name)[0], name=name)
    picture = read_pnm(folder / (folder / "fitted.txt").read_text().strip())[0]
    return twinspect.Inspector(fitter.fit()).inspect(picture)


def main():
    folder, table = Path(sys.argv[1]), Path(sys.argv[2])
    with table.open(newline="") as file:
        rows = itertools.filterfalse(lambda each: each.startswith("#") or not each.strip(), file)
        cases = list(csv.DictReader(rows, delimiter="\t"))
    results = inspect_all(cases, folder)
    for case in cases:
        print(line(case["case"], results[case["case"]]))
    print(line("fitted", fitted(folder)))


if __name__ == "__main__":
    main()
