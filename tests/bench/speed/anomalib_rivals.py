"""anomalib's PaDiM and PatchCore as their users run them: exported, then TorchInferencer or OpenVINOInferencer.

Fitted by anomalib_models.py on the same weights and the same pictures. The exported module has its pre-processing in it;
whoever calls hands over pixels in memory, so that no picture is decoded within the time.
"""
import os
import pathlib
import tempfile

import anomalib_models
import numpy as np
import torch
from PIL import Image

# Its own for ResNet-18; it has none for this network.
CHANNELS = 100
# PatchCore's own share of features that are kept.
CORESET = 0.1


def decode(path):
    with Image.open(path) as picture:
        return np.array(picture.convert("RGB"))


def lightning(kind, size):
    """An unfitted model as anomalib's engine would make it, pre-processing to size x size included."""
    from anomalib.models import Padim, Patchcore
    given = {"backbone": anomalib_models.BACKBONE, "pre_trained": False, "evaluator": False, "visualizer": False}
    if kind == "padim":
        return Padim(layers=anomalib_models.PADIM_LAYERS, n_features=CHANNELS,
                     pre_processor=Padim.configure_pre_processor((size, size)), **given)
    return Patchcore(layers=anomalib_models.PATCHCORE_LAYERS, coreset_sampling_ratio=CORESET,
                     pre_processor=Patchcore.configure_pre_processor((size, size)), **given)


def export(kind, size, weights, pictures, folder):
    """Fits and exports. Returns the paths of the torch and of the OpenVINO model."""
    whole = lightning(kind, size)
    model, transform = anomalib_models.build(kind, size, CHANNELS if kind == "padim" else None, weights)
    anomalib_models.fit(model, transform, map(decode, pictures), CORESET)
    whole.model = model
    whole.eval()
    # With a batch of any size, which is its default, PatchCore comes out for batches of 2 alone (anomalib 2.7.0).
    one = {"dynamic_axes": {}, "dynamic_shapes": None}
    return whole.to_torch(folder), whole.to_openvino(folder, input_size=(size, size), onnx_kwargs=one)


class Inferencer:
    """kind is padim or patchcore, engine torch or openvino."""

    def __init__(self, job, kind, engine):
        self.job, self.kind, self.engine, self.ready = job, kind, engine, {}
        torch.set_num_threads(job["threads"])
        os.environ["TRUST_REMOTE_CODE"] = "1"  # the model file is our own

    def prepare(self, cell):
        from anomalib.deploy import OpenVINOInferencer, TorchInferencer
        folder = pathlib.Path(self.job["folder"]) / f"{self.kind}-{cell['size']}"
        torch_file, openvino_file = folder / "weights/torch/model.pt", folder / "weights/openvino/model.xml"
        if not openvino_file.exists():
            export(self.kind, cell["size"], self.job["weights"], cell["pictures"], folder)
        if self.engine == "torch":
            self.ready[cell["name"]] = TorchInferencer(torch_file, device="cpu"), decode(cell["pictures"][-1])
            return {"file_bytes": torch_file.stat().st_size}
        # It leaves a cache folder in the working directory.
        with tempfile.TemporaryDirectory() as elsewhere:
            here = os.getcwd()
            os.chdir(elsewhere)
            config = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": str(self.job["threads"]),
                      "INFERENCE_PRECISION_HINT": "f32"}
            made = OpenVINOInferencer(openvino_file, device="CPU", config=config)
            os.chdir(here)
        self.ready[cell["name"]] = made, decode(cell["pictures"][-1])
        return {"file_bytes": openvino_file.stat().st_size + openvino_file.with_suffix(".bin").stat().st_size}

    def run(self, name, _):
        inferencer, picture = self.ready[name]
        inferencer.predict(picture)

    def forget(self, name):
        self.ready.pop(name, None)
