"""The command line `twinspect`, which the wheel carries. Beside the package, whose import would load torch only for this."""
import importlib.util
import os
import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Runs the program with this process's arguments on torch's own libtorch, and ends with its status."""
    program = Path(__file__).with_name("twinspect") / "bin" / ("twinspect.exe" if sys.platform == "win32" else "twinspect")
    if not program.is_file():
        sys.exit(f"twinspect: this wheel carries no program: there is no {program}. It was not beside the library.")
    if os.name != "posix":
        sys.exit(subprocess.call([program, *sys.argv[1:]]))
    os.execve(program, ["twinspect", *sys.argv[1:]], _environment())


def _environment() -> dict[str, str]:
    # Where torch lies elsewhere than beside this package, the program's own RUNPATH does not lead to it.
    spec = importlib.util.find_spec("torch")
    environment, places = dict(os.environ), []
    if named := environment.get("TWINSPECT_LIBTORCH"):
        places = [str(Path(named) / "lib"), named]
    elif spec is not None and spec.origin is not None:
        places = [str(Path(spec.origin).with_name("lib"))]
    before = environment.get("LD_LIBRARY_PATH", "")
    environment["LD_LIBRARY_PATH"] = os.pathsep.join(filter(None, [*places, before]))
    return environment
