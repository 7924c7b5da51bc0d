"""Fails where a room of src/ uses a room that comes after it in the flow of the data, a network, or another program.

Rooms may use those before them, and error, files, options, progress, device, random, sha256, torch. `matching` has networks of its own,
and builds them with the layers and the weight files of `features`.
"""
import pathlib
import re
import sys

BESIDE = {"error", "files", "options", "progress", "device", "random", "sha256", "torch"}
BEFORE = {
    "error": set(),
    "files": {"error"},
    "progress": {"error"},
    "random": set(),
    "sha256": set(),
    "options": {"error"},
    "torch": {"error"},
    "device": {"error", "options", "torch"},
    "image": BESIDE,
    "features": BESIDE | {"image"},
    "matching": BESIDE | {"image", "features"},
    "registration": BESIDE | {"image"},
    "statistics": BESIDE,
    "map": BESIDE | {"image"},
    "verdict": BESIDE | {"image"},
    "metrics": {"error", "image"},
    "model": BESIDE | {"image", "features", "matching", "registration", "statistics", "map", "verdict"},
    "legacy": BESIDE | {"image", "statistics", "verdict", "model"},
    "ffi": BESIDE | {"image", "features", "matching", "registration", "statistics", "map", "verdict", "model", "legacy"},
}

# Only the program downloads (src/bin/twinspect/weights), and a host of the library can rely on that.
OUTSIDE = re.compile(
    r"\bstd::net\b|\bureq\b|\bprocess::Command\b|\b(?:Tcp|Udp|Unix)(?:Stream|Socket|Listener|Datagram)\b"
    r"|\blibc::(?:socket|connect|fork|exec\w*|system|posix_spawn\w*)\b"
)

wrong = []
source = pathlib.Path(__file__).parent.parent / "src"
for path in sorted(source.rglob("*.rs")):
    room = path.relative_to(source).parts[0].removesuffix(".rs")
    if room in ("lib", "build", "bin"):
        continue
    text = path.read_text().split("#[cfg(test)]")[0]
    text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("//"))
    used = set(re.findall(r"crate::([a-z0-9_]+)", text))
    for group in re.findall(r"crate::\{([^;]*)\}", text):
        used |= set(re.findall(r"(?:^|,)\s*([a-z0-9_]+)", group))
    for found in sorted(set(OUTSIDE.findall(text))):
        wrong.append(f"{path.relative_to(source.parent)}: '{found}': the library uses no network and starts no program")
    for other in sorted(used - {room} - BEFORE[room]):
        wrong.append(f"{path.relative_to(source.parent)}: room '{room}' uses '{other}', which comes after it")

print("\n".join(wrong) or f"layers: {len(BEFORE)} rooms, none uses one that comes after it, a network or another program")
sys.exit(bool(wrong))
