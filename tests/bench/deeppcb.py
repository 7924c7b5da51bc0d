"""Gray comparison of mode direct on DeepPCB: one reference, one picture of the same place of another board.

usage: python3 tests/bench/deeppcb.py target/release/libtwinspect.so [--json]

The reference is the ideal image; its variation is the range of gray values within REACH pixels, so that edges may lie
that far beside where they are in the reference. Prints precision and recall for several reaches and smallest areas: of
the regions found those that touch a box of the truth, and of the boxes those that a region touches. Needs numpy, pillow and
scipy. The set lies in ../shared/data/deeppcb, or in the folder `data/deeppcb` of TWINSPECT_SHARED.
"""
import argparse
import ctypes
import json
import os
import pathlib
import time
from ctypes import byref, c_double, c_int32, c_int64, c_uint32, c_uint64, c_void_p, sizeof

import numpy as np
from PIL import Image as Pillow
from scipy import ndimage

from capi import Image, Library, Summary

FORMAT_GRAY8, TYPE_BYTE, MODE_DIRECT = 1, 1, 3
PAIR = c_double * 2


def view(library, pixels):
    """A packed gray picture, [H, W] uint8, which must outlive it."""
    image = Image()
    library.call("image_init", byref(image), c_int32(FORMAT_GRAY8), c_uint32(pixels.shape[1]), c_uint32(pixels.shape[0]),
                 pixels.ctypes.data_as(c_void_p), c_int64(0))
    return image


def compared(library, reference, variation, picture):
    """Whether each pixel is outside of the limits, [H, W], and the milliseconds of the comparison."""
    height, width = reference.shape
    model = library.make("variation_create", c_uint32(width), c_uint32(height), c_int32(TYPE_BYTE), c_int32(MODE_DIRECT), None)
    result = library.make("result_create")
    images = [view(library, pixels) for pixels in (reference, variation, picture)]
    # Black and white differ by 255: half of that is a difference, unless an edge is near.
    absolute, relative = PAIR(127, 127), PAIR(1, 1)
    library.call("variation_prepare_direct", model, byref(images[0]), byref(images[1]), absolute, relative)
    begin = time.perf_counter()
    library.call("variation_compare", model, byref(images[2]), None, result)
    took_ms = 1000 * (time.perf_counter() - begin)
    summary = Summary(struct_size=sizeof(Summary))
    library.call("result_summary", result, byref(summary))
    found = np.empty((height, width), np.float32)
    library.call("result_copy_map", result, found.ctypes.data_as(c_void_p), c_int64(0), c_uint64(found.nbytes))
    library.functions.tsp_variation_clear(model)
    library.destroy("result", result)
    return found > 0, took_ms


def gray(path):
    return np.ascontiguousarray(np.asarray(Pillow.open(path).convert("L")))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("library")
    arguments.add_argument("--json", action="store_true", help="print a line of JSON a row")
    args = arguments.parse_args()
    shared = pathlib.Path(os.environ.get("TWINSPECT_SHARED", pathlib.Path(__file__).resolve().parents[3] / "shared"))
    root = shared / "data/deeppcb"
    references = sorted((root / "reference").glob("*"))
    if not references:
        print(f"SKIPPED: there are no pictures in {root / 'reference'}")
        return
    library = Library(os.path.abspath(args.library), 2)
    around = np.ones((3, 3))
    if not args.json:
        print("| reach, px | smallest area, px | precision | recall | regions | boxes | ms a comparison |\n|" + " --- |" * 7)
    for reach in (0, 1, 2, 3):
        differing, boxes, times = [], [], []
        for path in references:
            reference = gray(path)
            picture, truth = (gray(next((root / folder).glob(path.stem.split("_")[0] + "*"))) for folder in ("test", "ground_truth"))
            size = 2 * reach + 1
            variation = ndimage.maximum_filter(reference, size) - ndimage.minimum_filter(reference, size)
            outside, took_ms = compared(library, reference, np.ascontiguousarray(variation), picture)
            differing.append(outside)
            boxes.append(ndimage.label(truth > 0, around))
            times.append(took_ms)
        for smallest in (1, 5, 10, 20):
            right = regions = hit = total = 0
            for outside, (labels, count) in zip(differing, boxes):
                found, found_count = ndimage.label(outside, around)
                areas = ndimage.sum_labels(outside, found, np.arange(1, found_count + 1))
                large = np.flatnonzero(np.asarray(areas) >= smallest) + 1
                kept = np.isin(found, large)
                right += np.unique(found[kept & (labels > 0)]).size
                regions += large.size
                hit += np.unique(labels[kept & (labels > 0)]).size
                total += count
            row = {"reach": reach, "smallest": smallest, "precision": right / max(regions, 1), "recall": hit / total,
                   "regions": regions, "boxes": total, "ms": float(np.median(times))}
            if args.json:
                print(json.dumps(row))
            else:
                print(f"| {reach} | {smallest} | {100 * row['precision']:.1f} | {100 * row['recall']:.1f} | {regions} | {total} | "
                      f"{row['ms']:.1f} |")


if __name__ == "__main__":
    main()
