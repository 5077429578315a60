"""Gate drivers of several levels: their voltages, and the level that an input selects."""

import numpy as np

from circuitsim.spec.arguments import checked
from circuitsim.spec.array import ArraySpec

_ROUNDING = 1e-6  # of an input: that of a fraction in float32, and far less than from one level to the next


@checked
def gate_voltage_levels(spec: ArraySpec) -> tuple[float, ...]:
    """Return the voltages that the driver of a gate puts out [V], the lowest first: input k / (n − 1) selects the k-th.

    They are `driver.gate_levels`, or 0 V and the gate voltage of a selected row.

    Args:
        spec: An array with inputs on word lines.
    """
    return spec.driver.gate_levels or (0.0, spec.v_gate or 0.0)


@checked
def level_numbers(spec: ArraySpec, x: np.ndarray) -> np.ndarray:
    """Return the number of the level that each input selects [1], from 0 to n − 1.

    Args:
        spec: An array whose inputs switch gates; without `driver.gate_levels` n is 2.
        x: Inputs [1] that `check_inputs` accepts, of any shape.
    """
    return np.rint(x * _last(spec)).astype(np.intp)


def between_levels(spec: ArraySpec, x: np.ndarray) -> np.ndarray:
    """Tell which inputs are not k / (n − 1), up to rounding to float32; of the shape of x."""
    share = np.clip(np.rint(x * _last(spec)), 0, _last(spec)) / _last(spec)
    return ~(np.abs(x - share) <= _ROUNDING)


def _last(spec: ArraySpec) -> int:
    return 1 if spec.driver.gate_levels is None else len(spec.driver.gate_levels) - 1
