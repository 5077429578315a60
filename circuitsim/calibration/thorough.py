"""What only a thorough certificate states: the causes of the product's error, and the error of a larger array."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from circuitsim.calibration.budget import error_budget
from circuitsim.calibration.drawn import device_statistics
from circuitsim.calibration.experiments import usual_experiments
from circuitsim.calibration.extrapolate import extrapolate
from circuitsim.errors import OutsideRangeError
from circuitsim.periphery import Periphery
from circuitsim.results import Budget, CapacitorCell, Experiment, Extrapolation, TileModel


@dataclass(frozen=True)
class ThoroughParts:
    """Fields of a certificate that only a thorough one has, named as there."""

    budget: Budget | None = None
    extrapolation: tuple[Extrapolation, ...] = ()
    left_out: tuple[str, ...] = ()


QUICK = ThoroughParts(
    left_out=(
        "the causes of the product's error, and the error on an array of twice the size: calibrate with "
        "thorough = True, on the command line --thorough",
    )
)


def in_full(
    model: TileModel,
    tables: Periphery,
    hold_out: Sequence[Experiment],
    for_larger: np.random.Generator,
    for_budget: np.random.Generator,
) -> ThoroughParts:
    """Compute the budget and the errors of a larger array, or say why not."""
    budget, larger, left_out = None, None, []
    if isinstance(model.surface, CapacitorCell):
        left_out.append(
            "the causes of the product's error: they are split for cells that carry a current, not for charges"
        )
    elif model.spec.driver.input_code != "pulse_width":
        budget = _budget(model, tables, hold_out, for_budget)
    else:
        left_out.append("the causes of the product's error: they are split for inputs of one voltage, not for pulses")
    try:
        larger = extrapolate(model, rng=for_larger)
    except OutsideRangeError as error:
        left_out.append(f"the error on an array of twice the size: {error}")
    return ThoroughParts(budget, () if larger is None else (larger,), tuple(left_out))


def _budget(model: TileModel, tables: Periphery, hold_out: Sequence[Experiment], rng: np.random.Generator) -> Budget:
    """Split the error of the product on the hold-out into its causes."""
    statistics, left_out = device_statistics(model.spec)
    usual = usual_experiments(hold_out)
    known = {"statistics": statistics, "tables": tables, "left_out": left_out}
    cells = {"off": model.off, "between": model.between}
    return error_budget(model.spec, model.current_surface, usual, rng=rng, **known, **cells)
