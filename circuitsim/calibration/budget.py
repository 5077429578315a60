"""Split the error of an array's matrix product into its causes.

Each cause is simulated alone with everything else ideal, and its outputs are compared with the product of conductances
and voltages. Then all causes are simulated together. Every simulation uses the same matrices, inputs and noise samples,
so that the errors can be added output by output.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from circuitsim import characterization, nodal
from circuitsim.devices import device_card
from circuitsim.devices.statistics import Statistics, read_sigma, read_statistics, sample_programmed
from circuitsim.errors import InputError
from circuitsim.periphery import adc_table, convert, dac_table, decode, drive_nearest
from circuitsim.results import Budget, Cause, CellSurface, Experiment
from circuitsim.spec import ArraySpec, WireGrid, checked


@dataclass(frozen=True)
class BudgetOutputs:
    """Outputs from which a budget is computed; all vectors and columns are flattened into one axis.

    Attributes:
        ideal: (outputs,) products (v − v_ref)·g [A].
        single: (outputs,) outputs with one cause alone, by the name of the cause [A].
        together: (outputs,) outputs with all causes [A].
    """

    ideal: np.ndarray
    single: dict[str, np.ndarray]
    together: np.ndarray


WHAT = {
    "cells": "characterized cells (device and transistor) between ideal wires",
    "wires": "wire resistances with ohmic cells",
    "driver": "output resistance of the row drivers",
    "sense": "input resistance of the sense amplifiers",
    "dac": "rounding of the inputs",
    "adc": "rounding and clipping of the outputs",
    "programming": "programming error of the device",
    "read noise": "read noise of the device, anew for each vector",
}


@checked
def error_budget(
    spec: ArraySpec,
    surface: CellSurface,
    experiments: Sequence[Experiment],
    *,
    rng: np.random.Generator,
    statistics: Statistics | None = None,
    left_out: tuple[str, ...] = (),
) -> Budget:
    """Split the error of the matrix product into its causes.

    Args:
        spec: The array.
        surface: Its characterized cell.
        experiments: Matrices and inputs.
        rng: Draws programming error and read noise.
        statistics: Statistics of the device; None leaves out programming error and read noise.
        left_out: Why causes are left out, one sentence each; stored in the budget.

    Raises:
        InputError: There are no experiments.
        OutsideRangeError: A conductance is outside the range of the statistics.
    """
    if not experiments:
        raise InputError("a budget needs at least one matrix with its inputs, got none")
    outputs = budget_outputs(spec, surface, experiments, rng=rng, statistics=statistics)
    ideal, full_scale = outputs.ideal, float(np.abs(outputs.ideal).max())
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
                WHAT[name],
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


def device_statistics(spec: ArraySpec) -> tuple[Statistics | None, tuple[str, ...]]:
    """Return the statistics of an array's device, or None and the reasons if they do not cover its conductances."""
    card = device_card(spec)
    if card.statistics is None:
        return None, (f"programming error and read noise: the card {card.name} has no statistics",)
    stats = read_statistics(card)
    low, high = spec.device.g_min, spec.device.g_max
    if low < stats.g_min * (1 - 1e-9) or high > stats.g_max * (1 + 1e-9):
        return None, (
            f"programming error and read noise: the statistics of {card.name} hold from {stats.g_min:g} to "
            f"{stats.g_max:g} S, not from {low:g} to {high:g} S",
        )
    reasons = [
        f"{what.replace('_', ' ')}: not in the statistics of {card.name}"
        for what in ("programming", "read_noise")
        if what not in stats.table.parts
    ]
    return stats, tuple(reasons)


def budget_outputs(
    spec: ArraySpec,
    surface: CellSurface,
    experiments: Sequence[Experiment],
    *,
    rng: np.random.Generator,
    statistics: Statistics | None = None,
) -> BudgetOutputs:
    """Solve every experiment with each cause alone and with all causes; arguments as in `error_budget`."""
    samples = [_sample(experiment, statistics, rng) for experiment in experiments]
    if statistics is not None:
        surface, samples = _reach(spec, surface, samples)
    ideal = [(sample.v_in - spec.sense.v_ref) @ sample.g for sample in samples]
    single: dict[str, list[np.ndarray]] = {}
    for sample, product in zip(samples, ideal, strict=True):
        for name, out in _alone(spec, surface, sample, product).items():
            single.setdefault(name, []).append(out)
    analog = [_together(spec, surface, sample) for sample in samples]
    if spec.adc.bits is not None:
        single["adc"] = _digitized(spec, ideal)
        analog = _digitized(spec, analog)
    order = [name for name in WHAT if name in single]
    return BudgetOutputs(_row(ideal), {name: _row(single[name]) for name in order}, _row(analog))


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


