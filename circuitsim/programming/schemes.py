"""Which pulse comes next, given what was read: rules of writing, as functions of a cell's history."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from circuitsim.errors import InputError
from circuitsim.programming.pulses import WritePulse

History = list[tuple[WritePulse, float]]
"""Pulses so far, each with the conductance read after it [S]."""


class WriteScheme(Protocol):
    """Rules of writing."""

    def next_pulse(self, history: History, target: float, tolerance: float) -> WritePulse | str:
        """Return the next pulse, or why the cell is given up.

        Args:
            history: Pulses of this cell so far.
            target: Conductance wanted [S].
            tolerance: Largest |g − target| that counts as reached [S].
        """
        ...


@dataclass(frozen=True)
class RampedReset:
    """SET to a low resistance, then RESET pulses of rising amplitude; below the target, SET again with finer steps.

    For filaments whose SET runs away within a pulse, so that only RESET makes levels in between.

    Attributes:
        v_set, v_gate_set: Bit line and gate of a SET pulse [V]; the gate limits its current.
        v_reset: Source line of the first RESET pulse [V].
        v_step: By how much it rises from one RESET pulse to the next [V].
        v_reset_most: Largest RESET amplitude; a cell that needs more is given up [V].
        v_gate_reset: Gate of a RESET pulse [V].
        v_back: How far the amplitude goes back after the first RESET that went too far [V]. Each such RESET halves this
            and the step, so that every approach takes about as many pulses.
        g_set: Conductance from which a SET counts as done [S].
    """

    v_set: float = 2.8
    v_gate_set: float = 1.3
    v_reset: float = 1.2
    v_step: float = 0.02
    v_reset_most: float = 2.5
    v_gate_reset: float = 2.5
    v_back: float = 0.15
    g_set: float = 90e-6

    def __post_init__(self) -> None:
        _check_voltages(self)

    def next_pulse(self, history: History, target: float, tolerance: float) -> WritePulse | str:
        """Follow the rules of this class; see `WriteScheme.next_pulse`."""
        amplitude, step, back = self.v_reset, self.v_step, self.v_back
        for n, (pulse, g) in enumerate(history):
            if pulse.kind == "reset":
                amplitude = pulse.v_sl
            if g < target - tolerance and pulse.kind == "reset":
                amplitude, step, back = max(amplitude - back, step), step / 2, back / 2
            elif pulse.kind == "reset" and n == len(history) - 1:
                amplitude += step
        kind, g = (history[-1][0].kind, history[-1][1]) if history else ("none", 0.0)
        if g < target or (kind == "set" and g < max(self.g_set, target)):
            return WritePulse("set", self.v_set, 0.0, self.v_gate_set)
        if amplitude > self.v_reset_most:
            return f"RESET would need more than v_reset_most = {self.v_reset_most:g} V"
        return WritePulse("reset", 0.0, amplitude, self.v_gate_reset)


@dataclass(frozen=True)
class BracketedReset:
    """SET, then one RESET pulse; its amplitude lies between those that fell short and those that went too far.

    For fine levels of devices that repeat themselves: each attempt starts anew with a SET, and log g is interpolated
    between the two nearest attempts.

    Attributes:
        v_set, v_gate_set: Bit line and gate of a SET pulse [V]; the gate limits its current.
        v_reset, v_reset_most: Smallest and largest RESET amplitude at the source line [V].
        v_gate_reset: Gate of a RESET pulse [V].
        v_finest: Two amplitudes nearer to each other than this are not told apart [V]: the cell is given up.
        g_set: Conductance from which a SET counts as done [S].
    """

    v_set: float = 2.8
    v_gate_set: float = 1.3
    v_reset: float = 1.0
    v_reset_most: float = 2.5
    v_gate_reset: float = 2.5
    v_finest: float = 1e-5
    g_set: float = 90e-6

    def __post_init__(self) -> None:
        _check_voltages(self)
        if self.v_reset >= self.v_reset_most:
            raise InputError(f"v_reset = {self.v_reset:g} V: expected less than v_reset_most = {self.v_reset_most:g} V")

    def next_pulse(self, history: History, target: float, tolerance: float) -> WritePulse | str:
        """Follow the rules of this class; see `WriteScheme.next_pulse`."""
        tried = [(pulse.v_sl, g) for pulse, g in history if pulse.kind == "reset"]
        low, g_low = max((each for each in tried if each[1] > target), default=(self.v_reset, None))
        high, g_high = min((each for each in tried if each[1] < target), default=(self.v_reset_most, None))
        if high - low < self.v_finest:
            return f"a RESET of {low:.6f} V falls short and one of {high:.6f} V goes too far"
        kind, g = (history[-1][0].kind, history[-1][1]) if history else ("reset", 0.0)
        if kind == "reset" or g < max(self.g_set, target):
            return WritePulse("set", self.v_set, 0.0, self.v_gate_set)
        share = 0.5
        if g_low is not None and g_high is not None:
            share = np.log(g_low / target) / np.log(g_low / g_high)
        return WritePulse("reset", 0.0, float(low + np.clip(share, 0.1, 0.9) * (high - low)), self.v_gate_reset)


@dataclass(frozen=True)
class FixedTrain:
    """SET once, then apply equal RESET pulses.

    Attributes:
        v_set, v_gate_set: Bit line and gate of the SET pulse [V].
        v_reset, v_gate_reset: Source line and gate of every RESET pulse [V].
    """

    v_set: float = 2.8
    v_gate_set: float = 1.3
    v_reset: float = 1.4
    v_gate_reset: float = 2.5

    def __post_init__(self) -> None:
        _check_voltages(self)

    def next_pulse(self, history: History, target: float, tolerance: float) -> WritePulse | str:
        """Follow the rules of this class; see `WriteScheme.next_pulse`."""
        if not history:
            return WritePulse("set", self.v_set, 0.0, self.v_gate_set)
        if history[-1][1] < target - tolerance:
            return "a pulse went below the target, and this scheme does not come back"
        return WritePulse("reset", 0.0, self.v_reset, self.v_gate_reset)


@dataclass(frozen=True)
class OneShot:
    """SET, then one RESET pulse whose amplitude a table gives; what it reaches stays.

    Attributes:
        amplitudes: Source line of the RESET pulses of the table, rising [V].
        g: What each left [S], falling; log g is interpolated. `measure_one_shot` makes both.
        v_set, v_gate_set: Bit line and gate of the SET pulse [V].
        v_gate_reset: Gate of the RESET pulse [V].
    """

    amplitudes: tuple[float, ...]
    g: tuple[float, ...]
    v_set: float = 2.8
    v_gate_set: float = 1.3
    v_gate_reset: float = 2.5

    def __post_init__(self) -> None:
        if len(self.amplitudes) != len(self.g) or len(self.g) < 2:
            raise InputError(
                f"amplitudes and g have {len(self.amplitudes)} and {len(self.g)} values: expected as many, two or more"
            )
        for key, values, rises in (("amplitudes", self.amplitudes, 1), ("g", self.g, -1)):
            steps = rises * np.diff(np.array(values))
            if not (np.all(np.isfinite(values)) and min(values) > 0 and np.all(steps > 0)):
                raise InputError(f"{key} = {values}: expected {'rising' if rises > 0 else 'falling'} numbers above 0")
        _check_voltages(self)

    def next_pulse(self, history: History, target: float, tolerance: float) -> WritePulse | str:
        """Follow the rules of this class; see `WriteScheme.next_pulse`."""
        if not self.g[-1] <= target <= self.g[0]:
            return f"the table goes from {self.g[-1]:.3g} S to {self.g[0]:.3g} S"
        if not history:
            return WritePulse("set", self.v_set, 0.0, self.v_gate_set)
        if len(history) > 1:
            return "not reached by its one pulse"
        amplitude = np.interp(-np.log(target), -np.log(self.g), self.amplitudes)
        return WritePulse("reset", 0.0, float(amplitude), self.v_gate_reset)


def decide(scheme: WriteScheme, history: History, target: float, tolerance: float, most: int) -> WritePulse | str:
    """Return the next pulse of a cell, or why it is given up, after `most` pulses at the latest.

    Raises:
        InputError: The scheme returned neither a `WritePulse` nor a text.
    """
    if len(history) >= most:
        return f"not reached after {most} pulse{'s' * (most > 1)}"
    pulse = scheme.next_pulse(history, target, tolerance)
    if not isinstance(pulse, WritePulse | str) or pulse == "":
        raise InputError(f"scheme: next_pulse returned {pulse!r}, expected a WritePulse, or a text that gives up")
    return pulse


def _check_voltages(scheme: WriteScheme) -> None:
    for key, value in vars(scheme).items():
        if not isinstance(value, tuple) and not 0 < value < float("inf"):
            raise InputError(f"{key} = {value!r}: expected a number above 0")
