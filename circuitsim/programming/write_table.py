"""The table of a scheme that does not look back: what one RESET pulse leaves, by its amplitude."""

from collections.abc import Sequence

import numpy as np

from circuitsim.errors import InputError
from circuitsim.programming.pulses import PulseTiming, WritePulse
from circuitsim.programming.schemes import OneShot
from circuitsim.programming.write_deck import AMPLITUDES, READ, check_above_0, write_deck
from circuitsim.programming.write_options import along_ladder
from circuitsim.spec import ArraySpec, checked, real_numbers
from circuitsim.spice import Cosimulation

FALLS = 1e-3
"""Relative fall of g from one amplitude to the next below which the table leaves an amplitude out."""


@checked
def measure_one_shot(
    spec: ArraySpec,
    amplitudes: Sequence[float] | np.ndarray,
    *,
    v_set: float = 2.8,
    v_gate_set: float = 1.3,
    v_gate_reset: float = 2.5,
    timing: PulseTiming | None = None,
) -> OneShot:
    """Measure what a SET and one RESET pulse leave of a 1T1R cell, for each amplitude.

    Args:
        spec: The cell; as in `write_verify`.
        amplitudes: Source line of the RESET pulses [V], rising.
        v_set, v_gate_set: Bit line and gate of the SET pulse [V].
        v_gate_reset: Gate of the RESET pulses [V].
        timing: The slots; None: `PulseTiming()`.

    Returns:
        A scheme for `write_verify` and `write_array`. Amplitudes that lower g by less than 0.1 % are left out.

    Raises:
        SpecError: The cell is not 1T1R, or its device has no switching model.
        InputError: The amplitudes are not above 0 and rising, or fewer than two of them lower g.
        SimulatorError: ngspice failed; its folder is kept.

    Valid for: cells like this one, with its wires and drivers left out, written with the same timing.
    """
    volts = real_numbers("amplitudes", amplitudes)
    if volts.ndim != 1 or len(volts) < 2 or np.any(np.diff(volts) <= 0):
        raise InputError(f"amplitudes has shape {volts.shape}: expected (amplitudes,), two or more, rising")
    check_above_0("amplitudes", volts, "V")
    timing = timing or PulseTiming()
    deck = write_deck(spec, timing, 3)
    sources = [WritePulse("set", v_set, 0.0, v_gate_set)]
    sources += [WritePulse("reset", 0.0, volt, v_gate_reset) for volt in volts.tolist()]

    def attempt(options: dict[str, str]) -> np.ndarray:
        with Cosimulation(deck, read=READ, options=options) as live:
            first, *others = ({key: getattr(pulse, key) for key in AMPLITUDES} for pulse in sources)
            live.advance(0.5 * timing.t_edge, first)
            live.advance(timing.t_change)
            after_set, found = live.snapshot(), []
            for each in others:
                live.restore(after_set)
                found.append(-live.advance(timing.t_slot + timing.t_sample, each)["i(bbl)"] / spec.driver.v_read)
        return np.array(found)

    g = along_ladder(attempt)
    kept: list[int] = []
    for n in range(len(g)):
        if not kept or g[n] < (1 - FALLS) * g[kept[-1]]:
            kept.append(n)
    if len(kept) < 2:
        raise InputError(
            f"amplitudes from {volts.min():g} V to {volts.max():g} V: g falls from {g.max():.4g} S to {g.min():.4g} S, "
            "expected two or more amplitudes that lower it"
        )
    return OneShot(tuple(volts[kept].tolist()), tuple(g[kept].tolist()), v_set, v_gate_set, v_gate_reset)
