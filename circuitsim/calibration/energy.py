"""Energy of the array's reads, and what published converters would add to it."""

from collections.abc import Sequence

import numpy as np

from circuitsim.results import ArrayEnergy, ConverterEnergy, Experiment, Solution
from circuitsim.spec import ArraySpec

# Two published numbers for the same resolution and node: they differ by a factor of seven.
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
    """State what the row drivers' sources deliver per operation, and how well two levels agree on it.

    Args:
        spec: The array; t_read is the duration of a read.
        experiments: What was read; the mean is taken over the reads with uniform inputs, over all where there are none.
        truths: Solutions of the level that the energy is stated from.
        exact: The same from the array solver.

    Returns:
        Energies [J]; heat in drivers, wires, cells and sense inputs is in them, word lines, charging of wires and
        converters are not.
    """
    power, other = (
        np.concatenate([s.power for s in solutions if s.power is not None]) for solutions in (truths, exact)
    )
    uniform = np.array([kind == "uniform" for e in experiments for kind in e.input_kinds])
    mean = float(power[uniform if uniform.any() else slice(None)].mean())
    there = power > 1e-6 * power.max()  # reads without input deliver no power to compare
    return ArrayEnergy(
        per_operation=mean * spec.driver.t_read / (2 * spec.array.rows * spec.array.cols),
        t_read=spec.driver.t_read,
        truth=truths[0].provenance.level,
        difference=float(np.abs(other[there] / power[there] - 1).max()),
        converters=CONVERTERS,
    )
