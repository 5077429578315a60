"""What `circuitsim block` draws: the curves of a characterized sense amplifier, as panels."""

from typing import Literal

import numpy as np

from circuitsim.report import Curve, Panel
from circuitsim.results import SenseDynamics, SenseTable
from circuitsim.units import format_quantity


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
    places = 10.0 ** (3 - np.floor(np.log10(np.maximum(np.abs(values), 1e-12))))
    return np.round(values * places) / places
