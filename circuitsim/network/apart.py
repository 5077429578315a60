"""Check that a network answers image by image: what an accuracy and ranges from other images need."""

import numpy as np

from circuitsim.errors import InputError
from circuitsim.network.network import Network
from circuitsim.spec import checked

_HALF = 2  # bytes of a half-precision number
_ROUNDING = {False: 1e-4, True: 1e-2}  # of sums in another order, relative; by whether they are in half precision


@checked
def check_images_apart(network: Network, images: np.ndarray) -> None:
    """Reject a network whose output for an image depends on the other images, or on its place among them.

    Such a network has another axis than the first for the images, or sums over the first one. Its outputs for one set
    of images say nothing about those for another.

    Args:
        network: The network.
        images: (images, …) in the network's units.

    Raises:
        InputError: There is not one output for each image, or it depends on the other images.
    """
    outputs = network.run_float(images)
    check_one_each(outputs, images)
    first = outputs[:1].astype(float)
    alone = network.run_float(np.repeat(images[:1], len(images), axis=0)).astype(float)
    scale, differs = float(np.abs(first).max(initial=0.0)), float(np.abs(alone - first).max(initial=0.0))
    if differs > _ROUNDING[outputs.dtype.itemsize <= _HALF] * scale:  # False for nan, which evaluations refuse
        raise InputError(
            f"the network's output for an image depends on the other images of its batch, by {differs:.2g} at outputs "
            f"of {scale:.2g}; expected images along the first axis of input and output, and no node that sums over "
            "them: export the network for inference, or give each image as a whole input, with one axis more"
        )


def check_one_each(outputs: np.ndarray, images: np.ndarray) -> None:
    """Reject outputs that are not one for each image along the first axis.

    Raises:
        InputError: Their number differs from that of the images.
    """
    if len(outputs) != len(images):
        raise InputError(
            f"the network's output has shape {outputs.shape} for images of shape {images.shape}; expected one output "
            "for each image, along the first axis of both: export the network so, state the axis of its inputs "
            "(batch_axis), or give each image as a whole input, with one axis more"
        )
