"""anomalib's PaDiM and PatchCore on the weight file that twinspect uses too, driven without Lightning.

Their torch models, their pre-processing but for the network's own normalisation, their defaults; only what a caller of them
must choose is chosen here.
"""
import time

import numpy as np
import timm
import torch
from anomalib.models import Padim, Patchcore
from anomalib.models.components import KCenterGreedy
from anomalib.models.image.padim.torch_model import PadimModel
from anomalib.models.image.patchcore.torch_model import PatchcoreModel
from torchvision.transforms.v2 import Compose, Normalize

import k_centre

BACKBONE = "tf_efficientnet_lite0"
# 24, 40 and 112 channels at strides 4, 8 and 16: what twinspect calls stages 1 to 3.
PADIM_LAYERS = ["blocks.1", "blocks.2", "blocks.4"]
PATCHCORE_LAYERS = ["blocks.2", "blocks.4"]
# What the network was trained on: (x - 127) / 128. anomalib normalises by ImageNet's mean and deviation whatever the network,
# which costs it accuracy with this one.
MEAN, DEVIATION = [127 / 255] * 3, [128 / 255] * 3
# anomalib's own.
NUM_NEIGHBORS = 9
# anomalib's own data modules load this many at a time.
BATCH = 32
# Steps of anomalib's selection that are timed before ours takes over.
TIMED_STEPS = 20


def load(model, path):
    """Fills the feature extractor from a weight file whose names are others but whose order is timm's.

    Raises ValueError if a tensor of the extractor is not in the file or of another shape, or if the file holds one that
    the whole network does not.
    """
    given = torch.load(path, map_location="cpu", weights_only=True)
    whole = timm.create_model(BACKBONE, pretrained=False).state_dict()
    if len(given) != len(whole):
        raise ValueError(f"{path}: {len(given)} tensors, {BACKBONE} has {len(whole)}")
    renamed = {}
    for (name, there), (wanted, here) in zip(given.items(), whole.items()):
        if there.shape != here.shape or name.rsplit(".", 1)[1] != wanted.rsplit(".", 1)[1]:
            raise ValueError(f"{path}: {name} {list(there.shape)} stands where {wanted} {list(here.shape)} should")
        renamed[wanted] = there
    network = model.feature_extractor.feature_extractor
    missing = network.load_state_dict(renamed, strict=False).missing_keys
    if missing:
        raise ValueError(f"{path}: not in the file: {missing}")
    return model


def build(kind, size, features, weights):
    """A torch model and the transform that stands before it; kind is padim or patchcore, features PaDiM's channels."""
    torch.manual_seed(0)
    if kind == "padim":
        model = PadimModel(backbone=BACKBONE, layers=PADIM_LAYERS, pre_trained=False, n_features=features)
        lightning = Padim
    else:
        model = PatchcoreModel(backbone=BACKBONE, layers=PATCHCORE_LAYERS, pre_trained=False, num_neighbors=NUM_NEIGHBORS)
        lightning = Patchcore
    steps = lightning.configure_pre_processor(image_size=(size, size)).transform.transforms
    own = Normalize(MEAN, DEVIATION)
    transform = Compose([own if isinstance(step, Normalize) else step for step in steps])
    return load(model, weights), transform


def fit(model, transform, pictures, coreset):
    """Fits the model; pictures yields [H, W, 3] uint8. Returns the seconds that anomalib's selection would take longer.

    coreset: PatchCore's share of features to keep; PaDiM keeps all and spares nothing.
    """
    model.train()
    # train() would turn on the statistics of batch normalisation, which anomalib's own extractor keeps off.
    model.feature_extractor.eval()
    batch = []
    for picture in pictures:
        batch.append(transform(tensor(picture)))
        if len(batch) == BATCH:
            model(torch.cat(batch))
            batch = []
    if batch:
        model(torch.cat(batch))
    spared_s = 0.0
    if isinstance(model, PadimModel):
        model.fit()
    else:
        spared_s = subsample(model, coreset)
    model.eval()
    return spared_s


def subsample(model, ratio):
    """As PatchcoreModel.subsample_embedding, but for who selects; returns the seconds that this spared."""
    bank = torch.vstack(model.embedding_store)
    model.embedding_store.clear()
    sampler = KCenterGreedy(embedding=bank, sampling_ratio=ratio)
    sampler.model.fit(bank)
    sampler.features = sampler.model.transform(bank)
    first = index = torch.randint(high=len(bank), size=(1,)).squeeze()
    begin = time.perf_counter()
    for _ in range(TIMED_STEPS):
        sampler.update_distances(cluster_center=index)
        index = sampler.get_new_idx()
        sampler.min_distances.scatter_(0, index.unsqueeze(0).unsqueeze(1), 0.0)
    step_s = (time.perf_counter() - begin) / TIMED_STEPS
    # R of the projection's QR decomposition gives the same distances from as few columns as the features have.
    projection = torch.linalg.qr(sampler.model.sparse_random_matrix, mode="r").R
    del sampler.features, sampler.min_distances
    begin = time.perf_counter()
    chosen = k_centre.select(bank @ projection.T, sampler.coreset_size, int(first))
    taken_s = time.perf_counter() - begin
    model.memory_bank = bank[chosen]
    return max(0.0, step_s * (sampler.coreset_size - TIMED_STEPS) - taken_s)


def tensor(picture):
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float() / 255


def save(model, path):
    torch.save(model.state_dict(), path)


def restore(model, path):
    """Fills a model that `build` made from a file that `save` wrote."""
    model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return model.eval()


def inspect(model, transform, picture):
    """anomalib's score, and its map at its own input size, [h, w]."""
    with torch.inference_mode():
        found = model(transform(tensor(picture)))
    return float(found.pred_score), found.anomaly_map[0, 0]


def enlarge(anomaly_map, height, width):
    return torch.nn.functional.interpolate(anomaly_map[None, None], (height, width), mode="bilinear")[0, 0].numpy()
