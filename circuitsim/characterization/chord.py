"""Hold a device to the conductance or capacitance that it is asked for, before an array uses it.

Checked are the user's own sub-circuits, alone or as whole cells and capacitors, and the two states of a binary device.
The other cards are held to their conductance by tests, and a searched state is found by its conductance.
"""

import warnings
from functools import lru_cache

import numpy as np

from circuitsim import spice
from circuitsim.characterization.device_reads import read_deck
from circuitsim.devices import device_card, has_two_states
from circuitsim.errors import CircuitsimWarning, InputError
from circuitsim.library import assemble_own
from circuitsim.netlist import checked_transient
from circuitsim.netlist.cell import cell_text
from circuitsim.results.waveforms import integral
from circuitsim.spec import ArraySpec, WireSpec
from circuitsim.units import format_quantity

POINTS = 3
"""Conductances that are read, from g_min to g_max."""

ALIKE = 0.02
"""Relative deviation of the chord conductance that is not worth a word."""

UNLIKE = 3.0
"""Factor between chord conductance and g beyond which a file is refused."""


class ChordWarning(CircuitsimWarning):
    """A device has another conductance at v_read, or another capacitance, than its parameter says."""


def check_chord(spec: ArraySpec) -> None:
    """Read a device in ngspice at v_read and 27 °C, and compare what it has with g; each device is read once.

    - A user's device: its chord conductance, for three conductances from g_min to g_max.
    - A user's whole cell (`array.cell = "own"`, but not in a string): the chord of bit line to source line at the
      selected gate. A transistor or a selector in series makes it smaller than g; still, it flows forward and grows.
    - A user's capacitor ("1c"): the charge of one read over v_read.
    - A binary device: the chord conductances of its two states, which `device.g_min` and `device.g_max` name.

    Raises:
        InputError: The chord conductance differs from g by more than a factor of 3 (a whole cell: it is not positive,
            or does not grow with g), or g_min and g_max name the same state; says what the parameter seems to be.
        SimulatorError: ngspice failed; the run folder is kept.

    Warns:
        ChordWarning: They differ by more than 2 %; for a whole cell, the chord is more than three times g.
    """
    if has_two_states(spec):
        _check_states(spec)
    elif spec.device.file is None or spec.device.state_kind == "searched":
        return
    elif spec.array.cell == "1c":
        _check_capacitor(spec)
    elif spec.array.cell != "own":
        _check_device(spec)
    elif spec.array.input_line != "string":
        _check_whole_cell(spec)


def _check_device(spec: ArraySpec) -> None:
    g = _conductances(spec)
    i_zero, chord = _chords(spec, g)
    factor = _factors(chord, g)
    k = int(np.argmax(factor))
    if factor[k] > UNLIKE:
        raise InputError(_refusal(spec, g[k], chord[k], i_zero[k]))
    if factor[k] > 1 + ALIKE:
        _warn(_other_chord(spec, "its chord conductance", g[k], chord[k]))


def _check_whole_cell(spec: ArraySpec) -> None:
    g = _conductances(spec)
    i_zero, chord = _chords(spec, g)
    k = int(np.argmin(chord))
    if chord[k] <= 0:
        raise InputError(_refusal(spec, g[k], chord[k], i_zero[k]))
    if not chord[-1] > chord[0]:
        kind = spec.device.state_kind
        raise InputError(
            f"device.state = {spec.device.state!r}: the cell {spec.device.subckt} of {spec.device.file} has a chord "
            f"conductance of {_siemens(chord[0])} for g = {_siemens(g[0])} and of {_siemens(chord[-1])} for g = "
            f"{_siemens(g[-1])} at v_read = {spec.driver.v_read:g} V, expected one that grows with g: write what the "
            f"parameter takes as device.state_kind (now {kind!r})"
        )
    k = int(np.argmax(chord / g))
    if chord[k] / g[k] > UNLIKE:
        _warn(_other_chord(spec, "the chord conductance of the whole cell", g[k], chord[k]))


def _check_states(spec: ArraySpec) -> None:
    g = np.array([spec.device.g_min, spec.device.g_max])
    _, chord = _chords(spec, g)
    name, v_read = device_card(spec).name, spec.driver.v_read
    states = " and ".join(f"{value:.6g} S" for value in _states_of(spec))
    same, factor = not chord[1] > chord[0] * (1 + ALIKE), _factors(chord, g).max()
    if same or factor > UNLIKE:
        are = "the same state" if same else "far from the states"
        raise InputError(
            f"device.g_min = {g[0]:g} S and device.g_max = {g[1]:g} S are {are} of {name}: expected its two states at "
            f"v_read = {v_read:g} V, {states}"
        )
    if factor > 1 + ALIKE:
        _warn(
            f"device.g_min = {g[0]:g} S and device.g_max = {g[1]:g} S: at v_read = {v_read:g} V the two states of "
            f"{name} have {states}; circuitsim takes g_min and g_max for them in ideal products"
        )


