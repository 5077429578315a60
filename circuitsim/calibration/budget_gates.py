"""Outputs of arrays whose inputs switch gates with each cause of error alone, for their error budget.

Columns do not share a row wire, and every vector selects another network. So each cause is solved exactly: wires with
ohmic cells, cells between ideal wires, and all together with the conductances of each single read.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from circuitsim import characterization, nodal
from circuitsim.calibration.budget_around import around, digitized
from circuitsim.calibration.budget_samples import BudgetOutputs, Sample, draw_sample, in_one_row, without_wires
from circuitsim.calibration.drawn import calibrated_cells, open_share
from circuitsim.chain import exact_array, read_exact
from circuitsim.devices.statistics import Statistics
from circuitsim.periphery import Periphery
from circuitsim.results import CellSurface, Experiment
from circuitsim.spec import ArraySpec, WireGrid, device_voltages, with_ideal

_FLOOR = 1e-3  # of g_min: strings take no open cell
_SETTLED: tuple[str, ...] = (
    "dac: inputs are 0 and 1, which no DAC rounds",
    "mismatch of transistors: no card states it; campaign.monte_carlo draws it",
    "temperature: the cells are those of array.temperature_c; calibration.over_temperature certifies others",
)


def gated_outputs(
    spec: ArraySpec,
    on: CellSurface,
    off: CellSurface | None,
    experiments: Sequence[Experiment],
    *,
    rng: np.random.Generator,
    statistics: Statistics | None = None,
    tables: Periphery | None = None,
) -> BudgetOutputs:
    """Solve every experiment with each cause alone and with all causes.

    Args:
        spec: The array, with `array.input_line` "wl" or "string".
        on, off: Its cells as `TileModel` has them.
        experiments: Matrices and inputs (batch, rows), 0 or 1; reads of a string without a selected row are left out.
        rng: Draws programming error and read noise.
        statistics: Statistics of the device; None leaves both out.
        tables: Tables of the ADCs that are circuits; None: they are ideal.
    """
    series, left_out = spec.array.input_line == "string", [*_SETTLED]
    samples = [draw_sample(spec, _selecting(each, series), statistics, rng) for each in experiments]
    if series and any((each.v_in == 0).all(axis=1).any() for each in experiments):
        left_out.append("reads without a selected row: a string of ideal cells has no resistance there")
    on, off = _cells_of(spec, on, off, samples)
    single: dict[str, list[np.ndarray]] = {}
    ideal = [ideal_outputs(spec, sample.v_in, sample.g) for sample in samples]
    for sample in samples:
        for name, out in _alone(spec, on, off, sample).items():
            single.setdefault(name, []).append(out)
    together = [_together(spec, on, off, sample) for sample in samples]
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


def _cells_of(
    spec: ArraySpec, on: CellSurface, off: CellSurface | None, samples: Sequence[Sample]
) -> tuple[CellSurface, CellSurface | None]:
    """Return the cells, or wider ones where conductances exceed their range."""
    drawn = np.concatenate([_now(spec, sample).ravel() for sample in samples])
    low, high = drawn[drawn > 0].min(), drawn.max()
    if low >= on.g_range[0] and high <= on.g_range[1]:
        return on, off
    ends = np.array([low, high, *on.g_range])
    return calibrated_cells(spec, None, g_range=characterization.stepped_conductances(spec, ends))


def _alone(spec: ArraySpec, on: CellSurface, off: CellSurface | None, sample: Sample) -> dict[str, np.ndarray]:
    """Compute the outputs (batch, cols) [A] of one experiment for each cause alone, except the ADC."""
    x, g, wires = sample.v_in, sample.g, spec.wires
    bare = without_wires(wires)
    outputs = {
        "cells": _solved(spec, g, on, off, x, replace(bare, r_driver=0.0, r_sense=0.0)),
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
    """Return the outputs (batch, cols) [A] of ohmic cells behind wires; cells of input 0 are open, or bypassed."""
    if spec.array.input_line == "string":
        return ideal_outputs(spec, x, g, wires.r_col.sum(axis=0) + wires.r_driver + wires.r_sense)
    cell = nodal.ohmic((spec.device.g_min, spec.device.g_max), spec.drive_range)
    return _solved(spec, g, cell, None, x, wires)


def _solved(
    spec: ArraySpec, g: np.ndarray, on: CellSurface, off: CellSurface | None, x: np.ndarray, wires: WireGrid
) -> np.ndarray:
    """Return the outputs (batch, cols) [A] by the array solver."""
    return read_exact(exact_array(spec, g, on, off=off, wires=wires, g_range=on.g_range), x).out


def _together(spec: ArraySpec, on: CellSurface, off: CellSurface | None, sample: Sample) -> np.ndarray:
    """Compute the outputs (batch, cols) [A] with all causes except the ADC's own steps."""
    g, x, wires = _now(spec, sample), sample.v_in, with_ideal(spec, "driver", "adc").wires
    if g.ndim == 2:
        return _solved(spec, g, on, off, x, wires)
    return np.concatenate([_solved(spec, now, on, off, one[None], wires) for now, one in zip(g, x, strict=True)])
