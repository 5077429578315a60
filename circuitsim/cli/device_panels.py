"""What `circuitsim device` draws: benches run in ngspice, statistics evaluated, put into panels."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from circuitsim.characterization.bench import READ, SWITCHING, bench_deck, has_bench
from circuitsim.characterization.read_curves import ReadCurves
from circuitsim.devices.card import Card
from circuitsim.devices.fit import Fit
from circuitsim.devices.statistics import Statistics, drift_mean, drift_sigma, programming_sigma, read_statistics
from circuitsim.devices.statistics.aging import drift_exponent
from circuitsim.devices.statistics_table import Drift, PowerLawDrift, Retention, TableDrift
from circuitsim.errors import InputError
from circuitsim.report.device_figures import Curve, Panel, save_device_figure
from circuitsim.spice import RawResult
from circuitsim.units import format_quantity

RunBench = Callable[[str, dict[str, str]], RawResult]


def show_panels(card: Card, run: RunBench) -> tuple[Panel, ...]:
    """The benches of a shipped card, run in ngspice, and its statistics.

    Args:
        card: A shipped card.
        run: Runs a deck with the solver options that the bench states.
    """
    panels: list[Panel] = []
    if has_bench(card, READ):
        deck = bench_deck(card, READ)
        panels += _read_bench(card, deck, run(deck, _options(deck)))
    if has_bench(card, SWITCHING):
        deck = bench_deck(card, SWITCHING)
        panels += _switching_bench(card, run(deck, _options(deck)))
    if card.statistics is not None:
        panels += _statistics(read_statistics(card))
    if not panels:
        raise InputError(f"{card.name}: has no bench and no statistics to draw")
    return tuple(panels)


def read_panels(curves: ReadCurves) -> tuple[Panel, ...]:
    """Current and chord conductance of a characterized memory."""
    labels = [_state_label(curves.card, float(state)) for state in curves.states]
    keep = curves.v != 0
    current = [Curve(curves.v, row, label) for row, label in zip(curves.i, labels, strict=True)]
    chord = [Curve(curves.v[keep], row) for row in curves.chord]
    return (
        Panel("Read current", "voltage", "V", "current", "A", tuple(current)),
        Panel("Chord conductance", "voltage", "V", "i/v", "S", tuple(chord), y_scale="log"),
    )


def fit_panels(fit: Fit) -> tuple[Panel, ...]:
    """A measured current, its fit, and the residual."""
    m = fit.measurement
    order = np.argsort(m.v)
    v, measured, fitted = m.v[order], m.i[order], fit.current[order]
    scale = np.maximum(np.abs(measured), 1e-3 * np.abs(measured).max())
    lines = (Curve(v, measured, "measured", points=True), Curve(v, fitted, fit.form, points=m.gap is not None))
    residual = Curve(v, 100 * (fitted - measured) / scale, points=True)
    return (
        Panel("Current", "voltage", "V", "current", "A", lines),
        Panel("Residual", "voltage", "V", "of the current", "%", (residual,)),
    )


def save_panels(plot: Path, title: str, panels: tuple[Panel, ...]) -> list[str]:
    """Draw panels under a title into .png and .svg beside each other; their paths."""
    return [str(path) for path in save_device_figure(title, panels, plot)]


def _options(deck: str) -> dict[str, str]:
    found = re.search(r"^\.options (.*)$", deck, flags=re.MULTILINE)
    return dict(word.split("=") for word in found[1].split()) if found else {}


def _read_bench(card: Card, deck: str, raw: RawResult) -> list[Panel]:
    if card.kind == "transistor":
        names = ("i(vlin)", "i(vsat)", "i(vbody)")
        volts = {name: re.search(rf"^v{name[3:-1]} \S+ 0 (\S+)$", deck, flags=re.MULTILINE) for name in names}
        labels = {name: f"{found[1]} V" if found else "" for name, found in volts.items()}
        labels["i(vbody)"] += ", bulk biased"
        curves = tuple(Curve(raw["v(g)"], np.abs(raw[name]), labels[name]) for name in names)
        linear = Panel("Transfer curve", "gate voltage", "V", "drain current", "A", curves)
        return [linear, Panel("Transfer curve", "gate voltage", "V", "drain current", "A", curves, y_scale="log")]
    if card.ports == ("x", "line"):
        lines = (Curve(raw["time"], raw["v(line)"], "line"), Curve(raw["time"], raw["v(x0)"], "input"))
        return [Panel("Charge sharing on eight cells", "time", "s", "voltage", "V", lines)]
    sweep = "v(v)" if "v(v)" in raw.variables else "v(g)"
    assert card.state is not None
    states = re.findall(rf"^x\d .* {card.name} {card.state.parameter}=(\S+)$", deck, flags=re.MULTILINE)
    sign = 1 if sweep == "v(v)" else -1  # the bench of a transistor counts the current of the drain source
    curves = tuple(
        Curve(raw[sweep], sign * raw[f"i(vm{k})"], _state_label(card, float(value)))
        for k, value in enumerate(states, start=1)
    )
    if sweep == "v(v)":
        keep = np.abs(raw[sweep]) > 1e-9  # i/v at 0 V is noise of the sweep
        chord = tuple(Curve(each.x[keep], each.y[keep] / each.x[keep]) for each in curves)
        return [
            Panel("Read current", "voltage", "V", "current", "A", curves),
            Panel("Chord conductance", "voltage", "V", "i/v", "S", chord, y_scale="log"),
        ]
    log = tuple(Curve(each.x, np.abs(each.y)) for each in curves)
    return [
        Panel("Read current", "gate voltage", "V", "current", "A", curves),
        Panel("Read current", "gate voltage", "V", "|current|", "A", log, y_scale="log"),
    ]


def _state_label(card: Card, value: float) -> str:
    assert card.state is not None
    if card.state.unit == "1":
        return f"{card.state.parameter} = {value:g}"
    return format_quantity(value, card.state.unit)


def _switching_bench(card: Card, raw: RawResult) -> list[Panel]:
    assert card.dynamic is not None
    unit = card.dynamic.unit
    state = Curve(raw["time"], raw["v(st)"])
    panels = [Panel("State over time", "time", "s", card.dynamic.parameter, unit, (state,))]
    drive = next((name for name in ("v(te)", "v(g)") if name in raw.variables), None)
    current = next(name for name in raw.variables if name.startswith("i("))
    if drive == "v(g)":
        panels.append(
            Panel("State over gate voltage", "gate voltage", "V", "state", unit, (Curve(raw[drive], raw["v(st)"]),))
        )
    elif drive is not None:
        loop = Curve(raw[drive], np.abs(raw[current]))
        panels.append(Panel("Switching loop", "device voltage", "V", "|current|", "A", (loop,), y_scale="log"))
    return panels


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
