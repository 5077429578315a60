"""The handwritten digits of the demo: 1797 real images, a fixed split, inputs scaled to 0…1."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from circuitsim.errors import require

TEST_EVERY = 4
NETWORK = Path(__file__).with_name("digits.onnx")


@dataclass(frozen=True)
class Digits:
    """Images and labels in a fixed split.

    Attributes:
        train_images: (1347, 64) pixels of 8×8 images, row by row, 0 (white) … 1 (black), float32.
        train_labels: (1347,) digits 0…9.
        test_images: (450, 64) images used in no training, choice or calibration.
        test_labels: (450,) digits 0…9.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def load_digits() -> Digits:
    """Return the digits; every fourth image, from the first on, is a test image.

    The split uses no random numbers, so it is always the same. The images are in the order in which the writers
    delivered them, so every writer is in both parts: the test accuracy holds for known writers.

    Raises:
        MissingExtraError: scikit-learn, which ships the images, is not installed.

    Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository (1998),
        as shipped with scikit-learn.
    """
    require("sklearn", extra="demo", package="scikit-learn")
    from sklearn import datasets

    pixels, digits = datasets.load_digits(return_X_y=True)
    images = (np.asarray(pixels, dtype=float) / 16.0).astype(np.float32)
    labels = np.asarray(digits, dtype=np.int64)
    test = np.arange(len(images)) % TEST_EVERY == 0
    return Digits(images[~test], labels[~test], images[test], labels[test])