def _check_capacitor(spec: ArraySpec) -> None:
    c = _conductances(spec)
    found = np.array(_charges(*_capacitor_deck(spec, c))) / spec.driver.v_read
    factor = _factors(found, c)
    k = int(np.argmax(factor))
    said = (
        f"device.state = {spec.device.state!r}: for g = {c[k]:.4g} F, {spec.device.subckt} of {spec.device.file} gives "
        f"the charge of {found[k]:.4g} F within driver.t_read = {spec.driver.t_read:g} s at v_read = "
        f"{spec.driver.v_read:g} V"
    )
    if factor[k] > UNLIKE:
        raise InputError(f"{said}; expected a parameter that takes the capacitance, and a t_read in which it charges")
    if factor[k] > 1 + ALIKE:
        _warn(said)


def _conductances(spec: ArraySpec) -> np.ndarray:
    return np.geomspace(spec.device.g_min, spec.device.g_max, POINTS)


def _chords(spec: ArraySpec, g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Read devices of conductances g (n,) [S]: currents at 0 V (n,) [A] and chord conductances at v_read (n,) [S]."""
    states = 1 / g if spec.device.state_kind == "resistance" else g
    deck = read_deck(device_card(spec), states, [0.0, spec.driver.v_read])
    i_zero, i_read = np.array(_currents(deck, cell_text(spec).digest, len(g)))
    return i_zero, i_read / spec.driver.v_read


def _states_of(spec: ArraySpec) -> tuple[float, ...]:
    """Chord conductances [S] of both states of a binary device."""
    state = device_card(spec).state
    assert state is not None
    return tuple(float(value) for value in _chords(spec, np.array([state.minimum, state.maximum]))[1])


def _factors(found: np.ndarray, g: np.ndarray) -> np.ndarray:
    """Factors by which values differ (n,), at least 1; inf where one is not positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(found > 0, np.maximum(found / g, g / found), np.inf)


@lru_cache(maxsize=64)
def _currents(deck: str, digest: str, devices: int) -> tuple[tuple[float, ...], ...]:
    """Run a read deck (voltages, devices) [A], once as long as the digest of its files is the same."""
    del digest
    raw = spice.run(deck)
    return tuple(zip(*(map(float, raw[f"i(vm_{k})"]) for k in range(devices)), strict=True))


def _capacitor_deck(spec: ArraySpec, c: np.ndarray) -> tuple[str, str, tuple[str, ...]]:
    """Return the deck that reads capacitors c (n,) [F] by one full-scale pulse, its digest, and the vectors [A]."""
    alone = ArraySpec(
        schema=1,
        array=spec.array.model_copy(update={"rows": 1, "cols": len(c)}),
        device=spec.device,
        wire=WireSpec(r_row=0.0, r_col=0.0),
        driver=spec.driver.model_copy(update={"r_out": 0.0}),
    )
    deck = checked_transient(alone, c[None], np.array([spec.driver.v_read]))
    return deck.text, assemble_own(deck.text).digest, deck.i_out


@lru_cache(maxsize=64)
def _charges(deck: str, digest: str, vectors: tuple[str, ...]) -> tuple[float, ...]:
    """Run a read pulse; charges [C] into the sense amplifiers."""
    del digest
    raw = spice.run(deck, options=spice.TRANSIENT_OPTIONS)
    return tuple(float(q) for q in integral(raw["time"], raw.columns(vectors)))


def _other_chord(spec: ArraySpec, what: str, g: float, chord: float) -> str:
    return (
        f"device.subckt = {spec.device.subckt!r}: at v_read = {spec.driver.v_read:g} V and g = {g:.4g} S {what} is "
        f"{chord:.4g} S; circuitsim takes g for it"
    )


def _warn(sentence: str) -> None:
    warnings.warn(sentence, ChordWarning, stacklevel=5)


def _siemens(value: float) -> str:
    return format_quantity(value, "S")


def _refusal(spec: ArraySpec, g: float, chord: float, i_zero: float) -> str:
    device = spec.device
    other = "resistance" if device.state_kind == "conductance" else "conductance"
    inverse = 1 / g
    if chord > 0 and max(chord / inverse, inverse / chord) < UNLIKE:
        advice = f"the parameter takes a {other}: write device.state_kind = {other!r}"
    elif chord == 0:
        advice = "no direct current flows between its terminals"
    elif abs(i_zero) > 0.5 * abs(chord - g) * spec.driver.v_read:
        advice = f"it carries {i_zero:.4g} A at 0 V, expected a current that is 0 at 0 V"
    elif chord < 0:
        advice = "the current flows backwards: exchange the terminals in device.ports"
    else:
        advice = (
            "write what the parameter takes as device.state_kind ('conductance', 'resistance', or 'searched' with "
            "device.state_range)"
        )
    return (
        f"device.state = {device.state!r}: for g = {g:.4g} S, {device.subckt} of {device.file} has a chord conductance "
        f"of {chord:.4g} S at v_read = {spec.driver.v_read:g} V; {advice}"
    )