def _sample(experiment: Experiment, statistics: Statistics | None, rng: np.random.Generator) -> _Sample:
    g, v_in = experiment.g, experiment.v_in
    if statistics is None:
        return _Sample(g, v_in, None, None)
    closed = g > 0
    programmed, noise = None, None
    if statistics.table.programming is not None:
        programmed = g.copy()
        programmed[closed] = sample_programmed(statistics, g[closed], rng=rng)
    if statistics.table.read_noise is not None:
        sigma = np.zeros_like(g)
        t = 0.0 if statistics.table.drift is None else statistics.table.drift.t_min
        sigma[closed] = read_sigma(statistics, g[closed], g[closed], t)
        noise = sigma * rng.standard_normal((len(v_in), *g.shape))
    return _Sample(g, v_in, programmed, noise)


def _reach(spec: ArraySpec, surface: CellSurface, samples: list[_Sample]) -> tuple[CellSurface, list[_Sample]]:
    """Clip programmed conductances to the device's range, and widen the surface where they exceed its own."""
    state = device_card(spec).state
    assert state is not None
    low, high = max(state.g_min, 1e-3 * spec.device.g_min), state.g_max
    kept = [
        sample
        if sample.programmed is None
        else replace(sample, programmed=np.where(sample.g > 0, np.clip(sample.programmed, low, high), 0.0))
        for sample in samples
    ]
    programmed = [sample.programmed[sample.g > 0] for sample in kept if sample.programmed is not None]
    if not programmed:
        return surface, kept
    wide = (min(float(g.min()) for g in programmed), max(float(g.max()) for g in programmed))
    if wide[0] >= surface.g_range[0] and wide[1] <= surface.g_range[1]:
        return surface, kept
    wide = (min(wide[0], spec.device.g_min), max(wide[1], spec.device.g_max))
    return characterization.cell(spec.replace(device={"g_min": wide[0], "g_max": wide[1]})), kept


def _alone(spec: ArraySpec, surface: CellSurface, sample: _Sample, ideal: np.ndarray) -> dict[str, np.ndarray]:
    """Compute the outputs (batch, cols) [A] of one experiment for each cause alone, except the ADC."""
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
    if spec.driver.dac_bits is not None:
        outputs["dac"] = (drive_nearest(dac_table(spec), sample.v_in) - v_ref) @ g
    if sample.programmed is not None:
        outputs["programming"] = v @ sample.programmed
    if sample.noise is not None:
        outputs["read noise"] = ideal + np.einsum("bi,bij->bj", v, sample.noise)
    return outputs


def _together(spec: ArraySpec, surface: CellSurface, sample: _Sample) -> np.ndarray:
    """Compute the outputs (batch, cols) [A] of one experiment with all causes except the ADC."""
    g = sample.g if sample.programmed is None else sample.programmed
    v_in = drive_nearest(dac_table(spec), sample.v_in)
    wide = spec.replace(device={"g_min": surface.g_range[0], "g_max": surface.g_range[1]})
    array = nodal.prepare(wide, g, surface)
    out = nodal.read(array, v_in).out
    if sample.noise is None:
        return out
    # To first order the wires attenuate the noise of a cell as they attenuate its conductance.
    share = nodal.effective_matrix(array) / np.where(g > 0, g, 1.0)
    return out + np.einsum("bi,ij,bij->bj", v_in - spec.sense.v_ref, share, sample.noise, optimize=True)


def _without_wires(wires: WireGrid) -> WireGrid:
    def bare(r: np.ndarray) -> np.ndarray:
        return np.where(np.isinf(r), r, 0.0)

    return replace(wires, r_row=bare(wires.r_row), r_col=bare(wires.r_col))


def _digitized(spec: ArraySpec, analog: list[np.ndarray]) -> list[np.ndarray]:
    """Quantize outputs; an ADC with automatic full scale takes the largest of these outputs."""
    automatic = spec.adc.full_scale == "auto"
    table = adc_table(spec, full_scale=max(float(out.max()) for out in analog) if automatic else None)
    assert table is not None  # called only if the specification has an ADC
    return [np.asarray(decode(table, convert(table, out))) for out in analog]


def _without_gain(out: np.ndarray, ideal: np.ndarray, full_scale: float) -> tuple[float, float]:
    """Fit one common gain; return it and the mean square of the remaining error over full scale squared."""
    gain = float((out * ideal).sum() / (ideal * ideal).sum())
    return gain, float(np.mean(((out - gain * ideal) / full_scale) ** 2))


def _row(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([part.ravel() for part in parts])
