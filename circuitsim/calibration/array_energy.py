"""Energy of the array's reads, and the energy that published converters would add."""

from collections.abc import Sequence

import numpy as np

from circuitsim.calibration.experiments import usual_experiments
from circuitsim.results import ArrayEnergy, ConverterEnergy, Experiment, Solution
from circuitsim.spec import ArraySpec

# Two published values for the same resolution and technology node; they differ by a factor of seven.
CONVERTERS = (
    ConverterEnergy(
        "SAR ADC as modelled by NeuroSim, 32 nm LSTP",
        8,
        0.23e-12,
        "Chen, Peng, Yu, NeuroSim, IEEE TCAD 37, 3067 (2018)",
    ),
    ConverterEnergy(
        "SAR ADC at 1.2 GS/s and 2 mW, 32 nm", 8, 2e-3 / 1.2e9, "Shafiee et al., ISAAC, ISCA 2016, component powers"
    ),
)


def array_energy(
    spec: ArraySpec, experiments: Sequence[Experiment], truths: Sequence[Solution], exact: Sequence[Solution]
) -> ArrayEnergy:
    """Compute the energy per operation that drivers and sense references deliver, and how well two levels agree on it.

    Args:
        spec: The array; `driver.t_read` is the duration of a read.
        experiments: What was read. The mean is taken over reads of usual matrices with uniform inputs, on gates with
            half of the rows on, or over all if there are none.
        truths: Solutions from which the energy is computed.
        exact: Solutions of the same experiments by the array solver.

    Returns:
        Energies [J]. They include the heat in drivers, wires, cells and sense inputs, and exclude word lines, the
        charging of wires, and converters.
    """
    power, other = (_power(solutions) for solutions in (truths, exact))
    mean = mean_power(experiments, truths)
    driven = power > 1e-6 * power.max()  # without input there is no power to compare
    return ArrayEnergy(
        per_operation=mean * spec.driver.t_read / (2 * spec.array.rows * spec.array.cols),
        t_read=spec.driver.t_read,
        truth=truths[0].provenance.level,
        difference=float(np.abs(other[driven] / power[driven] - 1).max()),
        converters=CONVERTERS,
    )


def mean_power(experiments: Sequence[Experiment], solutions: Sequence[Solution]) -> float:
    """Return the mean power of reads of usual matrices with uniform inputs, or half of the gates on [W].

    Without any such read it is the mean of all.
    """
    usual = usual_experiments(experiments)
    uniform = np.array([kind in ("uniform", "half") and e in usual for e in experiments for kind in e.input_kinds])
    return float(_power(solutions)[uniform if uniform.any() else slice(None)].mean())


def _power(solutions: Sequence[Solution]) -> np.ndarray:
    return np.concatenate([solution.power for solution in solutions if solution.power is not None])
