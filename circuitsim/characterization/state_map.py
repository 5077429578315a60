"""Find the state of a memory that gives a target conductance, by reading the device in ngspice."""

from dataclasses import dataclass

import numpy as np

from circuitsim.characterization.device_reads import read_currents, read_deck
from circuitsim.devices.card import Card, State
from circuitsim.errors import InputError, NotConvergedError, OutsideRangeError
from circuitsim.spec import real_numbers

TABLE_POINTS = 65
ROUNDS = 6
READ_AT_MOST = 1024  # devices per deck
STATE_RTOL = 1e-4  # relative deviation of a conductance that is accepted
AIM = 1e-8  # relative deviation of a conductance at which corrections end: the levels then agree to 1e-6


@dataclass(frozen=True)
class StateMap:
    """Conductance of a card as a function of its state, read in ngspice.

    Attributes:
        card: The memory.
        states: (points,) increasing states [card.state.unit].
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
        """True if the state is a conductance; the target itself is then the first guess."""
        return _state(self.card).kind == "conductance"


def map_states(card: Card, *, v_read: float | None = None, temperature_c: float = 27.0) -> StateMap:
    """Read the conductance of a card over its whole range of states.

    Args:
        card: A memory whose state is not a capacitance.
        v_read: Voltage at which the chord conductance is defined [V]; None: `v_read` of the card.
        temperature_c: Temperature [°C].

    Raises:
        InputError: The state has no upper limit, or the current is not finite, not positive, or not a monotonic
            function of the state.
    """
    state = _state(card)
    v = state.v_read if v_read is None else v_read
    if v <= 0:
        raise InputError(f"{card.name}: v_read = {v:g} V, expected a positive read voltage")
    states = _table_states(card)
    g = read_currents(card, states, [v], temperature_c=temperature_c)[:, 0] / v
    steps = np.diff(g)
    if not ((steps > 0).all() or (steps < 0).all()) or g.min() <= 0:
        worst = int(np.argmin(steps * np.sign(g[-1] - g[0]))) if len(g) > 1 else 0
        raise InputError(
            f"{card.lib}: the conductance of {card.subckt} is not a positive monotonic function of {state.parameter}"
            f" near {states[worst]:g} {state.unit}; expected one state per conductance"
        )
    return StateMap(card, states, g, v, temperature_c)


def mapping_deck(card: Card) -> str:
    """Return the deck that `map_states` runs: it tells two cards apart that store other states."""
    return read_deck(card, _table_states(card), [_state(card).v_read])


def find_states(mapping: StateMap, g: np.ndarray, *, rtol: float = STATE_RTOL) -> np.ndarray:
    """Find the state that gives each target conductance: interpolate a table, then correct by reading in ngspice.

    Args:
        mapping: Table of the card, from `map_states`.
        g: Target conductances in any shape [S].
        rtol: Largest relative deviation of the conductance from its target that is accepted; corrections go on to
            `AIM` where the model allows it. A binary device takes the nearer state instead.

    Returns:
        States in the shape of g [card.state.unit].

    Raises:
        OutsideRangeError: A target lies outside the card's range.
        NotConvergedError: The corrections did not reach `rtol`. The sentence states the remaining deviation.
    """
    state = _state(mapping.card)
    targets = real_numbers("g", g)
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
    """Find the states of sorted, distinct conductances [S] by decks of many devices, each deck over the whole range.

    The reads of one deck refine the table for the next, so that only the first needs more than one round.
    """
    states, log_g = mapping.states, np.log(mapping.g)
    result = np.empty_like(targets)
    decks = -(-len(targets) // READ_AT_MOST)
    for first in range(decks):
        part = slice(first, None, decks)
        target = targets[part]
        guess = target if mapping.exact else _invert(log_g, states, target)
        best, error = guess, np.full(target.shape, np.inf)
        for _ in range(ROUNDS):
            got = _read(mapping, guess)
            off = np.abs(got / target - 1)
            best, error = np.where(off < error, guess, best), np.minimum(off, error)
            if error.max() <= min(AIM, rtol):
                break
            states, log_g = np.concatenate([states, guess]), np.concatenate([log_g, np.log(got)])
            guess = _invert(log_g, states, target)
        if error.max() > rtol:
            raise NotConvergedError(
                f"{mapping.card.name}: the state found for a conductance misses it by {error.max():.1e} after {ROUNDS}"
                f" rounds, expected {rtol:g}; ask for a looser rtol or a smaller range"
            )
        result[part] = best
    return result


def _invert(log_g: np.ndarray, states: np.ndarray, targets: np.ndarray) -> np.ndarray:
    from scipy.interpolate import PchipInterpolator  # takes 0.4 s to import; devices whose state is g do not need it

    order = np.argsort(log_g)
    knots, keep = np.unique(log_g[order], return_index=True)
    return PchipInterpolator(knots, states[order][keep])(np.clip(np.log(targets), knots[0], knots[-1]))


def _read(mapping: StateMap, states: np.ndarray) -> np.ndarray:
    currents = read_currents(mapping.card, states, [mapping.v_read], temperature_c=mapping.temperature_c)
    return currents[:, 0] / mapping.v_read


def _table_states(card: Card) -> np.ndarray:
    """Return the states of the table, increasing: both of a binary device, else `TABLE_POINTS` over the whole range."""
    state = _state(card)
    low, high = state.minimum, state.maximum
    if not np.isfinite(high):
        raise InputError(
            f"{card.name}: the state {state.parameter} has no upper limit, expected a card with a finite range"
        )
    if state.kind == "binary":
        return np.array([low, high])
    if state.kind == "conductance":
        return np.geomspace(max(low, high * 1e-4), high, TABLE_POINTS)
    return np.linspace(low, high, TABLE_POINTS)


def _state(card: Card) -> State:
    if card.state is None or card.state.kind == "capacitance":
        raise InputError(f"{card.name}: has no conductance to map, expected a memory whose state is not a capacitance")
    return card.state
