"""Turn a row driver that works in phases into a table: pulses whose width codes, or bits one after another."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from circuitsim.characterization.adc_energy import per_cycle
from circuitsim.characterization.adc_runs import converter_run
from circuitsim.errors import InputError, SimulatorError
from circuitsim.netlist.conversions import CLOCK_EDGE, Bench
from circuitsim.netlist.drivers import DRIVE_CURRENT, word_deck
from circuitsim.netlist.phases import ROLE, clock_nodes, phase_window
from circuitsim.results.periphery_tables import Coding
from circuitsim.results.waveforms import settling_time
from circuitsim.spice import Simulator

STEPS = 400  # time steps of a cycle, at least
PULSE_STEPS = 4000  # of one whose pulse ends within it
PULSES = 33  # codes of pulses that are simulated; every second one tells the error of those between
LEAST_ON = 0.5  # of the drive that a slot or a pulse must reach to be on


@dataclass(frozen=True)
class TimedLevels:
    """What a driver with phases puts out.

    Attributes:
        level: (2^bits,) time at full amplitude [s], or voltage after shift and add [V].
        r_out: (2^bits,) output resistance while it is on; of code 0 while it is off [ohm].
        settling: Time from the start of a pulse or a slot until the output stays within ½ LSB of full amplitude [s].
        error: Largest deviation of codes that the levels were not made of [LSB].
        energy: (2^bits,) energy of a cycle by its source [J]; sources that deliver none are left out.
        coding: How a code is put out.
        decks: Digests of the decks.
    """

    level: np.ndarray
    r_out: np.ndarray
    settling: float
    error: float
    energy: dict[str, np.ndarray]
    coding: Coding
    decks: tuple[str, ...]


def timed_levels(bench: Bench, v_low: float, bits: int, c_load: float, simulator: Simulator) -> TimedLevels:
    """Simulate the words of a driver with phases.

    Of a driver with the port `in` some codes are simulated, and their level is the integral of the output over its full
    amplitude; the other codes lie on a smooth curve through them. Of one with a digital word the code 0, the largest
    one and the two that alternate are simulated; its level is what the voltages at the ends of its slots, doubled from
    slot to slot, add up to.

    Args:
        bench: The driver with its voltage at `ref`.
        v_low: Voltage at `low` [V].
        bits: Resolution.
        c_load: Capacitance at the output [F].
        simulator: The ngspice to use.

    Raises:
        InputError: A driver with a digital word has no phase with one clock a bit.
        SimulatorError: ngspice failed, or the output does not rise with the code or does not settle; folder kept.
    """
    return (_serial if bench.block.bits else _pulses)(bench, v_low, bits, c_load, simulator)


def _pulses(bench: Bench, v_low: float, bits: int, c_load: float, simulator: Simulator) -> TimedLevels:
    top = 2**bits - 1
    codes = np.unique(np.concatenate([[0, 1, 2], np.linspace(0, top, PULSES).round()])).astype(int)
    cycle, span = bench.cycle, bench.ref - v_low
    start = min(phase_window(bench.block, _phase_of(role))[0] for role in clock_nodes(bench.block))
    with converter_run(_deck(bench, v_low, codes, bits, c_load, steps=PULSE_STEPS), simulator) as raw:
        time, out = raw["time"], (raw["v(out)"] - v_low) / span
        width = per_cycle(time, out, cycle, len(codes))
        if np.any(np.diff(width) <= 0):
            k = int(np.argmax(np.diff(width) <= 0)) + 1
            raise SimulatorError(
                f"the driver {bench.block.name!r}: its port 'out' is on for {width[k]:.4g} s at code {codes[k]} and "
                f"for {width[k - 1]:.4g} s at code {codes[k - 1]}; expected pulses that grow with the code",
                raw.folder,
            )
        began = (len(codes) - 1) * cycle + start
        inside = (time >= began) & (time <= began + width[-1] * 0.95)
        settled = _settled(bench, time[inside] - began, out[inside], top + 1, raw.folder)
        parts = {
            name: _smooth(codes, per_cycle(time, -raw[f"i(v{role})"] * volts, cycle, len(codes)))
            for name, role, volts in driver_sources(bench, v_low)
        }
        digest = raw.deck_digest
    level = _smooth(codes, width)
    coarse = _smooth(np.append(codes[:-1:2], top), np.append(width[:-1:2], width[-1]))
    r_out, loaded = _resistances(bench, v_low, bits, c_load, start + float(width[-1]) / 2, simulator)
    return TimedLevels(
        level=level,
        r_out=r_out,
        settling=settled,
        error=float(np.abs(coarse[codes] - width).max() / (width[-1] - width[0]) * top),
        energy={name: values for name, values in parts.items() if np.any(values != 0)},
        coding="pulse_width",
        decks=(digest, *loaded),
    )


def _smooth(codes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values of all codes up to the largest of `codes`, on a smooth curve through those at `codes`."""
    from scipy.interpolate import PchipInterpolator  # takes 0.4 s to import

    return PchipInterpolator(codes, values)(np.arange(codes[-1] + 1))


