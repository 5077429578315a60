"""Characterize a sense amplifier in time: settling, bandwidth, noise against current and conductance of the column.

The column is a source of current beside a conductance to v_ref. The source is set so that the amplifier takes the
wanted current at rest. The conductance is a controlled source, which has no noise: the noise found is the amplifier's
alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from circuitsim.blocks import Block
from circuitsim.characterization.kept_runs import kept_runs
from circuitsim.errors import SimulatorError
from circuitsim.netlist import amplifier_cards, rail_cards
from circuitsim.netlist.names import number
from circuitsim.periphery import drop_and_slope, report
from circuitsim.results import SenseDynamics, SenseTable
from circuitsim.results.waveforms import integral, settling_time
from circuitsim.spice import TRANSIENT_OPTIONS, TRUTH_OPTIONS, Plot, RawResult, Simulator

SHARES = (0.03, 0.1, 0.3, 0.6, 0.95)  # of the largest current of the table
COLUMNS = (0.01, 0.1, 1.0)  # of the largest conductance of a column
BAND = 2e-3  # half width of the settling band, as a fraction of the change of the output
NOISE_FREQUENCY = 1e6  # [Hz]
NOISE_BAND = (1e4, 1e9)  # [Hz]
NO_NOISE = 1e-200  # [A/√Hz], [V/√Hz] below any that ngspice reports
FREQUENCIES = (1e3, 1e11, 20)  # lowest, highest [Hz], per decade
FIRST_WINDOW = 30.0  # time constants of the bandwidth for which a step is simulated at first
SHORTEST = 1e-10  # [s]
WINDOWS = 5  # windows, each LONGER than the last, after which a circuit is said not to settle
LONGER = 8.0
STEPS = 600  # time steps of a window


@dataclass(frozen=True)
class _Point:
    """One bench: column current [A], conductance of the column [S], and the current of its source [A]."""

    current: float
    conductance: float
    source: float


def sense_dynamics(
    block: Block, table: SenseTable, g_column: float, *, v_ref: float, temperature_c: float, simulator: Simulator
) -> SenseDynamics:
    """Simulate steps and noise of an amplifier for five currents and three conductances of the column.

    Args:
        block: The circuit, without phases.
        table: Its table at rest, from `sense_curves.sense_curve`.
        g_column: Largest conductance of a column [S].
        v_ref, temperature_c, simulator: As in `sense_curve`.

    Raises:
        SimulatorError: ngspice failed, or the output does not settle; the run folder is kept.
    """
    assert table.current is not None
    largest = table.current[-1] if table.current[-1] >= -table.current[0] else table.current[0]
    current, conductance = np.array(SHARES) * float(largest), np.array(COLUMNS) * g_column
    drop = drop_and_slope(table, current)[0]
    points = [
        _Point(float(i), float(g), float(i + g * v)) for i, v in zip(current, drop, strict=True) for g in conductance
    ]
    conditions = {"v_ref": v_ref, "temperature_c": temperature_c}
    with kept_runs([_noise_deck(block, one, **conditions) for one in points], simulator, TRUTH_OPTIONS) as raws:
        bandwidth, density, rms = zip(*map(_noise, raws), strict=True)
    settling, energy = _steps(block, table, points, np.array(bandwidth), conditions, simulator)
    shape = (len(current), len(conductance))
    return SenseDynamics(
        current=current,
        conductance=conductance,
        settling=settling.reshape(shape),
        band=BAND,
        bandwidth=np.reshape(bandwidth, shape),
        noise_density=np.reshape(density, shape),
        noise_frequency=NOISE_FREQUENCY,
        noise_rms=np.reshape(rms, shape),
        noise_band=NOISE_BAND,
        energy=energy.reshape(shape),
    )


def column_cards(block: Block, point: _Point, source: str, v_ref: float) -> list[str]:
    """Write rails, amplifier and column; `source` completes the card of the column's source of current."""
    return [
        *rail_cards(block, v_ref),
        f"vcref cref 0 {number(v_ref)}",
        f"iin 0 in {source}",
        f"gcol in cref in cref {number(point.conductance)}",
        *amplifier_cards(block, "0", "in", "out"),
    ]


def _head(block: Block, what: str, point: _Point, temperature_c: float) -> list[str]:
    return [
        f"* {what} of the sense amplifier {block.name}",
        f"* column current {point.current:g} A, column {point.conductance:g} S, {temperature_c:g} degC",
        block.include,
        f".temp {number(temperature_c)}",
    ]


def _noise_deck(block: Block, point: _Point, *, v_ref: float, temperature_c: float) -> str:
    low, high, per_decade = FREQUENCIES
    source = f"dc {number(point.source)} ac 1"
    return "\n".join(
        [
            *_head(block, "noise", point, temperature_c),
            *column_cards(block, point, source, v_ref),
            f".ac dec {per_decade} {low:g} {high:g}",
            f".noise v(out) iin dec {per_decade} {low:g} {high:g}",  # with .save ngspice writes no noise
            *[".end", ""],
        ]
    )


