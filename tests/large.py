"""Large pictures go through: 8000 x 2000, and 20000 x 11000 (220 megapixels), fitted and inspected in tiles.

usage: python3 tests/large.py target/release/twinspect [PICTURES [WIDTHxHEIGHT ...]]

Draws a fabric, learns PICTURES of them (2), and inspects one more with a dark spot across the border of two tiles: fails if
that is not the strongest region. Prints time and peak memory of each run. The large ones want 4 GiB and some minutes each.
"""
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile
import time

TILE, RADIUS = 512, 30
SETTINGS = ["input.size=0", f"tile.size={TILE}", "features.grid=3"]
# Features are chosen one by one, each time from all: fewer of more.
SHARES = {(8000, 2000): "0.005", (20000, 11000): "0.0005"}


def rows(width, seed):
    """Threads across and along, uneven by noise: a few variants of each row of the pattern, as drawing takes long."""
    rng = random.Random(seed)
    for phase in range(16):
        along = 18 * math.sin(2 * math.pi * phase / 16)
        base = bytes(int(120 + along + 18 * math.sin(2 * math.pi * x / 20)) for x in range(20)) * (width // 20 + 1)
        yield [bytes(value + noise % 13 for value, noise in zip(base, rng.randbytes(width))) for _ in range(4)]


def draw(path, width, height, seed, spot=None):
    rng = random.Random(seed)
    patterns = list(rows(width, seed))
    with path.open("wb") as file:
        file.write(b"P5 %d %d 255\n" % (width, height))
        for y in range(height):
            row = rng.choice(patterns[y % 16])
            if spot and abs(y - spot[1]) < RADIUS:
                half = int((RADIUS**2 - (y - spot[1]) ** 2) ** 0.5)
                row = row[: spot[0] - half] + bytes([60]) * (2 * half) + row[spot[0] + half :]
            file.write(row)


def measured(what, command):
    """Output of one run; in a process of its own, so that the largest child is this one."""
    script = ("import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], capture_output=True, text=True);"
              "sys.stderr.write(done.stderr);"
              "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024); print(done.stdout, end='');"
              "sys.exit(done.returncode)")
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-c", script, *command], stdout=subprocess.PIPE, text=True)
    peak, _, output = done.stdout.partition("\n")
    print(f"{what}: {time.monotonic() - start:.0f} s, peak {peak} MiB", flush=True)
    if done.returncode not in (0, 1):
        sys.exit(f"{what}: exit status {done.returncode}")
    return json.loads(output)


def check(program, work, count, width, height):
    good = work / "good"
    good.mkdir()
    for seed in range(count):
        draw(good / f"{seed}.pgm", width, height, seed)
    spot = (7 * TILE + 64, 3 * TILE + 70)
    draw(work / "spot.pgm", width, height, count, spot)
    share = SHARES.get((width, height), "0.001")
    settings = [f"--set={setting}" for setting in [*SETTINGS, f"neighbour.share={share}"]]
    what = f"{width} x {height}"
    fit = [program, "fit", good, "-o", work / "model.twin", "--json", "--recipe", "patchcore", *settings]
    fitted = measured(f"{what}: fit of {count}", fit)
    # So few do not say where good ends: half as much again as what they show themselves.
    threshold = fitted["threshold"] or 1.5 * highest(program, work / "model.twin")
    inspect = [program, "inspect", work / "model.twin", work / "spot.pgm", "--json", f"--threshold={threshold}"]
    found = measured(f"{what}: inspection", inspect)
    if found["verdict"] != "defect":
        sys.exit(f"{what}: score {found['score']:.2f}, threshold {threshold:.2f}: the spot was not found")
    region = found["regions"][0]
    off = math.hypot(region["column"] - spot[0], region["row"] - spot[1])
    print(f"{what}: score {found['score']:.2f}, threshold {threshold:.2f}, {len(found['regions'])} regions; "
          f"the spot's middle is {off:.1f} pixels off")
    if off > RADIUS:
        sys.exit(f"{what}: the strongest region is at {region['column']:.0f}, {region['row']:.0f}, the spot at {spot}")


def highest(program, model):
    told = subprocess.run([program, "info", model, "--json"], check=True, capture_output=True, text=True)
    return max(image["score"] for group in json.loads(told.stdout)["groups"] for image in group["images"])


count = int(sys.argv[2]) if len(sys.argv) > 2 else 2
sizes = [tuple(map(int, size.split("x"))) for size in sys.argv[3:]] or list(SHARES)
for width, height in sizes:
    with tempfile.TemporaryDirectory() as folder:
        check(sys.argv[1], pathlib.Path(folder), count, width, height)
