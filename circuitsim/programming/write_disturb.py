"""What writing one cell does to the other cells of its array, by the bias of the lines that are not selected."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.errors import InputError
from circuitsim.netlist import cell_text
from circuitsim.programming.array_deck import WrittenArrayDeck, array_deck, driver_power
from circuitsim.programming.pulses import PulseTiming
from circuitsim.programming.write_deck import check_above_0, switching_card
from circuitsim.programming.write_options import along_ladder
from circuitsim.results import WriteDisturb
from circuitsim.spec import ArraySpec, Count, checked, real_numbers
from circuitsim.spice import Cosimulation, RawResult
from circuitsim.truth.solution import provenance_of

Bias = Literal["transistor", "v/2", "v/3"]
# Voltages of the unselected bit lines and source lines, as fractions of that of the line that is raised: with SET the
# selected bit line, with RESET the selected source line.
_UNSELECTED = {
    ("transistor", "set"): (0.0, 1.0),
    ("transistor", "reset"): (0.0, 0.0),
    ("v/2", "set"): (1 / 2, 1 / 2),
    ("v/2", "reset"): (1 / 2, 1 / 2),
    ("v/3", "set"): (1 / 3, 2 / 3),
    ("v/3", "reset"): (2 / 3, 1 / 3),
}
V_GATE = 2.5  # [V]
_STEP = 1e-3  # of the range of states, for the slope of the conductance


@checked
def write_disturb(
    spec: ArraySpec,
    amplitudes: Sequence[float] | np.ndarray,
    *,
    kind: Literal["set", "reset"],
    bias: Bias,
    selected: tuple[int, int] = (0, 0),
    pulses: Count = 3,
    v_gate: float | None = None,
    state: ArrayLike | None = None,
    timing: PulseTiming | None = None,
) -> WriteDisturb:
    """Apply equal write pulses to one cell of an array, and measure what they do to the others.

    Args:
        spec: The array, inputs on the bit lines: 1T1R for "transistor", 1R for the others. Wires and the resistances of
            the drivers are in the deck; `driver.r_out` limits the current of a 1R cell.
        amplitudes: Voltages across the written cell at the drivers [V]; each begins from the same states.
        kind: "set" raises the bit line, "reset" the source line.
        bias: "transistor": gates of the other rows are off, and with SET the other source lines follow the bit line.
            "v/2": all other lines are at half the amplitude. "v/3": every cell that is not selected sees a third of it.
        selected: (row, col) of the written cell.
        pulses: Number of pulses.
        v_gate: Gate of the selected row [V]; None: 2.5 V, and the only value for 1R, which has no gate.
        state: (rows, cols) states at the start, in the unit of the device's switching model (a gap of the Stanford
            models: nm). None: for all cells of the written row and column, whose voltages have its sign, the end of the
            range from which it moves them; the other end for the rest, which see the opposite sign under V/3.
        timing: Slots; None: `PulseTiming()`.

    Raises:
        SpecError: The cell does not fit the bias, or its device has no switching model.
        InputError: An amplitude, the cell or the states cannot be used.
        SimulatorError: ngspice failed; its folder is kept.

    Valid for: models without variability from cycle to cycle. A change for more pulses than were simulated is
    extrapolated, see `WriteDisturb.pulses_until`.
    """
    dynamic = switching_card(spec, "1t1r" if bias == "transistor" else "1r").dynamic
    assert dynamic is not None
    rows, cols = spec.shape
    v_write = real_numbers("amplitudes", amplitudes)
    if v_write.ndim != 1 or len(v_write) == 0:
        raise InputError(f"amplitudes has shape {v_write.shape}: expected (amplitudes,), at least one")
    check_above_0("amplitudes", v_write, "V")
    if v_gate is not None and (spec.access is None or not np.isfinite(v_gate)):
        expected = "None, a 1R cell has no gate" if spec.access is None else "a finite voltage"
        raise InputError(f"v_gate = {v_gate!r} V: expected {expected}")
    if not (0 <= selected[0] < rows and 0 <= selected[1] < cols):
        raise InputError(f"selected = {selected!r}: expected a cell of {rows} x {cols}")
    ends = (dynamic.minimum, dynamic.maximum)
    start = _states(state, spec.shape, ends, selected, kind)
    timing = timing or PulseTiming()
    gate = V_GATE if v_gate is None else v_gate
    deck = array_deck(spec, start, timing, 2 * rows + pulses, meter=True)
    lines = [_amplitudes(deck, selected, kind, bias, amplitude, gate) for amplitude in v_write.tolist()]

    def attempt(options: dict[str, str]):
        with Cosimulation(deck.text, read=(*deck.i_sl, *deck.state, *deck.i_cell), options=options) as live:
            g, fresh, found = _read_rows(live, deck, timing, 0, spec), live.snapshot(), []
            for sources in lines:
                live.restore(fresh)
                found.append(_pulsed(live, deck, timing, sources, spec, pulses))
            return g, found, live.waveforms(), _slope(spec, start, ends, timing, g, options)

    g, found, raw, slope = along_ladder(attempt)
    return WriteDisturb(
        selected=selected,
        kind=kind,
        bias=bias,
        v_write=v_write,
        state=np.array([[start, *states] for states, *_ in found]),
        g=g,
        g_end=np.array([g_end for _, g_end, *_ in found]),
        slope=slope,
        i_selected=np.array([abs(cells[selected]) for *_, cells, _ in found]),
        i_others=np.array([np.abs(cells).sum() - abs(cells[selected]) for *_, cells, _ in found]),
        energy=np.array([energy for *_, energy in found]),
        provenance=provenance_of(spec.digest, cell_text(spec, switching=True).digest, raw),
    )


def _states(
    given: ArrayLike | None, shape: tuple[int, int], ends: tuple[float, float], selected: tuple[int, int], kind: str
) -> np.ndarray:
    """Return the states at the start (rows, cols): those given, or those that the voltages of each cell can move."""
    low, high = ends
    if given is None:
        # A gap or its like: the largest state is the highest resistance, which SET lowers.
        moves = high if kind == "set" else low
        row, col = selected
        beside = (np.arange(shape[0])[:, None] == row) | (np.arange(shape[1]) == col)
        return np.where(beside, moves, low if kind == "set" else high)
    state = real_numbers("state", given)
    if state.shape != shape or not np.all((state >= low) & (state <= high)):
        raise InputError(f"state has shape {state.shape}: expected (rows, cols) = {shape} from {low:g} to {high:g}")
    return state


def _amplitudes(
    deck: WrittenArrayDeck,
    selected: tuple[int, int],
    kind: str,
    bias: str,
    amplitude: float,
    v_gate: float,
) -> dict[str, float]:
    """Return the amplitude of every line's source."""
    rest_bl, rest_sl = (fraction * amplitude for fraction in _UNSELECTED[bias, kind])
    on_bl, on_sl = (amplitude, 0.0) if kind == "set" else (0.0, amplitude)
    row, col = selected
    lines = {name: on_bl if a == row else rest_bl for a, name in enumerate(deck.v_bl)}
    lines |= {name: on_sl if b == col else rest_sl for b, name in enumerate(deck.v_sl)}
    return lines | {name: v_gate if a == row else 0.0 for a, name in enumerate(deck.v_gate)}


