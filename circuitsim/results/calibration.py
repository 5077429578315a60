"""A calibrated model and the evidence for it."""

from dataclasses import dataclass

import numpy as np

from circuitsim.results.certificate import Certificate
from circuitsim.results.experiment import Experiment
from circuitsim.results.solution import Solution
from circuitsim.results.tile_model import TileModel
from circuitsim.spec import by_value


@by_value
@dataclass(frozen=True)
class Calibration:
    """A calibrated model and the evidence for it.

    Attributes:
        model: The behavioral model.
        certificate: Error of the model on the hold-out.
        hold_out: Experiments behind the certificate.
        truths: Solution of each experiment by the level that counts as the truth.
        predicted: Prediction of the model for each experiment, (batch, cols) currents [A].
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
        """Plain product (v − v_ref)·g of each experiment of the hold-out, (batch, cols) currents [A]."""
        v_ref = self.model.spec.sense.v_ref
        return tuple((experiment.v_in - v_ref) @ experiment.g for experiment in self.hold_out)

    @property
    def r_squared(self) -> float:
        """R² between truth and model over all hold-out currents."""
        truth, model = np.concatenate([t.out for t in self.truths]), np.concatenate(self.predicted)
        return float(1 - np.sum((model - truth) ** 2) / np.sum((truth - truth.mean()) ** 2))
