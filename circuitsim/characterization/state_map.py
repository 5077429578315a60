"""From a wanted conductance to the state that gives it, through ngspice and nothing else."""

from dataclasses import dataclass

import numpy as np

from circuitsim.characterization.device_reads import read_currents
from circuitsim.devices.card import Card, State
from circuitsim.errors import InputError, NotConvergedError, OutsideRangeError

TABLE_POINTS = 65
ROUNDS = 6
READ_AT_MOST = 1024  # devices in one deck


@dataclass(frozen=True)
class StateMap:
    """Conductance of one card against its state, read in ngspice.

    Attributes:
        card: The memory.
        states: (points,) states, increasing [card.state.unit].
        g: (points,) chord conductance at `v_read`, strictly monotonic [S].
        v_read: Voltage across the device [V].
        temperature_c: Temperature [°C].
    """

    card: Card
    states: np.ndarray
    g: np.ndarray
    v_read: float
    temperature_c: float

    @property
    def g_range(self) -> tuple[float, float]:
        """Smallest and largest conductance [S]."""
        return float(self.g.min()), float(self.g.max())

    @property
    def exact(self) -> bool:
        """Whether the parameter is meant to be the conductance: it is then tried as it is before anything else."""
        return _state(self.card).kind == "conductance"


def map_states(card: Card, *, v_read: float | None = None, temperature_c: float = 27.0) -> StateMap:
    """Read the conductance of a card over its whole range of states.

    Args:
        card: A memory whose state is no capacitance.
        v_read: Voltage at which the conductance counts [V]; None: `v_read` of the card.
        temperature_c: Temperature [°C].

    Raises:
        InputError: The current is not finite, not positive, or no monotonic function of the state.
    """
    state = _state(card)
    v = state.v_read if v_read is None else v_read
    if v <= 0:
        raise InputError(f"{card.name}: v_read = {v:g} V, expected a positive read voltage")
    low, high = state.minimum, state.maximum
    if not np.isfinite(high):
        raise InputError(f"{card.name}: the state {state.parameter} has no upper end; give the range to map")
    if state.kind == "binary":
        states = np.array([low, high])
    elif state.kind == "conductance":
        states = np.geomspace(max(low, high * 1e-4), high, TABLE_POINTS)
    else:
        states = np.linspace(low, high, TABLE_POINTS)
    g = read_currents(card, states, [v], temperature_c=temperature_c)[:, 0] / v
    steps = np.diff(g)
    if not ((steps > 0).all() or (steps < 0).all()) or g.min() <= 0:
        worst = int(np.argmin(steps * np.sign(g[-1] - g[0]))) if len(g) > 1 else 0
        raise InputError(
            f"{card.lib}: the conductance of {card.subckt} is no monotonic positive function of {state.parameter} near"
            f" {states[worst]:g} {state.unit}; expected one state per conductance"
        )
    return StateMap(card, states, g, v, temperature_c)


def find_states(mapping: StateMap, g: np.ndarray, *, rtol: float = 1e-4) -> np.ndarray:
    """Find the state of each wanted conductance: a table, then corrections read in ngspice.

    Args:
        mapping: Table of the card (`map_states`).
        g: Wanted conductances (any shape) [S].
        rtol: How close the conductance of the state must come, relative. A binary device takes the nearer state.

    Returns:
        States in the shape of g [card.state.unit].

    Raises:
        OutsideRangeError: A conductance lies outside the card's range.
        NotConvergedError: The corrections did not reach rtol; says how close they came.
    """
    state = _state(mapping.card)
    targets = np.asarray(g, dtype=float)
    low, high = mapping.g_range
    outside = (targets < low * (1 - rtol)) | (targets > high * (1 + rtol))
    if outside.any() and state.kind != "binary":
        raise OutsideRangeError(
            f"g = {targets[outside].flat[0]:g} S: {mapping.card.name} holds from {low:g} to {high:g} S"
            f" at {mapping.v_read:g} V and {mapping.temperature_c:g} °C"
        )
    flat = np.clip(targets.ravel(), low, high)
    if state.kind == "binary":
        nearest = np.abs(np.log(flat[:, None] / mapping.g)).argmin(axis=1)
        return mapping.states[nearest].reshape(targets.shape)
    unique, inverse = np.unique(flat, return_inverse=True)
    return _solve(mapping, unique, rtol)[inverse].reshape(targets.shape)


def _solve(mapping: StateMap, targets: np.ndarray, rtol: float) -> np.ndarray:
    """States of sorted, distinct conductances [S], every one read: decks of many devices, each over the whole range.

    What one deck has read sharpens the table for the next, so that only the first needs more than one round.
    """
    states, log_g = mapping.states, np.log(mapping.g)
    result = np.empty_like(targets)
    decks = -(-len(targets) // READ_AT_MOST)
    for first in range(decks):
        part = slice(first, None, decks)
        target = targets[part]
        guess = target if mapping.exact else _invert(log_g, states, target)
        error = np.inf
        for _ in range(ROUNDS):
            got = _read(mapping, guess)
            error = float(np.abs(got / target - 1).max())
            if error <= rtol:
                break
            states, log_g = np.concatenate([states, guess]), np.concatenate([log_g, np.log(got)])
            guess = _invert(log_g, states, target)
        else:
            raise NotConvergedError(
                f"{mapping.card.name}: the state found for a conductance misses it by {error:.1e} after {ROUNDS}"
                f" rounds, expected {rtol:g}; ask for a looser rtol or a smaller range"
            )
        result[part] = guess
    return result


def _invert(log_g: np.ndarray, states: np.ndarray, targets: np.ndarray) -> np.ndarray:
    from scipy.interpolate import PchipInterpolator  # 0.4 s that devices whose state is g should not wait for

    order = np.argsort(log_g)
    knots, keep = np.unique(log_g[order], return_index=True)
    return PchipInterpolator(knots, states[order][keep])(np.clip(np.log(targets), knots[0], knots[-1]))


def _read(mapping: StateMap, states: np.ndarray) -> np.ndarray:
    currents = read_currents(mapping.card, states, [mapping.v_read], temperature_c=mapping.temperature_c)
    return currents[:, 0] / mapping.v_read


def _state(card: Card) -> State:
    if card.state is None or card.state.kind == "capacitance":
        raise InputError(f"{card.name}: has no conductance to map")
    return card.state
