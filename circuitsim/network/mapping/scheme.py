"""What every mapping scheme offers."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np


@dataclass(frozen=True)
class Scheme(ABC):
    """How signed weights lie on columns of conductances, and how numbers follow from the columns' currents.

    A scheme is a frozen value; it is the only place where numbers and conductances meet.

    Attributes:
        g_min, g_max: Range of the conductances [S].
        name: The value of `mapping.weights`.
    """

    g_min: float
    g_max: float

    name: ClassVar[str]

    @property
    @abstractmethod
    def columns_per_output(self) -> int:
        """Columns that belong to one output alone; they lie side by side."""

    @property
    def shared_columns(self) -> int:
        """Columns after those of the outputs, one set for each tile."""
        return 0

    @property
    def paired(self) -> bool:
        """Columns are subtracted in pairs of neighbours, so that currents of weights of 0 cancel."""
        return False

    @abstractmethod
    def conductances(self, weights: np.ndarray, *, w_max: float) -> np.ndarray:
        """Map signed weights onto conductances.

        Args:
            weights: (inputs, outputs), |weights| <= w_max.
            w_max: Weight that takes the whole range.

        Returns:
            (inputs, outputs · columns_per_output + shared_columns) conductances within the device's range [S].
        """

    @abstractmethod
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
