"""The box that a certificate speaks of, every matrix and every input of the declared use, and its largest current."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from circuitsim.calibration.level_inputs import tried_levels
from circuitsim.chain import exact_array, exact_outputs, sensed_inputs
from circuitsim.devices import has_two_states
from circuitsim.errors import OutsideRangeError
from circuitsim.periphery import report
from circuitsim.results import AnyCell, CellSurface, ReadCase, SenseTable, TileModel
from circuitsim.spec import ArraySpec, check_voltage_range, checked, has_bypass, input_unit, resting_input

_OFFSET = 0.01  # of the range of inputs


@dataclass(frozen=True)
class Box:
    """Conductances from g_min to g_max in every cell, inputs from v_low to v_high on every row; 0 or 1 on gates, or
    any of their levels.

    Patterns of the box count from the far end: row 0 is the farthest from the sense amplifiers, column 0 the nearest to
    the row drivers, wherever the specification puts them.

    Attributes:
        spec: The array.
        v_low, v_high: Inputs [V]; v_ref lies between them or is one of them, because a row may always rest. 0 and 1
            where inputs switch gates.
    """

    spec: ArraySpec
    v_low: float
    v_high: float

    @property
    def rest(self) -> float:
        """Input of a row at rest [V]."""
        return resting_input(self.spec)

    @property
    def switched(self) -> bool:
        """Whether inputs are 0 or 1, or levels of gates, and nothing between them."""
        return input_unit(self.spec) != "V"

    @classmethod
    def of(cls, spec: ArraySpec, v_range: tuple[float, float] | None = None) -> "Box":
        """Make the box of an array for inputs in a range [V]; None: v_ref to v_ref + v_read.

        What passes v_ref by less than 1 % of the range is the offset of a DAC, and not searched by itself.
        """
        low, high = v_range or sensed_inputs(spec, None)
        rest = resting_input(spec)
        low, high = min(low, rest), max(high, rest)
        offset = _OFFSET * (high - low)
        return cls(spec, rest if rest - low <= offset else low, rest if high - rest <= offset else high)

    @property
    def v_range(self) -> tuple[float, float]:
        """Smallest and largest input [V]."""
        return self.v_low, self.v_high

    @property
    def steps(self) -> tuple[float, ...]:
        """Inputs [V] that a search tries: both ends, rest, and half way between them; 0, 1 and levels on gates."""
        rest = self.rest
        if self.switched:
            return tried_levels(self.spec)
        return tuple(sorted({self.v_low, (self.v_low + rest) / 2, rest, (rest + self.v_high) / 2, self.v_high}))

    @property
    def fine_steps(self) -> tuple[float, ...]:
        """Voltages [V] at every eighth of the way from rest to either end of the range, or the levels next to them."""
        rest = self.rest
        if self.switched:
            return tried_levels(self.spec, 9)
        return tuple(sorted({rest + (v - rest) * k / 8 for v in (self.v_low, self.v_high) for k in range(9)}))

    @property
    def ends(self) -> tuple[float, ...]:
        """Inputs [V] of which one, on all rows, gives the largest current: at rest an array at most leaks, but strings
        conduct."""
        if has_bypass(self.spec):
            return self.v_low, self.v_high
        return tuple(dict.fromkeys(v for v in (self.v_high, self.v_low) if v != self.rest))

    def conductances(self, pattern: np.ndarray) -> np.ndarray:
        """Turn a pattern (rows, cols), 0 for g_min to 1 for g_max, into conductances [S] of the array."""
        wire, device = self.spec.wire, self.spec.device
        g = (1 - pattern) * device.g_min + pattern * device.g_max
        g = g[::-1] if wire.col_sense == "top" else g
        return np.ascontiguousarray(g[:, ::-1] if wire.row_drive == "right" else g)

    def stored(self, g: np.ndarray) -> np.ndarray:
        """Return what the devices can store of g [S]: of two states g_min wherever g < g_max, so that no load rises."""
        if not has_two_states(self.spec):
            return g
        low, high = self.spec.device.g_min, self.spec.device.g_max
        return np.where(g < high * (1 - 1e-9), low, high)

    def inputs(self, patterns: np.ndarray) -> np.ndarray:
        """Turn patterns (batch, rows), 0 for rest, 1 for v_high, −1 for v_low, into inputs [V] of the array."""
        up, down = np.maximum(patterns, 0.0), np.maximum(-patterns, 0.0)
        v = (1 - up - down) * self.rest + up * self.v_high + down * self.v_low
        return np.ascontiguousarray(v[:, ::-1] if self.spec.wire.col_sense == "top" else v)


@checked
def full_scale_of_box(
    spec: ArraySpec,
    surface: AnyCell,
    *,
    v_range: tuple[float, float] | None = None,
    sense: SenseTable | None = None,
    off: CellSurface | None = None,
    between: tuple[CellSurface, ...] = (),
) -> tuple[float, ReadCase]:
    """Return the largest |output| of a column anywhere in the box, and the read that gives it.

    That read drives all rows fully, with one column at g_max and all other cells at g_min: more current in the others
    would only lower the row voltages. Which column it is depends on the wires, mostly on the side of the drivers. A
    string carries its largest current with all rows at rest, where every cell is bypassed.

    Args:
        spec: The array.
        surface: Its characterized cell.
        v_range: Range of the inputs [V]; None: v_ref to v_ref + v_read, or as in `chain.sensed_inputs`.
        sense: Table of its sense amplifiers; None for ideal ones.
        off, between: Where inputs switch gates, the cells of rows at 0, and at levels between, see `exact_array`.

    Returns:
        The current [A] by the array solver, of 1c cells the charge [C], and its case. With a table, the
        largest change of the amplifiers' output from that without current [unit of the table].

    Raises:
        InputError: The range of inputs is empty or not finite.
        OutsideRangeError: The current is more than the amplifiers carry.
        SpecError, NotConvergedError: As `nodal.prepare` and `nodal.read`.

    Valid for: cells whose current rises with their conductance and their voltage.
    """
    check_voltage_range(v_range)
    subject = _Subject(Box.of(spec, v_range or sensed_inputs(spec, sense)), surface, sense, off, between)
    box = subject.box
    ends = np.array([[v] for v in box.ends]) * np.ones(spec.array.rows)
    best, case = -1.0, None
    for column in dict.fromkeys(_candidates(subject, ends)):
        g = np.full(spec.shape, spec.device.g_min)
        g[:, column] = spec.device.g_max
        current = subject.swing(g, ends)
        end, read = np.unravel_index(current.argmax(), current.shape)
        if current[end, read] > best:
            best, case = float(current[end, read]), ReadCase.of(g, ends[end], int(read), "one hot column")
    assert case is not None
    return best, case


@checked
def full_scale_of_model(model: TileModel) -> tuple[float, ReadCase]:
    """Return the full scale of a behavioral model's box; see `full_scale_of_box`."""
    cells = {"off": model.off, "between": model.between}
    return full_scale_of_box(model.spec, model.surface, v_range=model.v_range, sense=model.sense, **cells)


