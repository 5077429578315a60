"""Read and check the current of a memory against voltage in several states, in ngspice."""

from dataclasses import dataclass

import numpy as np

from circuitsim.characterization.device_reads import read_currents
from circuitsim.devices.card import Card
from circuitsim.errors import InputError
from circuitsim.spec import real_numbers

OHMIC_RTOL = 1e-9


@dataclass(frozen=True)
class ReadCurves:
    """Read currents of one card.

    Attributes:
        card: The memory.
        states: (n,) states [card.state.unit].
        v: (points,) increasing voltages across the device, including 0 [V].
        i: (n, points) currents, positive into te (or d) [A].
        temperature_c: Temperature [°C].
    """

    card: Card
    states: np.ndarray
    v: np.ndarray
    i: np.ndarray
    temperature_c: float

    @property
    def chord(self) -> np.ndarray:
        """(n, points − 1) chord conductances i/v [S], without the point at 0 V."""
        keep = self.v != 0
        return self.i[:, keep] / self.v[keep]

    @property
    def bend(self) -> float:
        """Largest relative change of the chord conductance with voltage; 0 for an ohmic device."""
        chord = self.chord
        return float((np.ptp(chord, axis=1) / np.abs(chord).max(axis=1)).max())

    @property
    def ohmic(self) -> bool:
        """True if i = g·v holds to the accuracy of the simulator."""
        return self.bend < OHMIC_RTOL


def read_curves(
    card: Card,
    *,
    v_max: float,
    states: np.ndarray | None = None,
    points: int = 41,
    temperature_c: float = 27.0,
) -> ReadCurves:
    """Sweep the voltage across a memory from −v_max to v_max in several states.

    Args:
        card: A memory with a static current.
        v_max: Largest voltage [V].
        states: States to read [card.state.unit]; None: `typical_states`.
        points: Number of voltages; an even number is increased by one, so that 0 V is included.
        temperature_c: Temperature [°C].

    Raises:
        InputError: `v_max` is not positive, or a current is not finite or decreases with the voltage. The sentence
            names file, state and voltage.
    """
    if not v_max > 0:
        raise InputError(f"v_max = {v_max:g} V, expected a positive voltage")
    chosen = typical_states(card) if states is None else real_numbers("states", states)
    v = np.linspace(-v_max, v_max, points | 1)
    v[len(v) // 2] = 0.0
    i = read_currents(card, chosen, v, temperature_c=temperature_c)
    falling = np.diff(i, axis=1) < -1e-9 * np.abs(i).max(axis=1, keepdims=True)
    if falling.any():
        k, p = np.argwhere(falling)[0]
        raise InputError(
            f"{card.lib}: the current of {card.subckt} at state {chosen[k]:g} falls from {i[k, p]:.4g} to"
            f" {i[k, p + 1]:.4g} A between {v[p]:g} and {v[p + 1]:g} V; expected a current that grows with the voltage"
        )
    return ReadCurves(card, chosen, v, i, temperature_c)


def typical_states(card: Card) -> np.ndarray:
    """Return a low, a middle and a high state of a memory [card.state.unit], or both states of a binary one."""
    state = card.state
    if state is None:
        raise InputError(f"{card.name}: a {card.kind} has no state")
    low, high = state.minimum, min(state.maximum, 1e-4 if state.kind == "conductance" else np.inf)
    if state.kind == "binary":
        return np.array([low, high])
    if state.kind == "conductance":
        low = max(low, high / 100)
        return np.array([low, np.sqrt(low * high), high])
    return np.array([low, (low + high) / 2, high])
