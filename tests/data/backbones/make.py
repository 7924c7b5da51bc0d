"""Expected feature maps from timm and torchvision, and small TorchScript modules.

Run: python make.py [efficientnet-lite0-57934424.pth] [open-nsfw.onnx]   (PyTorch 2.11, ONNX Runtime; under a minute)

The weights are a closed formula (`filled.py`), so that no weight file is committed. Files: `shapes.json`, names and shapes of
every network's tensors in its weight file; `NETWORK_HxW_stageN.npy`, the expected maps; `real_*`, the same with the real
weights, for each of their files that is named; `*.pt`, the TorchScript modules. Maps of more than 4096 values are kept as every 7th value of the flat map: 7 shares no
factor with most widths, so that all rows and columns occur.
"""

import json
import re
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import timm
import torch
import torchvision

from filled import filled, uniform

HERE = Path(__file__).parent
LITE = {f"efficientnet-lite{size}": f"tf_efficientnet_lite{size}" for size in range(3)}
RESNET = {"resnet18": "resnet18", "resnet50": "resnet50", "wide-resnet50-2": "wide_resnet50_2"}
# Even sides, and odd ones, at which TensorFlow's padding and the rounding of halved sides differ.
SIZES = {"efficientnet-lite0": [(64, 96), (95, 67)], "resnet18": [(64, 96), (95, 67)]}


def picture(height, width):
    values = -2.0 + 4.0 * uniform("input", 3 * height * width)
    return torch.from_numpy(values.astype(np.float32).reshape(1, 3, height, width))


def weight_file_names(timm_names):
    """The names that lukemelas' weight files give to timm's tensors."""
    blocks = list(dict.fromkeys(re.match(r"blocks\.\d+\.\d+", n)[0] for n in timm_names if n.startswith("blocks.")))
    separable = {"conv_dw": "_depthwise_conv", "bn1": "_bn1", "conv_pw": "_project_conv", "bn2": "_bn2"}
    inverted = {"conv_pw": "_expand_conv", "bn1": "_bn0", "conv_dw": "_depthwise_conv", "bn2": "_bn1"}
    inverted |= {"conv_pwl": "_project_conv", "bn3": "_bn2"}
    outside = {"conv_stem": "_conv_stem", "bn1": "_bn0", "conv_head": "_conv_head", "bn2": "_bn1", "classifier": "_fc"}
    names = {}
    for name in timm_names:
        layer, tensor = name.rsplit(".", 1)
        if layer in outside:
            names[name] = f"{outside[layer]}.{tensor}"
        else:
            block, part = layer.rsplit(".", 1)
            parts = separable if block == blocks[0] else inverted
            names[name] = f"_blocks.{blocks.index(block)}.{parts[part]}.{tensor}"
    return names


def lite(model, weights=None):
    """timm's features of a Lite network, and the shapes of its whole weight file."""
    whole = timm.create_model(model).state_dict()
    names = weight_file_names(whole)
    shapes = {names[key]: list(value.shape) for key, value in whole.items()}
    if weights is None:
        weights = {name: filled(name, shape) for name, shape in shapes.items()}
    assert weights.keys() == shapes.keys()
    network = timm.create_model(model, features_only=True, out_indices=(1, 2, 3, 4)).eval()
    network.load_state_dict({key: weights[names[key]] for key in network.state_dict()})
    return network, shapes


def resnet(model):
    network = torchvision.models.get_model(model, weights=None).eval()
    shapes = {key: list(value.shape) for key, value in network.state_dict().items()}
    network.load_state_dict({name: filled(name, shape) for name, shape in shapes.items()})
    layers = {f"layer{stage}": f"stage{stage}" for stage in range(1, 5)}
    features = torchvision.models.feature_extraction.create_feature_extractor(network, layers)
    return lambda x: list(features(x).values()), shapes


