"""Expected patch tokens of DINOv2's vision transformers, from timm in double precision.

Run: python make.py   (PyTorch 2.11, timm 1.0; two minutes, 8 GB)

The weights are a closed formula (`../backbones/filled.py`), so that no weight file is committed. Files: `shapes.json`, names
and shapes of the tensors in Meta's weight files (those with registers have `register_tokens` [1, 4, C] besides);
`NETWORK_HxW.npy`, the first, a middle and the last block's normalised patch tokens as [3, values], of which every 101st
is kept: a prime, so that all rows, columns and channels occur.

timm resamples positions in its own way, so it is given positions that are resampled already: by `resampled`, which is the
rule of DINOv2's code (facebookresearch/dinov2, models/vision_transformer.py and hub/backbones.py), in double precision.
"""

import json
import sys
from pathlib import Path

import numpy as np
import timm
import torch

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "backbones"))
from filled import filled, uniform  # noqa: E402

STEP = 101
GRID = 37
REGISTERS = 4
# The size of the training, at which nothing is resampled; one between; more along one side; one patch.
SMALL_SIZES = [(518, 518), (224, 322), (56, 560), (14, 14)]
NETWORKS = {
    "dinov2-vits14": ("vit_small_patch14_dinov2", SMALL_SIZES),
    "dinov2-vits14-reg": ("vit_small_patch14_reg4_dinov2", SMALL_SIZES),
    "dinov2-vitb14": ("vit_base_patch14_dinov2", [(56, 84)]),
    "dinov2-vitb14-reg": ("vit_base_patch14_reg4_dinov2", [(56, 84)]),
    "dinov2-vitl14": ("vit_large_patch14_dinov2", [(56, 84)]),
    "dinov2-vitl14-reg": ("vit_large_patch14_reg4_dinov2", [(56, 84)]),
}


def picture(height, width):
    values = -2.0 + 4.0 * uniform("input", 3 * height * width)
    return torch.from_numpy(values.astype(np.float32).reshape(1, 3, height, width))


def shapes_in_weight_file(model):
    """timm's names are Meta's, but for the registers; `mask_token` is needed by the training only."""
    shapes = {name: list(value.shape) for name, value in timm.create_model(model).state_dict().items()}
    channels = shapes["cls_token"][-1]
    return shapes | {"mask_token": [1, channels]}


def weights_of(shapes, has_registers):
    channels = shapes["cls_token"][-1]
    if has_registers:
        shapes = shapes | {"register_tokens": [1, REGISTERS, channels]}
    return {name: filled(name, shape).double() for name, shape in shapes.items()}


def resampled(positions, rows, columns, has_registers):
    """Positions of a grid of that size, from those of 37 x 37."""
    if (rows, columns) == (GRID, GRID):
        return positions
    at_grid = positions.reshape(1, GRID, GRID, -1).permute(0, 3, 1, 2)
    if has_registers:
        size = {"size": (rows, columns), "antialias": True}
    else:
        size = {"scale_factor": ((rows + 0.1) / GRID, (columns + 0.1) / GRID)}
    at_grid = torch.nn.functional.interpolate(at_grid, mode="bicubic", **size)
    assert at_grid.shape[2:] == (rows, columns)
    return at_grid.permute(0, 2, 3, 1).reshape(1, rows * columns, -1)


def network(model, weights, height, width):
    """timm's network for pictures of that size; with registers it keeps the class token's position inside that token."""
    state = {name: value for name, value in weights.items() if name != "mask_token"}
    registers = state.pop("register_tokens", None)
    of_class, of_patches = state["pos_embed"][:, :1], state["pos_embed"][:, 1:]
    of_patches = resampled(of_patches, height // 14, width // 14, registers is not None)
    if registers is None:
        state["pos_embed"] = torch.cat([of_class, of_patches], dim=1)
    else:
        state |= {"pos_embed": of_patches, "reg_token": registers, "cls_token": state["cls_token"] + of_class}
    built = timm.create_model(model, img_size=(height, width)).double().eval()
    built.load_state_dict(state)
    return built


def main():
    shapes = {}
    for name, (model, sizes) in NETWORKS.items():
        has_registers = name.endswith("-reg")
        plain = name.removesuffix("-reg")
        if not has_registers:
            shapes[plain] = shapes_in_weight_file(model)
        weights = weights_of(shapes[plain], has_registers)
        for height, width in sizes:
            built = network(model, weights, height, width)
            depth = len(built.blocks)
            blocks = [0, depth // 2, depth - 1]
            with torch.no_grad():
                maps = built.get_intermediate_layers(
                    picture(height, width).double(), n=blocks, reshape=True, norm=True
                )
            kept = np.stack([tokens.flatten().numpy()[::STEP] for tokens in maps]).astype(np.float32)
            np.save(HERE / f"{name}_{height}x{width}.npy", kept)
            print(name, f"{height}x{width}", list(maps[0].shape), "std", kept.std(axis=1), flush=True)
    (HERE / "shapes.json").write_text(json.dumps(shapes, separators=(",", ":")) + "\n")


main()