def _serial(bench: Bench, v_low: float, bits: int, c_load: float, simulator: Simulator) -> TimedLevels:
    top = 2**bits - 1
    alternating = int("10" * bits, 2) & top
    codes = np.array([0, top, alternating, top - alternating])
    cycle, span = bench.cycle, bench.ref - v_low
    slots = _slots(bench, bits)
    ends = np.array([start + width for start, width in slots]) - CLOCK_EDGE
    with converter_run(_deck(bench, v_low, codes, bits, c_load), simulator) as raw:
        time, out = raw["time"], (raw["v(out)"] - v_low) / span
        at = np.interp(np.arange(len(codes))[:, None] * cycle + ends, time, out)  # (words, slots)
        off, on = at[0], at[1]
        if np.any(on - off < LEAST_ON):
            k = int(np.argmin(on - off))
            raise SimulatorError(
                f"the driver {bench.block.name!r}: its port 'out' moves by {(on - off)[k] * span:.3g} V for bit {k} at "
                f"the end of its slot; expected about {span:.3g} V, check its phases",
                raw.folder,
            )
        level = _shifted(off, on, np.arange(top + 1), bits)
        simulated = (at[2:] @ 2.0 ** np.arange(bits)) / top
        error = float(np.abs(level[codes[2:]] - simulated).max() * top)
        begin, width = slots[0]
        inside = (time >= cycle + begin) & (time <= cycle + begin + width - CLOCK_EDGE)
        settled = _settled(bench, time[inside] - cycle - begin, out[inside], top + 1, raw.folder)
        digest = raw.deck_digest
    r_out, loaded = _resistances(bench, v_low, bits, c_load, float(ends[0]), simulator)
    return TimedLevels(v_low + span * level, r_out, settled, error, {}, "bit_serial", (digest, *loaded))


def _shifted(off: np.ndarray, on: np.ndarray, codes: np.ndarray, bits: int) -> np.ndarray:
    """What shift and add makes of the outputs of slots (bits,) for codes (n,), of the full amplitude (n,)."""
    words = (codes[:, None] >> np.arange(bits)) & 1
    return np.where(words == 1, on, off) @ 2.0 ** np.arange(bits) / (2**bits - 1)


def _slots(bench: Bench, bits: int) -> list[tuple[float, float]]:
    """Start and width of the slot of each bit [s]."""
    phases = {_phase_of(role) for role in clock_nodes(bench.block) if role.rpartition(".")[2].isdigit()}
    for name in sorted(phases):
        if sum(role.startswith(f"{ROLE}{name}.") for role in bench.block.roles) == bits:
            return [phase_window(bench.block, name, k=k) for k in range(bits)]
    raise InputError(
        f"the driver {bench.block.name!r}: none of its phases has a clock for each of its {bits} bits; expected one, "
        "such as phases = { slot = 's{k}' }"
    )


def _resistances(
    bench: Bench, v_low: float, bits: int, c_load: float, moment: float, simulator: Simulator
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Output resistance (2^bits,) [ohm], from the output of the first and the last code with and without a current."""
    codes = np.array([0, 2**bits - 1])
    outs, decks = [], []
    for load in (0.0, DRIVE_CURRENT):
        with converter_run(_deck(bench, v_low, codes, bits, c_load, i_load=load), simulator) as raw:
            outs.append(np.interp(moment + codes.clip(0, 1) * bench.cycle, raw["time"], raw["v(out)"]))
            decks.append(raw.deck_digest)
    off, on = (outs[0] - outs[1]) / DRIVE_CURRENT
    return np.where(np.arange(2**bits) > 0, on, off), tuple(decks)


def _deck(
    bench: Bench,
    v_low: float,
    codes: np.ndarray,
    bits: int,
    c_load: float,
    *,
    i_load: float = 0.0,
    steps: int = STEPS,
) -> str:
    return word_deck(bench, v_low, codes, bits, c_load=c_load, i_load=i_load, step=bench.cycle / steps)


def driver_sources(bench: Bench, v_low: float) -> Sequence[tuple[str, str, float]]:
    """Name in the table, role and voltage of each source that feeds a driver; of `ref`, above `low`."""
    volts = {"ref": bench.ref - v_low, "vdd": bench.block.v_supply or 0.0}
    names = {"ref": "reference", "vdd": "supply"}
    return [(names[role], role, volts[role]) for role in volts if role in bench.block.roles]


def _settled(bench: Bench, time: np.ndarray, out: np.ndarray, steps: int, folder: Path | None) -> float:
    settled = float(settling_time(time, out[:, None], np.array([1.0]), 0.5 / steps)[0])
    if not np.isfinite(settled):
        raise SimulatorError(
            f"the driver {bench.block.name!r}: its port 'out' does not settle to full amplitude within "
            f"{time[-1]:.3g} s; expected ½ LSB, longer phases in timing may do",
            folder,
        )
    return settled


def _phase_of(role: str) -> str:
    return role.removeprefix(ROLE).partition(".")[0]
