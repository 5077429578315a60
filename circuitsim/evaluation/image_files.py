"""Read images and labels from a file, and set those apart from which ranges are learnt."""

import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from circuitsim.errors import FewerImagesWarning, InputError
from circuitsim.network import check_images_apart, image_records

if TYPE_CHECKING:
    from circuitsim.network.onnx import OnnxNetwork

_COMPARED = 16  # images on which networks are compared with themselves
USUAL = 200
"""Number of calibration images where none is asked for and there are enough."""


def read_images(path: Path, inputs: Sequence[str]) -> tuple[np.ndarray, np.ndarray | None]:
    """Return images (images, …) and labels (images, …) of a .npz file, or the images of a .npy file and None.

    Args:
        path: The file. A .npz file holds the array `images`, or an array named as each input of the network.
        inputs: Names of the network's inputs. Images of several are records, see `network.image_records`.

    Raises:
        InputError: The file cannot be read, has no array `images` or for an input, or not one label for each image.
    """
    arrays = _arrays(path, ("images", "labels", *inputs))
    labels = arrays.pop("labels", None)
    if "images" in arrays and (len(inputs) == 1 or set(inputs) - arrays.keys()):
        images = arrays["images"]
        if images.ndim == 0:
            raise InputError(f"{path}: images is a single number; expected an array (images, …)")
    else:
        images = image_records({name: arrays[name] for name in inputs})
    if labels is not None and labels.shape[:1] != images.shape[:1]:
        raise InputError(
            f"{path}: labels have shape {labels.shape} for {len(images)} images; expected one label for each image"
        )
    return images, labels


def _arrays(path: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the arrays of a file among those named: `images`, or else all inputs, and labels."""
    try:
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.ndarray):
            return {"images": content}
        with content:
            missing = [name for name in names[2:] if name not in content]
            if "images" not in content and missing:
                held = ", ".join(repr(name) for name in content.files) or "none"
                instead = "" if len(names) == 3 else f", nor one for the input {missing[0]!r}"
                raise InputError(f"{path}: has no array named 'images'{instead}; it has {held}")
            return {name: content[name] for name in names if name in content}
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; expected images as .npz or .npy") from None
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        objects = "allow_pickle" in str(error) and zipfile.is_zipfile(path)
        found = "holds Python objects" if objects else "is not a file that NumPy wrote, or is cut short"
        raise InputError(f"{path}: {found}; expected arrays of numbers, as .npz or .npy") from None


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


def images_apart(
    network: "OnnxNetwork", data: Path, calibration_data: Path | None, wanted: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the images that set the ranges, those that are scored, and the labels of these.

    Args:
        network: The network.
        data: Images and labels, see `read_images`.
        calibration_data: File of the images that set the ranges; None: the first ones of `data`.
        wanted: Number of these; None: as `calibration_count`.

    Raises:
        InputError: As `read_images`, `calibration_count` and `network.check_images_apart`.
    """
    names = [each.name for each in network.inputs]
    images, labels = read_images(data, names)
    unit = network.at_once(images)
    if calibration_data is not None:
        if wanted is not None:
            raise InputError(
                f"calibration_images = {wanted} has no effect: calibration_data holds the images; leave one out"
            )
        if calibration_data.exists() and calibration_data.samefile(data):
            raise InputError(
                f"calibration_data and data are one file, {data}: ranges are learnt from other images than are scored"
            )
        first = read_images(calibration_data, names)[0]
        check_images_apart(network, first[: whole_batches(network.at_once(first))])
        return first, images, labels
    check_images_apart(network, images[: whole_batches(unit)])
    count = calibration_count(wanted, len(images), unit)
    return images[:count], images[count:], None if labels is None else labels[count:]


def first_images(
    images: np.ndarray, labels: np.ndarray | None, wanted: int | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the first images that are scored, and their labels; None stands for all.

    Warns:
        FewerImagesWarning: There are fewer than wanted.
    """
    if wanted is not None and wanted > len(images):
        sentence = f"{wanted} images to score were asked for, but there are {len(images)}, all of which are scored"
        warnings.warn(sentence, FewerImagesWarning, stacklevel=3)
    return images[:wanted], None if labels is None else labels[:wanted]


def whole_batches(batch: int | None) -> int:
    """Return the number of images that are compared: whole batches."""
    unit = batch or 1
    return max(_COMPARED // unit, 1) * unit
