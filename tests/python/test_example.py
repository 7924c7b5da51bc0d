"""The example runs without a screen, and draws what it says."""
import os
import subprocess
import sys

import parts
import pytest
from conftest import ROOT
from PIL import Image

pytest.importorskip("matplotlib")


def test_inspect_folder(tmp_path):
    parts.write_folder(tmp_path / "good", range(1, 9))
    parts.write_folder(tmp_path / "new", range(3, 5))
    parts.write_folder(tmp_path / "bad", [101, 102], defective=True)
    for path in (tmp_path / "bad").iterdir():
        path.rename(tmp_path / "new" / f"bad_{path.name}")
    script = ROOT / "examples" / "python" / "inspect_folder.py"
    command = [sys.executable, script, tmp_path / "good", tmp_path / "new", tmp_path / "out", "input.size=96", "threads=1"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "MPLBACKEND": "Agg"}, timeout=120)
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == ["good", "good", "defect", "defect"], done.stdout
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["lead.png", "part.twin", "scores.png", "worst.png"]
    assert Image.open(tmp_path / "out" / "worst.png").size == (900, 900)
