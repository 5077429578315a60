"""Characterize a sense amplifier at rest: voltage of the column, output and supply power against the column current."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from circuitsim.blocks import Block
from circuitsim.characterization.kept_runs import kept_runs
from circuitsim.errors import SimulatorError
from circuitsim.library import assemble
from circuitsim.netlist import amplifier_cards, index_deck, rail_cards
from circuitsim.netlist.names import number
from circuitsim.netlist.phases import clock_nodes, phase_cards, ready_time
from circuitsim.results import Provenance, SenseTable
from circuitsim.spice import TRUTH_OPTIONS, RawResult, Simulator

COARSE = 65  # currents of a first sweep, which finds how far the circuit works
HALVINGS = 12  # first sweeps, each over less of the range, until the circuit fills a quarter of it
POINTS = 513  # currents of the table, each: evenly spaced, and geometrically spaced, because cascodes bend near zero
SMALLEST = 1e-8  # fraction of the largest current at which the geometric ones begin
LEAK = 1e-3  # fraction of the largest current to which the other side of zero is swept: a circuit that is off leaks
MARGIN = 1e-3  # [V] by which the column may pass v_ref there
COUNTED = 1e-3  # fraction of the largest current from which on the error of the drop is stated
DRIVE = 1e-6  # [A/V] of the source that feeds the column: its control voltages are microamperes

LEAST_GAIN, MOST_GAIN = 0.1, 1e12  # [ohm] a smaller or larger change of the output per current is no amplifier's
WORKS = 0.5  # fraction of the largest gain at smaller currents below which the circuit has left its range
LEAST_SUPPLY = 1e-9  # [A] a circuit with a supply draws more
FALLS = 1e-9  # [V] by which the solver's rounding may let the column's voltage fall


@dataclass(frozen=True)
class _Sweep:
    """Currents (points,) [A] in the order of their magnitude, and what was found at them: see `SenseTable`."""

    current: np.ndarray
    drop: np.ndarray
    out: np.ndarray
    power: np.ndarray
    supply: np.ndarray
    deck_digest: str
    options: dict[str, str]
    folder: Path | None


def sense_curve(
    block: Block, i_max: float, v_max: float, *, v_ref: float, temperature_c: float, simulator: Simulator
) -> SenseTable:
    """Sweep the column current of an amplifier from zero to both ends of its polarity, as far as it works.

    The table ends where the gain falls below half of its largest value at smaller currents, or the column leaves v_ref
    by more than `v_max`: there the output or the input has left the range of the circuit. The error is that of linear
    interpolation halfway between the points.

    Args:
        block: The circuit, without phases.
        i_max: Largest column current [A].
        v_max: Largest voltage of the column from v_ref, on the side to which its current moves it [V].
        v_ref: Voltage at which the column is held [V].
        temperature_c: Temperature [°C].
        simulator: The ngspice to use.

    Returns:
        The table without dynamics.

    Raises:
        SimulatorError: ngspice failed, or the circuit draws no supply current, does not follow the current, or lets
            the column fall where the current rises; the run folder is kept.
    """
    signs = {"into": (1.0,), "out_of": (-1.0,), "both": (1.0, -1.0)}[block.polarity]

    def sweep(ends: Sequence[float], points: np.ndarray) -> list[_Sweep]:
        decks = [sense_deck(block, end * points, v_ref=v_ref, temperature_c=temperature_c) for end in ends]
        with kept_runs(decks, simulator, TRUTH_OPTIONS) as raws:
            found = [_read(block, raw, end * points, v_ref) for raw, end in zip(raws, ends, strict=True)]
            _check_alive(block, found)
        return found

    def reach_of(end: float) -> float:
        """Return the largest current up to which the circuit works; a range that it fills little of is halved."""
        for _ in range(HALVINGS):
            (found,) = sweep([end], np.linspace(0.0, 1.0, COARSE))
            last = _works_up_to(found, v_max)
            if last >= COARSE // 4:
                return float(found.current[last if last == COARSE - 1 else last - 1])
            end = float(found.current[min(2 * last + 2, COARSE - 1)])
        return 0.0

    reach = [reach_of(sign * i_max) for sign in signs]
    if not any(reach):
        raise SimulatorError(f"{_said(block)}: it works at no current; check supply, v_ref and the roles of its ports")
    points = np.union1d(np.linspace(0.0, 1.0, POINTS), np.geomspace(SMALLEST, 1.0, POINTS))
    between = np.sort(np.concatenate([points, (points[1:] + points[:-1]) / 2]))
    ends = [end for end in reach if end]
    other = [-LEAK * ends[0]] if len(ends) == 1 else []
    return _table(block, sweep([*ends, *other], between), not other, temperature_c, simulator)


def sense_deck(block: Block, current: np.ndarray, *, v_ref: float, temperature_c: float) -> str:
    """Write the deck that sweeps the current (points,) into an amplifier [A] and saves `v(in) v(out)` and the rails."""
    head = [
        f"* characterization of the sense amplifier {block.name}",
        f"* {len(current)} column currents up to {current[-1]:g} A, {temperature_c:g} degC",
        block.include,
        f".temp {number(temperature_c)}",
    ]
    body = [*rail_cards(block, v_ref), f"gin 0 in drive 0 {number(DRIVE)}", *amplifier_cards(block, "0", "in", "out")]
    saved = ["v(in)", "v(out)", *([] if block.v_supply is None else ["i(vsvdd)"])]
    return index_deck(head, {"drive": current / DRIVE}, body, saved)


def bench_digest(block: Block, *, v_ref: float, temperature_c: float) -> str:
    """Return a digest of the circuit, its files, its clocks and its conditions: everything but the currents."""
    clocks = clock_nodes(block)
    lines = [
        "* what the table of a sense amplifier depends on",
        block.include,
        f".temp {number(temperature_c)}",
        *rail_cards(block, v_ref),
        *phase_cards(block),
        *amplifier_cards(block, "0", "in", "out", clocks),
        *([f"* ready {ready_time(block)!r}"] if block.clocked else []),
        ".end",
    ]
    about = (assemble("\n".join(lines), Path()).digest, block.polarity, block.supply, block.ready, dict(block.phases))
    return hashlib.sha256(repr(about).encode()).hexdigest()


def _read(block: Block, raw: RawResult, current: np.ndarray, v_ref: float) -> _Sweep:
    supply = -raw["i(vsvdd)"] if block.v_supply is not None else np.zeros(len(current))
    return _Sweep(
        current=current,
        drop=raw["v(in)"] - v_ref,
        out=raw["v(out)"],
        power=(block.v_supply or 0.0) * supply,
        supply=supply,
        deck_digest=raw.deck_digest,
        options=dict(raw.options),
        folder=raw.folder,
    )


def _check_alive(block: Block, sweeps: Sequence[_Sweep]) -> None:
    folder = sweeps[0].folder
    if block.v_supply is not None and max(np.abs(one.supply).max() for one in sweeps) < LEAST_SUPPLY:
        raise SimulatorError(
            f"{_said(block)}: it draws no current from its supply of {block.v_supply:g} V; check the roles of its "
            "ports",
            folder,
        )
    gain = max(np.abs(np.diff(one.out) / np.diff(one.current)).max() for one in sweeps)
    if not LEAST_GAIN <= gain <= MOST_GAIN:
        largest = max(abs(float(one.current[-1])) for one in sweeps)
        raise SimulatorError(
            f"{_said(block)}: its output does not follow the column current ({gain:.2g} V/A at most, up to "
            f"{largest:.2g} A; expected {LEAST_GAIN:g} to {MOST_GAIN:g}); check supply, v_ref and the roles of its "
            "ports",
            folder,
        )


def _works_up_to(sweep: _Sweep, v_max: float) -> int:
    """Return the index of the largest current up to which the gain stays; 0: none."""
    gain = np.abs(np.diff(sweep.out) / np.diff(sweep.current))
    rise = sweep.drop * np.sign(sweep.current[-1])
    leaves = (np.diff(rise) < -FALLS) | (rise[1:] > v_max)
    left = np.flatnonzero((gain < WORKS * np.maximum.accumulate(gain)) | (gain < LEAST_GAIN) | leaves)
    return int(left[0]) if len(left) else len(sweep.current) - 1


def _table(
    block: Block, sweeps: Sequence[_Sweep], two_sided: bool, temperature_c: float, simulator: Simulator
) -> SenseTable:
    """Join the sweeps of both signs; every second point builds the table, the others tell its error."""
    parts = sorted(sweeps, key=lambda one: float(one.current[-1]))

    def joined(name: str) -> np.ndarray:
        values = [getattr(one, name)[:: -1 if one.current[-1] < 0 else 1] for one in parts]
        return np.concatenate([values[0], *(value[1:] for value in values[1:])])

    current, drop, out, power = (joined(name) for name in ("current", "drop", "out", "power"))
    kept = np.stack([current, drop, out, power])[:, ::2]
    i, v, reported, supplied = _without_leak(kept, np.sign(sweeps[0].current[-1]), two_sided)
    risen = np.maximum.accumulate(v)
    if (risen - v).max() > FALLS:
        at = i[int(np.argmax(risen - v))]
        raise SimulatorError(
            f"{_said(block)}: the column falls where the current rises, at {at:.3g} A", sweeps[0].folder
        )
    held = np.flatnonzero((current > i[0]) & (current < i[-1]) & (np.arange(len(current)) % 2 == 1))
    counted = held[np.abs(current[held]) >= COUNTED * np.abs(current).max()]
    return SenseTable(
        current=i,
        drop=risen,
        reported=reported,
        unit="V",
        block=block.name,
        power=supplied,
        supply=block.v_supply,
        temperature_c=temperature_c,
        drop_error=float(np.abs(np.interp(current[counted], i, risen) - drop[counted]).max()),
        reported_error=float(np.abs(np.interp(current[held], i, reported) - out[held]).max() / np.ptp(reported)),
        provenance=Provenance(
            level="ngspice",
            spec_digest=None,
            deck_digest=sweeps[0].deck_digest,
            ngspice=str(simulator.version),
            options=sweeps[0].options,
        ),
    )


def _without_leak(points: np.ndarray, side: float, both: bool) -> np.ndarray:
    """Return current, drop, output, power (4, points), of the other side only what a column at rest needs.

    A circuit that is off holds its column beside v_ref by a leakage current. There the column goes on to v_ref, where
    its rows are, and `MARGIN` beyond: the table has its last point where the line between two points passes it.
    """
    if both:
        return points
    rising = points if side > 0 else -points[:, ::-1]  # the other side comes first, and its drop is the smaller one
    zero = int(np.argmin(np.abs(rising[0])))
    passed = np.flatnonzero(rising[1, : zero + 1] < -MARGIN)
    if len(passed):
        first = int(passed[-1])
        share = (-MARGIN - rising[1, first]) / (rising[1, first + 1] - rising[1, first])
        edge = rising[:, first] + share * (rising[:, first + 1] - rising[:, first])
        rising = np.column_stack([edge, rising[:, first + 1 :]]) if first < zero else rising[:, zero:]
    return rising if side > 0 else -rising[:, ::-1]


def _said(block: Block) -> str:
    return f"the sense amplifier {block.name!r}"
