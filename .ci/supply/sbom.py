"""Writes the CycloneDX bill of materials: crates, libtorch, and the weight files that the program can fetch.

    sbom.py WEIGHTS OUT    WEIGHTS is what `twinspect weights list --json` prints

The same sources give the same bytes: it carries no time but that of the commit (SOURCE_DATE_EPOCH, if set), and its serial number follows
from its content. It is held against the schema of CycloneDX 1.6 before it is written.
"""
import datetime
import json
import os
import pathlib
import subprocess
import sys
import uuid

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from packages import ROOT, packages, wheels
from third_party import WHEELS

LICENCES = LicenseFactory()
# Of this product, for a serial number that follows from the content.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://twinspect.invalid/sbom")


def sha256(digest):
    return [HashType(alg=HashAlgorithm.SHA_256, content=digest)] if digest else []


def of_crate(package):
    purl = PackageURL("cargo", name=package.name, version=package.version)
    source = [ExternalReference(type=ExternalReferenceType.VCS, url=XsUri(package.repository))] if package.repository else []
    return Component(
        type=ComponentType.LIBRARY, name=package.name, version=package.version, purl=purl, bom_ref=str(purl),
        licenses=[LICENCES.make_from_string(package.licence)], hashes=sha256(package.sha256), external_references=source,
        # What is used while building is in nothing that is given out.
        scope=ComponentScope.REQUIRED if package.linked else ComponentScope.EXCLUDED,
    )


def of_wheel(name, version, digest):
    purl = PackageURL("pypi", name=name, version=version)
    licence, taken = WHEELS[name]
    return Component(
        type=ComponentType.LIBRARY, name=name, version=version, purl=purl, bom_ref=str(purl), hashes=sha256(digest),
        licenses=[LICENCES.make_from_string(licence)], description=f"its wheel; taken from it: {taken}", scope=ComponentScope.REQUIRED,
    )


def of_weights(file):
    return Component(
        type=ComponentType.MACHINE_LEARNING_MODEL, name=file["name"], bom_ref=f"weights:{file['name']}", hashes=sha256(file["sha256"]),
        licenses=[LICENCES.make_with_name(file["licence"])], description="fetched by `twinspect weights get`, on request; never part of the product",
        properties=[Property(name="twinspect:file", value=file["file"]), Property(name="twinspect:source", value=file["source"])],
        scope=ComponentScope.OPTIONAL,
    )


def bill(weights):
    bom = Bom()
    crates = packages()
    components = {package.id: of_crate(package) for package in crates}
    root = next(components[package.id] for package in crates if package.is_own and package.name == "twinspect")
    root.type = ComponentType.APPLICATION
    bom.metadata.component = root
    torch = [of_wheel(*wheel) for wheel in wheels()]
    optional = [of_weights(file) for file in weights]
    for component in [*components.values(), *torch, *optional]:
        if component is not root:
            bom.components.add(component)
    for package in crates:
        needs = [components[identity] for identity in package.needs if identity in components]
        bom.register_dependency(components[package.id], needs + (torch if package.name == "torch-sys" else []))
    for component in [*torch, *optional]:
        bom.register_dependency(component, [])
    return bom


def committed():
    """When the sources were committed, or what SOURCE_DATE_EPOCH says."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    if not seconds:
        command = ["git", "log", "-1", "--format=%ct"]
        seconds = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc)


def main(weights, out):
    files = json.loads(pathlib.Path(weights).read_text())["files"]
    bom = bill(files)
    bom.metadata.timestamp = committed()
    bom.serial_number = uuid.UUID(int=0)
    bom.serial_number = uuid.uuid5(NAMESPACE, JsonV1Dot6(bom).output_as_string())
    text = JsonV1Dot6(bom).output_as_string(indent=1)
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        sys.exit(f"sbom: not CycloneDX 1.6: {error}")
    pathlib.Path(out).write_text(text + "\n")
    print(f"sbom: {len(bom.components)} components in {out}, valid CycloneDX 1.6")


if __name__ == "__main__":
    main(*sys.argv[1:])
