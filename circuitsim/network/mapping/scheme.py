"""What a mapping scheme must offer, and which one a specification names."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from circuitsim.network.mapping.differential import Differential
from circuitsim.network.mapping.offset import Offset
from circuitsim.spec import ArraySpec


class Scheme(Protocol):
    """How signed weights lie on columns of conductances, and how numbers follow from the columns' currents.

    A scheme is a frozen value; it is the only place where numbers and conductances meet.
    """

    @property
    def name(self) -> str:
        """The value of `mapping.weights`."""
        ...

    @property
    def columns_per_output(self) -> int:
        """Columns that belong to one output alone; they lie side by side."""
        ...

    @property
    def shared_columns(self) -> int:
        """Columns after those of the outputs, one set for each tile."""
        ...

    def conductances(self, weights: np.ndarray, *, w_max: float) -> np.ndarray:
        """Map signed weights onto conductances.

        Args:
            weights: (inputs, outputs), |weights| <= w_max.
            w_max: Weight that takes the whole range.

        Returns:
            (inputs, outputs · columns_per_output + shared_columns) conductances within the device's range [S].
        """
        ...

    def numbers(self, i_out: Any, v_sum: Any, *, w_max: float, v_per_unit: float) -> Any:
        """Turn column currents back into products of numbers.

        Args:
            i_out: (batch, outputs · columns_per_output + shared_columns) column currents [A], positive into the sense
                amplifier; decoded codes where there is an ADC.
            v_sum: (batch,) sum over the rows of the voltages above v_ref that the codes stand for [V]: what the
                digital side knows of the inputs. Same namespace and dtype as `i_out`.
            w_max: Weight that takes the whole range.
            v_per_unit: Voltage that stands for an activation of 1 [V].

        Returns:
            (batch, outputs) products activations @ weights, in the namespace and dtype of `i_out`.
        """
        ...


SCHEMES: dict[str, Callable[[float, float], Scheme]] = {"differential": Differential, "offset": Offset}
"""By the value of `mapping.weights`, from g_min and g_max [S]."""


def scheme_of(spec: ArraySpec) -> Scheme:
    """Return the scheme that `mapping.weights` names, for the device's range of conductances."""
    return SCHEMES[spec.mapping.weights](spec.device.g_min, spec.device.g_max)


def largest_weight(weights: np.ndarray) -> float:
    """Largest |weight| of a layer, which takes the whole range of conductances; 1 for a layer of zeros."""
    return float(np.max(np.abs(weights), initial=0.0)) or 1.0
