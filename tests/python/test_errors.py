"""What is raised: kinds, words, and what an exception survives."""
import pickle

import pytest
import twinspect
from twinspect._library import lib
from twinspect.error import make_error


def test_error_has_all_that_the_library_says(tmp_path):
    with pytest.raises(twinspect.TwinspectError) as raised:
        twinspect.Model.load(tmp_path / "nowhere.twin")
    error = raised.value
    assert (error.code, error.name) == (10, "TSP_E_NOT_FOUND")
    assert error.where == str(tmp_path / "nowhere.twin")
    assert str(error).startswith(f"{error.where}: {error.message}")
    assert isinstance(error, FileNotFoundError) and isinstance(error, OSError)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("TSP_E_INVALID_ARGUMENT", ValueError), ("TSP_E_IMAGE", ValueError), ("TSP_E_IMAGE_SIZE", ValueError),
        ("TSP_E_FORMAT", ValueError), ("TSP_E_TOO_FEW_IMAGES", ValueError), ("TSP_E_NOT_FOUND", FileNotFoundError),
        ("TSP_E_WEIGHTS", FileNotFoundError), ("TSP_E_IO", OSError), ("TSP_E_MEMORY", MemoryError),
        ("TSP_E_STATE", RuntimeError), ("TSP_E_BUSY", RuntimeError), ("TSP_E_FORKED", RuntimeError),
        ("TSP_E_UNSUPPORTED", NotImplementedError), ("TSP_E_CANCELLED", twinspect.CancelledError),
        ("TSP_E_VERSION", twinspect.TwinspectError), ("TSP_E_PANIC", twinspect.TwinspectError),
    ],
)  # fmt: skip
def test_error_is_of_pythons_kind_and_can_be_pickled(code, kind):
    error = make_error(getattr(lib, code), "what", "A hint.", "place")
    assert isinstance(error, kind) and isinstance(error, twinspect.TwinspectError)
    assert error.name == code and str(error).startswith("place: what. A hint.")
    copied = pickle.loads(pickle.dumps(error))
    assert type(copied) is type(error) and str(copied) == str(error) and copied.hint == error.hint


def test_missing_weights_say_what_to_do(python, tmp_path):
    code = "import twinspect; twinspect.Fitter()"
    status, _, errors = python(code, TWINSPECT_WEIGHTS=str(tmp_path))
    assert status == 1 and "twinspect weights get efficientnet-lite0" in errors.splitlines()[-1]


def test_forked_child_is_told_to_be_spawned(model, python, tmp_path):
    model.save(tmp_path / "part.twin")
    code = """
import os, twinspect
inspector = twinspect.Inspector("part.twin", threads=1)
reader, writer = os.pipe()
if os.fork() == 0:
    try:
        inspector.warm_up(96, 80)
    except twinspect.StateError as error:
        os.write(writer, f"{error.name} {error}".encode())
    # Finalisers run too, and free nothing.
    del inspector
    os._exit(0)
print(os.read(reader, 1000).decode(), os.wait()[1])
"""
    status, printed, errors = python(code)
    assert status == 0, errors
    assert printed.startswith("TSP_E_FORKED") and "spawn" in printed and printed.endswith(" 0")
