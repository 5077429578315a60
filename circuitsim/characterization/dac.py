"""Turn a driver with a digital word into a table: level, output resistance, settling and energy of each code."""

import numpy as np

from circuitsim.blocks import Block
from circuitsim.characterization.adc_runs import check_supply, converter_run
from circuitsim.characterization.kept_runs import kept_runs
from circuitsim.errors import InputError, SimulatorError
from circuitsim.netlist.conversions import Bench
from circuitsim.netlist.drivers import DRIVE_CURRENT, level_deck, settling_deck
from circuitsim.results import ConverterTable, Provenance
from circuitsim.results.waveforms import settling_time
from circuitsim.spice import TRUTH_OPTIONS, Simulator, find_ngspice

SETTLED_CODES = 9
LINEAR = 0.25  # [LSB] by which a level may leave the line through its neighbours before the codes are said to fall


def dac_block_table(
    block: Block,
    *,
    v_low: float,
    v_high: float,
    c_load: float,
    temperature_c: float = 27.0,
    simulator: Simulator | None = None,
) -> ConverterTable:
    """Characterize a DAC by two small decks.

    Args:
        block: A driver with a digital word and without phases.
        v_low, v_high: Voltages at its ports `low` and `ref` [V].
        c_load: Capacitance of the row, at which it settles [F].
        temperature_c: Temperature [°C].
        simulator: The ngspice to use; None: `find_ngspice()`.

    Returns:
        Its table: low and high are the levels of its first and its last code. The energy is that from `ref`, without
        load, in the longest settling time, so that a read of t seconds takes t / t_conversion times as much.

    Raises:
        InputError: The block is no such driver, v_high is not above v_low, or the load is not positive.
        SimulatorError: ngspice failed, the levels do not rise, or the output does not settle; the folder is kept.
    """
    _check(block, v_low, v_high, c_load)
    bench = Bench(block, v_high, temperature_c)
    check_supply(bench)
    simulator = simulator or find_ngspice()
    level, r_out, power = _levels(bench, v_low, simulator)
    count = len(level)
    lsb = float(level[-1] - level[0]) / (count - 1)
    codes = np.unique(np.linspace(1, count - 1, SETTLED_CODES).astype(int))
    settled = _settling(bench, v_low, codes, level, lsb, c_load, float(r_out.max()), simulator)
    longest = float(settled.max())
    return ConverterTable(
        bits=block.bits,
        low=float(level[0]),
        high=float(level[-1]),
        inl=(level - level[0]) / lsb - np.arange(count),
        unit="V",
        block=block.name,
        supply=block.v_supply,
        reference=v_high,
        temperature_c=temperature_c,
        r_out=r_out,
        settling=np.stack([codes, settled], axis=1),
        c_load=c_load,
        t_conversion=longest,
        energy_code=np.arange(count),
        energy={"reference": power * longest},
        provenance=Provenance(level="ngspice", spec_digest=None, ngspice=simulator.version_text),
    )


def _check(block: Block, v_low: float, v_high: float, c_load: float) -> None:
    if block.kind != "driver" or not block.bits or block.clocked:
        raise InputError(f"block {block.name!r}: expected a driver with the port 'bits' and without phases")
    if not v_low < v_high:
        raise InputError(f"v_high = {v_high:g} V: expected more than v_low = {v_low:g} V")
    if not c_load > 0:
        raise InputError(f"c_load = {c_load:g} F: expected a capacitance > 0")


def _levels(bench: Bench, v_low: float, simulator: Simulator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Level [V], output resistance [ohm] and power from `ref` above `low` [W] of every code."""
    with kept_runs([level_deck(bench, v_low)], simulator, TRUTH_OPTIONS) as (raw,):
        count = 2**bench.block.bits
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
        power = -raw["i(vref)"].reshape(2, count)[0] * (bench.ref - v_low)
    return level, r_out, power


def _settling(
    bench: Bench,
    v_low: float,
    codes: np.ndarray,
    level: np.ndarray,
    lsb: float,
    c_load: float,
    r_out: float,
    simulator: Simulator,
) -> np.ndarray:
    """Time (codes,) after the code changed from 0 until the output stays within half an LSB [s]."""
    slot = 4 * np.log(2 * len(level)) * max(r_out, 1.0) * c_load + 2e-9
    with converter_run(settling_deck(bench, v_low, codes, c_load, slot), simulator) as raw:
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
    return found
