"""Write the row drivers of a chain: ideal sources, DACs, pulses and bits in time, for codes one after another."""

import numpy as np

from circuitsim.blocks import Block
from circuitsim.errors import SpecError
from circuitsim.netlist.chain_timing import ChainTiming
from circuitsim.netlist.names import check_path, moment, number
from circuitsim.netlist.phases import CLOCK_EDGE, clock_nodes, phase_window, repeated_phase_cards
from circuitsim.netlist.stimulus import pulse_corners
from circuitsim.spec import ArraySpec, checked, gate_voltage_levels
from circuitsim.spec.matrices import drive_voltages

DRIVER_CLOCKS = "ck_driver_"


@checked
def code_bits(spec: ArraySpec, block: Block | None) -> int:
    """Return the resolution of the codes that rows take.

    Raises:
        SpecError: The driver does not suit driver.input_code or driver.dac_bits, or no resolution is stated.
    """
    coding, bits = spec.driver.input_code, spec.driver.dac_bits
    if block is not None:
        served = _served(block)
        if coding not in served:
            raise SpecError(
                f"driver.input_code = {coding!r}: the driver {block.name} takes {' or '.join(map(repr, served))}"
            )
        if block.bits and bits not in (None, block.bits):
            raise SpecError(f"driver.dac_bits = {bits}: {block.name} has {block.bits} bits; remove the key")
        bits = block.bits or bits
        if spec.array.input_line != "bl":
            raise SpecError(
                f"driver.{spec.driver.sources[0]} = {block.name!r}: a circuit drives bit lines, expected "
                f"array.input_line = 'bl', not {spec.array.input_line!r}"
            )
    if bits is None:
        raise SpecError("driver.dac_bits is missing: codes need a resolution, 1 to 24 bits")
    return bits


def _served(block: Block) -> tuple[str, ...]:
    """Return the codings of inputs that a driver can put out."""
    if block.bits:
        return ("bit_serial",) if block.clocked else ("amplitude",)
    return ("pulse_width",) if block.clocked else ("amplitude", "pulse_width", "bit_serial")


def driver_cards(spec: ArraySpec, block: Block | None, codes: np.ndarray, bits: int, timing: ChainTiming) -> list[str]:
    """Write the drivers of all rows; row 3 drives the node `in_3`.

    Args:
        spec: The array.
        block: The circuit of the drivers; None: ideal sources.
        codes: Checked codes (batch, rows).
        bits: Their resolution.
        timing: Layout of one read.
    """
    if block is None or not (block.bits or block.clocked):
        height, width = analog_inputs(spec, codes, bits)
        rest = _rest(spec)
        waves = [_analog(height[:, a], width[:, a], rest, timing) for a in range(spec.array.rows)]
        if block is None:
            return ["", "* row drivers", *(f"vin_{a} in_{a} 0 {wave}" for a, wave in enumerate(waves))]
        inputs = [f"vsig_{a} sig_{a} 0 {wave}" for a, wave in enumerate(waves)]
        return [*_head(spec, block), *inputs, *_calls(spec, block)]
    if not block.bits:  # pulses
        share = codes / (2**bits - 1)
        inputs = [f"vsig_{a} sig_{a} 0 {_held(share[:, a], timing.cycle)}" for a in range(spec.array.rows)]
        (name,) = block.phases
        delay = max(0.0, timing.drive - phase_window(block, name)[0])
        clocks = repeated_phase_cards(block, timing.cycle, delay=delay, prefix=DRIVER_CLOCKS)
        return [*_head(spec, block), *clocks, *inputs, *_calls(spec, block)]
    clocks = []
    if block.clocked:  # bit after bit
        clocks = repeated_phase_cards(block, bits * timing.cycle, prefix=DRIVER_CLOCKS)
    inputs = []
    for a in range(spec.array.rows):
        for k in range(bits):
            digits = (codes[:, a].astype(int) >> k) & 1
            wave = _held(digits, timing.cycle * (bits if block.clocked else 1))
            if timing.release is not None and not block.clocked:
                wave = _analog(digits.astype(float), np.ones(len(digits)), 0.0, timing)
            inputs.append(f"vbit_{a}_{k} bit_{a}_{k} 0 {wave}")
    return [*_head(spec, block), *clocks, *inputs, *_calls(spec, block)]


