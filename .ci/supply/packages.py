"""The crates that go into what is built for x86-64 Linux, as cargo resolves them from Cargo.lock."""
import json
import os
import pathlib
import shlex
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PLATFORM = "x86_64-unknown-linux-gnu"


class Package:
    """A crate: `linked` into library or program, or used while they are built."""

    def __init__(self, about, sha256):
        self.id = about["id"]
        self.name = about["name"]
        self.version = about["version"]
        # Some crates still use the slash of before SPDX.
        self.licence = (about["license"] or "").replace("/", " OR ")
        self.repository = about["repository"] or about["homepage"] or ""
        self.folder = pathlib.Path(about["manifest_path"]).parent
        self.is_own = about["source"] is None
        self.is_macro = any("proc-macro" in target["kind"] for target in about["targets"])
        self.sha256 = sha256
        self.linked = False
        self.needs = []


def packages():
    """Every crate but those of tests alone, sorted, with the own ones."""
    cargo = shlex.split(os.environ.get("CARGO", "cargo"))
    command = [*cargo, "metadata", "--locked", "--format-version", "1", "--filter-platform", PLATFORM]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    checksums = of_lock((ROOT / "Cargo.lock").read_text())
    all_packages = {about["id"]: Package(about, checksums.get((about["name"], about["version"]))) for about in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    reached = set()

    def visit(identity, linked):
        package = all_packages[identity]
        linked = linked and not package.is_macro
        if (identity, linked) in reached or (identity, True) in reached:
            return
        reached.add((identity, linked))
        package.linked |= linked
        for need in nodes[identity]["deps"]:
            kinds = {kind["kind"] for kind in need["dep_kinds"]}
            if kinds <= {"dev"}:
                continue
            if need["pkg"] not in package.needs:
                package.needs.append(need["pkg"])
            visit(need["pkg"], linked and None in kinds)

    for member in metadata["workspace_members"]:
        visit(member, True)
    identities = {identity for identity, _ in reached}
    return sorted((all_packages[identity] for identity in identities), key=lambda package: (package.name, package.version))


def of_lock(text):
    """SHA-256 of each crate's archive by name and version."""
    checksums = {}
    for block in text.split("[[package]]")[1:]:
        fields = dict(line.split(" = ", 1) for line in block.strip().splitlines() if " = " in line)
        if "checksum" in fields:
            checksums[fields["name"].strip('"'), fields["version"].strip('"')] = fields["checksum"].strip('"')
    return checksums


def wheels():
    """What libtorch is taken from: name, version, SHA-256."""
    lines = (ROOT / ".ci/libtorch.txt").read_text().splitlines()
    pinned = [line for line in lines if line and not line.startswith("#")]
    return [(*line.split(" ")[0].split("=="), line.split("sha256:")[1]) for line in pinned]
