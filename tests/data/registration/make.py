"""Motions from pairs of points and warped pictures, by scikit-image and OpenCV in float64.

Run: python tests/data/registration/make.py   (needs numpy, opencv-python-headless, scikit-image)

Pairs are rows x, y, x', y'; transforms are 3 x 3 and map (x, y) to (x', y'). Where a picture is involved, its upper left
corner is at (0, 0) and the middle of its first pixel at (0.5, 0.5). Points are multiples of 1/64 pixel, since OpenCV rounds
them to single precision.
"""
import pathlib

import cv2
import numpy as np
from skimage import transform

HERE = pathlib.Path(__file__).parent
RANDOM = np.random.default_rng(20261125)
SIZE = np.array([640, 480])


def similarity(scale, degrees, x, y):
    c, s = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    return np.array([[c, -s, x], [s, c, y], [0, 0, 1]])


def apply(matrix, points):
    moved = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return moved[:, :2] / moved[:, 2:]


def rounded(points):
    return np.round(points * 64) / 64


def save(name, array):
    np.save(HERE / f"{name}.npy", np.ascontiguousarray(array))


def opencv(motion, points, moved, tolerance):
    """All pairs that agree by `tolerance`, refined for longer than it needs: (matrix, which pairs agree)."""
    estimate = {"similarity": cv2.estimateAffinePartial2D, "affine": cv2.estimateAffine2D}[motion]
    matrix, agree = estimate(
        points, moved, method=cv2.RANSAC, ransacReprojThreshold=tolerance, confidence=0.99999, refineIters=1000
    )
    return np.vstack([matrix, [0, 0, 1]]), agree[:, 0].astype(bool)


# Pairs with noise but no wrong ones, of a motion that none of the three but the last can follow.
points = rounded(RANDOM.uniform(0, SIZE, (80, 2)))
truth = similarity(1.1, 25, 40, -60) @ np.array([[1, 0.03, 0], [0, 0.97, 0], [5e-5, -4e-5, 1]])
moved = rounded(apply(truth, points) + RANDOM.normal(0, 1, (80, 2)))
save("noisy", np.column_stack([points, moved]))
save("noisy_similarity", transform.SimilarityTransform.from_estimate(points, moved).params)
save("noisy_homography", transform.ProjectiveTransform.from_estimate(points, moved).params)
# scikit-image's affine transform minimises an algebraic error, not the distances.
rows = np.linalg.lstsq(np.column_stack([points, np.ones(80)]), moved)[0].T
save("noisy_affine", np.vstack([rows, [0, 0, 1]]))
for motion in ("similarity", "affine"):
    matrix, agree = opencv(motion, points, moved, 1000)
    assert agree.all()
    save(f"noisy_{motion}_opencv", matrix)

# Four pairs determine a homography; of more, OpenCV minimises another error than ours.
four = [int(np.argmin(np.linalg.norm(points - corner, axis=1))) for corner in SIZE * [[0, 0], [1, 0], [0, 1], [1, 1]]]
save("four", np.column_stack([points[four], moved[four]]))
save("four_homography_opencv", cv2.findHomography(points[four], moved[four], 0)[0])

# Three pairs in five are wrong.
truths = {
    "similarity": similarity(0.95, -40, 30, 300),
    "affine": similarity(1.05, 100, 500, 40) @ np.array([[1.05, 0.04, 0], [0, 1, 0], [0, 0, 1]]),
}
for motion, truth in truths.items():
    points = rounded(RANDOM.uniform(0, SIZE, (300, 2)))
    moved = apply(truth, points) + RANDOM.normal(0, 0.5, (300, 2))
    wrong = RANDOM.permutation(300) < 180
    moved[wrong] = RANDOM.uniform(0, SIZE, (180, 2))
    moved = rounded(moved)
    matrix, agree = opencv(motion, points, moved, 3)
    print(motion, agree.sum(), "agree,", (agree != ~wrong).sum(), "unlike the truth")
    save(f"wrong_{motion}", np.column_stack([points, moved]))
    save(f"wrong_{motion}_opencv", matrix)
    save(f"wrong_{motion}_agree", agree.astype(np.uint8))

# Noise for a picture: the hardest to interpolate.
picture = RANDOM.uniform(0, 1, (2, 3, 24, 32)).astype(np.float32)
save("picture", picture)
WIDTH, HEIGHT = 40, 28
to_frame = {
    "similarity": similarity(1.1, 20, 7.3, -3.1),
    "affine": similarity(0.9, -50, 2.2, 22.4) @ np.array([[1.1, 0.1, 0], [0, 0.9, 0], [0, 0, 1]]),
    "homography": similarity(1, 10, 4, 1) @ np.array([[1, 0, 0], [0, 1, 0], [4e-3, -3e-3, 1]]),
}
half = similarity(1, 0, 0.5, 0.5)
for motion, matrix in to_frame.items():
    # scikit-image has the middle of the first pixel at (0, 0).
    from_frame = np.linalg.inv(half) @ np.linalg.inv(matrix) @ half
    warped = [
        transform.warp(channel, from_frame, output_shape=(HEIGHT, WIDTH), order=1, mode="edge", clip=False)
        for channel in picture.reshape(-1, 24, 32).astype(np.float64)
    ]
    save(f"warp_{motion}", matrix)
    save(f"warp_{motion}_pixels", np.reshape(warped, (2, 3, HEIGHT, WIDTH)).astype(np.float32))
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    places = apply(np.linalg.inv(matrix), np.column_stack([columns.ravel(), rows.ravel()]))
    inside = ((places >= 0) & (places <= [32, 24])).all(axis=1)
    save(f"warp_{motion}_valid", inside.reshape(HEIGHT, WIDTH).astype(np.uint8))

    # How coarse OpenCV is, for the record.
    flat = picture[0].transpose(1, 2, 0).copy()
    centred = np.linalg.inv(half) @ matrix @ half
    found = cv2.warpPerspective(flat, centred, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    print(motion, "OpenCV differs by", np.abs(found.transpose(2, 0, 1) - np.array(warped[:3])).max())
