"""Encode activations as row voltages, read in phases: scale, sign and resolution of the driver."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.errors import InputError
from circuitsim.periphery import dac_table, decode, drive, nearest_codes, slot_levels
from circuitsim.results import ConverterTable
from circuitsim.spec import ArraySpec, full_scale_inputs, resting_input

ROUNDING = 1e-6  # float32: onnxruntime's tanh returns up to 1 + 1.2e-7


@dataclass(frozen=True)
class Phases:
    """Row voltages of a batch of activations, read one phase after the other; arrays as the activations were.

    Attributes:
        weights: Weight of each phase in the digital sum: (1, −1) for two-phase inputs, (1,) for others; times
            2^b / (2^bits − 1) for the bit b of bit-serial inputs, each of which is a phase.
        v: (phases, *shape of the activations) voltages that the drivers put out [V], the last axis twice as long for
            differential inputs, whose two rows lie side by side; 0 or 1 on gates, or k / (n − 1) of n levels; of pulses
            the share of the read for which they last, 0 to 1.
        v_coded: Voltages that the codes represent [V], same shape; differs from `v` if the DAC has an INL or noise.
        clipped: Number of activations larger than full scale, which are driven at v_read.
        full_scale: Voltage that the codes represent at full scale, less that of an activation of 0 [V].
        rest: Voltage of a row at rest [V]; 0 on gates and for pulses.
        offset: What is added to each activation, relative to activation_max: 1 for offset inputs, otherwise 0.
    """

    weights: tuple[float, ...]
    v: Any
    v_coded: Any
    clipped: int
    full_scale: float
    rest: float
    offset: float = 0.0


def _signs(relative: Any, axis: int) -> Any:
    """Return the positive parts and the magnitudes of the negative ones along an axis of their own."""
    xp = array_api_compat.array_namespace(relative)
    return xp.stack([xp.clip(relative, 0.0, None), xp.clip(-relative, 0.0, None)], axis=axis)


def _two_phase(relative: Any) -> tuple[tuple[float, ...], Any]:
    """Return the positive parts first, then the magnitudes of the negative parts."""
    return (1.0, -1.0), _signs(relative, 0)


def _unsigned(relative: Any) -> tuple[tuple[float, ...], Any]:
    return (1.0,), relative[None, ...]


def _differential(relative: Any) -> tuple[tuple[float, ...], Any]:
    """Return the positive and the negative part of each activation side by side, on the two rows of its input."""
    xp, shape = array_api_compat.array_namespace(relative), relative.shape
    return (1.0,), xp.reshape(_signs(relative, -1), (1, *shape[:-1], 2 * shape[-1]))


INPUT_PHASES: dict[str, Callable[[Any], tuple[tuple[float, ...], Any]]] = {
    "two_phase": _two_phase,
    "differential": _differential,
    "offset": _unsigned,
    "unsigned": _unsigned,
}
"""Coding function for each value of `mapping.inputs`.

