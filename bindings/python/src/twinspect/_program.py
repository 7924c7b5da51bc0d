"""The command line `twinspect`, which the wheel carries: the program, on torch's own libtorch."""
import importlib.util
import os
import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Runs the program with this process's arguments, and ends with its status."""
    program = Path(__file__).with_name("bin") / ("twinspect.exe" if sys.platform == "win32" else "twinspect")
    if not program.is_file():
        sys.exit(f"twinspect: this wheel carries no program: there is no {program}. It was not beside the library.")
    # Where pip has put torch elsewhere than beside this package, the program's own RUNPATH does not lead to it.
    spec = importlib.util.find_spec("torch")
    environment = dict(os.environ)
    if spec is not None and spec.origin is not None and os.name == "posix":
        places = [str(Path(spec.origin).with_name("lib")), environment.get("LD_LIBRARY_PATH", "")]
        environment["LD_LIBRARY_PATH"] = os.pathsep.join(filter(None, places))
    if os.name == "posix":
        os.execve(program, ["twinspect", *sys.argv[1:]], environment)
    sys.exit(subprocess.call([program, *sys.argv[1:]], env=environment))


if __name__ == "__main__":
    main()
