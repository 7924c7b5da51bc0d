"""The bare backbone by an engine: PyTorch eager, torch.compile, OpenVINO, ONNX Runtime."""
import pathlib

import torch

import network

# Against eager, as a share of the largest value: the engines add in another order, and Winograd rounds more.
TOLERANCE = 1e-3


class Engine:
    """Forward passes through one engine; a subclass makes a function of a batch."""

    def __init__(self, job):
        self.job, self.ready = job, {}
        torch.set_num_threads(job["threads"])
        self.network = network.Backbone(job["weights"])

    def prepare(self, cell):
        batch = network.pictures(cell["batch"], cell["size"])
        with torch.inference_mode():
            expected = self.network(batch)
        forwards = [self.make(batch) for _ in range(cell["at_once"])]
        for forward in forwards:
            for found, wanted in zip(forward(), expected):
                error = float((torch.as_tensor(found) - wanted).abs().max() / wanted.abs().max())
                if error > TOLERANCE:
                    raise ValueError(f"differs from eager by {error:.1e} of the largest value, allowed {TOLERANCE:.0e}")
        self.ready[cell["name"]] = forwards
        return network.cost(self.network, batch)

    def run(self, name, number):
        self.ready[name][number]()

    def forget(self, name):
        self.ready.pop(name, None)

    def onnx(self, batch):
        """The file of the network for batches of this shape, written once for all engines."""
        path = pathlib.Path(self.job["folder"]) / f"backbone-{'x'.join(map(str, batch.shape))}.onnx"
        if not path.exists():
            torch.onnx.export(self.network, (batch,), str(path), opset_version=17, dynamo=False)
        return path


class Eager(Engine):
    def make(self, batch):
        def forward():
            with torch.inference_mode():
                return self.network(batch)
        return forward


class Compiled(Engine):
    """Weights are frozen, so that they are folded and laid out when it compiles; the fastest that torch.compile has."""

    def prepare(self, cell):
        try:
            return super().prepare(cell)
        except torch._dynamo.exc.TorchDynamoException as error:
            return {"skip": f"torch.compile failed: {str(error).splitlines()[0]}"}

    def make(self, batch):
        torch._inductor.config.freezing = True
        compiled = torch.compile(self.network, dynamic=False)

        def forward():
            with torch.no_grad():
                return compiled(batch)
        return forward


class OpenVino(Engine):
    def make(self, batch):
        import openvino
        core = openvino.Core()
        model = core.compile_model(core.read_model(self.onnx(batch)), "CPU", {
            "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": self.job["threads"], "INFERENCE_PRECISION_HINT": "f32"})
        request, pixels = model.create_infer_request(), batch.numpy()

        def forward():
            return [found for found in request.infer({0: pixels}).to_tuple()]
        return forward


class OnnxRuntime(Engine):
    def make(self, batch):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.intra_op_num_threads, options.inter_op_num_threads = self.job["threads"], 1
        session = onnxruntime.InferenceSession(str(self.onnx(batch)), options, providers=["CPUExecutionProvider"])
        name, pixels = session.get_inputs()[0].name, batch.numpy()
        return lambda: session.run(None, {name: pixels})
