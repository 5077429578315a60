"""Split the error of an array's matrix product into its causes.

Each cause is simulated alone with everything else ideal, and its outputs are compared with the product of conductances
and voltages. Then all causes are simulated together. Every simulation uses the same matrices, inputs and noise samples,
so that the errors can be added output by output.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from circuitsim import characterization, nodal
from circuitsim.behavioral import reference_conductance
from circuitsim.behavioral.noise import amplifier_share, noise_paths, noise_voltages
from circuitsim.calibration.budget_around import Around, CircuitNoise, around, circuit_causes, digitized
from circuitsim.calibration.drawn import calibrated_cell, open_share
from circuitsim.chain import ExactArray, exact_array, read_exact, row_voltages
from circuitsim.devices.statistics import Statistics, read_sigma, sample_programmed
from circuitsim.errors import InputError
from circuitsim.periphery import Periphery, drive_nearest, drop_and_slope, nearest_codes
from circuitsim.results import Budget, Cause, CellSurface, Experiment
from circuitsim.spec import ArraySpec, WireGrid, checked


@dataclass(frozen=True)
class BudgetOutputs:
    """Outputs from which a budget is computed; all vectors and columns are flattened into one axis.

    Attributes:
        ideal: (outputs,) products (v − v_ref)·g [A].
        single: (outputs,) outputs with one cause alone, by the name of the cause [A].
        together: (outputs,) outputs with all causes [A].
        open_share: Share of the cells whose programming error ends below 0 S: they are open.
    """

    ideal: np.ndarray
    single: dict[str, np.ndarray]
    together: np.ndarray
    open_share: float = 0.0


WHAT = {
    "cells": "characterized cells (device and transistor) between ideal wires",
    "wires": "wire resistances with ohmic cells",
    "driver": "output resistance of the row drivers",
    "sense": "input resistance of the sense amplifiers",
    "dac": "rounding of the inputs",
    "adc": "rounding and clipping of the outputs",
    "programming": "programming error of the device",
    "read noise": "read noise of the device, anew for each vector",
    "circuit noise": "noise of the circuits around the array",
}


@checked
def error_budget(
    spec: ArraySpec,
    surface: CellSurface,
    experiments: Sequence[Experiment],
    *,
    rng: np.random.Generator,
    statistics: Statistics | None = None,
    tables: Periphery | None = None,
    left_out: tuple[str, ...] = (),
) -> Budget:
    """Split the error of the matrix product into its causes.

    Args:
        spec: The array.
        surface: Its characterized cell.
        experiments: Matrices and inputs.
        rng: Draws programming error and all noise.
        statistics: Statistics of the device; None leaves out programming error and read noise.
        tables: Tables of the drivers, sense amplifiers and ADCs that are circuits; None: all are ideal. An output
            voltage counts as the current that the straight line through the output curve gives for it.
        left_out: Why causes are left out, one sentence each; stored in the budget.

    Raises:
        InputError: There are no experiments.
        OutsideRangeError: A conductance is outside the range of the statistics.
    """
    if not experiments:
        raise InputError("a budget needs at least one matrix with its inputs, got none")
    outputs = budget_outputs(spec, surface, experiments, rng=rng, statistics=statistics, tables=tables)
    circuits = around(spec, tables, experiments)
    words, left_out = WHAT | circuit_causes(circuits), (*left_out, *circuits.left_out)
    ideal, full_scale = outputs.ideal, float(np.abs(outputs.ideal).max())
    if outputs.open_share > 0:
        left_out = (*left_out, f"programming error below 0 S: {outputs.open_share:.2%} of the cells are open instead")
    errors = {name: (out - ideal) / full_scale for name, out in outputs.single.items()}
    error = (outputs.together - ideal) / full_scale
    added = np.sum(list(errors.values()), axis=0)
    joint = error - added
    pairs = [np.mean(a * b) for i, a in enumerate(errors.values()) for b in list(errors.values())[:i]]
    _, after_gain = _without_gain(outputs.together, ideal, full_scale)
    return Budget(
        causes=tuple(
            Cause(
                name,
                words[name],
                float(np.mean(e**2)),
                _without_gain(outputs.single[name], ideal, full_scale)[1],
            )
            for name, e in errors.items()
        ),
        total=float(np.mean(error**2)),
        total_after_gain=after_gain,
        correlation=float(2 * np.sum(pairs)),
        joint=float(2 * np.mean(joint * added) + np.mean(joint**2)),
        gain=_without_gain(outputs.together, ideal, full_scale)[0],
        full_scale=full_scale,
        outputs=ideal.size,
        left_out=left_out,
    )


def budget_outputs(
    spec: ArraySpec,
    surface: CellSurface,
    experiments: Sequence[Experiment],
    *,
    rng: np.random.Generator,
    statistics: Statistics | None = None,
    tables: Periphery | None = None,
) -> BudgetOutputs:
    """Solve every experiment with each cause alone and with all causes; arguments as in `error_budget`."""
    circuits = around(spec, tables, experiments)
    samples = [_sample(spec, experiment, statistics, rng) for experiment in experiments]
    noise = [
        circuits.draw(sample.v_in.shape, spec.array.cols, each)
        for sample, each in zip(samples, rng.spawn(len(samples)), strict=True)
    ]
    surface = _reach(spec, surface, samples, circuits)
    ideal = [(sample.v_in - spec.sense.v_ref) @ sample.g for sample in samples]
    single: dict[str, list[np.ndarray]] = {}
    for sample, product, drawn in zip(samples, ideal, noise, strict=True):
        alone = _alone(spec, surface, sample, product, circuits)
        alone |= circuits.alone(sample.v_in, sample.g, product, drawn)
        for name, out in alone.items():
            single.setdefault(name, []).append(out)
    analog = [_together(spec, surface, sample, circuits, drawn) for sample, drawn in zip(samples, noise, strict=True)]
    if circuits.converts:
        single["adc"] = digitized(circuits, ideal)
        analog = digitized(circuits, analog)
    order = [name for name in WHAT if name in single]
    pairs = [(sample.g, sample.programmed) for sample in samples if sample.programmed is not None]
    share = open_share(pairs) if pairs else 0.0
    return BudgetOutputs(_row(ideal), {name: _row(single[name]) for name in order}, _row(analog), share)


@dataclass(frozen=True)
class _Sample:
    """An experiment with one sample of its random errors.

    Attributes:
        g: (rows, cols) intended conductances [S].
        v_in: (batch, rows) inputs [V].
        programmed: (rows, cols) conductances after programming [S]; None without a programming error.
        noise: (batch, rows, cols) read noise of each cell [S]; None without read noise.
    """

    g: np.ndarray
    v_in: np.ndarray
    programmed: np.ndarray | None
    noise: np.ndarray | None


def _sample(
    spec: ArraySpec, experiment: Experiment, statistics: Statistics | None, rng: np.random.Generator
) -> _Sample:
    g, v_in = experiment.g, experiment.v_in
    if statistics is None:
        return _Sample(g, v_in, None, None)
    closed = g > 0
    programmed, noise = None, None
    if statistics.table.programming is not None:
        programmed = g.copy()
        programmed[closed] = sample_programmed(statistics, g[closed], rng=rng)
        programmed = characterization.opened(spec, programmed)
    if statistics.table.read_noise is not None:
        sigma = np.zeros_like(g)
        t = 0.0 if statistics.table.drift is None else statistics.table.drift.t_min
        sigma[closed] = read_sigma(statistics, g[closed], g[closed], t)
        noise = sigma * rng.standard_normal((len(v_in), *g.shape))
    return _Sample(g, v_in, programmed, noise)


def _reach(spec: ArraySpec, surface: CellSurface, samples: list[_Sample], circuits: Around) -> CellSurface:
    """Return the surface, or a wider one where programmed conductances exceed its range."""
    programmed = [sample.programmed.ravel() for sample in samples if sample.programmed is not None]
    if not programmed:
        return surface
    low, high = characterization.stepped_conductances(spec, np.concatenate(programmed))
    if low >= surface.g_range[0] and high <= surface.g_range[1]:
        return surface
    return calibrated_cell(spec, circuits.sense, g_range=(low, high))


def _alone(
    spec: ArraySpec, surface: CellSurface, sample: _Sample, ideal: np.ndarray, circuits: Around
) -> dict[str, np.ndarray]:
    """Compute the outputs (batch, cols) [A] of one experiment for each cause alone, except circuits and the ADC."""
    g, v_ref = sample.g, spec.sense.v_ref
    v = sample.v_in - v_ref
    wires = spec.wires
    bare = _without_wires(wires)
    linear = {
        "wires": replace(wires, r_driver=0.0, r_sense=0.0),
        "driver": replace(bare, r_driver=wires.r_driver, r_sense=0.0),
        "sense": replace(bare, r_driver=0.0, r_sense=wires.r_sense),
    }
    cells = nodal.cell_current(surface, g[:, :, None], (v + v_ref).T[:, None, :], np.full((1, 1, 1), v_ref))
    outputs = {"cells": cells.sum(axis=0).T}
    outputs |= {name: nodal.solve_linear(nodal.linear_array(grid, g), v).i_out for name, grid in linear.items()}
    if circuits.dac is not None:
        outputs["dac"] = (drive_nearest(circuits.quiet_dac, sample.v_in) - v_ref) @ g
    if sample.programmed is not None:
        outputs["programming"] = v @ sample.programmed
    if sample.noise is not None:
        outputs["read noise"] = ideal + np.einsum("bi,bij->bj", v, sample.noise)
    return outputs


def _together(
    spec: ArraySpec, surface: CellSurface, sample: _Sample, circuits: Around, noise: CircuitNoise
) -> np.ndarray:
    """Compute the outputs (batch, cols) [A] of one experiment with all causes except the ADC's own steps."""
    g = sample.g if sample.programmed is None else sample.programmed
    array = exact_array(spec, g, surface, sense=circuits.sense, g_range=surface.g_range)
    v_in = _driven(sample.v_in, circuits, noise, lambda v: _row_currents(array, v), spec.sense.v_ref)
    solved = read_exact(array, v_in, nodes=sample.noise is not None)
    current = solved.out if solved.i_sense is None else solved.i_sense
    if sample.noise is not None:
        assert solved.v_row is not None and solved.v_col is not None
        low, high = (v - spec.sense.v_ref for v in spec.drive_range)
        mean = reference_conductance(surface, g, low, high, spec.sense.v_ref)
        by_cell = noise_voltages(surface, g, solved.v_row, solved.v_col) * sample.noise
        paths = noise_paths(circuits.spec.wires, mean)
        added = np.einsum("bij,ijo->bo", by_cell, paths.to_output, optimize=True)
        if circuits.sense is not None:
            slope = drop_and_slope(circuits.sense, current)[1]
            added *= amplifier_share(np.diag(paths.w_port), slope, circuits.spec.wires.r_sense)
        current = current + added
    return circuits.as_current(current, g, noise)