def _slot(
    live: Cosimulation, timing: PulseTiming, number: int, sources: dict[str, float], sample: float
) -> tuple[dict[str, float], dict[str, float]]:
    """Go through a slot with these sources; return what is read `sample` seconds after it began, and at its end."""
    begin = number * timing.t_slot
    found = live.advance(begin + sample, sources)
    return found, live.advance(begin + timing.t_change)


def _read_rows(
    live: Cosimulation, deck: WrittenArrayDeck, timing: PulseTiming, first: int, spec: ArraySpec
) -> np.ndarray:
    """Read every row in slots from `first` on; return conductances (rows, cols) [S]."""
    quiet = dict.fromkeys((*deck.v_bl, *deck.v_sl, *deck.v_gate, *deck.read), 0.0)
    currents = []
    for a, name in enumerate(deck.read):
        found, _ = _slot(live, timing, first + a, quiet | {name: 1.0}, timing.t_sample)
        currents.append([found[vector] for vector in deck.i_sl])
    return np.array(currents) / spec.driver.v_read


def _pulsed(
    live: Cosimulation,
    deck: WrittenArrayDeck,
    timing: PulseTiming,
    lines: dict[str, float],
    spec: ArraySpec,
    pulses: int,
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray, float]:
    """Apply the pulses and read back.

    Returns:
        States (rows, cols) after each pulse, conductances read back [S], currents of the cells near the end of the last
        pulse (rows, cols) [A], energy of a pulse [J].
    """
    rows, cols = spec.shape
    sources = lines | dict.fromkeys(deck.read, 0.0)
    states, cells = [], np.zeros(spec.shape)
    for n in range(rows, rows + pulses):
        found, rested = _slot(live, timing, n, sources, timing.t_written)
        cells = np.array([found[vector] for vector in deck.i_cell]).reshape(rows, cols)
        states.append(np.array([rested[vector] for vector in deck.state]).reshape(rows, cols))
    energy = _energy(live.waveforms(), deck, rows * timing.t_slot) / pulses
    return states, _read_rows(live, deck, timing, rows + pulses, spec), cells, energy


def _energy(raw: RawResult, deck: WrittenArrayDeck, begin: float) -> float:
    """Energy that all drivers of bit and source lines delivered since `begin` [J]."""
    time = raw["time"]
    bl, sl = driver_power(raw, deck)
    return float(np.trapezoid(np.where(time >= begin, bl + sl, 0.0), time))


def _slope(
    spec: ArraySpec,
    start: np.ndarray,
    ends: tuple[float, float],
    timing: PulseTiming,
    g: np.ndarray,
    options: dict[str, str],
) -> np.ndarray:
    """Return the relative change (rows, cols) of each conductance with its state: the array is read a step away."""
    low, high = ends
    step = np.where(start > (low + high) / 2, -1, 1) * _STEP * (high - low)
    deck = array_deck(spec, start + step, timing, spec.shape[0])
    with Cosimulation(deck.text, read=deck.i_sl, options=options) as live:
        moved = _read_rows(live, deck, timing, 0, spec)
    return (moved / g - 1) / step