def _noise(raw: RawResult) -> tuple[float, float, float]:
    """Return bandwidth [Hz], noise as a current of the source [A/√Hz], and noise of the output in the band [V]."""
    response, noise = _plot(raw, "v(out)"), _plot(raw, "onoise_spectrum")
    f, size = np.real(response["frequency"]), np.abs(response["v(out)"])
    bandwidth = _falls_below(f, size / size[0], np.sqrt(0.5))
    f, out, density = (np.real(noise[name]) for name in ("frequency", "onoise_spectrum", "inoise_spectrum"))
    grid = np.geomspace(*NOISE_BAND, 2001)
    power = _at_frequency(grid, f, out) ** 2
    rms = np.sqrt(np.sum((power[1:] + power[:-1]) * np.diff(grid)) / 2)
    return bandwidth, float(_at_frequency(NOISE_FREQUENCY, f, density)), float(rms)


def _at_frequency(wanted: np.ndarray | float, f: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Interpolate a spectrum on logarithmic axes; a circuit without noise has zeros."""
    found = np.exp(np.interp(np.log(wanted), np.log(f), np.log(np.maximum(values, NO_NOISE))))
    return np.where(found > 2 * NO_NOISE, found, 0.0)


def _plot(raw: RawResult, vector: str) -> Plot:
    """Return the analysis that holds a vector and more than one point: several share a raw file."""
    return next(plot for plot in raw.plots if vector in plot.variables and len(plot.data) > 1)


def _falls_below(f: np.ndarray, size: np.ndarray, level: float) -> float:
    """Return the frequency at which a response last crosses a level; the highest one if it never does."""
    above = np.flatnonzero(size >= level)
    k = int(above[-1]) if len(above) else 0
    if k == len(f) - 1:
        return float(f[-1])
    share = (np.log(size[k]) - np.log(level)) / (np.log(size[k]) - np.log(size[k + 1]))
    return float(np.exp(np.log(f[k]) + share * (np.log(f[k + 1]) - np.log(f[k]))))


def _step_deck(block: Block, point: _Point, window: float, *, v_ref: float, temperature_c: float) -> str:
    source = f"pwl(0 0 {number(window / STEPS)} {number(point.source)})"
    supply = [] if block.v_supply is None else ["i(vsvdd)"]
    step = number(window / STEPS)
    return "\n".join(
        [
            *_head(block, "step", point, temperature_c),
            *column_cards(block, point, source, v_ref),
            ".save " + " ".join(["v(out)", *supply]),
            f".tran {step} {number(window)} 0 {step}",
            *[".end", ""],
        ]
    )


def _steps(
    block: Block,
    table: SenseTable,
    points: Sequence[_Point],
    bandwidth: np.ndarray,
    conditions: dict[str, float],
    simulator: Simulator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return settling time [s] and energy of the supplies until then [J] of every point.

    A window that ends before the output has settled is simulated again, longer.
    """
    window = np.maximum(FIRST_WINDOW / (2 * np.pi * bandwidth), SHORTEST)
    final = report(table, np.array([one.current for one in points]))
    settling, energy = np.full(len(points), np.inf), np.zeros(len(points))
    for attempt in range(WINDOWS):
        left = [k for k in range(len(points)) if not np.isfinite(settling[k])]
        decks = [_step_deck(block, points[k], float(window[k]), **conditions) for k in left]
        with kept_runs(decks, simulator, TRANSIENT_OPTIONS) as raws:
            for k, raw in zip(left, raws, strict=True):
                settling[k], energy[k] = _settled(block, raw, float(final[k]))
            missing = [k for k in left if not np.isfinite(settling[k])]
            if missing and attempt == WINDOWS - 1:
                k = missing[0]
                raise SimulatorError(
                    f"the sense amplifier {block.name!r}: its output does not settle within {window[k]:.2g} s at a "
                    f"column current of {points[k].current:.2g} A and a column of {points[k].conductance:.2g} S",
                    raws[left.index(k)].folder,
                )
        if not missing:
            break
        window[missing] *= LONGER
    return settling, energy


def _settled(block: Block, raw: RawResult, final: float) -> tuple[float, float]:
    """Return settling time [s], inf if the window ended before, and energy until then [J]."""
    time, out = raw["time"], raw["v(out)"]
    band = BAND * abs(final - float(out[0]))
    settled = float(settling_time(time, out[:, None], np.array([final]), band)[0])
    if not np.isfinite(settled) or settled > 0.9 * time[-1]:  # an oscillation may just pass through the band
        return np.inf, 0.0
    if block.v_supply is None:
        return settled, 0.0
    power = np.where(time <= settled, -block.v_supply * raw["i(vsvdd)"], 0.0)
    return settled, float(integral(time, power[:, None])[0])
