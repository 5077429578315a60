"""Hold the sub-circuit of a user's file to the conductance that it is asked for, before an array uses it."""

import warnings
from functools import lru_cache

import numpy as np

from circuitsim import spice
from circuitsim.characterization.device_reads import read_deck
from circuitsim.devices import device_card
from circuitsim.errors import CircuitsimWarning, InputError
from circuitsim.netlist.cell import cell_text
from circuitsim.spec import ArraySpec

POINTS = 3
"""Conductances that are read, from g_min to g_max."""

ALIKE = 0.02
"""Relative deviation of the chord conductance that is not worth a word."""

UNLIKE = 3.0
"""Factor between chord conductance and g beyond which a file is refused."""


class ChordWarning(CircuitsimWarning):
    """A user's device has another conductance at v_read than its parameter says."""


def check_chord(spec: ArraySpec) -> None:
    """Read a user's device in ngspice at v_read and 27 °C for three conductances, and compare the chord with g.

    It is done once for each device; cards, whole cells (`array.cell = "own"`), capacitors and searched states are not
    checked: their conductance is known or found by reading.

    Raises:
        InputError: The chord conductance differs from g by more than a factor of 3; says what the parameter seems to
            be.
        SimulatorError: ngspice failed; the run folder is kept.

    Warns:
        ChordWarning: They differ by more than 2 %.
    """
    if spec.device.file is None or spec.array.cell in ("own", "1c") or spec.device.state_kind == "searched":
        return
    g = np.geomspace(spec.device.g_min, spec.device.g_max, POINTS)
    states = 1 / g if spec.device.state_kind == "resistance" else g
    deck = read_deck(device_card(spec), states, [0.0, spec.driver.v_read])
    i_zero, i_read = np.array(_currents(deck, cell_text(spec).digest))
    chord = i_read / spec.driver.v_read
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(chord > 0, np.maximum(chord / g, g / chord), np.inf)
    k = int(np.argmax(factor))
    if factor[k] > UNLIKE:
        raise InputError(_refusal(spec, g[k], chord[k], i_zero[k]))
    if factor[k] > 1 + ALIKE:
        warnings.warn(
            f"device.subckt = {spec.device.subckt!r}: at v_read = {spec.driver.v_read:g} V and g = {g[k]:.4g} S its "
            f"chord conductance is {chord[k]:.4g} S; circuitsim takes g for it",
            ChordWarning,
            stacklevel=2,
        )


@lru_cache(maxsize=64)
def _currents(deck: str, digest: str) -> tuple[tuple[float, ...], ...]:
    """Run a read deck (voltages, devices) [A], once as long as the digest of its files is the same."""
    del digest
    raw = spice.run(deck)
    return tuple(zip(*(map(float, raw[f"i(vm_{k})"]) for k in range(POINTS)), strict=True))


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
