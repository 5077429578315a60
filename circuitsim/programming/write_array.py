"""Write the cells of an array to target conductances, row by row, in one transient of ngspice."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.errors import InputError
from circuitsim.netlist import Mismatch, cell_text
from circuitsim.programming.array_deck import WrittenArrayDeck, array_deck, driver_power
from circuitsim.programming.pulses import PulseTiming, WritePulse
from circuitsim.programming.schemes import History, RampedReset, WriteScheme, decide
from circuitsim.programming.write_deck import check_wanted, switching_card
from circuitsim.programming.write_options import along_ladder
from circuitsim.results import WrittenArray
from circuitsim.spec import ArraySpec, Count, checked, real_numbers
from circuitsim.spice import Cosimulation, Progress, RawResult
from circuitsim.truth.solution import provenance_of


@checked
def write_array(
    spec: ArraySpec,
    targets: ArrayLike,
    *,
    tolerance: float,
    scheme: WriteScheme | None = None,
    timing: PulseTiming | None = None,
    most_pulses: Count = 100,
    mismatch: Mismatch | None = None,
    progress: Progress | None = None,
) -> WrittenArray:
    """Write a 1T1R array from its highest resistance, and read all of it back, in one transient of ngspice.

    Rows are written one after another, each after a read: a cell that is at its target gets no pulse. The cells of a
    row share its bit line and word line, and each column has a driver: in a slot, all cells whose next pulse has the
    same bit line and gate get it, each with the source line that its pulse asks for. Source lines of the other columns
    follow the bit line, so that their cells see no voltage; gates of the other rows are off. The row is then read. At
    the end every row is read once more.

    Args:
        spec: The array, inputs on the bit lines; its wires and driver resistances are in the deck, and `sense.r_in` is
            the resistance of a column's driver.
        targets: Conductances wanted (rows, cols), as the array is read, from g_min to g_max [S].
        tolerance: Largest |g − target| that counts as reached [S].
        scheme: Which pulse comes next; None: `RampedReset()`.
        timing: The slots; None: `PulseTiming()`.
        most_pulses: Write pulses after which a cell is given up.
        mismatch: Deviation of each transistor, see `netlist.sample_mismatch`; None: all are alike.
        progress: Called with the number of cells done and of all cells after each slot.

    Returns:
        What was reached and what writing others did to it, with pulses, times, energies, and why cells were given up.

    Raises:
        SpecError: The cell is not 1T1R, or its device has no switching model.
        InputError: A target, the tolerance or the mismatch cannot be used.
        OutsideRangeError: A target is outside g_min to g_max.
        SimulatorError: ngspice failed; its folder is kept.

    Valid for: devices without cycle-to-cycle variability in their model, and arrays of some hundred cells at most: all
    of them are in every slot (`pytest tests/benchmark/test_closed_loop_writing.py -s` says what that takes).
    Where ngspice finds no solution, all begins again with looser tolerances, which `provenance.options` then state.
    """
    targets = real_numbers("targets", targets)
    if targets.shape != spec.shape:
        raise InputError(f"targets has shape {targets.shape}: expected (rows, cols) = {spec.shape}")
    check_wanted(spec, targets, tolerance)
    dynamic = switching_card(spec).dynamic
    assert dynamic is not None
    rows, cols = spec.shape
    scheme, timing = scheme or RampedReset(), timing or PulseTiming()
    deck = array_deck(spec, np.full(spec.shape, dynamic.maximum), timing, rows * (cols * most_pulses + 2) + 1, mismatch)

    def attempt(options: dict[str, str]) -> WrittenArray:
        with Cosimulation(deck.text, read=deck.i_sl, options=options) as live:
            slots = _Slots(live, deck, timing, spec.driver.v_read)
            written = []
            for row in range(rows):
                begin = slots.used
                cells = [
                    _Cell(float(target), float(g), abs(g - target) <= tolerance)
                    for target, g in zip(targets[row], slots.apply(row, {}), strict=True)
                ]
                for done in _write_row(slots, row, cells, scheme, tolerance, most_pulses):
                    if progress is not None:
                        progress(row * cols + done, targets.size)
                written.append((cells, slots.used - begin))
            g_end = np.array([slots.apply(row, {}) for row in range(rows)])
            return _collected(spec, targets, tolerance, written, g_end, slots, live.waveforms())

    return along_ladder(attempt)


class _Cell:
    """A cell while it is written."""

    def __init__(self, target: float, g: float, done: bool):
        self.target = target
        self.g = g
        self.history: History = []
        self.failure = ""
        self.done = done


class _Slots:
    """The slots of a transient, each with a write pulse and a read of one row."""

    def __init__(self, live: Cosimulation, deck: WrittenArrayDeck, timing: PulseTiming, v_read: float):
        self.live, self.deck, self.timing, self.v_read = live, deck, timing, v_read
        self.used = 0

    def apply(self, row: int, pulses: dict[int, WritePulse]) -> np.ndarray:
        """Apply pulses to columns of a row, which share bit line and gate; return the row's conductances (cols,) [S].

        Without pulses the row is only read.
        """
        deck, timing, begin = self.deck, self.timing, self.used * self.timing.t_slot
        if self.used:
            self.live.advance(begin - timing.t_slot + timing.t_change)
        v_bl, v_gate = next(((pulse.v_bl, pulse.v_gate) for pulse in pulses.values()), (0.0, 0.0))
        sources = dict.fromkeys((*deck.v_bl, *deck.v_gate, *deck.read), 0.0)
        sources |= {deck.v_bl[row]: v_bl, deck.v_gate[row]: v_gate, deck.read[row]: 1.0}
        sources |= {name: pulses[b].v_sl if b in pulses else v_bl for b, name in enumerate(deck.v_sl)}
        found = self.live.advance(begin + timing.t_sample, sources)
        self.used += 1
        return np.array([found[name] for name in deck.i_sl]) / self.v_read


def _write_row(
    slots: _Slots, row: int, cells: list[_Cell], scheme: WriteScheme, tolerance: float, most: int
) -> Iterator[int]:
    """Write the cells of a row; yield the number of those that are done after each slot."""
    while True:
        wanted: dict[int, WritePulse] = {}
        for col, cell in enumerate(cells):
            if not cell.done:
                pulse = decide(scheme, cell.history, cell.target, tolerance, most)
                if isinstance(pulse, str):
                    cell.failure, cell.done = pulse, True
                else:
                    wanted[col] = pulse
        if not wanted:
            yield len(cells)
            return
        shared, _ = Counter((pulse.v_bl, pulse.v_gate) for pulse in wanted.values()).most_common(1)[0]
        pulses = {col: pulse for col, pulse in wanted.items() if (pulse.v_bl, pulse.v_gate) == shared}
        g = slots.apply(row, pulses)
        for col, pulse in pulses.items():
            cell = cells[col]
            cell.g = float(g[col])
            cell.history.append((pulse, cell.g))
            cell.done = abs(cell.g - cell.target) <= tolerance
        yield sum(cell.done for cell in cells)


def _collected(
    spec: ArraySpec,
    targets: np.ndarray,
    tolerance: float,
    written: list[tuple[list[_Cell], int]],
    g_end: np.ndarray,
    slots: _Slots,
    raw: RawResult,
) -> WrittenArray:
    histories = [[cell.history for cell in cells] for cells, _ in written]
    energy_bl, energy_sl, energy_read = _energies(raw, slots.deck, slots.timing)
    return WrittenArray(
        target=targets,
        tolerance=tolerance,
        g=np.array([[cell.g for cell in cells] for cells, _ in written]),
        g_end=g_end,
        pulses=np.array([[len(each) for each in row] for row in histories]),
        sets=np.array([[sum(pulse.kind == "set" for pulse, _ in each) for each in row] for row in histories]),
        row_slots=np.array([used for _, used in written]),
        time_s=(slots.used - 1) * slots.timing.t_slot + slots.timing.t_sample,
        energy_bl=energy_bl,
        energy_sl=energy_sl,
        energy_read=energy_read,
        failure=tuple(tuple(cell.failure for cell in cells) for cells, _ in written),
        provenance=provenance_of(spec.digest, cell_text(spec, switching=True).digest, raw),
    )


def _energies(raw: RawResult, deck: WrittenArrayDeck, timing: PulseTiming) -> tuple[float, float, float]:
    """Energy that the drivers of bit lines and of source lines delivered while writing, and both while reading [J]."""
    time = raw["time"]
    power_bl, power_sl = driver_power(raw, deck)
    writing = np.mod(time, timing.t_slot) < timing.t_read_begin
    parts = (
        np.where(writing, power_bl, 0.0),
        np.where(writing, power_sl, 0.0),
        np.where(writing, 0.0, power_bl + power_sl),
    )
    bl, sl, read = (float(np.trapezoid(part, time)) for part in parts)
    return bl, sl, read
