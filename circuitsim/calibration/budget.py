"""Split the error of an array's matrix product into its causes.

Each cause is simulated alone with everything else ideal, and its outputs are compared with the product of conductances
and voltages, in strings with the current of ideal resistors in series. Then all causes are simulated together. Every
simulation uses the same matrices, inputs and noise samples, so that the errors can be added output by output.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from circuitsim import characterization, nodal
from circuitsim.behavioral import reference_conductance
from circuitsim.behavioral.noise import amplifier_share, noise_paths, noise_voltages
from circuitsim.calibration.budget_around import Around, CircuitNoise, around, circuit_causes, digitized
from circuitsim.calibration.budget_gates import gated_outputs
from circuitsim.calibration.budget_samples import (
    BudgetOutputs,
    Sample,
    draw_sample,
    in_one_row,
    transistors_spread,
    without_wires,
)
from circuitsim.calibration.drawn import calibrated_cell, open_share
from circuitsim.chain import ExactArray, exact_array, read_exact, row_voltages
from circuitsim.devices.statistics import Statistics
from circuitsim.errors import InputError
from circuitsim.periphery import Periphery, drive_nearest, drop_and_slope, nearest_codes
from circuitsim.results import Budget, Cause, CellSurface, Experiment
from circuitsim.results.error_scale import error_scale, errors_relative_to
from circuitsim.spec import ArraySpec, checked

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


GATED = {
    "cells": "characterized cells, those at 0 included, between ideal wires",
    "temperature": "what the cells do at array.temperature_c beyond what they do at 27 °C",
    "mismatch": "deviations of the transistors, drawn from access.a_vt and access.a_beta, in characterized cells",
    "wires": "resistances of bit and source lines, or of the wires in a string, with ohmic cells",
    "driver": "output resistance of the drivers of bit lines or strings",
    "read noise": "read noise of the device, anew for each read",
}
"""What is switched on where inputs switch gates, as far as it is something else."""

_MISMATCH = (
    "mismatch of transistors: it is a cause where inputs switch gates; on bit lines campaign.monte_carlo draws it at "
    "level 'ngspice'"
)


@checked
def error_budget(
    spec: ArraySpec,
    surface: CellSurface,
    experiments: Sequence[Experiment],
    *,
    rng: np.random.Generator,
    statistics: Statistics | None = None,
    tables: Periphery | None = None,
    off: CellSurface | None = None,
    between: tuple[CellSurface, ...] = (),
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
        off, between: Where inputs switch gates, the other cells of the model; see `TileModel`.
        left_out: Why causes are left out, one sentence each; stored in the budget.

    Raises:
        InputError: There are no experiments.
        OutsideRangeError: A conductance is outside the range of the statistics.
    """
    if not experiments:
        raise InputError("a budget needs at least one matrix with its inputs, got none")
    known = {"statistics": statistics, "tables": tables, "off": off, "between": between}
    outputs = budget_outputs(spec, surface, experiments, rng=rng, **known)
    circuits = around(spec, tables, experiments)
    words = WHAT | circuit_causes(circuits) | (GATED if spec.array.input_line != "bl" else {})
    of, full_scale = errors_relative_to(spec), float(np.abs(outputs.ideal).max())
    scale = error_scale(outputs.ideal, full_scale, of)
    errors = {name: (out - outputs.ideal) / scale for name, out in outputs.single.items()}
    error = (outputs.together - outputs.ideal) / scale
    added = np.sum(list(errors.values()), axis=0)
    joint = error - added
    pairs = [np.mean(a * b) for i, a in enumerate(errors.values()) for b in list(errors.values())[:i]]
    gain, after_gain = _without_gain(outputs.together, outputs.ideal, scale)
    return Budget(
        causes=tuple(
            Cause(name, words[name], float(np.mean(e**2)), _without_gain(outputs.single[name], outputs.ideal, scale)[1])
            for name, e in errors.items()
        ),
        total=float(np.mean(error**2)),
        total_after_gain=after_gain,
        correlation=float(2 * np.sum(pairs)),
        joint=float(2 * np.mean(joint * added) + np.mean(joint**2)),
        gain=gain,
        full_scale=full_scale,
        outputs=outputs.ideal.size,
        left_out=(*left_out, *circuits.left_out, *outputs.left_out, *_open(outputs.open_share)),
        relative_to=of,
    )


def _open(share: float) -> tuple[str, ...]:
    """Say how many cells programming leaves below 0 S."""
    return (f"programming error below 0 S: {share:.2%} of the cells are open instead",) if share > 0 else ()


def budget_outputs(
    spec: ArraySpec,
    surface: CellSurface,
    experiments: Sequence[Experiment],
    *,
    rng: np.random.Generator,
    statistics: Statistics | None = None,
    tables: Periphery | None = None,
    off: CellSurface | None = None,
    between: tuple[CellSurface, ...] = (),
) -> BudgetOutputs:
    """Solve every experiment with each cause alone and with all causes; arguments as in `error_budget`."""
    if spec.array.input_line != "bl":
        given = {"statistics": statistics, "tables": tables, "between": between}
        return gated_outputs(spec, surface, off, experiments, rng=rng, **given)
    circuits = around(spec, tables, experiments)
    samples = [draw_sample(spec, experiment, statistics, rng) for experiment in experiments]
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
    left_out = (_MISMATCH,) if transistors_spread(spec) else ()
    return BudgetOutputs(
        in_one_row(ideal), {name: in_one_row(single[name]) for name in order}, in_one_row(analog), share, left_out
    )


def _reach(spec: ArraySpec, surface: CellSurface, samples: list[Sample], circuits: Around) -> CellSurface:
    """Return the surface, or a wider one where programmed conductances exceed its range."""
    programmed = [sample.programmed.ravel() for sample in samples if sample.programmed is not None]
    if not programmed:
        return surface
    low, high = characterization.stepped_conductances(spec, np.concatenate(programmed))
    if low >= surface.g_range[0] and high <= surface.g_range[1]:
        return surface
    return calibrated_cell(spec, circuits.sense, g_range=(low, high))


def _alone(
    spec: ArraySpec, surface: CellSurface, sample: Sample, ideal: np.ndarray, circuits: Around
) -> dict[str, np.ndarray]:
    """Compute the outputs (batch, cols) [A] of one experiment for each cause alone, except circuits and the ADC."""
    g, v_ref = sample.g, spec.sense.v_ref
    v = sample.v_in - v_ref
    wires = spec.wires
    bare = without_wires(wires)
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
    spec: ArraySpec, surface: CellSurface, sample: Sample, circuits: Around, noise: CircuitNoise
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


def _without_gain(out: np.ndarray, ideal: np.ndarray, scale: np.ndarray | float) -> tuple[float, float]:
    """Fit one common gain; return it and the mean square of the remaining error, as a fraction of the scale."""
    gain = float((out / scale * (ideal / scale)).sum() / ((ideal / scale) ** 2).sum())
    return gain, float(np.mean(((out - gain * ideal) / scale) ** 2))
