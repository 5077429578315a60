"""Write pulses, and the slots in which they come: first a write pulse, then a read pulse."""

from dataclasses import dataclass
from typing import Literal

from circuitsim.errors import InputError
from circuitsim.spec import shown

MOST_VOLTS = 30.0
"""Largest amplitude of a write pulse [V]: flash takes some 20 V, every other memory less."""


@dataclass(frozen=True)
class WritePulse:
    """Amplitudes of one write pulse.

    Attributes:
        kind: "set" raises the conductance, "reset" lowers it.
        v_bl, v_sl, v_gate: Bit line, source line and word line [V], −30 to 30.

    Raises:
        InputError: The kind is none of these, or a voltage is no number or beyond `MOST_VOLTS`.
    """

    kind: Literal["set", "reset"]
    v_bl: float
    v_sl: float
    v_gate: float

    def __post_init__(self) -> None:
        if self.kind not in ("set", "reset"):
            raise InputError(f"kind = {shown(self.kind)}: expected 'set' or 'reset'")
        for name in ("v_bl", "v_sl", "v_gate"):
            volts = getattr(self, name)
            number = isinstance(volts, int | float) and not isinstance(volts, bool)
            if not (number and -MOST_VOLTS <= volts <= MOST_VOLTS):
                raise InputError(
                    f"{name} = {shown(volts)}: expected a voltage from -{MOST_VOLTS:g} to {MOST_VOLTS:g} V"
                )


@dataclass(frozen=True)
class PulseTiming:
    """Times within a slot [s].

    Attributes:
        t_slot: Length of a slot.
        t_write: Width of the write pulse, edges excluded; it begins one edge after the slot.
        t_edge: Rise and fall of all pulses.
        t_read: Width of the read pulse, edges excluded; the current is taken before it falls.
        t_rest: From the end of the write pulse to the read pulse.

    Raises:
        InputError: A time is not above 0, or the slot is shorter than what is in it.
    """

    t_slot: float = 30e-9
    t_write: float = 9.5e-9
    t_edge: float = 0.5e-9
    t_read: float = 9e-9
    t_rest: float = 2.5e-9

    def __post_init__(self) -> None:
        for key, value in vars(self).items():
            if not 0 < value < float("inf"):
                raise InputError(f"{key} = {value!r} s: expected a time above 0")
        shortest = self.t_fallen / 0.9
        if shortest >= self.t_slot:
            raise InputError(
                f"t_slot = {self.t_slot:g} s: expected more than {shortest:g} s, so that a tenth of the slot "
                "follows its read pulse"
            )

    @property
    def t_read_begin(self) -> float:
        """Begin of the read pulse's edge within its slot."""
        return 2 * self.t_edge + self.t_write + self.t_edge + self.t_rest

    @property
    def t_written(self) -> float:
        """Near the end of the write pulse: at nine tenths of its width."""
        return 2 * self.t_edge + 0.9 * self.t_write

    @property
    def t_change(self) -> float:
        """When amplitudes change: every pulse is 0."""
        return 0.95 * self.t_slot

    @property
    def t_sample(self) -> float:
        """When the current is taken: at nine tenths of the read pulse."""
        return self.t_read_begin + self.t_edge + 0.9 * self.t_read

    @property
    def t_fallen(self) -> float:
        """When everything is at rest."""
        return self.t_read_begin + 2 * self.t_edge + self.t_read
