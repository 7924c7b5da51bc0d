"""Expected values of DeDoDe, from kornia's implementation in double precision.

Run: python make.py   (PyTorch 2.11, kornia 0.9.0; one minute, 6 GB)

The weights are a closed formula (`../backbones/filled.py` and `weights` below), so that no weight file is committed. Files:
`shapes.json`, names and shapes of the tensors in each weight file; `scores.npy`, the score map [112, 140] of detector L;
`positions.npy`, the 128 key points of the highest scores, the best first; `descriptors_{b,g}.npy`, theirs, of length 1;
`image.npy`, `lead.npy`, descriptors of two pictures of which some belong together, and `pairs.npy`, which of them match.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from kornia.feature.dedode import encoder
from kornia.feature.dedode.dedode_models import get_descriptor, get_detector
from kornia.feature.dedode.utils import dedode_denormalize_pixel_coordinates, sample_keypoints
from torch.nn.functional import normalize

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "backbones"))
from filled import filled, uniform  # noqa: E402

HEIGHT, WIDTH = 112, 140
KEYPOINTS = 128
CHANNELS = 16


def weights(shapes):
    """The layers that no activation follows get half the spread: else the sum of many blocks makes one pixel take all."""
    tensors = {name: filled(name, shape) for name, shape in shapes.items()}
    for name in tensors:
        if name.startswith("decoder") and name.endswith(".3.weight"):
            tensors[name] = tensors[name] * 0.5
    return tensors


def load(network, shapes):
    network.load_state_dict(weights(shapes))
    return network.double().eval()


def transformer_weights(*_, **__):
    """What kornia would download for descriptor G."""
    shapes = json.loads((HERE.parent / "vit/shapes.json").read_text())["dinov2-vitl14"]
    return {name: filled(name, shape) for name, shape in shapes.items()}


def best_pairs(image, lead):
    """The matcher of DeDoDe's authors, DualSoftMaxMatcher, at the values of their demonstration."""
    similarities = 20 * image @ lead.T
    p = similarities.softmax(0) * similarities.softmax(1)
    is_match = (p == p.amax(0, keepdim=True)) & (p == p.amax(1, keepdim=True)) & (p > 0.01)
    return is_match.nonzero()


def descriptors_to_match():
    """150 of the image and 130 of the lead; 100 belong together, the later ones the less surely."""
    image = uniform("image", 150 * CHANNELS).reshape(150, CHANNELS) - 0.5
    lead = uniform("lead", 130 * CHANNELS).reshape(130, CHANNELS) - 0.5
    noise = lead[30:] * np.linspace(0, 1.5, 100)[:, None]
    lead[30:] = image[:100][::-1] + noise
    return [normalize(torch.from_numpy(rows)) for rows in (image, lead)]


def save(name, values, kind=np.float32):
    np.save(HERE / f"{name}.npy", np.ascontiguousarray(values.numpy(), kind))


def main():
    encoder.load_state_dict_from_url = transformer_weights
    networks = {
        "dedode-detector-l": get_detector("L"),
        "dedode-descriptor-b": get_descriptor("B"),
        "dedode-descriptor-g": get_descriptor("G"),
    }
    shapes = {
        name: {tensor: list(value.shape) for tensor, value in network.state_dict().items()}
        for name, network in networks.items()
    }
    (HERE / "shapes.json").write_text(json.dumps(shapes, separators=(",", ":")) + "\n")
    detector, *descriptors = (load(network, shapes[name]) for name, network in networks.items())

    picture = uniform("input", 3 * HEIGHT * WIDTH).reshape(1, 3, HEIGHT, WIDTH)
    mean, deviation = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    channels = [torch.tensor(values).double().view(1, 3, 1, 1) for values in (mean, deviation)]
    picture = (torch.from_numpy(picture) - channels[0]) / channels[1]
    with torch.no_grad():
        scores = detector(picture).reshape(1, -1).softmax(1).reshape(1, HEIGHT, WIDTH)
        save("scores", scores[0])
        keypoints, _ = sample_keypoints(scores, num_samples=KEYPOINTS)
        positions = dedode_denormalize_pixel_coordinates(keypoints, HEIGHT, WIDTH)[0]
        save("positions", positions)
        x, y = positions.round(decimals=1).floor().long().T
        for kind, descriptor in zip("bg", descriptors):
            rows = descriptor(picture)[0, :, y, x].T
            save(f"descriptors_{kind}", normalize(rows))
            print(kind, "similarities", (normalize(rows) @ normalize(rows).T).aminmax(), flush=True)
    print("scores", scores.aminmax(), "positions", positions[:3])

    image, lead = descriptors_to_match()
    save("image", image)
    save("lead", lead)
    pairs = best_pairs(image, lead)
    save("pairs", pairs, np.int64)
    print(len(pairs), "pairs")


main()
