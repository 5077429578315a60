"""Read an array in ngspice from DAC codes to ADC codes: the whole chain in one deck."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.blocks import blocks_of
from circuitsim.characterization import adc_bits, adc_range, array_states, check_chord
from circuitsim.characterization.kept_runs import bench_folder
from circuitsim.devices import check_two_states
from circuitsim.errors import SimulatorError
from circuitsim.library import assemble_own
from circuitsim.netlist import ChainNetlist, chain
from circuitsim.netlist.chain_timing import ChainTiming
from circuitsim.netlist.phases import CLOCK_EDGE
from circuitsim.results import ChainWaveforms, Provenance, content_digest
from circuitsim.results.provenance import joint_provenance
from circuitsim.spec import ArraySpec, by_value, checked, real_numbers
from circuitsim.spice import (
    CHAIN_OPTIONS,
    ChainPrediction,
    Progress,
    RawResult,
    Simulator,
    add_options,
    find_ngspice,
    predict_deck,
    run_many,
)
from circuitsim.truth.chain_codes import chain_codes
from circuitsim.truth.chain_judgement import judge_amplifiers, judge_codes, judge_settling, left_to_settle
from circuitsim.truth.solution import provenance_of

CODES_PER_DECK = 8  # more codes become several decks, which run side by side
SHORT = 0.05  # of the time that a current has to settle, over which it is averaged before it is taken
LAST = 0.2  # of the time that an output has to settle


@by_value
@dataclass(frozen=True)
class ChainRun:
    """What a chain did, read by read; a code that is bit-serial has `serial` reads, the lowest bit first.

    Attributes:
        v_in: (reads, rows) voltage behind each driver when the ADCs take their inputs, or averaged over t_read where
            rows are pulsed [V].
        i_out: (reads, cols) current into each sense amplifier at that moment, or averaged over t_read [A].
        sensed: (reads, cols) what the ADCs take [unit].
        unit: "V", or "A" where they take currents.
        codes: (reads, cols) their codes, whole numbers as floats; None for ideal ADCs, which are in no deck.
        serial: Reads of a code.
        waveforms: Waveforms of the first code.
        provenance: Origin.
    """

    v_in: np.ndarray
    i_out: np.ndarray
    sensed: np.ndarray
    unit: str
    codes: np.ndarray | None
    serial: int
    waveforms: ChainWaveforms
    provenance: Provenance


@checked
def read_chain(
    spec: ArraySpec,
    g: ArrayLike,
    codes: ArrayLike,
    *,
    full_scale: float | None = None,
    adc_parameters: Sequence[Mapping[str, float]] | None = None,
    folder: str | Path | None = None,
    simulator: Simulator | None = None,
    time_limit_s: float | None = None,
    n_jobs: int = 2,
    progress: Progress | None = None,
) -> ChainRun:
    """Run the deck of a chain, see `netlist.chain`, and read its codes.

    Args:
        spec: The array; drivers, sense amplifiers and ADCs may be circuits.
        g: Conductances (rows, cols) [S].
        codes: DAC codes (batch, rows).
        full_scale: Current of the largest code of ideal ADCs [A], by which settling is judged; None: it is not.
        adc_parameters: As in `netlist.chain`.
        folder: Where to keep the run folder; None removes it after success. More than `CODES_PER_DECK` codes make
            several decks in numbered folders.
        simulator: The ngspice to use; None: `spice.find_ngspice()`.
        time_limit_s: Wall-clock limit of each attempt [s]; None: follows from what the deck is predicted to take.
        n_jobs: Number of decks that run at the same time.
        progress: Called with (finished, total) after each deck.

    Raises:
        InputError, SpecError, OutsideRangeError: As `netlist.chain`.
        SimulatorError: A run failed; a bit has not settled, an output never settles, or the code of an ADC never
            changes. The run folder is kept.

    Warns:
        SettlingWarning: An output still moves when the ADC takes it.
        ClippingWarning: A sense amplifier saturates, or the ADC clips more than one output in a hundred.
    """
    g = real_numbers("g", g)
    decks = _decks(spec, g, codes, CODES_PER_DECK, adc_parameters)
    with bench_folder() if folder is None else nullcontext(Path(folder)) as place:
        raws = run_many(
            decks,
            n_jobs=n_jobs,
            folder=place,
            simulator=simulator or find_ngspice(),
            options=CHAIN_OPTIONS,
            time_limit_s=time_limit_s,
            progress=progress,
        )
        return _joined(spec, g, decks, raws, full_scale)


@checked
def chain_text(spec: ArraySpec, g: ArrayLike, codes: ArrayLike) -> str:
    """Return one deck of all codes, complete and with the solver options of `read_chain`.

    Raises:
        InputError, SpecError, OutsideRangeError: As `netlist.chain`.
    """
    (deck,) = _decks(spec, g, codes, len(real_numbers("codes", codes)) or 1)
    return add_options(assemble_own(deck.text).text, CHAIN_OPTIONS)


@checked
def predict_chain(
    spec: ArraySpec, g: ArrayLike, codes: ArrayLike, *, simulator: Simulator | None = None
) -> ChainPrediction:
    """Predict what `read_chain` takes, all decks one after another on one core.

    Raises:
        InputError, SpecError, OutsideRangeError: As `netlist.chain`.
    """
    words = real_numbers("codes", codes)
    (deck,) = _decks(spec, g, words[:1], 1)
    return predict_deck(deck, simulator or find_ngspice(), reads=len(words) * deck.serial)


def _decks(
    spec: ArraySpec,
    g: ArrayLike,
    codes: ArrayLike,
    each: int,
    adc_parameters: Sequence[Mapping[str, float]] | None = None,
) -> list[ChainNetlist]:
    """Write decks of at most `each` codes."""
    adc_bits(spec)
    g, words = real_numbers("g", g), real_numbers("codes", codes)
    check_two_states(spec, g)
    check_chord(spec)
    state = array_states(spec, g)
    starts = range(0, max(len(words), 1), each)
    return [chain(spec, g, words[k : k + each], state=state, adc_parameters=adc_parameters) for k in starts]


@dataclass(frozen=True)
class _Taken:
    """What one deck shows of each read; see `ChainRun`. `left`: how far `sensed` is from where it settles."""

    v_in: np.ndarray
    i_out: np.ndarray
    sensed: np.ndarray
    left: np.ndarray
    codes: np.ndarray | None


def _joined(
    spec: ArraySpec, g: np.ndarray, decks: Sequence[ChainNetlist], raws: Sequence[RawResult], full_scale: float | None
) -> ChainRun:
    """Evaluate finished runs together, and say what they must say."""
    blocks, bits, timing = blocks_of(spec), adc_bits(spec), decks[0].timing
    parts = [_taken(spec, deck, raw) for deck, raw in zip(decks, raws, strict=True)]
    v_in, i_out, sensed, left = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("v_in", "i_out", "sensed", "left")
    )
    codes = None if parts[0].codes is None else np.concatenate([part.codes for part in parts if part.codes is not None])
    sense, adc, unit = blocks.get("sense"), blocks.get("adc"), "V" if decks[0].v_out else "A"
    who = f"the output of the sense amplifier {sense.name!r}" if sense is not None else "the current"
    more_time = "driver.t_read, or adc.timing where the ADC samples" if timing.release is None else "sense.timing"
    limits = None
    if adc is not None:
        limits = adc_range(spec)
    elif bits is not None and full_scale is not None:
        limits = (0.0, full_scale)
    if limits is not None and bits is not None:
        judge_settling(left, (limits[1] - limits[0]) / 2**bits, more_time, who, raws[0].folder)
    if sense is not None:
        judge_amplifiers(i_out, sensed, sense.name, None if sense.clocked else _at_rest(decks[0], raws[0]))
    if adc is not None and bits is not None and codes is not None and limits is not None:
        judge_codes(codes, sensed, limits, bits, unit, adc.name, raws[0].folder)
    origin = joint_provenance(
        spec.digest, [provenance_of(spec.digest, deck.cell_digest, raw) for deck, raw in zip(decks, raws, strict=True)]
    )
    origin = replace(origin, given={"g": content_digest(g)})
    waves = _waveforms(decks[0], raws[0], origin)
    return ChainRun(v_in, i_out, sensed, unit, codes, decks[0].serial, waves, origin)


def _taken(spec: ArraySpec, deck: ChainNetlist, raw: RawResult) -> _Taken:
    """Evaluate one finished run."""
    if abs(raw["time"][-1] / deck.t_stop - 1) > 1e-9:
        raise SimulatorError(f"ngspice stopped at {raw['time'][-1]:g} s, expected {deck.t_stop:g} s", raw.folder)
    timing, starts = deck.timing, np.arange(deck.reads) * deck.timing.cycle
    adc, bits = blocks_of(spec).get("adc"), adc_bits(spec)
    taken = starts + timing.taken - CLOCK_EDGE
    # What changed last before outputs are taken: rows, or the ADCs, whose sampling capacitors disturb the amplifiers.
    span = timing.taken - max(timing.drive if timing.release is None else timing.release, _sampling(timing))

    def outputs(moments: np.ndarray) -> np.ndarray:
        """What the ADCs see at these moments (reads, cols)."""
        return _at(raw, deck.v_out, moments) if deck.v_out else _current(raw, deck.i_out, moments, span)

    sensed = outputs(taken)
    if timing.release is None:
        v_in, i_out = _at(raw, deck.v_in, taken), _current(raw, deck.i_out, taken, span)
    else:
        ends, reads = starts + timing.cycle, timing.cycle / spec.driver.t_read
        rest = spec.sense.v_ref
        v_in = rest + reads * _means(raw["time"], raw.columns(deck.v_in) - rest, starts, ends)
        i_out = reads * _means(raw["time"], raw.columns(deck.i_out), starts, ends)
    left = left_to_settle(np.stack([outputs(taken - LAST * span), outputs(taken - LAST / 2 * span), sensed]))
    codes = None if adc is None or bits is None else chain_codes(deck, raw, adc, bits)
    return _Taken(v_in, i_out, sensed, left, codes)


def _at_rest(deck: ChainNetlist, raw: RawResult) -> tuple[np.ndarray, np.ndarray]:
    """Return the column currents [A] and the outputs of the sense amplifiers [V] when the run begins, (cols,) each."""
    begin = np.zeros(1)
    return _at(raw, deck.i_out, begin)[0], _at(raw, deck.v_out, begin)[0]


def _sampling(timing: ChainTiming) -> float:
    """Return when the ADCs begin to sample [s]; 0 if they do not sample."""
    return timing.convert if timing.convert < timing.taken else 0.0


def _at(raw: RawResult, vectors: tuple[str, ...], moments: np.ndarray) -> np.ndarray:
    """Return the values (reads, n) of vectors at moments (reads,) [s]."""
    return np.stack([np.interp(moments, raw["time"], raw[name]) for name in vectors], axis=1)


def _current(raw: RawResult, vectors: tuple[str, ...], moments: np.ndarray, span: float) -> np.ndarray:
    """Return currents (reads, n) [A] averaged over a short time before moments (reads,) [s].

    The trapezoidal rule lets currents into capacitances alternate from step to step; their mean does not.
    """
    return _means(raw["time"], raw.columns(vectors), moments - SHORT * span, moments)


def _means(time: np.ndarray, waves: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the means (reads, n) of waveforms (points, n) between moments (reads,) [s]."""
    steps = (waves[1:] + waves[:-1]) / 2 * np.diff(time)[:, None]
    total = np.concatenate([np.zeros((1, waves.shape[1])), np.cumsum(steps, axis=0)])
    found = [np.interp(ends, time, one) - np.interp(starts, time, one) for one in total.T]
    return np.stack(found, axis=1) / (ends - starts)[:, None]


def _waveforms(deck: ChainNetlist, raw: RawResult, provenance: Provenance) -> ChainWaveforms:
    """Take the waveforms of the first code."""
    end = deck.serial * deck.timing.cycle
    inside = raw["time"] <= end * (1 + 1e-12)

    def waves(vectors: tuple[str, ...]) -> np.ndarray | None:
        return raw.columns(vectors)[inside] if vectors else None

    words = [name for word in deck.words for name in word]
    bits = waves(tuple(words))
    return ChainWaveforms(
        time=raw["time"][inside],
        v_in=raw.columns(deck.v_in)[inside],
        i_out=raw.columns(deck.i_out)[inside],
        v_out=waves(deck.v_out),
        bits=None if bits is None else bits.reshape(len(bits), deck.shape[1], -1),
        counts=waves(deck.counts),
        clocks={name.removeprefix("v(ck_").removesuffix(")"): raw[name][inside] for name in deck.clocks},
        taken=np.arange(deck.serial) * deck.timing.cycle + deck.timing.taken,
        codes=deck.codes[0],
        provenance=provenance,
    )
