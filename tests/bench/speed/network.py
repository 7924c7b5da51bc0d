"""The bare backbone: EfficientNet-Lite0 as far as the stages that twinspect's defaults use, and what it costs.

The same layers with the same weights and the same padding; what comes after stage 3 is not there, as it is not with us.
"""
import timm
import torch

BACKBONE = "tf_efficientnet_lite0"
# After these blocks come stage 2 (40 channels, stride 8) and stage 3 (112 channels, stride 16).
STAGES = [2, 4]


class Backbone(torch.nn.Module):
    """Shapes: [N, 3, H, W] f32 to [N, 40, H / 8, W / 8] and [N, 112, H / 16, W / 16]."""

    def __init__(self, weights):
        super().__init__()
        whole = timm.create_model(BACKBONE, pretrained=False)
        whole.load_state_dict(renamed(torch.load(weights, map_location="cpu", weights_only=True), whole.state_dict()))
        self.stem, self.norm = whole.conv_stem, whole.bn1
        self.blocks = whole.blocks[:STAGES[-1] + 1]
        self.eval()

    def forward(self, picture):
        found, feature = [], self.norm(self.stem(picture))
        for number, block in enumerate(self.blocks):
            feature = block(feature)
            if number in STAGES:
                found.append(feature)
        return tuple(found)


def renamed(given, wanted):
    """The file's tensors under timm's names: other names, the same order."""
    if [list(tensor.shape) for tensor in given.values()] != [list(tensor.shape) for tensor in wanted.values()]:
        raise ValueError(f"the weights are not those of {BACKBONE}")
    return dict(zip(wanted, given.values()))


def pictures(batch, size):
    """A batch of what the network sees of a picture, by a fixed seed."""
    return torch.rand(batch, 3, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1


def cost(network, picture):
    """Of all convolutions: floating-point operations, and bytes if each reads its input and writes its output once."""
    total = {"flop": 0, "bytes": 0}

    def count(layer, inputs, output):
        total["flop"] += 2 * output.numel() * layer.weight[0].numel()
        total["bytes"] += 4 * (inputs[0].numel() + output.numel() + layer.weight.numel())

    hooks = [layer.register_forward_hook(count) for layer in network.modules() if isinstance(layer, torch.nn.Conv2d)]
    with torch.inference_mode():
        network(picture)
    for hook in hooks:
        hook.remove()
    return total
