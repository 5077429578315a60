"""Outputs of arrays whose inputs switch gates with each cause of error alone, for their error budget.

Columns do not share a row wire, and every vector selects another network. So each cause is solved exactly: wires with
ohmic cells, cells between ideal wires, and all together with the conductances of each single read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from circuitsim import characterization, nodal
from circuitsim.calibration.budget_around import around, digitized
from circuitsim.calibration.budget_samples import (
    BudgetOutputs,
    Sample,
    draw_sample,
    in_one_row,
    transistors_spread,
    without_wires,
)
from circuitsim.calibration.drawn import calibrated_cells, calibrated_levels, open_share
from circuitsim.chain import exact_array, read_exact
from circuitsim.devices.statistics import Statistics
from circuitsim.netlist import Mismatch, sample_mismatch
from circuitsim.periphery import Periphery
from circuitsim.results import CellSurface, Experiment
from circuitsim.spec import ArraySpec, WireGrid, device_voltages, gate_voltage_levels, with_ideal

_FLOOR = 1e-3  # of g_min: strings take no open cell
_DAC = "dac: inputs are 0 and 1, which no DAC rounds"
_LEVELS = "dac: driver.gate_levels are the levels of inputs, which no DAC rounds"
_ALIKE = "mismatch of transistors: access.a_vt and access.a_beta are 0, or cells have no transistor"
_NOMINAL = "temperature: array.temperature_c is that of nominal cells, 27 °C"
_CELSIUS = 27.0  # temperature at which conductances are defined, see `devices`


@dataclass(frozen=True)
class GatedCells:
    """Cells of an array whose inputs switch gates.

    Attributes:
        on, off, between: As `TileModel` has them.
        varied: How the transistors of the cells differ; None: not at all.
    """

    on: CellSurface
    off: CellSurface | None
    between: tuple[CellSurface, ...] = ()
    varied: nodal.VariedCells | None = None


def gated_outputs(
    spec: ArraySpec,
    on: CellSurface,
    off: CellSurface | None,
    experiments: Sequence[Experiment],
    *,
    rng: np.random.Generator,
    statistics: Statistics | None = None,
    tables: Periphery | None = None,
    between: tuple[CellSurface, ...] = (),
) -> BudgetOutputs:
    """Solve every experiment with each cause alone and with all causes.

    Args:
        spec: The array, with `array.input_line` "wl" or "string".
        on, off, between: Its cells as `TileModel` has them.
        experiments: Matrices and inputs (batch, rows), from 0 to 1; reads of a string without a selected row are left
            out.
        rng: Draws programming error, read noise and the deviations of transistors, in this order.
        statistics: Statistics of the device; None leaves both out.
        tables: Tables of the ADCs that are circuits; None: they are ideal.
    """
    series, left_out = spec.array.input_line == "string", [*_left_out(spec)]
    samples = [draw_sample(spec, _selecting(each, series), statistics, rng) for each in experiments]
    if series and any((each.v_in == 0).all(axis=1).any() for each in experiments):
        left_out.append("reads without a selected row: a string of ideal cells has no resistance there")
    cells = _cells_of(spec, GatedCells(on, off, between), samples)
    of_samples, nominal = _varied(spec, cells, samples, rng), _nominal(spec, cells)
    single: dict[str, list[np.ndarray]] = {}
    ideal = [ideal_outputs(spec, sample.v_in, sample.g) for sample in samples]
    for sample, varied, product in zip(samples, of_samples, ideal, strict=True):
        for name, out in _alone(spec, varied, nominal, sample, product).items():
            single.setdefault(name, []).append(out)
    together = [_together(spec, varied, sample) for sample, varied in zip(samples, of_samples, strict=True)]
    circuits = around(spec, tables, experiments)
    if circuits.converts:
        single["adc"] = digitized(circuits, ideal)
        together = digitized(circuits, together)
    pairs = [(sample.g, sample.programmed) for sample in samples if sample.programmed is not None]
    return BudgetOutputs(
        in_one_row(ideal),
        {name: in_one_row(outs) for name, outs in single.items()},
        in_one_row(together),
        open_share(pairs) if pairs else 0.0,
        tuple(left_out),
    )


def ideal_outputs(spec: ArraySpec, x: np.ndarray, g: np.ndarray, resistance: np.ndarray | float = 0.0) -> np.ndarray:
    """Return the outputs (batch, cols) [A] of ohmic devices between ideal wires.

    Args:
        spec: The array.
        x: Inputs (batch, rows), 0 or 1; in strings at least one row is on.
        g: Conductances (rows, cols), or those of each read (batch, rows, cols) [S].
        resistance: In series with each string (cols,) [ohm].
    """
    v = device_voltages(spec, x)
    if spec.array.input_line == "string":
        g = np.maximum(g, _FLOOR * spec.device.g_min)
        cells = x @ (1.0 / g) if g.ndim == 2 else np.einsum("bi,bij->bj", x, 1.0 / g)
        return spec.driver.v_read / (cells + resistance)
    return v @ g if g.ndim == 2 else np.einsum("bi,bij->bj", v, g)


def _selecting(experiment: Experiment, series: bool) -> Experiment:
    """Return the reads that select a row, of a string; else all."""
    if not series:
        return experiment
    some = (experiment.v_in != 0).any(axis=1)
    kinds = tuple(kind for kind, kept in zip(experiment.input_kinds, some, strict=True) if kept)
    return Experiment(experiment.matrix_kind, experiment.g, kinds, experiment.v_in[some])


def _now(spec: ArraySpec, sample: Sample, *, noisy: bool = True) -> np.ndarray:
    """Return the conductances as programmed (rows, cols), or with noise those of each read (batch, rows, cols) [S]."""
    g = sample.g if sample.programmed is None else sample.programmed
    if noisy and sample.noise is not None:
        g = np.where(g > 0, np.maximum(g + sample.noise, 0.0), 0.0)
    floor = _FLOOR * spec.device.g_min
    if spec.array.input_line == "string":
        return np.maximum(g, floor)
    return np.where(g < floor, 0.0, g)  # open, as `characterization.opened` has it


def _cells_of(spec: ArraySpec, cells: GatedCells, samples: Sequence[Sample]) -> GatedCells:
    """Return the cells, or wider ones where conductances exceed their range."""
    on = cells.on
    drawn = np.concatenate([_now(spec, sample).ravel() for sample in samples])
    low, high = drawn[drawn > 0].min(), drawn.max()
    if low >= on.g_range[0] and high <= on.g_range[1]:
        return cells
    ends = np.array([low, high, *on.g_range])
    return _characterized(spec, characterization.stepped_conductances(spec, ends))


def _characterized(spec: ArraySpec, g_range: tuple[float, float]) -> GatedCells:
    """Characterize the cells of all levels of the gates."""
    return GatedCells(*calibrated_cells(spec, None, g_range=g_range), calibrated_levels(spec, g_range=g_range))


def _nominal(spec: ArraySpec, cells: GatedCells) -> GatedCells | None:
    """Return the cells at the temperature at which conductances are defined; None where the array has it."""
    if spec.array.temperature_c == _CELSIUS:
        return None
    return _characterized(spec.replace(array={"temperature_c": _CELSIUS}), cells.on.g_range)


def _left_out(spec: ArraySpec) -> Iterator[str]:
    """Yield what cannot be a cause here, and why."""
    yield _DAC if spec.driver.gate_levels is None else _LEVELS
    if not transistors_spread(spec):
        yield _ALIKE
    if spec.array.temperature_c == _CELSIUS:
        yield _NOMINAL


def _varied(
    spec: ArraySpec, cells: GatedCells, samples: Sequence[Sample], rng: np.random.Generator
) -> list[GatedCells]:
    """Draw the transistors of the array of each sample, and return its cells."""
    if not transistors_spread(spec):
        return [cells] * len(samples)
    drawn = [sample_mismatch(spec, rng) for _ in samples]
    every = Mismatch(np.vstack([one.v_th for one in drawn]), np.vstack([one.width for one in drawn]))
    varied = characterization.varied_cells(spec, every, g_range=cells.on.g_range)
    parts = np.split(varied.weights, len(samples), axis=1)
    return [replace(cells, varied=replace(varied, weights=weights)) for weights in parts]


def _alone(
    spec: ArraySpec, cells: GatedCells, nominal: GatedCells | None, sample: Sample, ideal: np.ndarray
) -> dict[str, np.ndarray]:
    """Compute the outputs (batch, cols) [A] of one experiment for each cause alone, except the ADC.

    Temperature and mismatch act on cells: alone, they change the ideal outputs by what they change those of the cells.
    """
    x, g, wires = sample.v_in, sample.g, spec.wires
    bare = without_wires(wires)
    free = replace(bare, r_driver=0.0, r_sense=0.0)
    alike = _solved(spec, g, replace(cells, varied=None), x, free)
    first = alike if nominal is None else _solved(spec.replace(array={"temperature_c": _CELSIUS}), g, nominal, x, free)
    outputs = {"cells": first}
    if nominal is not None:
        outputs["temperature"] = ideal + alike - first
    if cells.varied is not None:
        outputs["mismatch"] = ideal + _solved(spec, g, cells, x, free) - alike
    outputs |= {
        "wires": _ohmic(spec, g, x, replace(wires, r_driver=0.0, r_sense=0.0)),
        "driver": _ohmic(spec, g, x, replace(bare, r_sense=0.0)),
        "sense": _ohmic(spec, g, x, replace(bare, r_driver=0.0)),
    }
    if sample.programmed is not None:
        outputs["programming"] = ideal_outputs(spec, x, _now(spec, sample, noisy=False))
    if sample.noise is not None:
        outputs["read noise"] = ideal_outputs(spec, x, g + sample.noise)
    return outputs


def _ohmic(spec: ArraySpec, g: np.ndarray, x: np.ndarray, wires: WireGrid) -> np.ndarray:
    """Return the outputs (batch, cols) [A] of ohmic cells behind wires; cells of input 0 are open, or bypassed.

    At levels of the gates between, a cell conducts in proportion to its input.
    """
    if spec.array.input_line == "string":
        return ideal_outputs(spec, x, g, wires.r_col.sum(axis=0) + wires.r_driver + wires.r_sense)
    cell = nodal.ohmic((spec.device.g_min, spec.device.g_max), spec.drive_range)
    last = len(gate_voltage_levels(spec)) - 1
    between = tuple(cell.times(k / last) for k in range(1, last))
    return _solved(spec, g, GatedCells(cell, None, between), x, wires)


def _solved(spec: ArraySpec, g: np.ndarray, cells: GatedCells, x: np.ndarray, wires: WireGrid) -> np.ndarray:
    """Return the outputs (batch, cols) [A] by the array solver."""
    on = cells.on
    array = exact_array(spec, g, on, off=cells.off, between=cells.between, wires=wires, g_range=on.g_range)
    if cells.varied is not None:
        assert isinstance(array, nodal.GatedArray)
        array = nodal.vary(array, cells.varied)
    return read_exact(array, x).out


def _together(spec: ArraySpec, cells: GatedCells, sample: Sample) -> np.ndarray:
    """Compute the outputs (batch, cols) [A] with all causes except the ADC's own steps."""
    g, x, wires = _now(spec, sample), sample.v_in, with_ideal(spec, "driver", "adc").wires
    if g.ndim == 2:
        return _solved(spec, g, cells, x, wires)
    return np.concatenate([_solved(spec, now, cells, one[None], wires) for now, one in zip(g, x, strict=True)])
