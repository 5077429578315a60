"""Turn a row driver into a table: level, output resistance, settling and energy of each code."""

from dataclasses import dataclass

import numpy as np

from circuitsim.blocks import Block
from circuitsim.characterization.adc_runs import check_supply, converter_run
from circuitsim.characterization.kept_runs import kept_runs, runs_provenance
from circuitsim.characterization.timed_drivers import driver_sources, timed_levels
from circuitsim.errors import InputError, SimulatorError
from circuitsim.netlist.conversions import Bench
from circuitsim.netlist.drivers import DRIVE_CURRENT, level_deck, settling_deck
from circuitsim.results import ConverterTable
from circuitsim.results.waveforms import settling_time
from circuitsim.spice import TRUTH_OPTIONS, Simulator, find_ngspice

SETTLED_CODES = 9
MOST_BITS = 12  # of an ideal DAC before a driver without a word of its own


def dac_block_table(
    block: Block,
    *,
    v_low: float,
    v_high: float,
    c_load: float,
    bits: int | None = None,
    temperature_c: float = 27.0,
    simulator: Simulator | None = None,
) -> ConverterTable:
    """Characterize a row driver by small decks.

    A driver without a digital word is driven by an ideal DAC: code k puts k / (2^bits − 1) of the range on `in`. One
    with phases codes by time: its levels are the times for which it is on, at full amplitude [s], or what shift and add
    makes of its bits [V].

    Args:
        block: A driver.
        v_low, v_high: Voltages at its ports `low` and `ref` [V].
        c_load: Capacitance of the row, at which it settles [F].
        bits: Resolution of the ideal DAC before a driver without a digital word; None: that of its word.
        temperature_c: Temperature [°C].
        simulator: The ngspice to use; None: `find_ngspice()`.

    Returns:
        Its table: low and high are the levels of its first and its last code. The energy of a driver without phases is
        that of its supplies at rest, without load, in the longest settling time, so that a read of t seconds takes
        t / t_conversion times as much.

    Raises:
        InputError: The block is no driver, bits is missing or not that of its word, v_high is not above v_low, or the
            load is not positive.
        SimulatorError: ngspice failed, the levels do not rise, or the output does not settle; the folder is kept.
    """
    _check(block, v_low, v_high, c_load)
    resolution = _resolution(block, bits)
    bench = Bench(block, v_high, temperature_c)
    check_supply(bench)
    simulator = simulator or find_ngspice()
    top = 2**resolution - 1
    if block.clocked:
        timed = timed_levels(bench, v_low, resolution, c_load, simulator)
        found = _Static(timed.level, timed.r_out, np.array([[top, timed.settling]]), timed.energy, timed.decks)
        t_conversion, unit = bench.cycle, "s" if timed.coding == "pulse_width" else "V"
        coding, error = timed.coding, timed.error
    else:
        found = _static(bench, v_low, c_load, resolution, simulator)
        t_conversion, unit, coding, error = float(found.settling[:, 1].max()), "V", "amplitude", None
    lsb = float(found.level[-1] - found.level[0]) / top
    return ConverterTable(
        bits=resolution,
        low=float(found.level[0]),
        high=float(found.level[-1]),
        inl=(found.level - found.level[0]) / lsb - np.arange(top + 1),
        unit=unit,
        block=block.name,
        supply=block.v_supply,
        reference=v_high,
        temperature_c=temperature_c,
        r_out=found.r_out,
        settling=found.settling,
        c_load=c_load,
        t_conversion=t_conversion,
        energy_code=np.arange(top + 1) if found.energy else None,
        energy=found.energy,
        error=error,
        coding=coding,
        provenance=runs_provenance(found.decks, simulator, TRUTH_OPTIONS),
    )


def _check(block: Block, v_low: float, v_high: float, c_load: float) -> None:
    if block.kind != "driver":
        raise InputError(f"block {block.name!r} is of the kind {block.kind!r}: expected a driver")
    if not (block.bits or "in" in block.roles):
        raise InputError(f"block {block.name!r}: no terminal has the role 'bits' or 'in'; expected one of them")
    if not v_low < v_high:
        raise InputError(f"v_high = {v_high:g} V: expected more than v_low = {v_low:g} V")
    if not c_load > 0:
        raise InputError(f"c_load = {c_load:g} F: expected a capacitance > 0")


