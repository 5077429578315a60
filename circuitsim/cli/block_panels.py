"""What `circuitsim block` draws of a characterized block, as panels."""

from typing import Literal

import numpy as np
from scipy.special import ndtr

from circuitsim.cli.block_bench import BlockTable
from circuitsim.cli.block_figures import ROUNDING, static_errors
from circuitsim.report import Curve, Panel
from circuitsim.results import ComparatorTable, ConverterTable, SenseDynamics, SenseTable
from circuitsim.units import format_quantity

SIGMAS = 4.0  # around the threshold of a comparator, within which its noise decides
_OVER = "input above the threshold"


def table_panels(table: BlockTable) -> tuple[Panel, ...]:
    """Return the panels that fit the kind of a block: transfer, INL and DNL, resistance, noise, times, energies."""
    if isinstance(table, SenseTable):
        return sense_panels(table)
    if isinstance(table, ComparatorTable):
        return _comparator_panels(table)
    return _driver_panels(table) if table.r_out is not None else _adc_panels(table)


def _adc_panels(table: ConverterTable) -> tuple[Panel, ...]:
    top = 2**table.bits - 1
    edges = table.thresholds
    span = [2 * edges[0] - edges[1], 2 * edges[-1] - edges[-2]]
    steps = np.concatenate([[span[0]], np.repeat(np.sort(edges), 2), [span[1]]])
    codes = np.repeat(np.arange(top + 1), 2)
    side = "input"
    panels = [Panel("Transfer", side, table.unit, "code", "", (Curve(steps, codes),)), *_error_panels(table, 1)]
    if table.offset is not None:
        at, value = table.offset.T
        panels.append(Panel("Offset of the comparator", "code", "", "offset", "LSB", (Curve(at, value),)))
    return tuple(panels + _energy_panels(table))


def _driver_panels(table: ConverterTable) -> tuple[Panel, ...]:
    assert table.r_out is not None
    codes = np.arange(2**table.bits)
    name = {"s": "time at full amplitude", "V": "output"}[table.unit]
    panels = [Panel("Level", "code", "", name, table.unit, (Curve(codes, table.levels),)), *_error_panels(table, 0)]
    r_out = _four_digits(table.r_out)
    panels.append(Panel("Output resistance", "code", "", "r_out", "Ω", (Curve(codes, r_out),)))
    if table.settling is not None and len(table.settling) > 1:
        at, time = table.settling.T
        panels.append(Panel("Settling from code 0 to ½ LSB", "code", "", "time", "s", (Curve(at, time),)))
    return tuple(panels + _energy_panels(table))


def _error_panels(table: ConverterTable, first: int) -> list[Panel]:
    """INL and DNL against the code, which the first value of INL belongs to."""
    inl, dnl = (np.where(np.abs(each) < ROUNDING, 0.0, each) for each in static_errors(table))
    return [
        Panel("INL", "code", "", "INL", "LSB", (Curve(first + np.arange(len(inl)), inl),)),
        Panel("DNL", "code", "", "DNL", "LSB", (Curve(1 + np.arange(len(dnl)), dnl),)),
    ]


def _energy_panels(table: ConverterTable) -> list[Panel]:
    if table.energy_code is None or not table.energy:
        return []
    names = {"logic": "logic (estimate)"}
    curves = tuple(
        Curve(table.energy_code, _four_digits(each), names.get(part, part)) for part, each in table.energy.items()
    )
    return [Panel("Energy", "code", "", "energy", "J", curves)]


def _comparator_panels(table: ComparatorTable) -> tuple[Panel, ...]:
    over = table.overdrive
    panels = [
        Panel("Delay", _OVER, "V", "delay", "s", (Curve(over, table.delay),), x_scale="log"),
        Panel(
            "Energy",
            _OVER,
            "V",
            "energy of a cycle",
            "J",
            (Curve(over, table.energy),),
            x_scale="log",
        ),
    ]
    if table.noise is not None:
        u = np.linspace(-SIGMAS, SIGMAS, 201)
        share = Curve(u * table.noise, ndtr(u))
        panels.append(Panel("Noise", _OVER, "V", "share of ones", "", (share,)))
    return tuple(panels)


def sense_panels(table: SenseTable) -> tuple[Panel, ...]:
    """Transfer, column voltage and input resistance; settling, bandwidth and noise where they are known."""
    assert table.current is not None and table.drop is not None and table.reported is not None
    i = table.current
    middle, steps = (i[1:] + i[:-1]) / 2, np.diff(i)
    counted = np.abs(middle) > 1e-3 * np.abs(i).max()  # below, the points lie closer than the drop is resolved
    r_in = np.where(counted, _four_digits(np.diff(table.drop) / steps), np.nan)
    panels = [
        Panel("Transfer", "column current", "A", "output", table.unit, (Curve(i, table.reported),)),
        Panel("Column above v_ref", "column current", "A", "voltage", "V", (Curve(i, table.drop),)),
        Panel("Input resistance", "column current", "A", "dv/di", "Ω", (Curve(middle, r_in),), y_scale=_scale(r_in)),
    ]
    if table.dynamics is not None:
        panels += _dynamics(table.dynamics, table.unit)
    return tuple(panels)


def _dynamics(d: SenseDynamics, unit: str) -> list[Panel]:
    labels = [f"column {format_quantity(float(g), 'S', 3)}" for g in d.conductance]

    def panel(title: str, y_name: str, y_unit: str, values: np.ndarray) -> Panel:
        curves = tuple(Curve(d.current, values[:, m], label) for m, label in enumerate(labels))
        return Panel(title, "column current", "A", y_name, y_unit, curves, y_scale=_scale(values))

    return [
        panel(f"Settling to {d.band:.1%}", "time", "s", d.settling),
        panel("Bandwidth", "-3 dB at", "Hz", d.bandwidth),
        panel(f"Noise at {format_quantity(d.noise_frequency, 'Hz')}", "input current", "A/√Hz", d.noise_density),
    ]


def _scale(values: np.ndarray) -> Literal["linear", "log"]:
    """Return a logarithmic scale for positive values that span a decade or more."""
    known = values[np.isfinite(values)]
    return "log" if known.min() > 0 and known.max() > 10 * known.min() else "linear"


def _four_digits(values: np.ndarray) -> np.ndarray:
    """Round to four digits: a resistance that does not change is drawn as a line, and not as the rounding of it."""
    places = 10.0 ** (3 - np.floor(np.log10(np.maximum(np.abs(values), 1e-30))))
    return np.round(values * places) / places
