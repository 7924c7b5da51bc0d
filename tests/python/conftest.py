"""What the tests share. Models are fitted once: they never change."""
import os
import signal
import subprocess
import sys
from pathlib import Path

import parts
import pytest

# Threads of libtorch that spin while they wait; to be set before it is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def interruptible():
    """A process that a shell started in the background ignores Ctrl-C, and no test of it would say anything."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def model():
    import twinspect

    return twinspect.fit(parts.good_parts(), options=parts.SMALL)


@pytest.fixture
def inspector(model):
    import twinspect

    with twinspect.Inspector(model, threads=1) as inspector:
        yield inspector


@pytest.fixture(scope="session")
def good():
    return parts.draw_part(100)


@pytest.fixture(scope="session")
def bad():
    return parts.draw_part(101, defective=True)


@pytest.fixture(scope="session")
def program():
    """The command line, run by a list of words; what it prints."""
    path = os.environ.get("TWINSPECT_PROGRAM")
    if not path:
        pytest.skip("TWINSPECT_PROGRAM names no program twinspect")

    def run(*words, allowed=(0,)):
        done = subprocess.run([path, *map(str, words)], capture_output=True, text=True)
        assert done.returncode in allowed, done.stderr
        return done.stdout

    return run


@pytest.fixture
def python(tmp_path):
    """Runs Python code in a new process, with changes to the environment; (status, what it printed, its errors)."""

    def run(code, **environment):
        changed = {key: value for key, value in {**os.environ, **environment}.items() if value is not None}
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, env=changed, cwd=tmp_path, timeout=120)
        return done.returncode, done.stdout.strip(), done.stderr.strip()

    return run
