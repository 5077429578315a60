"""Characterize a sense amplifier that works in phases: what it holds at the end against the charge that came in.

Every current has an amplifier of its own; all of them stand in one deck and share the clocks. A column is a source of
current beside a conductance to v_ref, so that its voltage stays where it would in an array.
"""

import numpy as np

from circuitsim.blocks import INTEGRATE, Block
from circuitsim.characterization.kept_runs import kept_runs
from circuitsim.errors import SimulatorError
from circuitsim.netlist import amplifier_cards, rail_cards
from circuitsim.netlist.names import number
from circuitsim.netlist.phases import clock_nodes, phase_cards, phase_window, ready_time
from circuitsim.results import Provenance, SenseTable
from circuitsim.results.waveforms import integral
from circuitsim.spice import Simulator

POINTS = 33  # currents of the table; between them stand those that tell its error
STEPS = 400  # time steps of a read
TOLERANCES = {
    "reltol": "1e-6",
    "abstol": "1e-12",
    "vntol": "1e-9",
    "gmin": "1e-15",
    "chgtol": "1e-18",
    "num_threads": "1",
}
WORKS = 0.5  # as in `sense_curves`
LEAST_GAIN = 0.1  # [ohm]


def phased_sense(
    block: Block, i_max: float, g_column: float, *, v_ref: float, temperature_c: float, simulator: Simulator
) -> SenseTable:
    """Simulate one read of an amplifier that works in phases for many column currents.

    The current of the table is the charge that came in until the output is taken, over the duration of the phase
    "integrate"; its drop is the voltage at the column, averaged over that phase.

    Args:
        block: The circuit, with phases.
        i_max: Largest column current [A].
        g_column: Conductance of the column [S].
        v_ref: Voltage at which the column is held [V].
        temperature_c: Temperature [°C].
        simulator: The ngspice to use.

    Raises:
        SimulatorError: ngspice failed, or the output does not follow the current; the run folder is kept.
    """
    ends = {"into": (0.0, 1.0), "out_of": (-1.0, 0.0), "both": (-1.0, 1.0)}[block.polarity]
    source = i_max * np.linspace(*ends, 2 * POINTS - 1)
    deck = phased_deck(block, source, g_column, v_ref=v_ref, temperature_c=temperature_c)
    with kept_runs([deck], simulator, TOLERANCES) as (raw,):
        time = raw["time"]
        start, width = phase_window(block, INTEGRATE)
        inside = (time >= start) & (time <= start + width)
        names = range(len(source))
        charge = integral(time, raw.columns([f"i(vm_{k})" for k in names]))
        v_in = raw.columns([f"v(in_{k})" for k in names])
        current = charge / width
        drop = integral(time[inside], v_in[inside]) / float(np.ptp(time[inside])) - v_ref
        out = raw.columns([f"v(out_{k})" for k in names])[-1]
        gain = np.diff(out) / np.diff(current)
        kept = _working(np.abs(gain), current)
        if len(kept) < 5:
            raise SimulatorError(
                f"the sense amplifier {block.name!r}: its output at {time[-1]:.3g} s does not follow the column "
                f"current ({np.abs(gain).max():.2g} V/A at most); check timing, v_ref and the roles of its ports",
                raw.folder,
            )
    held, points = kept[1::2], kept[::2]
    risen = np.maximum.accumulate(drop[points])
    return SenseTable(
        current=current[points],
        drop=risen,
        reported=out[points],
        unit="V",
        block=block.name,
        supply=block.v_supply,
        reference=v_ref,
        temperature_c=temperature_c,
        drop_error=float(np.abs(np.interp(current[held], current[points], risen) - drop[held]).max()),
        reported_error=float(
            np.abs(np.interp(current[held], current[points], out[points]) - out[held]).max() / np.ptp(out[points])
        ),
        t_ready=ready_time(block),
        provenance=Provenance(
            level="ngspice",
            spec_digest=None,
            deck_digest=raw.deck_digest,
            ngspice=str(simulator.version),
            options=dict(raw.options),
        ),
    )


def phased_deck(block: Block, source: np.ndarray, g_column: float, *, v_ref: float, temperature_c: float) -> str:
    """Write the deck of one read for sources of current (points,) [A]: `v(in_k) v(out_k) i(vm_k)` of each."""
    clocks = clock_nodes(block)
    stop = ready_time(block)
    lines = [
        f"* one read of the sense amplifier {block.name} for {len(source)} currents",
        f"* column {g_column:g} S, {temperature_c:g} degC",
        block.include,
        f".temp {number(temperature_c)}",
        *rail_cards(block, v_ref),
        f"vcref cref 0 {number(v_ref)}",
        *phase_cards(block),
    ]
    for k, current in enumerate(source):
        lines += [
            f"iin_{k} 0 col_{k} {number(current)}",
            f"gcol_{k} col_{k} cref col_{k} cref {number(g_column)}",
            f"vm_{k} col_{k} in_{k} 0",
            *amplifier_cards(block, str(k), f"in_{k}", f"out_{k}", clocks),
        ]
    saved = [f"{what}_{k})" for k in range(len(source)) for what in ("v(in", "v(out", "i(vm")]
    step = number(stop / STEPS)
    return "\n".join([*lines, ".save " + "\n+ ".join(saved), f".tran {step} {number(stop)} 0 {step}", ".end", ""])


def _working(gain: np.ndarray, current: np.ndarray) -> np.ndarray:
    """Return the indices of the currents around the smallest one between which the gain stays; an odd number."""
    middle = int(np.argmin(np.abs(current)))
    good = gain >= max(LEAST_GAIN, WORKS * float(gain[max(middle - 1, 0) : middle + 1].max()))
    high = middle + int(np.argmin(np.append(good[middle:], False)))
    low = middle - int(np.argmin(np.append(good[:middle][::-1], False)))
    return np.arange(low, high + 1 - (high - low) % 2)
