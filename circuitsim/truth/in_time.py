"""Read arrays in time: run the decks, check that they finished, evaluate settling, charge and energy."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.characterization import array_states
from circuitsim.devices import programmable_range
from circuitsim.errors import InputError, SimulatorError
from circuitsim.netlist import Pulse, TransientNetlist, checked_crossbar, checked_transient
from circuitsim.netlist.transient import METER_C
from circuitsim.periphery import adc_table
from circuitsim.results import Solution, content_digest
from circuitsim.results.provenance import joint_provenance
from circuitsim.results.transient import Transient, check_band, read_off, tell_unsettled
from circuitsim.results.waveforms import integral
from circuitsim.spec import ArraySpec, check_arrays, checked, tell_inputs
from circuitsim.spice.pool import run_many
from circuitsim.spice.result import RawResult
from circuitsim.truth.solution import provenance_of


@checked
def read_in_time(
    spec: ArraySpec,
    g: ArrayLike,
    x: ArrayLike,
    *,
    state: ArrayLike | None = None,
    pulse: Pulse | None = None,
    band: float | None = None,
    nodes: bool = False,
    folder: str | Path | None = None,
    n_jobs: int = 2,
) -> tuple[Transient, ...]:
    """Simulate a read pulse for every input vector.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S], or capacitances [F] of 1c cells.
        x: Inputs (batch, rows); see `netlist.crossbar`.
        state: (rows, cols) state of each device that does not take a conductance; None: `characterization.array_states`
            determines it by small decks.
        pulse: Timing; None: `netlist.read_pulse(spec)`.
        band: Half width of the settling band [A]; None: half an LSB of the ADC, whose bits and full scale must be
            specified.
        nodes: Also return the voltage of both wires at every cell.
        folder: Where to keep every deck, log and raw file; None removes them after success.
        n_jobs: Number of decks that run at the same time.

    Returns:
        One `Transient` per input vector. `i_final` is the operating point with the inputs held, from a deck of its own;
        where pulse widths code the input it is the current at the end of the longest pulse.

    Warns:
        SettlingWarning: The pulse ends before a column has settled.

    Raises:
        InputError: A shape, value or time cannot be used, or `band` is None and the ADC has no specified LSB.
        SimulatorError: A run failed. Its folder is kept, and the error names it.
    """
    band = half_lsb(spec) if band is None else band
    check_band(band)
    g, x = check_arrays(spec, g, x, g_range=programmable_range(spec))
    tell_inputs(spec, x)
    state = array_states(spec, g) if state is None else state
    decks = [checked_transient(spec, g, vector, state=state, pulse=pulse, nodes=nodes) for vector in x]
    raws, ends = _run(spec, g, x, state, decks, folder=folder, n_jobs=n_jobs)
    check_ends(decks, raws)
    given = {"g": content_digest(g)} | ({} if state is None else {"state": content_digest(np.asarray(state))})
    reads = [waveforms(deck, raw, band=band, i_final=end) for deck, raw, end in zip(decks, raws, ends, strict=True)]
    tell_unsettled(reads, decks[0].pulse.t_width, stacklevel=4)  # behind `read_in_time` and `checked`
    return tuple(replace(one, provenance=replace(one.provenance, given=given)) for one in reads)


def _run(
    spec: ArraySpec,
    g: np.ndarray,
    x: np.ndarray,
    state: ArrayLike | None,
    decks: Sequence[TransientNetlist],
    *,
    folder: str | Path | None,
    n_jobs: int,
) -> tuple[list[RawResult], Sequence[np.ndarray | None]]:
    """Run decks in time, and one of the array at rest: its outputs (cols,) for each; None where it never rests."""
    if spec.array.cell == "1c":
        return run_many(decks, n_jobs=n_jobs, folder=folder), list(np.zeros((len(x), spec.array.cols)))
    if spec.driver.input_code == "pulse_width":
        return run_many(decks, n_jobs=n_jobs, folder=folder), [None] * len(x)
    at_rest = checked_crossbar(spec, g, x, state=state)
    *raws, held = run_many([*decks, at_rest], n_jobs=n_jobs, folder=folder)
    return raws, list(held.columns(at_rest.i_out))


def charges(decks: Sequence[TransientNetlist], raws: Sequence[RawResult]) -> Solution:
    """Evaluate the charges (batch, cols) [C] into the sense amplifiers from finished runs, one per input vector.

    The power (batch,) [W] is the total power that all sources deliver, averaged over the run. The provenance is that of
    all runs together, see `joint_provenance`.

    Raises:
        SimulatorError: A run ended before its `pulse.t_stop`.
    """
    check_ends(decks, raws)
    reads = [waveforms(deck, raw, band=0.0) for deck, raw in zip(decks, raws, strict=True)]
    return Solution(
        np.array([read.charge for read in reads]),
        joint_provenance(decks[0].spec_digest, [read.provenance for read in reads]),
        quantity="charge",
        unit="C",
        power=np.array([read.energy / deck.pulse.t_stop for read, deck in zip(reads, decks, strict=True)]),
    )


def check_ends(decks: Sequence[TransientNetlist], raws: Sequence[RawResult]) -> None:
    """Raise SimulatorError if a run ended before its `pulse.t_stop`."""
    for deck, raw in zip(decks, raws, strict=True):
        last, stop = raw["time"][-1], deck.pulse.t_stop
        if abs(last / stop - 1) > 1e-9:
            raise SimulatorError(f"ngspice stopped at {last:g} s, expected t_stop = {stop:g} s", raw.folder)


@checked
def half_lsb(spec: ArraySpec) -> float:
    """Return half an LSB of the array's ADC [A].

    Raises:
        InputError: The bits or the full scale of the ADC are not specified.
    """
    adc = None if spec.adc.full_scale == "auto" else adc_table(spec)
    if adc is None:
        raise InputError(
            "half an LSB needs adc.bits and adc.full_scale as numbers; otherwise specify band, a current in A"
        )
    return adc.lsb / 2


def waveforms(deck: TransientNetlist, raw: RawResult, *, band: float, i_final: np.ndarray | None = None) -> Transient:
    """Evaluate a finished run of a transient deck.

    Args:
        deck, raw: The deck and its run.
        band: Half width of the settling band [A].
        i_final: (cols,) current to which each output settles [A]; None: the current at the end of the pulse.
    """
    pulse = deck.pulse
    time = raw["time"]
    v_in, i_row, i_out = raw.columns(deck.v_in), -raw.columns(deck.i_row), raw.columns(deck.i_out)
    bias = -raw.columns(deck.i_bias) * raw.columns(deck.v_bias) if deck.i_bias else np.zeros((len(time), 0))
    plateau = time <= pulse.t_width * (1 + 1e-12)
    grid = (len(time), *deck.shape)
    return read_off(
        time,
        v_in,
        i_row,
        i_out,
        v_ref=deck.v_ref,
        i_final=i_out[plateau][-1] if i_final is None else i_final,
        t_edge=pulse.t_edge,
        plateau=plateau,
        band=band,
        charge=raw.columns(deck.q_out)[-1] * METER_C,
        energy_row=integral(time, v_in * i_row),
        energy_bias=integral(time, bias),
        provenance=provenance_of(deck.spec_digest, deck.cell_digest, raw),
        v_row=raw.columns(deck.v_row).reshape(grid) if deck.v_row else None,
        v_col=raw.columns(deck.v_col).reshape(grid) if deck.v_col else None,
    )
