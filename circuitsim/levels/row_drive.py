"""What row drivers put out, read by read: voltages behind resistances and how long they last, whatever drives them."""

from dataclasses import dataclass, replace

import numpy as np

from circuitsim.blocks import Block
from circuitsim.chain import one_bit_reads
from circuitsim.levels.serial_rows import one_bit_dac
from circuitsim.periphery import drive, slot_levels
from circuitsim.results import ConverterTable
from circuitsim.spec import ArraySpec

EQUAL = 1e-4  # relative difference of output resistances that count as one


@dataclass(frozen=True)
class RowDrive:
    """Rows in a batch of reads; a code that is bit-serial has one read a bit, the lowest first.

    Attributes:
        level: (reads, rows) voltage of each row without load [V].
        r_out: (reads, rows) resistance behind which it lies [ohm]; None: that of the specification.
        width: (reads, rows) time for which it lasts [s].
        rest: Voltage of a row before and after that time [V].
        full: Its largest voltage [V].
        r_rest: Its resistance then [ohm].
        name: Name of the driver; empty if it is ideal.
    """

    level: np.ndarray
    r_out: np.ndarray | None
    width: np.ndarray
    rest: float
    full: float
    r_rest: float = 0.0
    name: str = ""

    @property
    def common_resistance(self) -> float | None:
        """The resistance that all rows have at all times [ohm]; None if there is none, or none for all."""
        if self.r_out is None or np.ptp(np.append(self.r_out, self.r_rest)) > EQUAL * self.r_out.max():
            return None
        return float(self.r_out.mean())


def row_drive(
    spec: ArraySpec,
    block: Block | None,
    dac: ConverterTable,
    words: np.ndarray,
    *,
    rng: np.random.Generator | None = None,
) -> RowDrive:
    """Return what drivers put out for codes.

    Args:
        spec: The array.
        block: The circuit of the drivers; None: ideal ones.
        dac: Their table, or the ideal DAC.
        words: Checked codes (batch, rows).
        rng: Source of the noise of the table; needed where it has noise.
    """
    coding, t_read = spec.driver.input_code, spec.driver.t_read
    if block is not None and block.clocked and block.bits:
        return _slots(dac, words, t_read)
    if coding == "amplitude":
        return _drive(dac, words, np.full(words.shape, t_read), rng)
    if coding == "bit_serial":
        digits = one_bit_reads(words, dac.bits)
        table = one_bit_dac(spec) if block is None else _ends(dac, float(dac.levels[0]), float(dac.levels[-1]))
        return _drive(table, digits, np.full(digits.shape, t_read), rng)
    on, low_high = np.ones(words.shape, dtype=int), spec.drive_range
    if block is None:
        return _drive(ConverterTable(1, *low_high), on, words / (2**dac.bits - 1) * t_read, rng)
    if not block.clocked:  # pulses of an ideal source pass through it
        table = _ends(dac, float(dac.levels[0]), float(dac.levels[-1]))
        return _drive(table, on, words / (2**dac.bits - 1) * t_read, rng)
    return _drive(_ends(dac, *low_high), on, dac.levels[words.astype(int)].clip(0.0), rng)


def _ends(dac: ConverterTable, low: float, high: float) -> ConverterTable:
    """One-bit table of a driver between the voltages of its first and its last code."""
    r_out = None if dac.r_out is None else dac.r_out[[0, -1]]
    return ConverterTable(1, low, high, r_out=r_out, block=dac.block)


def _drive(table: ConverterTable, codes: np.ndarray, width: np.ndarray, rng: np.random.Generator | None) -> RowDrive:
    level = np.asarray(drive(table if rng is not None else replace(table, noise=0.0), codes, rng=rng))
    ends = float(table.levels[0]), table.high
    if table.r_out is None:
        return RowDrive(level, None, width, *ends, name=table.block)
    return RowDrive(level, table.r_out[codes.astype(int)], width, *ends, float(table.r_out[0]), table.block)


def _slots(dac: ConverterTable, words: np.ndarray, t_read: float) -> RowDrive:
    """Rows of a driver that puts out bit after bit: on at the voltage of the bit's slot, off at that of code 0."""
    off, on = slot_levels(dac)
    digits = one_bit_reads(words, dac.bits)
    slot_of = np.arange(len(digits)) % dac.bits
    level = np.where(digits == 1, on[slot_of][:, None], off)
    assert dac.r_out is not None
    r_out = np.where(digits == 1, dac.r_out[-1], dac.r_out[0])
    return RowDrive(level, r_out, np.full(level.shape, t_read), off, float(on.max()), float(dac.r_out[0]), dac.block)
