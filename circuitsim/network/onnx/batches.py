"""Images as the inputs of a model, a run at a time, and its outputs as one for each image."""

from collections.abc import Iterator, Sequence

import numpy as np

from circuitsim.errors import InputError
from circuitsim.network.images import checked_images, fields_of
from circuitsim.network.onnx.finite import is_finite
from circuitsim.network.onnx.interface import OnnxInput


def images_at_once(inputs: Sequence[OnnxInput], images: np.ndarray) -> int | None:
    """Return the number of images that a model takes at a time; None for any.

    It takes one where an image is a whole input, with all axes that the model states.

    Raises:
        InputError: The inputs take different numbers of images.
    """
    fields = fields_of(images, [each.name for each in inputs])
    if any(_is_whole(each, fields[each.name]) for each in inputs):
        return 1
    sizes = {each.batch for each in inputs} - {None}
    if len(sizes) > 1:
        stated = ", ".join(f"{each.name!r} {each.shape}" for each in inputs)
        raise InputError(
            f"the network's inputs {stated} take different numbers of images at a time; expected each image as whole "
            "inputs, with the images along one more axis, the first"
        )
    return next(iter(sizes), None)


def batches_of(inputs: Sequence[OnnxInput], images: np.ndarray) -> Iterator[dict[str, np.ndarray]]:
    """Yield the inputs of each run by name, of the network's data types.

    Raises:
        InputError: The images do not have the shape of an input, or hold values that its type does not.
    """
    images = checked_images(images)
    fields = fields_of(images, [each.name for each in inputs])
    size = images_at_once(inputs, images)
    checked = {each.name: _checked(each, fields[each.name], size) for each in inputs}
    size = size or max(len(images), 1)
    for k in range(0, len(images), size):
        yield {each.name: _laid(each, checked[each.name], k, size) for each in inputs}


def one_each(inputs: Sequence[OnnxInput], images: np.ndarray, outputs: list[np.ndarray], axis: int) -> np.ndarray:
    """Return the outputs of all runs as (images, …).

    Args:
        inputs: The model's inputs.
        images: The images.
        outputs: Output of each run.
        axis: Axis of the outputs along which images lie; where it has another length, the first that fits. Where each
            image is a whole input, the output is that of one image; its first axis counts images if its length is 1.
    """
    fields = fields_of(images, [each.name for each in inputs])
    if all(_is_whole(each, fields[each.name]) for each in inputs):
        alone = all(np.shape(part)[:1] == (1,) for part in outputs)
        _check_alike(outputs)
        return np.concatenate(outputs) if alone else np.stack(outputs)
    size = images_at_once(inputs, images) or len(images)
    parts = [_images_first(np.asarray(part), axis, size) for part in outputs]
    _check_alike([part[:1] for part in map(np.atleast_1d, parts)])
    return np.concatenate([np.atleast_1d(part) for part in parts], axis=0)


def _images_first(output: np.ndarray, axis: int, size: int) -> np.ndarray:
    """Return the output of a run with the images along the first axis: the one that is stated, or the first as long."""
    if output.ndim <= axis or output.shape[axis] != size:
        axis = next((k for k, length in enumerate(output.shape) if length == size), 0)
    return np.moveaxis(output, axis, 0) if axis < output.ndim else output


def _check_alike(outputs: Sequence[np.ndarray]) -> None:
    shapes = list(dict.fromkeys(np.shape(part) for part in outputs))
    if len(shapes) > 1:
        raise InputError(
            f"the network's output has shape {shapes[0]} for one image and {shapes[1]} for another; expected one shape"
        )


def _is_whole(each: OnnxInput, images: np.ndarray) -> bool:
    return each.shape is not None and images.ndim == len(each.shape) + 1


def _laid(each: OnnxInput, images: np.ndarray, first: int, size: int) -> np.ndarray:
    if _is_whole(each, images):
        return np.asarray(images[first])
    batch = images[first : first + size]
    return batch if each.axis == 0 else np.ascontiguousarray(np.moveaxis(batch, 0, each.axis))


def _checked(each: OnnxInput, images: np.ndarray, size: int | None) -> np.ndarray:
    """Return images of an input's data type; refuse those of another shape, or whose values the type cannot hold."""
    if each.shape is not None:
        _check_shape(each, each.shape, images, size)
    if len(images) == 0:
        raise InputError("there are no images; expected one or more")
    if not is_finite(images):
        raise InputError("images hold values that are not finite; expected finite numbers")
    if images.dtype == each.type:
        return images
    with np.errstate(all="ignore"):
        cast = images.astype(each.type)
    lost = ~np.isfinite(cast) if cast.dtype.kind == "f" else cast != images
    if np.any(lost):
        raise InputError(
            f"images hold {images[lost][0]!s}, which the network's input {each.name!r} of type {each.type.name} cannot "
            "hold; expected values of that type"
        )
    return cast


def _check_shape(each: OnnxInput, shape: tuple[int | None, ...], images: np.ndarray, size: int | None) -> None:
    whole = _is_whole(each, images)
    one = shape if whole else (*shape[: each.axis], *shape[each.axis + 1 :])
    same = images.ndim >= 1 and len(images) > 0 and len(one) == images.ndim - 1
    same = same and all(want in (None, got) for want, got in zip(one, images.shape[1:], strict=True))
    if same and len(images) % (size or 1) == 0:
        return
    first = "any" if each.batch is None else str(each.batch)
    wanted = ", ".join([first, *("any" if n is None else str(n) for k, n in enumerate(shape) if k != each.axis)])
    lie = f", along whose axis {each.axis} the images lie" if each.axis and not whole else ""
    batches = f", or a whole number of batches of {size}" if same and size else ""
    raise InputError(
        f"images have shape {images.shape}, expected ({wanted}) as the network's input {each.name!r}{lie}{batches}"
    )
