"""The box that a certificate speaks of, every matrix and every input of the declared use, and its largest current."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from circuitsim import nodal
from circuitsim.devices import has_two_states
from circuitsim.results import CellSurface, ReadCase
from circuitsim.spec import ArraySpec, check_voltage_range, checked


@dataclass(frozen=True)
class Box:
    """Conductances from g_min to g_max in every cell, inputs from v_low to v_high on every row.

    Patterns of the box count from the far end: row 0 is the farthest from the sense amplifiers, column 0 the nearest to
    the row drivers, wherever the specification puts them.

    Attributes:
        spec: The array.
        v_low, v_high: Inputs [V]; v_ref lies between them or is one of them, because a row may always rest.
    """

    spec: ArraySpec
    v_low: float
    v_high: float

    @classmethod
    def of(cls, spec: ArraySpec, v_range: tuple[float, float] | None = None) -> "Box":
        """Make the box of an array for inputs in a range [V]; None: v_ref to v_ref + v_read."""
        low, high = v_range or spec.drive_range
        return cls(spec, min(low, spec.sense.v_ref), max(high, spec.sense.v_ref))

    @property
    def v_range(self) -> tuple[float, float]:
        """Smallest and largest input [V]."""
        return self.v_low, self.v_high

    @property
    def steps(self) -> tuple[float, ...]:
        """Input voltages [V] that a search tries: both ends, rest, and half way between them."""
        rest = self.spec.sense.v_ref
        return tuple(sorted({self.v_low, (self.v_low + rest) / 2, rest, (rest + self.v_high) / 2, self.v_high}))

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
        v = (1 - up - down) * self.spec.sense.v_ref + up * self.v_high + down * self.v_low
        return np.ascontiguousarray(v[:, ::-1] if self.spec.wire.col_sense == "top" else v)


@checked
def full_scale_of_box(
    spec: ArraySpec, surface: CellSurface, *, v_range: tuple[float, float] | None = None
) -> tuple[float, ReadCase]:
    """Return the largest |current| of a column anywhere in the box, and the read that gives it.

    That read drives all rows fully, with one column at g_max and all other cells at g_min: more current in the others
    would only lower the row voltages. Which column it is depends on the wires, mostly on the side of the drivers.

    Args:
        spec: The array.
        surface: Its characterized cell.
        v_range: Range of the inputs [V]; None: v_ref to v_ref + v_read.

    Returns:
        The current [A] by the array solver, and its case.

    Raises:
        InputError: The range of inputs is empty or not finite.
        SpecError, NotConvergedError: As `nodal.prepare` and `nodal.read`.

    Valid for: cells whose current rises with their conductance and their voltage.
    """
    check_voltage_range(v_range)
    box = Box.of(spec, v_range)
    ends = np.array([[box.v_high], [box.v_low]]) * np.ones(spec.array.rows)
    best, case = -1.0, None
    for column in dict.fromkeys(_candidates(box, surface, ends)):
        g = np.full(spec.shape, spec.device.g_min)
        g[:, column] = spec.device.g_max
        current = np.abs(_outputs(box, surface, g, ends))
        end, read = np.unravel_index(current.argmax(), current.shape)
        if current[end, read] > best:
            best, case = float(current[end, read]), ReadCase.of(g, ends[end], int(read), "one hot column")
    assert case is not None
    return best, case


def _candidates(box: Box, surface: CellSurface, ends: np.ndarray) -> Iterator[int]:
    """Yield columns that may carry the largest current: by their place, and by what equal cells show of the wires."""
    cols = box.spec.array.cols
    yield from (0, cols // 2, cols - 1)
    for g in (box.spec.device.g_min, box.spec.device.g_max):
        yield int(np.abs(_outputs(box, surface, np.full(box.spec.shape, g), ends)).max(axis=0).argmax())


def _outputs(box: Box, surface: CellSurface, g: np.ndarray, v_in: np.ndarray) -> np.ndarray:
    array = nodal.prepare(box.spec, g, surface, v_range=box.v_range)
    return nodal.read(array, v_in).out
