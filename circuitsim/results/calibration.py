"""A calibrated model with all the evidence behind it."""

from dataclasses import dataclass

import numpy as np

from circuitsim.results.certificate import Certificate
from circuitsim.results.experiment import Experiment
from circuitsim.results.solution import Solution
from circuitsim.results.tile_model import TileModel


@dataclass(frozen=True)
class Calibration:
    """A calibrated model with all the evidence behind it.

    Attributes:
        model: The behavioral model.
        certificate: Its error on the hold-out.
        hold_out: The experiments behind the certificate.
        truths: Their solutions.
        predicted: What the model says of them, (batch, cols) currents [A] each.
    """

    model: TileModel
    certificate: Certificate
    hold_out: tuple[Experiment, ...]
    truths: tuple[Solution, ...]
    predicted: tuple[np.ndarray, ...]

    @property
    def input_kinds(self) -> tuple[str, ...]:
        """Kind of each hold-out vector, over all experiments."""
        return tuple(kind for experiment in self.hold_out for kind in experiment.input_kinds)

    @property
    def ideal(self) -> tuple[np.ndarray, ...]:
        """Plain products (v − v_ref)·g of the hold-out, (batch, cols) currents [A] each."""
        v_ref = self.model.spec.sense.v_ref
        return tuple((experiment.v_in - v_ref) @ experiment.g for experiment in self.hold_out)

    @property
    def r_squared(self) -> float:
        """R² between truth and model over all hold-out currents."""
        truth, model = np.concatenate([t.out for t in self.truths]), np.concatenate(self.predicted)
        return float(1 - np.sum((model - truth) ** 2) / np.sum((truth - truth.mean()) ** 2))
