"""Drive a layer's input tensor through an ideal DAC before it is cut into vectors, and count what that clips."""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

import math
from dataclasses import dataclass

import numba
import numpy as np

from circuitsim.network.inputs import ROUNDING
from circuitsim.network.vector_places import VectorPlaces
from circuitsim.nodal.kernel import bare_kernel
from circuitsim.nodal.lanes import (
    WIDTH,
    choose_negative,
    fma,
    larger,
    largest,
    least,
    load,
    magnitude,
    smaller,
    spread,
    store,
)
from circuitsim.results import ConverterTable


@dataclass(frozen=True)
class Drive:
    """How activations become scaled inputs of a tile.

    Attributes:
        activation_max: Activation at full scale.
        reach: Voltage of full scale above the rest [V].
        dac: The ideal DAC; None: inputs are not quantized.
        v_scale: Voltage above the rest at a scaled input of 1 [V].
    """

    activation_max: float
    reach: float
    dac: ConverterTable | None
    v_scale: float


@dataclass(frozen=True)
class InputCounts:
    """What all vectors' activations are; one number counts as often as vectors hold it.

    Attributes:
        encoded: Number of activations.
        clipped: Number of those larger than full scale.
        largest: Largest |activation|.
        squares, lost: (images,) sums of the squares, and of the squares of what is cut off.
        negative: Whether one is below 0.
    """

    encoded: int
    clipped: int
    largest: float
    squares: np.ndarray
    lost: np.ndarray
    negative: bool


def driven_size(x_shape: tuple[int, ...], places: VectorPlaces) -> int:
    """Return how many scaled inputs a tensor becomes: padding, and `WIDTH` numbers that nothing counts."""
    return math.prod(n + sum(pad) for n, pad in zip(x_shape, places.pads, strict=True)) + WIDTH


def drive_tensor(x: np.ndarray, places: VectorPlaces, drive: Drive, sign: float, driven: np.ndarray) -> None:
    """Write the scaled inputs of positive (sign 1) or negative (−1) activations to `driven` (driven_size,), padded."""
    padded = [n + sum(pad) for n, pad in zip(x.shape, places.pads, strict=True)]
    plain, size = padded == list(x.shape), len(driven) - WIDTH
    driven[size if plain else 0 :] = 0
    numbers = driven[:size] if plain else np.empty(x.size, driven.dtype)
    _scale(x.reshape(-1), sign, drive, drive.v_scale, numbers)
    if not plain:
        inside = tuple(slice(before, before + n) for n, (before, _) in zip(x.shape, places.pads, strict=True))
        driven[:size].reshape(padded)[inside] = numbers.reshape(x.shape)


def largest_input(drive: Drive, activation: float) -> float:
    """Return the voltage above the rest at which an activation of 0 or more is driven [V]."""
    v = np.empty(1)
    _scale(np.array([activation]), 1.0, drive, 1.0, v)
    return float(v[0])


def input_counts(x: np.ndarray, places: VectorPlaces, activation_max: float) -> InputCounts:
    """Count the activations of a tensor (images, …), its channels before its pixels."""
    each = x.reshape(len(x), -1)
    uses = np.tile(places.uses, each.shape[1] // len(places.uses)).astype(x.dtype)
    ends = np.array([activation_max, activation_max * (1.0 + ROUNDING)], x.dtype)
    kinds, lanes = np.zeros((len(x), 3)), np.zeros(3 * WIDTH, x.dtype)
    extremes = np.zeros(2, x.dtype)
    _count(each.reshape(-1), uses, ends, lanes, kinds, extremes)
    encoded = places.vectors * places.offsets.size  # padding included
    clipped = int(kinds[:, 2].sum())
    return InputCounts(encoded, clipped, float(extremes[0]), kinds[:, 0], kinds[:, 1], bool(extremes[1] < 0))


def _scale(x: np.ndarray, sign: float, drive: Drive, v_scale: float, driven: np.ndarray) -> None:
    dac = drive.dac
    low, lsb, top = (0.0, 0.0, 0.0) if dac is None else (dac.low, dac.lsb, 2.0**dac.bits - 1)
    _drive(x, sign, drive.activation_max, drive.reach, low, lsb, top, 1.0 / v_scale, driven)


@numba.njit(cache=True, nogil=True)
def _drive(x, sign, activation_max, reach, low, lsb, top, per_volt, driven):
    """Write scaled inputs, with the roundings of `inputs.encode`."""
    per_lsb = 1.0 / lsb if lsb > 0.0 else 0.0
    for n in range(len(x)):
        v = min(max(sign * (x[n] / activation_max), 0.0), 1.0) * reach
        if lsb > 0.0:
            v = min(max(np.rint(((low + v) - low) * per_lsb), 0.0), top) * lsb
        driven[n] = v * per_volt


@bare_kernel
def _count(x, uses, ends, lanes, sums, extremes):
    """Sum up what the activations of each image are.

    Args:
        x: (images · numbers of an image,) activations.
        uses: (numbers of an image,) how often each counts.
        ends: Activation at full scale, and the largest that does not count as clipped.
        lanes: (3 · WIDTH,) room.
        sums: (images, 3) squares, squares of what is cut off, number of clipped ones: written.
        extremes: Largest |activation| that counts, and the least activation or 0: written.
    """
    size, zero, limit, top = len(uses), spread(ends[0] - ends[0]), spread(ends[1]), spread(ends[0])
    whole, high, low = size - size % WIDTH, zero, zero
    for image in range(len(sums)):
        square, lost, many = zero, zero, zero
        for n in range(0, whole, WIDTH):
            value, use = load(x, image * size + n), load(uses, n)
            amount = magnitude(value)
            beyond = larger(amount - top, zero)
            square, lost = fma(use, value * value, square), fma(use, beyond * beyond, lost)
            many = many + choose_negative(limit - amount, use, zero)
            high, low = larger(high, choose_negative(zero - use, amount, zero)), smaller(low, value)
        store(lanes, 0, square)
        store(lanes, WIDTH, lost)
        store(lanes, 2 * WIDTH, many)
        for kind in range(3):
            for n in range(WIDTH):
                sums[image, kind] += lanes[kind * WIDTH + n]
        for n in range(whole, size):
            value, use = x[image * size + n], uses[n]
            amount = abs(value)
            beyond = max(amount - ends[0], x[0] - x[0])
            sums[image, 0] += use * (value * value)
            sums[image, 1] += use * (beyond * beyond)
            sums[image, 2] += use if amount > ends[1] else 0
            extremes[0] = max(extremes[0], amount if use > 0 else extremes[0])
            extremes[1] = min(extremes[1], value)
    extremes[0], extremes[1] = max(extremes[0], largest(high)), min(extremes[1], least(low))