def _resolution(block: Block, bits: int | None) -> int:
    if block.bits:
        if bits not in (None, block.bits):
            raise InputError(f"bits = {bits}: {block.name} has {block.bits} bits")
        return block.bits
    if bits is None or not 1 <= bits <= MOST_BITS:
        raise InputError(
            f"bits = {bits}: {block.name} has no digital word, an ideal DAC drives it; expected its 1 to {MOST_BITS} "
            "bits"
        )
    return bits


@dataclass(frozen=True)
class _Static:
    """Level [V] and output resistance [ohm] of each code, settling (n, 2), energies by part, digests of the decks."""

    level: np.ndarray
    r_out: np.ndarray
    settling: np.ndarray
    energy: dict[str, np.ndarray]
    decks: tuple[str, ...]


def _static(bench: Bench, v_low: float, c_load: float, bits: int, simulator: Simulator) -> _Static:
    count = 2**bits
    with kept_runs([level_deck(bench, v_low, bits)], simulator, TRUTH_OPTIONS) as (raw,):
        out = raw["v(out)"].reshape(2, count)
        level, r_out = out[0], (out[0] - out[1]) / DRIVE_CURRENT
        steps = np.diff(level)
        if float(np.ptp(level)) == 0 or np.all(np.abs(steps) < 1e-6 * (bench.ref - v_low) / count):
            raise SimulatorError(
                f"the driver {bench.block.name!r}: its port 'out' stays at {level[0]:.4g} V for all codes; expected "
                "levels that rise with the code",
                raw.folder,
            )
        if np.any(steps <= 0):
            code = int(np.argmax(steps <= 0)) + 1
            raise SimulatorError(
                f"the driver {bench.block.name!r}: its port 'out' falls from {level[code - 1]:.6g} V to "
                f"{level[code]:.6g} V at code {code}; expected levels that rise with the code",
                raw.folder,
            )
        power = {
            name: -raw[f"i(v{role})"].reshape(2, count)[0] * volts for name, role, volts in driver_sources(bench, v_low)
        }
        decks = [raw.deck_digest]
    codes = np.unique(np.linspace(1, count - 1, SETTLED_CODES).astype(int))
    settled, deck = _settling(bench, v_low, codes, level, c_load, float(r_out.max()), simulator)
    longest = float(settled.max())
    energy = {name: values * longest for name, values in power.items() if np.any(values != 0)}
    return _Static(level, r_out, np.stack([codes, settled], axis=1), energy, (*decks, deck))


def _settling(
    bench: Bench, v_low: float, codes: np.ndarray, level: np.ndarray, c_load: float, r_out: float, simulator: Simulator
) -> tuple[np.ndarray, str]:
    """Time (codes,) after the code changed from 0 until the output stays within half an LSB [s]; digest of the deck."""
    lsb = float(level[-1] - level[0]) / (len(level) - 1)
    slot = 4 * np.log(2 * len(level)) * max(r_out, 1.0) * c_load + 2e-9
    bits = int(np.log2(len(level)))
    with converter_run(settling_deck(bench, v_low, codes, c_load, slot, bits), simulator) as raw:
        time, out = raw["time"], raw["v(out)"]
        found = np.full(len(codes), np.inf)
        for k, code in enumerate(codes.tolist()):
            start = (2 * k + 1) * slot
            inside = (time >= start) & (time < start + slot * 0.98)
            wave = out[inside][:, None]
            found[k] = settling_time(time[inside] - start, wave, level[code : code + 1], lsb / 2)[0]
        if not np.all(np.isfinite(found)):
            code = int(codes[np.argmax(~np.isfinite(found))])
            raise SimulatorError(
                f"the driver {bench.block.name!r}: its port 'out' does not settle to {level[code]:.4g} V within "
                f"{slot:.3g} s at code {code} and a load of {c_load:g} F",
                raw.folder,
            )
        return found, raw.deck_digest
