"""Which cause the error of an array's matrix product comes from.

Each cause is switched on alone, everything else ideal, and its outputs are held against the product of conductances and
voltages; then all are switched on together. All configurations meet the same matrices, inputs and draws of noise, so
that their errors can be added output by output.
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
from circuitsim.spec import ArraySpec, WireGrid


@dataclass(frozen=True)
class BudgetOutputs:
    """Outputs behind a budget, over all vectors and columns in one row.

    Attributes:
        ideal: (outputs,) products (v − v_ref)·g [A].
        single: Name of each cause and the outputs with it alone, (outputs,) [A].
        together: (outputs,) outputs with all of them [A].
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
        statistics: Statistics of the device; None: programming error and read noise are left out.
        left_out: Reasons for what is left out, kept with the budget.

    Raises:
        InputError: The statistics say nothing about the programming error.
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
    """Return the statistics of an array's device where they hold for its conductances, else the reason why not."""
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
        f"{what}: not in the statistics of {card.name}"
        for what in ("programming", "read_noise")
        if what not in stats.table.parts
    ]
    return stats, tuple(reason.replace("_", " ") for reason in reasons)


def budget_outputs(
    spec: ArraySpec,
    surface: CellSurface,
    experiments: Sequence[Experiment],
    *,
    rng: np.random.Generator,
    statistics: Statistics | None = None,
) -> BudgetOutputs:
    """Solve every experiment with each cause alone and with all together; arguments as in `error_budget`."""
    drawn = [_draw(experiment, statistics, rng) for experiment in experiments]
    if statistics is not None:
        surface, drawn = _reach(spec, surface, drawn)
    ideal = [(d.v_in - spec.sense.v_ref) @ d.g for d in drawn]
    single: dict[str, list[np.ndarray]] = {}
    for d, product in zip(drawn, ideal, strict=True):
        for name, out in _alone(spec, surface, d, product).items():
            single.setdefault(name, []).append(out)
    analog = [_together(spec, surface, d) for d in drawn]
    if spec.adc.bits is not None:
        single["adc"] = _digitized(spec, ideal)
        analog = _digitized(spec, analog)
    order = [name for name in WHAT if name in single]
    return BudgetOutputs(_row(ideal), {name: _row(single[name]) for name in order}, _row(analog))


@dataclass(frozen=True)
class _Drawn:
    """An experiment with what chance made of it: programmed conductances and (batch, rows, cols) read noise [S]."""

    g: np.ndarray
    v_in: np.ndarray
    programmed: np.ndarray | None
    noise: np.ndarray | None


def _draw(experiment: Experiment, statistics: Statistics | None, rng: np.random.Generator) -> _Drawn:
    g, v_in = experiment.g, experiment.v_in
    if statistics is None:
        return _Drawn(g, v_in, None, None)
    there = g > 0
    programmed, noise = None, None
    if statistics.table.programming is not None:
        programmed = g.copy()
        programmed[there] = sample_programmed(statistics, g[there], rng=rng)
    if statistics.table.read_noise is not None:
        sigma = np.zeros_like(g)
        t = 0.0 if statistics.table.drift is None else statistics.table.drift.t_min
        sigma[there] = read_sigma(statistics, g[there], g[there], t)
        noise = sigma * rng.standard_normal((len(v_in), *g.shape))
    return _Drawn(g, v_in, programmed, noise)


def _reach(spec: ArraySpec, surface: CellSurface, drawn: list[_Drawn]) -> tuple[CellSurface, list[_Drawn]]:
    """Characterize the cell for what was programmed, and keep that inside the device's range."""
    state = device_card(spec).state
    assert state is not None
    low, high = max(state.g_min, 1e-3 * spec.device.g_min), state.g_max
    kept = [
        d if d.programmed is None else replace(d, programmed=np.where(d.g > 0, np.clip(d.programmed, low, high), 0.0))
        for d in drawn
    ]
    programmed = [d.programmed[d.g > 0] for d in kept if d.programmed is not None]
    if not programmed:
        return surface, kept
    wide = (min(float(g.min()) for g in programmed), max(float(g.max()) for g in programmed))
    if wide[0] >= surface.g_range[0] and wide[1] <= surface.g_range[1]:
        return surface, kept
    wide = (min(wide[0], spec.device.g_min), max(wide[1], spec.device.g_max))
    return characterization.cell(spec.replace(device={"g_min": wide[0], "g_max": wide[1]})), kept


def _alone(spec: ArraySpec, surface: CellSurface, drawn: _Drawn, ideal: np.ndarray) -> dict[str, np.ndarray]:
    """Outputs (batch, cols) [A] of one experiment with each cause of the array alone."""
    g, v_ref = drawn.g, spec.sense.v_ref
    v = drawn.v_in - v_ref
    wires = spec.wires
    bare = _without_wires(wires)
    linear = {
        "wires": replace(wires, r_driver=0.0, r_sense=0.0),
        "driver": replace(bare, r_driver=wires.r_driver, r_sense=0.0),
        "sense": replace(bare, r_driver=0.0, r_sense=wires.r_sense),
    }
    cells = nodal.cell_current(surface, g[:, :, None], (v + v_ref).T[:, None, :], np.full((1, 1, 1), v_ref))
    found = {"cells": cells.sum(axis=0).T}
    found |= {name: nodal.solve_linear(nodal.linear_array(grid, g), v).i_out for name, grid in linear.items()}
    if spec.driver.dac_bits is not None:
        found["dac"] = (drive_nearest(dac_table(spec), drawn.v_in) - v_ref) @ g
    if drawn.programmed is not None:
        found["programming"] = v @ drawn.programmed
    if drawn.noise is not None:
        found["read noise"] = ideal + np.einsum("bi,bij->bj", v, drawn.noise)
    return found


def _together(spec: ArraySpec, surface: CellSurface, drawn: _Drawn) -> np.ndarray:
    """Outputs (batch, cols) [A] with everything but the ADC."""
    g = drawn.g if drawn.programmed is None else drawn.programmed
    v_in = drive_nearest(dac_table(spec), drawn.v_in)
    wide = spec.replace(device={"g_min": surface.g_range[0], "g_max": surface.g_range[1]})
    array = nodal.prepare(wide, g, surface)
    out = nodal.read(array, v_in).out
    if drawn.noise is None:
        return out
    # A cell's noise reaches the output as far as its conductance does, to first order.
    share = nodal.effective_matrix(array) / np.where(g > 0, g, 1.0)
    return out + np.einsum("bi,ij,bij->bj", v_in - spec.sense.v_ref, share, drawn.noise, optimize=True)


def _without_wires(wires: WireGrid) -> WireGrid:
    def bare(r: np.ndarray) -> np.ndarray:
        return np.where(np.isinf(r), r, 0.0)

    return replace(wires, r_row=bare(wires.r_row), r_col=bare(wires.r_col))


def _digitized(spec: ArraySpec, analog: list[np.ndarray]) -> list[np.ndarray]:
    """Pass outputs through the ADC; its automatic range is that of these outputs."""
    table = adc_table(spec, full_scale=max(float(out.max()) for out in analog))
    assert table is not None  # asked for where the specification has an ADC
    return [np.asarray(decode(table, convert(table, out))) for out in analog]


def _without_gain(out: np.ndarray, ideal: np.ndarray, full_scale: float) -> tuple[float, float]:
    """Best common gain, and the mean square of what it leaves over full scale squared."""
    gain = float((out * ideal).sum() / (ideal * ideal).sum())
    return gain, float(np.mean(((out - gain * ideal) / full_scale) ** 2))


def _row(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([part.ravel() for part in parts])
