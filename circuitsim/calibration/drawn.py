"""Conductances that the statistics of a device draw: over which range its cell has to be known, and which are open."""

from collections.abc import Iterable

import numpy as np

from circuitsim import characterization, spice
from circuitsim.chain import sensed_range
from circuitsim.characterization import stepped_conductances
from circuitsim.devices import device_card, has_two_states
from circuitsim.devices.statistics import Statistics, programming_sigma, read_statistics
from circuitsim.results import AnyCell, CellSurface, SenseTable
from circuitsim.spec import ArraySpec, gate_voltage_levels, has_bypass, with_ideal

MARGIN = 6.0
"""Standard deviations of the programming error, beyond g_min and g_max, over which a cell is characterized."""


def stated_statistics(spec: ArraySpec) -> Statistics | None:
    """Return the statistics that the card of an array's device states, whatever they cover; None where it has none."""
    card = device_card(spec)
    return None if card.statistics is None else read_statistics(card)


def device_statistics(spec: ArraySpec) -> tuple[Statistics | None, tuple[str, ...]]:
    """Return the statistics of an array's device, or None and the reasons if they do not cover its conductances."""
    card, stats = device_card(spec), stated_statistics(spec)
    if stats is None:
        return None, (f"programming error and read noise: the card {card.name} has no statistics",)
    if has_two_states(spec):
        return None, (f"programming error and read noise: {card.name} has two states and takes nothing between them",)
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


def drawn_reach(spec: ArraySpec) -> tuple[float, float] | None:
    """Return the range [S] that programming draws from targets between g_min and g_max, `MARGIN` sigmas beyond both.

    None if the device has no statistics of programming for these targets.
    """
    statistics, _ = device_statistics(spec)
    if statistics is None or statistics.table.programming is None:
        return None
    ends = np.array([spec.device.g_min, spec.device.g_max])
    margin = MARGIN * programming_sigma(statistics, ends)
    return stepped_conductances(spec, np.maximum(ends + np.array([-1.0, 1.0]) * margin, 1e-3 * ends))


def calibrated_cell(
    spec: ArraySpec,
    sense: SenseTable | None,
    *,
    g_range: tuple[float, float] | None,
    v_range: tuple[float, float] | None = None,
    simulator: spice.Simulator | None = None,
) -> CellSurface:
    """Characterize the cell of an array, as far as the drop of its sense amplifiers moves the columns from v_ref.

    Args:
        spec: The array.
        sense: Table of its sense amplifiers; None for ideal ones.
        g_range: Range of the conductances [S]; None: g_min to g_max.
        v_range: Range of the inputs [V]; None: v_ref to v_ref + v_read, or as in `chain.sensed_inputs`.
        simulator: As in `characterization.cell`, whose errors it raises.
    """
    if spec.array.input_line != "bl":
        v_range = None  # whatever the inputs, cells lie between the bias and v_ref
    elif sense is not None:
        v_range = sensed_range(spec, sense, v_range)
    array = with_ideal(spec, "driver", "sense", "adc")
    return characterization.cell(array, v_range=v_range, g_range=g_range, simulator=simulator)


def calibrated_cells(
    spec: ArraySpec,
    sense: SenseTable | None,
    *,
    g_range: tuple[float, float] | None,
    v_range: tuple[float, float] | None = None,
    simulator: spice.Simulator | None = None,
) -> tuple[CellSurface, CellSurface | None]:
    """Characterize the cells of rows at 1 and at 0; None for the second where inputs switch no gates.

    Other arguments and errors as `calibrated_cell`.
    """
    characterization.check_bulk(spec)
    on = calibrated_cell(spec, sense, g_range=g_range, v_range=v_range, simulator=simulator)
    if spec.array.input_line == "bl":
        return on, None
    array = with_ideal(spec, "driver", "adc")
    v_gate = 0.0 if spec.array.input_line == "string" else gate_voltage_levels(spec)[0]
    off = characterization.cell(array, g_range=g_range, v_gate=v_gate, simulator=simulator)
    return (off, on) if has_bypass(spec) else (on, off)


def calibrated_levels(
    spec: ArraySpec, *, g_range: tuple[float, float] | None, simulator: spice.Simulator | None = None
) -> tuple[CellSurface, ...]:
    """Characterize the cells at the levels of gates between 0 and 1, the lowest first; none without such levels.

    Arguments and errors as of `calibrated_cell`.
    """
    if spec.driver.gate_levels is None:
        return ()
    array, between = with_ideal(spec, "driver", "adc"), gate_voltage_levels(spec)[1:-1]
    return tuple(characterization.cell(array, g_range=g_range, v_gate=v, simulator=simulator) for v in between)


def model_cells(
    spec: ArraySpec,
    sense: SenseTable | None,
    *,
    g_range: tuple[float, float] | None,
    v_range: tuple[float, float] | None = None,
    simulator: spice.Simulator | None = None,
) -> tuple[AnyCell, CellSurface | None]:
    """Characterize the cells of a behavioral model: those of `calibrated_cells`, or the capacitor of 1c cells."""
    if spec.array.cell == "1c":
        return characterization.capacitor_cell(spec, g_range=g_range, simulator=simulator), None
    return calibrated_cells(spec, sense, g_range=g_range, v_range=v_range, simulator=simulator)


def open_share(pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> float:
    """Return the share of cells that were drawn below 0 S, and are therefore open.

    Args:
        pairs: Wanted and drawn conductances (rows, cols) [S]; wanted open cells do not count.
    """
    wanted, drawn = (np.concatenate([np.ravel(part) for part in parts]) for parts in zip(*pairs, strict=True))
    return float(np.mean(drawn[wanted > 0] == 0))
