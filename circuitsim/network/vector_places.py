"""Where the vectors of a layer lie in its input tensor, and their outputs in its output tensor: no patch is copied."""

import itertools
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from circuitsim.network.linear import LinearLayer, Window, output_size, window_pads
from circuitsim.nodal.lane_products import GROUP
from circuitsim.nodal.lanes import WIDTH
from circuitsim.spec import by_value


class Pieces(NamedTuple):
    """Places of vectors, those that lie side by side as one piece of up to `WIDTH` vectors of a group.

    Attributes:
        table: (pieces, 3) first vector in its group, place, number of vectors.
        firsts: (groups + 1,) first piece of each group of `GROUP` vectors, and the number of pieces.
    """

    table: np.ndarray
    firsts: np.ndarray


@by_value
@dataclass(frozen=True)
class VectorPlaces:
    """Places of vectors in the flat input tensor, padding included, and of their outputs in the flat output tensor.

    Attributes:
        pads: Zeros before and after each axis of the input tensor.
        vectors: Number of vectors.
        bases: Where the vectors begin.
        offsets: (groups, inputs) where the inputs of a vector lie from there.
        outs: Where the outputs of the vectors begin.
        stride: Distance of neighbouring outputs of a vector.
        shape: Shape of the output tensor.
        uses: (pixels,) number of vectors in which each pixel of a channel occurs.
    """

    pads: tuple[tuple[int, int], ...]
    vectors: int
    bases: Pieces
    offsets: np.ndarray
    outs: Pieces
    stride: int
    shape: tuple[int, ...]
    uses: np.ndarray


def places_of_vectors(layer: LinearLayer, shape: tuple[int, ...]) -> VectorPlaces:
    """Return the places of a layer's vectors in an input tensor of a shape that fits it.

    The order of vectors and of inputs is that of `input_vectors`. Vectors of a contraction lie as (vectors, groups,
    inputs), which is their tensor.
    """
    groups, inputs, outputs = layer.weights.shape
    if layer.window is not None:
        return _of_windows(layer, layer.window, shape)
    count = math.prod(shape) // (groups * inputs)
    out = (count, groups, outputs) if layer.contraction is not None else (*shape[:-1], groups * outputs)
    vector = np.arange(count)
    return VectorPlaces(
        pads=((0, 0),) * len(shape),
        vectors=count,
        bases=_pieces(vector * (groups * inputs)),
        offsets=np.arange(groups * inputs).reshape(groups, inputs),
        outs=_pieces(vector * (groups * outputs)),
        stride=1,
        shape=out,
        uses=np.ones(1),
    )


def _of_windows(layer: LinearLayer, window: Window, shape: tuple[int, ...]) -> VectorPlaces:
    groups, inputs, outputs = layer.weights.shape
    size, pads = shape[2:], window_pads(window, shape[2:])
    out, padded = output_size(window, size), [n + sum(pad) for n, pad in zip(size, pads, strict=True)]
    steps = [math.prod(padded[axis + 1 :]) for axis in range(len(padded))]
    plane, pixels = math.prod(padded), math.prod(out)

    def grid(lengths: tuple[int, ...], strides: tuple[int, ...]) -> np.ndarray:
        """Places of all points of a grid, the last axis fastest."""
        axes = (np.arange(n) * stride * step for n, stride, step in zip(lengths, strides, steps, strict=True))
        total = np.zeros(1, np.int64)
        for axis in axes:
            total = (total[:, None] + axis).reshape(-1)
        return total

    samples = grid(window.kernel, window.dilations)
    offsets = (np.arange(shape[1])[:, None] * plane + samples).reshape(groups, inputs)
    image = np.arange(shape[0])[:, None]
    return VectorPlaces(
        pads=((0, 0), (0, 0), *pads),
        vectors=shape[0] * pixels,
        bases=_pieces((image * (shape[1] * plane) + grid(out, window.strides)).reshape(-1)),
        offsets=offsets,
        outs=_pieces((image * (groups * outputs * pixels) + np.arange(pixels)).reshape(-1), pixels),
        stride=pixels,
        shape=(shape[0], groups * outputs, *out),
        uses=_uses(window, size, pads, out),
    )


def _pieces(places: np.ndarray, most: int = GROUP) -> Pieces:
    """Return places (vectors,) as pieces, none across a multiple of `most` vectors."""
    broken = np.diff(places, prepend=-2) != 1
    broken[::GROUP] = broken[::most] = True
    runs = np.flatnonzero(broken)
    pieces = -(-np.diff(runs, append=len(places)) // WIDTH)  # of each run of neighbours
    within = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    starts = np.repeat(runs, pieces) + WIDTH * within
    table = np.stack([starts % GROUP, places[starts], np.diff(starts, append=len(places))], axis=1)
    return Pieces(table, np.searchsorted(starts, np.arange(0, len(places) + GROUP, GROUP)))


def _uses(window: Window, size: tuple[int, ...], pads: tuple[tuple[int, int], ...], out: tuple[int, ...]) -> np.ndarray:
    """Return the number of windows (pixels,) in which each pixel of an input without its padding occurs."""
    uses = np.ones(1)
    for n, (before, after), kernel, dilation, stride, count in zip(
        size, pads, window.kernel, window.dilations, window.strides, out, strict=True
    ):
        along = np.zeros(n + before + after)
        for sample, place in itertools.product(range(kernel), range(count)):
            along[sample * dilation + place * stride] += 1
        uses = (uses[:, None] * along[before : before + n]).reshape(-1)
    return uses