def _driven(
    v_in: np.ndarray,
    circuits: Around,
    noise: CircuitNoise,
    read_rows: Callable[[np.ndarray], np.ndarray],
    v_ref: float,
) -> np.ndarray:
    """Return the voltages (batch, rows) of the rows behind the DAC [V]."""
    if circuits.dac is None or circuits.quiet_dac is None:
        return v_in
    codes = nearest_codes(circuits.dac, v_in)
    if circuits.dac.r_out is None:
        return drive_nearest(circuits.quiet_dac, v_in) + noise.dac
    return row_voltages(circuits.quiet_dac, codes, read_rows, v_rest=v_ref) + noise.dac


def _row_currents(array: ExactArray, v: np.ndarray) -> np.ndarray:
    current = read_exact(array, v).i_row
    assert current is not None  # inputs are on bit lines
    return current


def _without_wires(wires: WireGrid) -> WireGrid:
    def bare(r: np.ndarray) -> np.ndarray:
        return np.where(np.isinf(r), r, 0.0)

    return replace(wires, r_row=bare(wires.r_row), r_col=bare(wires.r_col), strap_row=None, strap_col=None)


def _without_gain(out: np.ndarray, ideal: np.ndarray, full_scale: float) -> tuple[float, float]:
    """Fit one common gain; return it and the mean square of the remaining error over full scale squared."""
    gain = float((out * ideal).sum() / (ideal * ideal).sum())
    return gain, float(np.mean(((out - gain * ideal) / full_scale) ** 2))


def _row(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([part.ravel() for part in parts])
