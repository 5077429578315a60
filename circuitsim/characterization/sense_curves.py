"""Characterize a sense amplifier at rest: voltage of the column, output and supply power against the column current."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from circuitsim.blocks import Block
from circuitsim.characterization.kept_runs import bench_folder, kept_runs, run_benches
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
LEAKS = 9  # voltages at which the leakage of a circuit that is off is measured, down to v_ref and beyond it
MARGIN = 1e-3  # [V] beyond v_ref
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
    conditions = {"v_ref": v_ref, "temperature_c": temperature_c}
    with bench_folder() as folder:
        bench = _Bench(block, conditions, simulator, folder)
        ends = [end for sign in _SIGNS[block.polarity] if (end := _reach(bench, sign * i_max, v_max))]
        if not ends:
            raise SimulatorError(
                f"{_said(block)}: it works at no current; check supply, v_ref and the roles of its ports", folder
            )
        points = np.union1d(np.linspace(0.0, 1.0, POINTS), np.geomspace(SMALLEST, 1.0, POINTS))
        between = np.sort(np.concatenate([points, (points[1:] + points[:-1]) / 2]))
        found = bench.sweep("table", ends, between)
        table = _table(block, found, conditions, simulator)
    if len(ends) > 1 or found[0].drop[0] * ends[0] <= 0:
        return table
    return _with_leak(block, table, np.sign(ends[0]), v_ref=v_ref, temperature_c=temperature_c, simulator=simulator)


_SIGNS = {"into": (1.0,), "out_of": (-1.0,), "both": (1.0, -1.0)}


@dataclass(frozen=True)
class _Bench:
    """A circuit with its conditions, the simulator, and the folder of its runs."""

    block: Block
    conditions: Mapping[str, float]
    simulator: Simulator
    folder: Path

    def sweep(self, name: str, ends: Sequence[float], points: np.ndarray) -> list[_Sweep]:
        """Run one deck per end [A], over `points` (fractions of it), in a folder of this name."""
        decks = [sense_deck(self.block, end * points, **self.conditions) for end in ends]
        raws = run_benches(decks, self.folder / name, self.simulator, TRUTH_OPTIONS)
        v_ref = self.conditions["v_ref"]
        found = [_read(self.block, raw, end * points, v_ref) for raw, end in zip(raws, ends, strict=True)]
        _check_alive(self.block, found)
        return found


def _reach(bench: _Bench, end: float, v_max: float) -> float:
    """Return the largest current up to which a circuit works [A]; a range of which it fills little is cut; 0: none."""
    for attempt in range(HALVINGS):
        (found,) = bench.sweep(f"reach_{'p' if end > 0 else 'n'}{attempt:02d}", [end], np.linspace(0.0, 1.0, COARSE))
        last = _works_up_to(found, v_max)
        if last >= COARSE // 4:
            return float(found.current[last if last == COARSE - 1 else last - 1])
        end = float(found.current[min(2 * last + 2, COARSE - 1)])
    return 0.0


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


def _table(block: Block, sweeps: Sequence[_Sweep], conditions: Mapping[str, float], simulator: Simulator) -> SenseTable:
    """Join the sweeps of both signs; every second point builds the table, the others tell its error."""
    parts = sorted(sweeps, key=lambda one: float(one.current[-1]))

    def joined(name: str) -> np.ndarray:
        values = [getattr(one, name)[:: -1 if one.current[-1] < 0 else 1] for one in parts]
        return np.concatenate([values[0], *(value[1:] for value in values[1:])])

    current, drop, out, power = (joined(name) for name in ("current", "drop", "out", "power"))
    i, v, reported, supplied = (values[::2] for values in (current, drop, out, power))
    risen = np.maximum.accumulate(v)
    if (risen - v).max() > FALLS:
        at = i[int(np.argmax(risen - v))]
        raise SimulatorError(
            f"{_said(block)}: the column falls where the current rises, at {at:.3g} A", sweeps[0].folder
        )
    held = np.arange(1, len(current), 2)
    counted = held[np.abs(current[held]) >= COUNTED * np.abs(current).max()]
    return SenseTable(
        current=i,
        drop=risen,
        reported=reported,
        unit="V",
        block=block.name,
        power=supplied,
        supply=block.v_supply,
        reference=conditions["v_ref"],
        temperature_c=conditions["temperature_c"],
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


def _with_leak(
    block: Block, table: SenseTable, side: float, *, v_ref: float, temperature_c: float, simulator: Simulator
) -> SenseTable:
    """Add points beyond zero current to the table of a circuit that leaks when it is off.

    Without a current such a circuit holds its column beyond v_ref. At rest the column of an array lies at v_ref, where
    its rows are, and takes the leakage. It is measured with a voltage at the column, from that at zero current to v_ref
    and `MARGIN` beyond: a current would have to be known.
    """
    assert table.current is not None and table.drop is not None
    assert table.reported is not None and table.power is not None
    zero = 0 if side > 0 else -1
    drop = np.linspace(table.drop[zero], -side * MARGIN, LEAKS)[1:]
    head = [f"* leakage of the sense amplifier {block.name}", block.include, f".temp {number(temperature_c)}"]
    body = [*rail_cards(block, v_ref), *amplifier_cards(block, "0", "in", "out")]
    saved = ["v(in)", "v(out)", "i(bin)", *([] if block.v_supply is None else ["i(vsvdd)"])]
    deck = index_deck(head, {"in": v_ref + drop}, body, saved)
    with kept_runs([deck], simulator, TRUTH_OPTIONS) as (raw,):
        leak = _read(block, raw, -raw["i(bin)"], v_ref)
    flow = leak.current * side
    leaks = flow < np.minimum.accumulate(np.concatenate([[0.0], flow[:-1]]))  # where it goes on falling
    order = slice(None, None, -1) if side > 0 else slice(None)

    def joined(known: np.ndarray, more: np.ndarray) -> np.ndarray:
        return np.concatenate([more[leaks][order], known] if side > 0 else [known, more[leaks][order]])

    return replace(
        table,
        current=joined(table.current, leak.current),
        drop=joined(table.drop, drop),
        reported=joined(table.reported, leak.out),
        power=joined(table.power, leak.power),
    )


def _said(block: Block) -> str:
    return f"the sense amplifier {block.name!r}"