def switched_gates(spec: ArraySpec, codes: np.ndarray, bits: int, timing: ChainTiming) -> list[str]:
    """Write the sources of the gates of rows that are switched off where they have no input; empty if none are.

    Arguments as in `driver_cards`. A gate stays for a whole read: for a code above 0, or for a bit that is set.
    """
    if not spec.technique.skip_zero_rows:
        return []
    assert spec.v_gate is not None  # the specification needs a cell with a gate
    on = codes > 0
    if spec.driver.input_code == "bit_serial":
        on = ((codes[:, None].astype(int) >> np.arange(bits)[:, None]) & 1).reshape(-1, codes.shape[1])
    return [
        f"vwl_{a} wl_{a} 0 {_held(spec.v_gate * on[:, a].astype(float), timing.cycle)}" for a in range(spec.array.rows)
    ]


def analog_inputs(spec: ArraySpec, codes: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the voltages (reads, rows) of ideal drivers [V], and for which share (reads, rows) of t_read they last."""
    top = 2**bits - 1
    if spec.driver.input_code == "pulse_width":
        return drive_voltages(spec, codes / top), codes / top
    if spec.driver.input_code == "bit_serial":
        digits = (codes[:, None].astype(int) >> np.arange(bits)[:, None]) & 1
        codes, top = digits.reshape(-1, codes.shape[1]), 1
    low, high = spec.drive_range if spec.array.input_line == "bl" else (0.0, 1.0)
    return drive_voltages(spec, low + codes * ((high - low) / top)), np.ones(codes.shape)


def _rest(spec: ArraySpec) -> float:
    """Voltage of a row between reads [V]."""
    return spec.sense.v_ref if spec.array.input_line == "bl" else gate_voltage_levels(spec)[0]


def _analog(height: np.ndarray, share: np.ndarray, rest: float, timing: ChainTiming) -> str:
    """Write a source that takes a height (reads,) [V] in each read: held, or as a pulse for a share of t_read."""
    points = [(0.0, rest)]
    for k, (value, part) in enumerate(zip(height.tolist(), share.tolist(), strict=True)):
        start = k * timing.cycle + timing.drive
        if timing.release is None:
            points += [(start, points[-1][1]), (start + timing.edge, value)]
        elif part > 0:
            width = part * (timing.release - timing.drive)
            points += [(start, rest), *pulse_corners(start, width, value, rest, timing.edge)]
    return _pwl(points)


def _held(values: np.ndarray, cycle: float) -> str:
    """Write a source that starts at 0 and holds each value (cycles,) for one cycle [s]."""
    points = [(0.0, 0.0)]
    for k, value in enumerate(values.tolist()):
        points += [(k * cycle, points[-1][1]), (k * cycle + CLOCK_EDGE, float(value))]
    return _pwl(points)


def _pwl(points: list[tuple[float, float]]) -> str:
    """Write a source through points (time [s], voltage [V]), without those that change nothing."""
    if all(value == points[0][1] for _, value in points):
        return number(points[0][1])
    kept = [points[0]]
    for k, (time, value) in enumerate(points[1:], start=1):
        flat = k + 1 < len(points) and kept[-1][1] == value == points[k + 1][1]
        if time > kept[-1][0] and not flat:
            kept.append((time, value))
    return f"pwl({' '.join(f'{moment(time)} {number(value)}' for time, value in kept)})"


def _head(spec: ArraySpec, block: Block) -> list[str]:
    check_path(f"file of {block.name}", block.lib)
    low, high = spec.drive_range
    rails = {"ref": high, "low": low, "vdd": block.v_supply}
    sources = [f"vd{role} d{role} 0 {number(volts or 0.0)}" for role, volts in rails.items() if role in block.roles]
    return ["", f"* row drivers: {block.name}", *sources]


def _calls(spec: ArraySpec, block: Block) -> list[str]:
    shared = {"ref": "dref", "low": "dlow", "vdd": "dvdd", "vss": "0", **clock_nodes(block, DRIVER_CLOCKS)}
    cards = []
    for a in range(spec.array.rows):
        nodes = {**shared, "in": f"sig_{a}", "out": f"in_{a}"}
        for role in block.roles:
            if role.startswith("bits"):
                nodes[role] = f"bit_{a}_{role.partition('.')[2] or 0}"
        cards.append(block.call(f"xdrv_{a}", nodes))
    return cards