def open_nsfw(path):
    """The ends of the four stages of open-nsfw, for red, green and blue of any size, by ONNX Runtime."""
    model = onnx.load(path)
    graph = model.graph
    for axis in graph.input[0].type.tensor_type.shape.dim[1:3]:
        axis.dim_param = "any"
    relus = [node.output[0] for node in graph.node if node.op_type == "Relu"]
    # The stem's ReLU, then three in each of 3, 4, 6 and 3 blocks.
    ends = [relus[3 * blocks] for blocks in (3, 7, 13, 16)]
    last = next(index for index, node in enumerate(graph.node) if node.output[0] == ends[-1])
    del graph.node[last + 1 :]
    del graph.output[:]
    graph.output.extend(onnx.helper.make_tensor_value_info(end, onnx.TensorProto.FLOAT, None) for end in ends)
    session = onnxruntime.InferenceSession(model.SerializeToString())

    def maps(x):
        blue_green_red = x.flip(1).permute(0, 2, 3, 1).numpy()
        return [torch.from_numpy(values) for values in session.run(ends, {graph.input[0].name: blue_green_red})]

    return maps


def save(network, prefix, height, width, scale=1.0):
    with torch.no_grad():
        maps = network(scale * picture(height, width))
    for stage, values in enumerate(maps, 1):
        flat = values.flatten().numpy()
        kept = flat if flat.size <= 4096 else flat[::7]
        np.save(HERE / f"{prefix}_{height}x{width}_stage{stage}.npy", kept)
        print(prefix, f"{height}x{width}", stage, list(values.shape), "std %.3g max %.3g" % (flat.std(), abs(flat).max()))


class Two(torch.nn.Module):
    """Two stages. Saved in training mode, in which its batch norm would use the picture's own mean and deviation."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.norm = torch.nn.BatchNorm2d(4)
        self.second = torch.nn.Conv2d(4, 6, 3, stride=4, padding=1)
        self.load_state_dict({name: filled(name, list(value.shape)) for name, value in self.state_dict().items()})

    def stages(self, x):
        first = self.norm(self.first(x))
        return first, self.second(first)

    def forward(self, x):
        return self.stages(x)


class TwoInDict(Two):
    def forward(self, x):
        first, second = self.stages(x)
        return {"z": first, "a": second}


class TwoInList(Two):
    def forward(self, x):
        first, second = self.stages(x)
        return [first, second]


class Flat(Two):
    """Not a backbone: its output has no locations."""

    def forward(self, x):
        return self.stages(x)[1].flatten(1)


class Fixed(Two):
    """Accepts pictures of one size only."""

    def forward(self, x):
        first, second = self.stages(x)
        return first.reshape(1, 4, 112, 112), second


def save_torchscript():
    modules = {"tuple": Two(), "dict": TwoInDict(), "list": TwoInList(), "flat": Flat(), "fixed": Fixed()}
    for name, module in modules.items():
        torch.jit.save(torch.jit.script(module), HERE / f"{name}.pt")
    torch.jit.save(torch.jit.freeze(torch.jit.script(Two().eval())), HERE / "frozen.pt")
    save(Two().eval(), "torchscript", 64, 96)


def main():
    shapes = {}
    for name, model in (LITE | RESNET).items():
        network, shapes[name] = lite(model) if name in LITE else resnet(model)
        for height, width in SIZES.get(name, [(64, 96)]):
            save(network, name, height, width)
    (HERE / "shapes.json").write_text(json.dumps(shapes, separators=(",", ":")) + "\n")
    save_torchscript()
    for path in sys.argv[1:]:
        if path.endswith(".onnx"):
            for height, width in [(64, 96), (95, 67)]:
                # It was trained on values from -123 to 151.
                save(open_nsfw(path), "real_open-nsfw-resnet50", height, width, scale=60.0)
        else:
            weights = torch.load(path, weights_only=True)
            network, _ = lite(LITE["efficientnet-lite0"], weights)
            for height, width in [(64, 96), (95, 67)]:
                save(network, "real_efficientnet-lite0", height, width)


main()