It takes activations relative to full scale and returns the weight of each phase and its part of the activations
(phases, *shape), from 0 to 1, with activations = Σ weights[p] · parts[p]; offset inputs from −1 to 1, which `encode`
moves up.
"""


def rows_per_input(spec: ArraySpec) -> int:
    """Return how many rows an input takes, side by side: 2 for differential inputs."""
    return 2 if spec.mapping.inputs == "differential" else 1


def encode(
    activations: Any,
    spec: ArraySpec,
    *,
    activation_max: float,
    layer: str = "",
    dac: ConverterTable | None = None,
    rng: np.random.Generator | None = None,
) -> Phases:
    """Turn activations into driver voltages.

    An activation of 0 is driven at v_ref, the voltage of the columns; |activation| = activation_max is driven at
    v_ref + v_read. Signed activations take two phases, whose products are subtracted digitally; or two rows for each
    input; or, as offset inputs, the range from 0 to twice the code of an activation of 0, which is the last below the
    middle, so that 0 is driven without rounding. A DAC of b bits rounds each magnitude to a multiple of
    v_read / (2^b − 1). One that is a circuit takes its first and its last code for the two ends; its levels are its
    own. Bit-serial codes take one phase for each bit, the lowest first, of the weight 2^k / (2^b − 1): the ADC converts
    each read, and the digital sum shifts and adds. A pulse lasts for code / (2^b − 1) of the read, and the ADC converts
    the mean current over the read. On gates of several levels a magnitude is rounded to k / (n − 1), which selects the
    k-th of n `driver.gate_levels`; the digital side takes the current for linear in k.

    Args:
        activations: Any shape, in the network's units, of any array namespace and device.
        spec: The array: v_read, dac_bits, v_ref and mapping.inputs are used.
        activation_max: Activation at full scale.
        layer: Name of the layer for the error message.
        dac: The DAC; None: that of the specification.
        rng: Source of the DAC's noise; None: without noise.

    Raises:
        InputError: An activation is negative, but mapping.inputs = "unsigned"; or inputs are offset, and two codes have
            none in between for 0.
    """
    xp = array_api_compat.array_namespace(activations)
    weights, parts = INPUT_PHASES[spec.mapping.inputs](activations / activation_max)
    if spec.mapping.inputs == "offset":
        zero = _zero_share(spec, dac)
        clipped = int(xp.count_nonzero(xp.abs(parts) > 1.0 + ROUNDING))
        found = _coded(spec, dac, weights, zero * (1.0 + xp.clip(parts, -1.0, 1.0)), clipped, rng)
        return replace(found, full_scale=zero * found.full_scale, offset=1.0)
    if math.prod(parts.shape) and (lowest := float(xp.min(parts))) < 0.0:
        raise InputError(
            f"mapping.inputs = {spec.mapping.inputs!r} but layer {layer!r} has an input of "
            f"{lowest * activation_max:g}; use 'two_phase'"
        )
    clipped = int(xp.count_nonzero(parts > 1.0 + ROUNDING))
    return _coded(spec, dac, weights, xp.clip(parts, None, 1.0), clipped, rng)


def _zero_share(spec: ArraySpec, dac: ConverterTable | None) -> float:
    """Return the share of full scale that stands for 0 of offset inputs: the last code below the middle, if any."""
    levels, bits = spec.driver.gate_levels, spec.driver.dac_bits if dac is None else dac.bits
    if levels is None and bits is None:
        return 0.5
    top = 2**bits - 1 if levels is None and bits is not None else len(levels or ()) - 1
    if top < 2:
        key = "driver.dac_bits = 1" if levels is None else "driver.gate_levels of two levels"
        raise InputError(
            f"mapping.inputs = 'offset' with {key}: expected three codes or more, one of which stands for 0"
        )
    return (top // 2) / top


def _coded(
    spec: ArraySpec,
    dac: ConverterTable | None,
    weights: tuple[float, ...],
    shares: Any,
    clipped: int,
    rng: np.random.Generator | None,
) -> Phases:
    """Turn shares of full scale (phases, *shape), from 0 to 1, into what the drivers put out."""
    v_ref, xp = spec.sense.v_ref, array_api_compat.array_namespace(shares)
    if spec.driver.input_code == "bit_serial":
        return _bit_by_bit(spec, dac, weights, shares, clipped)
    if spec.driver.input_code == "pulse_width":
        top = None if spec.driver.dac_bits is None else 2**spec.driver.dac_bits - 1
        widths = shares if top is None else xp.round(shares * top) / top
        return Phases(weights, widths, widths, clipped, spec.driver.v_read, 0.0)
    if spec.driver.gate_levels is not None:
        last = len(spec.driver.gate_levels) - 1
        x = xp.round(shares * last) / last
        return Phases(weights, x, x, clipped, spec.driver.v_read, 0.0)
    dac = dac_table(spec) if dac is None else dac
    if dac is None:
        v = v_ref + shares * spec.driver.v_read
        return Phases(weights, v, v, clipped, spec.driver.v_read, v_ref)
    quiet = replace(dac, noise=0.0)
    reach = dac.high - dac.low if dac.block else spec.driver.v_read
    codes = nearest_codes(dac, dac.low + shares * reach)
    v = drive(quiet if rng is None else dac, codes, rng=rng)
    same = dac.inl is None and (rng is None or dac.noise == 0)
    rest = float(quiet.levels[0])
    return Phases(weights, v, v if same else decode(dac, codes), clipped, reach, rest)


def _bit_by_bit(
    spec: ArraySpec, dac: ConverterTable | None, weights: tuple[float, ...], shares: Any, clipped: int
) -> Phases:
    """Code shares of full scale (phases, *shape) as phases of one bit each, the lowest bit of each phase first."""
    count = spec.driver.dac_bits if dac is None else dac.bits
    assert count is not None  # `network_tables` asks for its bits
    xp, kind = array_api_compat.array_namespace(shares), shares.dtype
    top = 2**count - 1
    codes = xp.astype(xp.round(shares * top), xp.int64)
    digits = xp.stack([xp.astype((codes >> k) & 1, kind) for k in range(count)], axis=1)
    digits = xp.reshape(digits, (-1, *codes.shape[1:]))
    rest = resting_input(spec)
    coded = rest + digits * float(full_scale_inputs(spec)[0] - rest)
    each = tuple(weight * 2.0**k / top for weight in weights for k in range(count))
    if dac is None or not dac.block:
        return Phases(each, coded, coded, clipped, spec.driver.v_read, rest)
    off, on = slot_levels(dac)
    slots = np.tile(on, len(weights)).reshape(-1, *[1] * (digits.ndim - 1))
    slots = xp.asarray(slots, dtype=kind, device=array_api_compat.device(digits))
    return Phases(each, xp.where(digits == 1.0, slots, off), coded, clipped, spec.driver.v_read, off)
