"""Other programs that hold the cores: processes that count, one a core."""
import contextlib
import os
import subprocess
import sys
import time


@contextlib.contextmanager
def busy_cores(count):
    """So many busy loops while the body runs, each bound to a core of its own."""
    cores = sorted(os.sched_getaffinity(0))[:count]
    program = "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])})\nwhile True: pass"
    loops = [subprocess.Popen([sys.executable, "-c", program, str(core)]) for core in cores]
    time.sleep(0.5 if loops else 0)
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
