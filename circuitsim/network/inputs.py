"""Numbers as row voltages: scale, sign and resolution of the driver."""

from dataclasses import dataclass

import numpy as np

from circuitsim.errors import InputError
from circuitsim.periphery import dac_table, drive_nearest
from circuitsim.spec import ArraySpec

_ROUNDING = 1e-6  # float32: onnxruntime's tanh returns up to 1 + 1.2e-7


@dataclass(frozen=True)
class Phases:
    """Row voltages of a batch, one phase for each sign.

    Attributes:
        signs: Sign with which each phase's result counts: (1, −1), or (1,) for unsigned inputs.
        v: (phases, batch, rows) driver voltages [V].
        clipped: Inputs larger than x_max, driven at v_read.
    """

    signs: tuple[int, ...]
    v: np.ndarray
    clipped: int


def encode(x: np.ndarray, spec: ArraySpec, *, x_max: float, layer: str = "") -> Phases:
    """Turn inputs into driver voltages.

    |x| = x_max is driven v_read above the columns' v_ref, 0 at v_ref. Signed inputs take two phases: the positive parts
    first, then the magnitudes of the negative ones; their results are subtracted digitally. A DAC of b bits rounds each
    magnitude to a multiple of v_read / (2^b − 1).

    Args:
        x: (batch, rows) inputs.
        spec: The array: v_read, dac_bits, v_ref and mapping.inputs are used.
        x_max: Input of full scale.
        layer: Name for the message.

    Raises:
        InputError: An input is negative but mapping.inputs = "unsigned".
    """
    x = x / x_max
    if spec.mapping.inputs == "unsigned":
        if np.min(x, initial=0.0) < 0.0:
            raise InputError(
                f"mapping.inputs = 'unsigned' but layer {layer!r} has an input of {x.min() * x_max:g}; use 'two_phase'"
            )
        parts = x[None]
    else:
        parts = np.stack([np.maximum(x, 0.0), np.maximum(-x, 0.0)])
    clipped = int(np.count_nonzero(parts > 1.0 + _ROUNDING))
    v = spec.sense.v_ref + np.minimum(parts, 1.0) * spec.driver.v_read
    return Phases((1,) if len(parts) == 1 else (1, -1), drive_nearest(dac_table(spec), v), clipped)
