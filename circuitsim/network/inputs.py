"""Activations as row voltages, read in phases: scale, sign and resolution of the driver."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from circuitsim.errors import InputError
from circuitsim.periphery import dac_table, decode, drive, drive_codes
from circuitsim.spec import ArraySpec

_ROUNDING = 1e-6  # float32: onnxruntime's tanh returns up to 1 + 1.2e-7


@dataclass(frozen=True)
class Phases:
    """Row voltages of a batch of activations, read one phase after the other.

    Attributes:
        weights: Weight with which the products of each phase count in the digital sum: (1, −1) for two-phase inputs,
            (1,) for unsigned ones.
        v: (phases, *shape of the activations) voltages that the drivers put out [V].
        v_coded: The same shape: voltages that the digital side takes them for [V]; `v` itself unless the DAC has an
            INL.
        clipped: Activations larger than full scale, driven at v_read.
    """

    weights: tuple[float, ...]
    v: np.ndarray
    v_coded: np.ndarray
    clipped: int


def _two_phase(relative: np.ndarray) -> tuple[tuple[float, ...], np.ndarray]:
    """The positive parts first, then the magnitudes of the negative ones."""
    return (1.0, -1.0), np.stack([np.maximum(relative, 0.0), np.maximum(-relative, 0.0)])


def _unsigned(relative: np.ndarray) -> tuple[tuple[float, ...], np.ndarray]:
    return (1.0,), relative[None]


INPUT_PHASES: dict[str, Callable[[np.ndarray], tuple[tuple[float, ...], np.ndarray]]] = {
    "two_phase": _two_phase,
    "unsigned": _unsigned,
}
"""By the value of `mapping.inputs`: activations relative to full scale → weights of the phases, and the part of each
phase (phases, *shape), from 0 to 1: Σ weights[p] · parts[p] gives the activations back."""


def encode(activations: np.ndarray, spec: ArraySpec, *, activation_max: float, layer: str = "") -> Phases:
    """Turn activations into driver voltages.

    |activation| = activation_max is driven v_read above the columns' v_ref, 0 at v_ref. Signed activations take two
    phases, whose products are subtracted digitally. A DAC of b bits rounds each magnitude to a multiple of
    v_read / (2^b − 1).

    Args:
        activations: Any shape, in the network's units.
        spec: The array: v_read, dac_bits, v_ref and mapping.inputs are used.
        activation_max: Activation of full scale.
        layer: Name for the message.

    Raises:
        InputError: An activation is negative but mapping.inputs = "unsigned".
    """
    weights, parts = INPUT_PHASES[spec.mapping.inputs](activations / activation_max)
    if (lowest := float(np.min(parts, initial=0.0))) < 0.0:
        raise InputError(
            f"mapping.inputs = {spec.mapping.inputs!r} but layer {layer!r} has an input of "
            f"{lowest * activation_max:g}; use 'two_phase'"
        )
    clipped = int(np.count_nonzero(parts > 1.0 + _ROUNDING))
    v = spec.sense.v_ref + np.minimum(parts, 1.0) * spec.driver.v_read
    dac = dac_table(spec)
    if dac is None:
        return Phases(weights, v, v, clipped)
    codes = drive_codes(dac, v)
    v = drive(dac, codes)
    return Phases(weights, v, v if dac.inl is None else decode(dac, codes), clipped)
