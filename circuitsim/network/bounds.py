"""Intervals of a network's outputs, given how far the currents of its tiles may be off."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from circuitsim.errors import InputError
from circuitsim.network.images import checked_images
from circuitsim.network.layer_bounds import Ends, bounded_float_products, bounded_products
from circuitsim.network.layer_range import LayerRange
from circuitsim.network.linear import LinearLayer
from circuitsim.network.network import MonotoneNetwork, Network, batch_size
from circuitsim.network.programming import ProgrammedNetwork
from circuitsim.network.ranges import layer_inputs
from circuitsim.spec import ArraySpec, by_value, checked

_AT_ONCE = 64  # images
_CLOSE = 1e-4  # relative: float32 sums of batches of other lengths


@by_value
@dataclass(frozen=True)
class OutputBounds:
    """Intervals of a network's outputs.

    Attributes:
        low, high: (images, …) ends of each output.
    """

    low: np.ndarray
    high: np.ndarray

    @property
    def certain(self) -> np.ndarray:
        """(images,) True where one class is above all others wherever the outputs lie in their intervals.

        Of classes of pixels, where that holds for every pixel.

        Raises:
            InputError: There is one output an image, hence no classes.
        """
        return np.all(self.margin > 0, axis=tuple(range(1, self.margin.ndim)))

    @property
    def margin(self) -> np.ndarray:
        """(images, *pixels) by how much the surest class is above all others at least; below 0 if it need not be.

        Raises:
            InputError: There is one output an image, hence no classes.
        """
        if self.low.ndim < 2 or self.low.shape[1] < 2:
            raise InputError(f"the network's output has shape {self.low.shape}: one number an image, no classes")
        surest = self.low.argmax(axis=1)[:, None]
        others = self.high.astype(float)
        np.put_along_axis(others, surest, -np.inf, axis=1)
        return np.take_along_axis(self.low, surest, axis=1)[:, 0] - others.max(axis=1)


@checked
def output_bounds(
    programmed: ProgrammedNetwork,
    images: np.ndarray,
    *,
    ranges: dict[str, LayerRange],
    errors: Mapping[str, np.ndarray],
) -> OutputBounds:
    """Return intervals that hold a network's outputs on the true arrays, if no tile errs by more than `errors`.

    The column currents of passive arrays rise with every input, and so do converters, ReLU and pooling: both ends of
    the images' intervals run through the network, and every tile's error widens them. Nothing is assumed of how errors
    add up.

    Args:
        programmed: The network on tiles of a model.
        images: (images, …) in the network's units.
        ranges: From `fit_ranges`; those of the true arrays, too.
        errors: (tiles,) largest |error| [A] of each tile of each layer, in the order of its places.

    Raises:
        InputError: The network is none of those below, images do not fit it, a range or an error is missing, or levels
            of the DAC fall from one code to the next.

    Valid for: networks whose nodes on the host rise with what they read (`not_rising` is empty), with inputs on bit
        lines that are not bit-serial; converters without noise.
    """
    images = checked_images(images)
    check_bounded(programmed.network, programmed.spec, images)
    dac = programmed.tables.dac
    if dac is not None and np.any(np.diff(dac.levels) < 0):
        raise InputError(
            f"driver: levels of {dac.block or 'the DAC'} fall from one code to the next, so that rows need not rise "
            "with the inputs and intervals are not known; expected levels that rise"
        )
    parts = [images[first : first + _AT_ONCE] for first in range(0, len(images), _AT_ONCE)]
    product = partial(_both_ends, programmed, ranges, errors)
    ends = [_ends_of(programmed.network.run(np.concatenate([part, part]), product)) for part in parts]
    return OutputBounds(*(np.concatenate(each) for each in zip(*ends, strict=True)))


@checked
def check_bounded(network: Network, spec: ArraySpec, images: np.ndarray) -> None:
    """Refuse networks and arrays whose outputs have no intervals, see `output_bounds`."""
    falling = network.not_rising if isinstance(network, MonotoneNetwork) else None
    if falling is None:
        raise InputError(
            "the network does not state which nodes between its layers may fall where what they read rises; expected "
            "one from an ONNX file, or the attribute not_rising = () if all rise"
        )
    if falling:
        more = "" if len(falling) == 1 else f" and {len(falling) - 1} more"
        raise InputError(
            f"{falling[0]}{more}: its result need not rise with all that it reads, so that its interval is not known; "
            "expected such as Relu, MaxPool, Add of computed tensors, or an output in front of it"
        )
    for key, value, rising in (
        ("array.input_line", spec.array.input_line, ("bl",)),
        ("array.cell", spec.array.cell, ("1r", "1t1r", "2t2r", "1t")),
        ("driver.input_code", spec.driver.input_code, ("amplitude", "pulse_width")),
        ("technique.skip_zero_rows", spec.technique.skip_zero_rows, (False,)),
    ):
        if value not in rising:
            raise InputError(
                f"{key} = {value!r}: outputs of such tiles need not rise with every input, so that their intervals are "
                f"not known; expected {' or '.join(map(repr, rising))}"
            )
    at_once = batch_size(network, images)
    if at_once is not None:
        raise InputError(
            f"the network takes {at_once} images at a time, and intervals need both ends in one batch; expected a "
            "network for batches of any length"
        )
    _check_halves(network, images[:2])


def _check_halves(network: Network, images: np.ndarray) -> None:
    """Refuse a network in which a layer's vectors are not in the order of the images."""
    alone, twice = layer_inputs(network, images), layer_inputs(network, np.concatenate([images, images[::-1]]))
    for name, vectors in twice.items():
        first = alone[name]
        scale = _CLOSE * float(np.abs(first).max(initial=0.0))
        half = vectors[: len(first)]
        if len(vectors) != 2 * len(first) or float(np.abs(half - first).max(initial=0.0)) > scale:
            raise InputError(
                f"layer {name!r} does not take its vectors in the order of the images; expected a network that keeps "
                "images along the first axis up to each layer"
            )


def _both_ends(
    programmed: ProgrammedNetwork,
    ranges: dict[str, LayerRange],
    errors: Mapping[str, np.ndarray],
    layer: LinearLayer,
    activations: np.ndarray,
) -> np.ndarray:
    """Return the products (vectors, groups, outputs): those of the lower ends in front of those of the upper ones."""
    given = _ends_of(activations)
    if layer.name not in programmed.layers:  # named in mapping.digital
        return np.concatenate(bounded_float_products(layer, given))
    for what, known in (("ranges", ranges), ("errors", errors)):
        if layer.name not in known:
            raise InputError(f"{what} lack the layer {layer.name!r}; expected all of the network that images reach")
    tiles = programmed.layers[layer.name]
    ends = bounded_products(
        tiles, programmed.spec, given, ranges[layer.name], errors[layer.name], tables=programmed.tables
    )
    return np.concatenate(ends)


def _ends_of(both: np.ndarray) -> Ends:
    """Cut what a doubled batch gave in halves; rounding alone may put an upper end below its lower one."""
    low, high = both[: len(both) // 2], both[len(both) // 2 :]
    if float((low - high).max(initial=0.0)) > _CLOSE * float(np.abs(both).max(initial=0.0)):
        raise InputError("the network's tensors fall where what they are computed from rises; expected them to rise")
    return np.minimum(low, high), np.maximum(low, high)
