"""Expected distances of the published methods that recipes stand for, by anomalib 2.7 or by the papers' formulas.

Run: python make.py   (anomalib 2.7, PyTorch 2.11, NumPy; some seconds)

All features are float32 numbers from a seeded generator, all expected values were computed in float64 and are kept so.
Files, with N normal images, C channels, a grid of h x w = L locations, row by row:
  padim_{features,tests,distances}       [20, 12, 5, 6], [3, 12, 5, 6], [3, 5, 6]
  patchcore_{bank,tests}                 [60, 8], [2, 30, 8]
  patchcore_{distances,nearest}          [2, 30], and which row of the bank it is
  patchcore_scores_{9,3}                 [2], by 9 and by 3 neighbours
  coreset_{features,chosen}              [200, 8], [20] rows in the order in which they are chosen, the first is given
  grid_{features,tests}                  [12, 20, 6], [2, 20, 6], h = 4, w = 5; for all that follow
  spade_{images,distances}               [2, 3] the nearest images, the nearest first; [2, 20]
  rad_distances                          [2, 20]
  subspace_{components,distances}        [1] how many are kept; [2, 20]
  orthoad_{projection,distances}         [6, 3], [2, 20]
"""

from pathlib import Path
from unittest import mock

import numpy as np
import torch
from anomalib.models.components import KCenterGreedy, MultiVariateGaussian
from anomalib.models.image.padim.anomaly_map import AnomalyMapGenerator
from anomalib.models.image.patchcore.torch_model import PatchcoreModel

HERE = Path(__file__).parent
SPADE_IMAGES = 3
SUBSPACE_ENERGY = 0.99
EPSILON = 0.01
FIRST_CHOSEN = 7


def save(name, values):
    np.save(HERE / f"{name}.npy", values)


def correlated(generator, hidden, channels):
    """Features made of fewer hidden ones, with a little noise: most of their variance lies in few directions."""
    mix = generator.normal(size=(hidden.shape[-1], channels))
    noise = 0.05 * generator.normal(size=(*hidden.shape[:-1], channels))
    return (hidden @ mix + noise + generator.normal(size=channels)).astype(np.float32)


def padim(generator):
    """Mahalanobis distance to a Gaussian for each location, PaDiM (arXiv 2011.08785) equations 1 and 2.

    The covariance is divided by N - 1; anomalib adds 0.01 to its diagonal, and then 0.00001 once more.
    """
    drawn = np.moveaxis(correlated(generator, generator.normal(size=(23, 5, 6, 6)), 12), -1, 1).copy()
    features, tests = drawn[:20], drawn[20:]
    # Not all tests are normal.
    tests[1, :, 2, 3] += 3
    tests[2] *= 2
    stats = MultiVariateGaussian().fit(torch.from_numpy(features).double())
    distances = AnomalyMapGenerator.compute_distance(torch.from_numpy(tests).double(), stats)
    save("padim_features", features)
    save("padim_tests", tests)
    save("padim_distances", distances.squeeze(1).numpy())


def patchcore(generator):
    """Nearest neighbour in the bank, PatchCore (arXiv 2106.08265) equation 6, and the image's score, equation 7.

    anomalib takes the softmax over the distances to the neighbours of the bank's nearest, itself among them and first:
    s = (1 - exp(d_0) / sum_b exp(d_b)) * s*.
    """
    drawn = correlated(generator, generator.normal(size=(120, 4)), 8)
    bank, tests = drawn[:60], drawn[60:].reshape(2, 30, 8).copy()
    tests[1, 11] += 2
    flat = torch.from_numpy(tests).double().reshape(-1, 8)
    for neighbours in (9, 3):
        model = PatchcoreModel(layers=["layer1"], backbone="resnet18", pre_trained=False, num_neighbors=neighbours)
        model.memory_bank = torch.from_numpy(bank).double()
        distances, nearest = (found.reshape(2, 30) for found in model.nearest_neighbors(flat, 1))
        save(f"patchcore_scores_{neighbours}", model.compute_anomaly_score(distances, nearest, flat).numpy())
    save("patchcore_bank", bank)
    save("patchcore_tests", tests)
    save("patchcore_distances", distances.numpy())
    save("patchcore_nearest", nearest.numpy())


