"""Images of networks with one input or several: an array, or an array of records with one field for each input."""

from collections.abc import Mapping, Sequence

import numpy as np

from circuitsim.errors import InputError
from circuitsim.spec import checked, real_numbers


@checked
def image_records(inputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the images of a network with several inputs as one array of records (images,).

    Records are cut, repeated and counted as other images are. The field of an input holds what it takes of an image.

    Args:
        inputs: Values (images, …) of each input by its name.

    Raises:
        InputError: There are no inputs, their numbers of images differ, or values are not real numbers.
    """
    arrays = {name: real_numbers(f"input {name!r}", values, keep_type=True) for name, values in inputs.items()}
    if not arrays or any(array.ndim == 0 for array in arrays.values()):
        raise InputError("inputs are empty or hold a single number; expected arrays (images, …) by the inputs' names")
    counts = {name: len(array) for name, array in arrays.items()}
    if len(set(counts.values())) > 1:
        stated = ", ".join(f"{name!r} {count}" for name, count in counts.items())
        raise InputError(f"the inputs hold different numbers of images: {stated}; expected as many of each")
    records = np.empty(next(iter(counts.values())), [(n, a.dtype, a.shape[1:]) for n, a in arrays.items()])
    for name, array in arrays.items():
        records[name] = array
    return records


def fields_of(images: np.ndarray, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the values (images, …) of each input of a network by name.

    Raises:
        InputError: The images lack an input, or are not records although there are several inputs.
    """
    if images.dtype.names is None:
        if len(names) == 1:
            return {names[0]: images}
        listed = ", ".join(repr(name) for name in names)
        raise InputError(
            f"the images are one array, but the network has the inputs {listed}; expected an array for each by name"
        )
    if missing := [name for name in names if name not in images.dtype.names]:
        held = ", ".join(repr(name) for name in images.dtype.names)
        raise InputError(f"the images have no array for the network's input {missing[0]!r}; they have {held}")
    return {name: images[name] for name in names}


def checked_images(images: np.ndarray) -> np.ndarray:
    """Return images whose values are real numbers, of their own type.

    Raises:
        InputError: They are not.
    """
    if isinstance(images, np.ndarray) and images.dtype.names is not None:
        for name in images.dtype.names:
            real_numbers(f"input {name!r}", images[name], keep_type=True)
        return images
    return real_numbers("images", images, keep_type=True)
