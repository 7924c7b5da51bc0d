"""Peak memory of fitting must not grow with the number of pictures: 200 against 2,100 pictures of 348 x 348 pixels.

usage: python3 tests/memory.py target/release/twinspect

The case is that of CASES.md (a memory bank of 2,100 pictures took 121 GB elsewhere). Fails above a ratio of 1.25, and above 4 GB.
"""
import pathlib
import random
import subprocess
import sys
import tempfile

SIDE = 348
CAP_MIB = 4096
ALLOWED_RATIO = 1.25


def draw(path, seed):
    """A gradient with a few bright stripes whose places vary: cheap, and no two alike."""
    rng = random.Random(seed)
    stripes = [rng.randrange(SIDE) for _ in range(8)]
    row = bytearray(min(255, 60 + x // 4 + sum(40 for stripe in stripes if abs(x - stripe) < 5)) for x in range(SIDE))
    path.write_bytes(b"P5 %d %d 255\n" % (SIDE, SIDE) + bytes(row) * SIDE)


def peak_mib(program, folder, model):
    """Peak resident memory of one run, in a process of its own so that the largest child is this one."""
    script = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
              "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)")
    command = [sys.executable, "-c", script, program, "fit", folder, "-o", model, "--set", "fit.memory_mib=64"]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


with tempfile.TemporaryDirectory() as work:
    work = pathlib.Path(work)
    peaks = []
    for count in (200, 2100):
        folder = work / str(count)
        folder.mkdir()
        for seed in range(count):
            draw(folder / f"{seed:04}.pgm", seed)
        peaks.append(peak_mib(sys.argv[1], folder, work / f"{count}.twin"))
        print(f"{count} pictures: peak {peaks[-1]:.0f} MiB")
    ratio = peaks[1] / peaks[0]
    print(f"ratio {ratio:.2f}, allowed {ALLOWED_RATIO}")
    sys.exit(ratio > ALLOWED_RATIO or max(peaks) > CAP_MIB)
