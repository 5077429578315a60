"""Read images and labels from a file, and set those apart from which ranges are learnt."""

import zipfile
from pathlib import Path

import numpy as np

from circuitsim.errors import InputError

USUAL = 200
"""Number of calibration images where none is asked for and there are enough."""


def read_images(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Return images (images, …) and labels (images, …) of a .npz file, or the images of a .npy file and None.

    Raises:
        InputError: The file cannot be read, has no array `images`, or not one label for each image.
    """
    try:
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.ndarray):
            images, labels = content, None
        else:
            with content:
                if "images" not in content:
                    held = ", ".join(repr(name) for name in content.files) or "none"
                    raise InputError(f"{path}: has no array named 'images'; it has {held}")
                images, labels = content["images"], content.get("labels")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; expected images as .npz or .npy") from None
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        objects = "allow_pickle" in str(error) and zipfile.is_zipfile(path)
        found = "holds Python objects" if objects else "is not a file that NumPy wrote, or is cut short"
        raise InputError(f"{path}: {found}; expected arrays of numbers, as .npz or .npy") from None
    if images.ndim == 0:
        raise InputError(f"{path}: images is a single number; expected an array (images, …)")
    if labels is not None and labels.shape[:1] != images.shape[:1]:
        raise InputError(
            f"{path}: labels have shape {labels.shape} for {len(images)} images; expected one label for each image"
        )
    return images, labels


def calibration_count(wanted: int | None, images: int, batch: int | None) -> int:
    """Return how many images, from the first on, set the ranges; the others are scored.

    Args:
        wanted: Number asked for; None: `USUAL`, or half of the images where there are fewer than twice as many.
        images: Number of images in all.
        batch: Number of images that the network takes at a time; None for any.

    Raises:
        InputError: No image would be left to score, or to learn from, or either part is not whole batches.
    """
    unit = batch or 1
    if images % unit:
        raise InputError(
            f"{images} images: the network takes {unit} at a time; expected a whole number of such batches, such as "
            f"the first {images // unit * unit} images"
        )
    if images < 2 * unit:
        raise InputError(
            f"{images} images: expected at least {2 * unit}, because ranges are learnt from other images than are "
            "scored"
        )
    if wanted is None:
        return max(min(USUAL, images // 2) // unit, 1) * unit
    if not 1 <= wanted < images:
        raise InputError(
            f"calibration_images = {wanted} of {images} images: expected 1 to {images - 1}, because ranges are learnt "
            "from other images than are scored"
        )
    if wanted % unit:
        raise InputError(f"calibration_images = {wanted}: expected a multiple of {unit}, the network's batch of images")
    return wanted