@dataclass(frozen=True)
class _Subject:
    """The array whose largest output is sought."""

    box: Box
    surface: AnyCell
    sense: SenseTable | None
    off: CellSurface | None
    between: tuple[CellSurface, ...]

    def swing(self, g: np.ndarray, v_in: np.ndarray) -> np.ndarray:
        """Return |output − output without current| (batch, cols) of a matrix."""
        box, sense = self.box, self.sense
        known = {"off": self.off, "between": self.between, "sense": sense, "v_range": box.v_range}
        array = exact_array(box.spec, g, self.surface, **known)
        try:
            out = exact_outputs(array, v_in)
        except OutsideRangeError as error:
            if sense is None:
                raise
            raise OutsideRangeError(
                "the array asks more of its sense amplifiers than they carry, with a column at device.g_max and all "
                f"inputs at full scale: {error}; or choose fewer rows, or a lower device.g_max or driver.v_read"
            ) from None
        rest = 0.0 if sense is None else float(report(sense, np.zeros((1, 1)))[0, 0])
        return np.abs(out - rest)


def _candidates(subject: _Subject, ends: np.ndarray) -> Iterator[int]:
    """Yield columns that may carry the largest current: by their place, and by what equal cells show of the wires."""
    spec = subject.box.spec
    cols = spec.array.cols
    yield from (0, cols // 2, cols - 1)
    for g in (spec.device.g_min, spec.device.g_max):
        yield int(subject.swing(np.full(spec.shape, g), ends).max(axis=0).argmax())
