"""What `circuitsim device` draws: benches run in ngspice, statistics evaluated, put into panels."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np

from circuitsim.characterization import (
    READ,
    SWITCHING,
    ReadCurves,
    has_bench,
    read_bench,
    state_label,
    switching_bench,
)
from circuitsim.devices import (
    Card,
    Drift,
    Fit,
    Measurement,
    PowerLawDrift,
    Retention,
    Statistics,
    TableDrift,
    drift_exponent,
    drift_mean,
    drift_sigma,
    programming_sigma,
    read_statistics,
)
from circuitsim.errors import InputError
from circuitsim.report import Curve, Panel, save_device_figure
from circuitsim.results import CurveFamily
from circuitsim.units import format_quantity


def show_panels(card: Card) -> tuple[Panel, ...]:
    """The benches of a shipped card, run in ngspice, and its statistics.

    Raises:
        InputError: The card has no bench and no statistics.
        SimulatorError: ngspice is missing or failed.
    """
    panels: list[Panel] = []
    if has_bench(card, READ):
        panels += _read_panels(card, read_bench(card))
    if has_bench(card, SWITCHING):
        panels += [_switching_panel(family) for family in switching_bench(card)]
    if card.statistics is not None:
        panels += _statistics(read_statistics(card))
    if not panels:
        raise InputError(f"{card.name}: has no bench and no statistics to draw")
    return tuple(panels)


def read_panels(curves: ReadCurves) -> tuple[Panel, ...]:
    """Current and chord conductance of a characterized memory."""
    labels = [state_label(curves.card, float(state)) for state in curves.states]
    keep = curves.v != 0
    current = [Curve(curves.v, row, label) for row, label in zip(curves.i, labels, strict=True)]
    chord = [Curve(curves.v[keep], row) for row in curves.chord]
    return (
        Panel("Read current", "voltage", "V", "current", "A", tuple(current)),
        Panel("Chord conductance", "voltage", "V", "i/v", "S", tuple(chord), y_scale="log"),
    )


def fit_panels(states: Mapping[str, Fit]) -> tuple[Panel, ...]:
    """A measured current, its fit, and the residual, of every state by name."""
    lines, residuals = [], []
    for state, fit in states.items():
        m = fit.measurement
        order = np.argsort(m.v)
        v = m.v[order]
        lines.append(Curve(v, m.i[order], f"measured {state}".strip(), points=True))
        lines.append(Curve(*_by_state(m, fit.current), f"{fit.form} {state}".strip()))
        residuals.append(Curve(v, 100 * fit.residual[order], points=True))
    return (
        Panel("Current", "voltage", "V", "current", "A", tuple(lines)),
        Panel("Residual", "voltage", "V", "of the current", "%", tuple(residuals)),
    )


def _by_state(m: Measurement, fitted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Voltages and currents in one line a state, broken between them."""
    labels = m.state if m.state is not None else m.gap if m.gap is not None else np.zeros(len(m.v))
    v, i = [], []
    for label in np.unique(labels):
        mine = np.flatnonzero(labels == label)
        mine = mine[np.argsort(m.v[mine], kind="stable")]
        v += [m.v[mine], [np.nan]]
        i += [fitted[mine], [np.nan]]
    return np.concatenate(v[:-1]), np.concatenate(i[:-1])


def save_panels(plot: Path, title: str, panels: tuple[Panel, ...]) -> list[str]:
    """Draw panels under a title into .png and .svg beside each other; their paths."""
    return [str(path) for path in save_device_figure(title, panels, plot)]


def _read_panels(card: Card, family: CurveFamily) -> list[Panel]:
    """The curves of a read bench, and beside them their magnitude on a logarithmic axis or their chord conductance."""
    if family.x_name == "time":
        return [_panel(family)]
    if card.kind == "transistor":  # a p-channel transistor's voltages and currents are negative
        return [_panel(family, magnitude=True), _panel(family, magnitude=True, y_scale="log")]
    if family.x_name == "gate voltage":
        return [_panel(family), _panel(family, magnitude=True, y_name="|current|", y_scale="log", labels=False)]
    keep = np.abs(family.curves[0].x) > 1e-9  # i/v at 0 V is noise of the sweep
    chord = tuple(Curve(each.x[keep], each.y[keep] / each.x[keep]) for each in family.curves)
    return [_panel(family), Panel("Chord conductance", "voltage", "V", "i/v", "S", chord, y_scale="log")]


def _switching_panel(family: CurveFamily) -> Panel:
    """The state, or the loop of a current that changes its sign."""
    if family.y_unit == "A":
        return _panel(family, magnitude=True, y_name="|current|", y_scale="log")
    return _panel(family)


def _panel(
    family: CurveFamily,
    *,
    magnitude: bool = False,
    y_name: str = "",
    y_scale: Literal["linear", "log"] = "linear",
    labels: bool = True,
) -> Panel:
    curves = tuple(
        Curve(each.x, np.abs(each.y) if magnitude else each.y, each.label if labels else "") for each in family.curves
    )
    names = (family.x_name, family.x_unit, y_name or family.y_name, family.y_unit)
    return Panel(family.title, *names, curves, y_scale=y_scale)


def _statistics(stats: Statistics) -> list[Panel]:
    panels = []
    if stats.table.programming is not None:
        g = np.linspace(stats.g_min, stats.g_max, 200)
        line = Curve(g, programming_sigma(stats, g))
        panels.append(Panel("Programming error", "conductance", "S", "σ", "S", (line,)))
    aging = stats.table.drift or stats.table.retention
    if aging is not None:
        panels.append(_aging(stats, aging))
    return panels


def _aging(stats: Statistics, aging: Drift | Retention) -> Panel:
    t = np.geomspace(aging.t_min if isinstance(aging, Retention) else 1.0, aging.t_max, 60)
    top = aging.g_max if isinstance(aging, TableDrift) else stats.g_max
    curves = []
    for fraction in (1.0, 0.5, 0.25):
        g = np.array([max(stats.g_min, fraction * top)])
        mean = np.array([drift_mean(stats, g, each)[0] for each in t])
        if isinstance(aging, PowerLawDrift):
            spread = drift_exponent(stats, g)[1][0] * np.log((t + aging.t0) / aging.t0) * mean
        else:
            spread = np.array([drift_sigma(stats, g, each)[0] for each in t])
        curves.append(Curve(t, mean, format_quantity(float(g[0]), "S"), band=spread))
    return Panel("After programming, ± 1 σ", "time", "s", "conductance", "S", tuple(curves), x_scale="log")