def coreset(generator):
    """Greedy k-centre selection, PatchCore algorithm 1, without its random projection and from a given first row."""
    features = correlated(generator, generator.normal(size=(200, 4)), 8)
    sampler = KCenterGreedy(torch.from_numpy(features).double(), sampling_ratio=0.1)
    sampler.model = mock.Mock(fit=lambda _: None, transform=lambda embedding: embedding)
    with mock.patch("torch.randint", return_value=torch.tensor([FIRST_CHOSEN])):
        chosen = sampler.select_coreset_idxs()
    save("coreset_features", features)
    save("coreset_chosen", np.array(chosen, np.int64))


def pairwise(a, b):
    """Euclidean distances, [rows of a, rows of b]."""
    return np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))


def spade(features, test):
    """SPADE (arXiv 2005.02357): the K images of the nearest pooled feature (section 3.2), then the nearest feature at any
    of their locations (section 3.3, with one neighbour). The paper averages squared distances; these are not squared.
    """
    images = np.argsort(pairwise(test.mean(0)[None], features.mean(1))[0])[:SPADE_IMAGES]
    return images, pairwise(test, features[images].reshape(-1, features.shape[-1])).min(1)


def rad(features, test, height, width):
    """As RAD's local search: the nearest feature of any image at a location at most one row and one column away; fewer at
    the border.
    """
    distances = np.empty(height * width)
    for location in range(height * width):
        row, column = divmod(location, width)
        near = [r * width + c for r in range(max(row - 1, 0), min(row + 2, height))
                for c in range(max(column - 1, 0), min(column + 2, width))]
        distances[location] = pairwise(test[location][None], features[:, near].reshape(-1, features.shape[-1])).min()
    return distances


def subspace(features, tests):
    """SubspaceAD: one PCA of all locations of all images, of as few components as hold 99 % of the variance; the norm of
    what they leave of a feature, |(x - mu) - V V' (x - mu)|. The paper's score is its square.
    """
    rows = features.reshape(-1, features.shape[-1])
    mu = rows.mean(0)
    _, singular, right = np.linalg.svd(rows - mu, full_matrices=False)
    energy = np.cumsum(singular**2) / (singular**2).sum()
    kept = int(np.searchsorted(energy, SUBSPACE_ENERGY)) + 1
    centred = tests - mu
    return kept, np.linalg.norm(centred - centred @ right[:kept].T @ right[:kept], axis=-1)


def orthoad(features, tests, projection):
    """OrthoAD (arXiv 2105.14737): with W of orthonormal columns, sqrt((x - mu)' W (W' S W + eps I)^-1 W' (x - mu)) at each
    location; S is divided by N - 1. As W' W = I, it does not matter whether eps is added before or after projecting.
    """
    distances = np.empty(tests.shape[:2])
    for location in range(features.shape[1]):
        normal = features[:, location] @ projection
        inverse = np.linalg.inv(np.cov(normal, rowvar=False, ddof=1) + EPSILON * np.eye(projection.shape[1]))
        delta = tests[:, location] @ projection - normal.mean(0)
        distances[:, location] = np.sqrt(np.einsum("tk,kl,tl->t", delta, inverse, delta))
    return distances


def grid(generator):
    height, width = 4, 5
    # Locations differ from each other and images too, or which is nearest would be chance.
    hidden = generator.normal(size=(14, height * width, 3)) + generator.normal(size=(1, height * width, 3))
    drawn = correlated(generator, hidden + generator.normal(size=(14, 1, 3)) / 4, 6)
    features, tests = drawn[:12], drawn[12:].copy()
    tests[1, 13] += 2
    save("grid_features", features)
    save("grid_tests", tests)
    features, tests = features.astype(np.float64), tests.astype(np.float64)
    images, distances = zip(*(spade(features, test) for test in tests))
    save("spade_images", np.array(images, np.int64))
    save("spade_distances", np.array(distances))
    save("rad_distances", np.array([rad(features, test, height, width) for test in tests]))
    kept, distances = subspace(features, tests)
    save("subspace_components", np.array([kept], np.int64))
    save("subspace_distances", distances)
    projection, _ = np.linalg.qr(generator.normal(size=(6, 3)))
    save("orthoad_projection", projection)
    save("orthoad_distances", orthoad(features, tests, projection))


def main():
    # anomalib makes its buffers in the default type.
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(5)
    generator = np.random.default_rng(5)
    padim(generator)
    patchcore(generator)
    coreset(generator)
    grid(generator)


if __name__ == "__main__":
    main()
