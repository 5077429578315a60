"""Change the cells of one tile by an update rule."""

from dataclasses import dataclass

import numpy as np
import torch

from circuitsim.programming import PulsedCells, apply_pulses, coincidences
from circuitsim.training.pulsed_tile import CellPlaces, PulsedTile
from circuitsim.training.trained_tile import TrainedTile
from circuitsim.training.update_rules import PulseCounts, PulseTrains, TikiTaka, UpdateRule


@dataclass
class UpdatedArray:
    """Cells that updates write, with what the writing needs and has taken.

    Attributes:
        cells: The cells.
        bits, noise: Generators of the trains of pulses, and of the write noise.
        left: Changes smaller than a step that `PulseCounts` keeps digitally [S]; of the shape of the cells.
        step: Size of a pulse of the mean device at its symmetry point [S], for which every pulse is taken.
        trains, cut: Number of updates by trains, and of those in which a probability was cut at 1.
        slots: Time slots of pulses.
    """

    cells: PulsedCells
    bits: np.random.Generator
    noise: np.random.Generator
    left: np.ndarray
    step: float
    trains: int = 0
    cut: int = 0
    slots: int = 0

    def pulse(self, counts: np.ndarray) -> None:
        """Give the cells a number of pulses each, down where it is negative."""
        self.cells = apply_pulses(self.cells, counts, rng=self.noise)

    def meet(self, rows: np.ndarray, cols: np.ndarray, bit_length: int) -> None:
        """Send trains of pulses along rows and columns, of these probabilities, cut at 1."""
        self.trains += 1
        self.cut += bool(np.abs(rows).max() > 1.0 or np.abs(cols).max() > 1.0)
        self.slots += 2 * bit_length  # all ups, then all downs
        self.pulse(coincidences(np.clip(rows, -1, 1), np.clip(cols, -1, 1), bit_length, rng=self.bits))

    def count(self, wanted: np.ndarray) -> None:
        """Change the cells by what is wanted and left [S] in whole steps; keep the rest."""
        wanted = wanted + self.left
        counts = np.rint(wanted / self.step).astype(np.int64)
        self.left = wanted - counts * self.step
        self.slots += int((np.maximum(counts, 0).max(axis=1) + np.maximum(-counts, 0).max(axis=1)).sum())
        self.pulse(counts)


class FastArray:
    """The fast array of a tile in `TikiTaka`, its reference, and whose turn it is.

    Attributes:
        written: Its cells.
        tile: Reads them.
        reference: (rows, columns) currents of each row read alone, at the symmetry points [A].
        row, since: The next row to be transferred, and the updates since the last one.
    """

    def __init__(self, written: UpdatedArray, tile: TrainedTile, places: CellPlaces) -> None:
        """Begin at the symmetry points, where the cells are."""
        self.written, self.tile, self.places = written, tile, places
        self.row, self.since = 0, 0
        self.reference = self._currents(np.arange(len(written.cells.g)))

    def _currents(self, rows: np.ndarray) -> np.ndarray:
        """Return the currents (rows, columns) [A] of rows read one by one."""
        spec, places = self.places.spec, self.places
        v = torch.full((len(rows), spec.array.rows), spec.sense.v_ref, dtype=torch.float64)
        v[torch.arange(len(rows)), torch.as_tensor(rows + places.place.first_row)] += spec.driver.v_read
        g = torch.as_tensor(places.whole(self.written.cells.g))
        return self.tile.read(g, v, training=True).numpy()[:, places.cols]

    def next_row(self) -> tuple[int, np.ndarray]:
        """Return a row's number, and what is read of it (columns,) as conductances beyond the reference [S]."""
        spec, row = self.places.spec, self.row
        self.row = (row + 1) % len(self.reference)
        read = (self._currents(np.array([row]))[0] - self.reference[row]) / spec.driver.v_read
        if spec.adc.bits is not None:
            span = spec.device.g_max - spec.device.g_min
            step = span / (2**spec.adc.bits - 1)
            read = np.clip(np.rint(read / step) * step, -span, span)
        return row, read


def update_cells(rule: UpdateRule, tile: PulsedTile, slow: UpdatedArray, fast: FastArray | None) -> None:
    """Change the cells of a tile by what its reads since the last update are due.

    Raises:
        InputError: A derivative is not finite.
    """
    updates = rule.updates if isinstance(rule, TikiTaka) else rule
    worth = tile.places.worth * updates.rate
    x, by_current = tile.gathered()
    written = slow if fast is None else fast.written
    if isinstance(updates, PulseCounts):
        written.count(-worth * tile.slope())
        if isinstance(rule, TikiTaka) and fast is not None:
            _transfer(rule, fast, slow, len(x))
        return
    for one, due in zip(x, -worth * by_current, strict=True):
        written.meet(*pulse_probabilities(updates, one, due, written.step), updates.bit_length)
        if isinstance(rule, TikiTaka) and fast is not None:
            _transfer(rule, fast, slow, 1)


def pulse_probabilities(
    rule: PulseTrains, x: np.ndarray, due: np.ndarray, step: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the signed probabilities of a pulse in a slot on the rows and on the columns, which may pass 1.

    Args:
        rule: States the number of slots.
        x: (rows,) inputs in parts of v_read, one or more not 0.
        due: (columns,) change of a cell at x = 1 [S], one or more not 0.
        step: Size of a pulse [S].
    """
    largest_x, largest_due = np.abs(x).max(), np.abs(due).max()
    each = np.sqrt(largest_x * largest_due / (rule.bit_length * step))
    return x / largest_x * each, due / largest_due * each


def _transfer(rule: TikiTaka, fast: FastArray, slow: UpdatedArray, updates: int) -> None:
    """Move rows of the fast array into the slow one, as many as are due after so many further updates."""
    fast.since += updates
    while fast.since >= rule.every:
        fast.since -= rule.every
        row, read = fast.next_row()
        due = rule.transfer * read
        if isinstance(rule.updates, PulseCounts):
            wanted = np.zeros(slow.cells.g.shape)
            wanted[row] = due
            slow.count(wanted)
        elif due.any():
            alone = np.zeros(len(slow.cells.g))
            alone[row] = 1.0
            slow.meet(alone, due / (rule.updates.bit_length * slow.step), rule.updates.bit_length)
