"""Write cells to target conductances: pulse, read, decide, until each is reached or given up."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.errors import InputError
from circuitsim.netlist import cell_text
from circuitsim.programming.pulses import PulseTiming
from circuitsim.programming.schemes import History, RampedReset, WriteScheme, decide
from circuitsim.programming.write_deck import AMPLITUDES, READ, check_wanted, write_deck
from circuitsim.programming.write_options import along_ladder
from circuitsim.results import WrittenCells
from circuitsim.spec import ArraySpec, Count, checked, real_numbers
from circuitsim.spice import Cosimulation, RawResult
from circuitsim.truth.solution import provenance_of


@checked
def write_verify(
    spec: ArraySpec,
    targets: ArrayLike,
    *,
    tolerance: float,
    scheme: WriteScheme | None = None,
    timing: PulseTiming | None = None,
    most_pulses: Count = 100,
    progress: Callable[[int, int], None] | None = None,
) -> WrittenCells:
    """Write 1T1R cells, each from its highest resistance, in one transient of ngspice under Python's control.

    A read comes first: a cell that is at its target gets no pulse. In each slot comes a write pulse that `scheme`
    chooses from what was read so far, and then a read pulse with `driver.v_read` on the bit line and the gate of a
    selected row. The device is its switching model, the transistor that of its card without mismatch; wires and driver
    resistances are left out (`write_array` includes them).

    Args:
        spec: The cell; rows and columns do not matter.
        targets: Conductances wanted (cells,), of the whole cell as it is read, from g_min to g_max [S].
        tolerance: Largest |g − target| that counts as reached [S].
        scheme: Which pulse comes next; None: `RampedReset()`.
        timing: The slots; None: `PulseTiming()`.
        most_pulses: Write pulses after which a cell is given up.
        progress: Called with the number of cells done and of all cells after each.

    Returns:
        What was reached, with pulses, times, energies, and why cells were given up.

    Raises:
        SpecError: The cell is not 1T1R, or its device has no switching model.
        InputError: A target or the tolerance cannot be used.
        OutsideRangeError: A target is outside g_min to g_max.
        SimulatorError: ngspice failed; its folder is kept.

    Valid for: devices without cycle-to-cycle variability in their model; every run gives the same pulses. Where ngspice
    finds no solution, all begins again with looser tolerances, which `provenance.options` then state.
    """
    targets = real_numbers("targets", targets)
    if targets.ndim != 1 or len(targets) == 0:
        raise InputError(f"targets has shape {targets.shape}: expected (cells,), at least one")
    check_wanted(spec, targets, tolerance)
    scheme, timing = scheme or RampedReset(), timing or PulseTiming()
    deck = write_deck(spec, timing, most_pulses + 2)

    def attempt(options: dict[str, str]) -> WrittenCells:
        written = []
        with Cosimulation(deck, read=READ, options=options) as live:
            first = -live.advance(timing.t_sample)["i(bbl)"] / spec.driver.v_read
            live.advance(timing.t_change)
            fresh = live.snapshot()
            for n, target in enumerate(targets.tolist()):
                live.restore(fresh)
                history, failure = _write(
                    live, scheme, timing, spec.driver.v_read, first, target, tolerance, most_pulses
                )
                written.append((history, failure, *_energies(live.waveforms(), timing)))
                if progress is not None:
                    progress(n + 1, len(targets))
            raw = live.waveforms()
        return _collected(spec, targets, tolerance, first, written, timing, raw)

    return along_ladder(attempt)


def _write(
    live: Cosimulation,
    scheme: WriteScheme,
    timing: PulseTiming,
    v_read: float,
    first: float,
    target: float,
    tolerance: float,
    most: int,
) -> tuple[History, str]:
    """Write one cell; return its pulses with what was read after each, and why it was given up, if it was.

    The transient rests at the end of its first slot, in which `first` was read.
    """
    history: History = []
    g = first
    while abs(g - target) > tolerance:
        pulse = decide(scheme, history, target, tolerance, most)
        if isinstance(pulse, str):
            return history, pulse
        begin = (len(history) + 1) * timing.t_slot
        if history:
            live.advance(begin - timing.t_slot + timing.t_change)
        found = live.advance(begin + timing.t_sample, {key: getattr(pulse, key) for key in AMPLITUDES})
        g = -found["i(bbl)"] / v_read
        history.append((pulse, g))
    return history, ""


def _energies(raw: RawResult, timing: PulseTiming) -> tuple[float, float]:
    """Energy that the bit and source line's drivers delivered during write and read pulses [J]."""
    time = raw["time"]
    power = -(raw["v(bl)"] * raw["i(bbl)"] + raw["v(sl)"] * raw["i(bsl)"])
    writing = np.mod(time, timing.t_slot) < timing.t_read_begin
    parts = (np.trapezoid(np.where(mask, power, 0.0), time) for mask in (writing, ~writing))
    write, read = (float(part) for part in parts)
    return write, read


def _collected(
    spec: ArraySpec,
    targets: np.ndarray,
    tolerance: float,
    first: float,
    written: list[tuple[History, str, float, float]],
    timing: PulseTiming,
    raw: RawResult,
) -> WrittenCells:
    histories = [history for history, *_ in written]
    pulses = np.array([len(history) for history in histories])
    return WrittenCells(
        target=targets,
        tolerance=tolerance,
        g=np.array([history[-1][1] if history else first for history in histories]),
        pulses=pulses,
        sets=np.array([sum(pulse.kind == "set" for pulse, _ in history) for history in histories]),
        time_s=np.where(pulses > 0, (pulses - 1) * timing.t_slot + timing.t_sample, 0.0),
        energy_write=np.array([write for *_, write, _ in written]),
        energy_read=np.array([read for *_, read in written]),
        failure=tuple(failure for _, failure, *_ in written),
        provenance=provenance_of(spec.digest, cell_text(spec, switching=True).digest, raw),
    )
