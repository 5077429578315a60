"""The current of a cell over its gate voltage: what levels of the gate driver are worth, and which ones to take."""

import numpy as np
from numpy.typing import ArrayLike

from circuitsim import spice
from circuitsim.characterization.states import array_states
from circuitsim.errors import InputError
from circuitsim.netlist import cell_text, index_deck
from circuitsim.netlist.names import number
from circuitsim.spec import ArraySpec, Count, checked, gate_voltage_levels, real_numbers

_STEPS = 256  # gate voltages of a sweep
_SWEEPS = 2  # the second one is finer around the voltages that the first one found
_DECADES = 9  # conductances from g_min to g_max at which levels are judged


@checked
def gate_currents(spec: ArraySpec, g: ArrayLike, v_gate: ArrayLike) -> np.ndarray:
    """Read cells in ngspice at several gate voltages, with the bit line at v_ref + v_read and the source line at v_ref.

    Args:
        spec: An array with inputs on word lines.
        g: (cells,) conductances of the devices [S].
        v_gate: (points,) gate voltages [V].

    Returns:
        (points, cells) currents [A], positive from bit line to source line.

    Raises:
        InputError: The inputs of the array are not on word lines.
        SimulatorError: ngspice failed; the run folder is kept.
    """
    if spec.array.input_line != "wl":
        raise InputError(f"array.input_line = {spec.array.input_line!r}: expected 'wl', whose inputs drive gates")
    g, v_gate = real_numbers("g", np.atleast_1d(g)), real_numbers("v_gate", np.atleast_1d(v_gate))
    states = array_states(spec, g)
    head = [
        f"* current of {len(g)} cells over the voltage of their gates",
        cell_text(spec).text.rstrip(),
        f".temp {number(spec.array.temperature_c)}",
    ]
    low, high = (np.full(len(v_gate), v) for v in spec.drive_range)
    body = []
    for k, value in enumerate(g if states is None else states):
        body += [f"vs_{k} s_{k} sl 0", f"x_{k} bl wl s_{k} 0 cell g={number(value)}"]
    saved = [f"i(vs_{k})" for k in range(len(g))]
    raw = spice.run(index_deck(head, {"wl": v_gate, "bl": high, "sl": low}, body, saved))
    return np.stack([raw[name] for name in saved], axis=1)


@checked
def equal_current_levels(spec: ArraySpec, count: Count, *, g: float | None = None) -> tuple[float, ...]:
    """Find the gate voltages at which the current of a cell rises in equal steps: `driver.gate_levels` for a DAC.

    A cell's current is never linear in the level at every conductance: at a low gate voltage the transistor limits it,
    whatever the device stores. `bend_of_levels` states what is left at other conductances.

    Args:
        spec: An array with inputs on word lines; the levels reach from its off voltage (0 V, or the first of its
            gate_levels) to its gate voltage.
        count: Number of levels, 2 or more.
        g: Conductance at which the steps are equal [S]; None: the geometric mean of g_min and g_max.

    Returns:
        (count,) voltages [V], rising.

    Raises:
        InputError: `count` is 1, g is no conductance, the inputs are not on word lines, or the current does not rise
            with the gate voltage.
        SimulatorError: ngspice failed; the run folder is kept.
    """
    if count < 2:
        raise InputError(f"count = {count}: expected 2 or more levels")
    if g is not None and not 0 < g < np.inf:
        raise InputError(f"g = {g:g} S: expected a conductance above 0")
    low, high = (gate_voltage_levels(spec)[k] for k in (0, -1))
    if count == 2:
        return low, high
    from scipy.interpolate import PchipInterpolator  # takes 0.3 s to import, and only this needs it

    g = float(np.sqrt(spec.device.g_min * spec.device.g_max)) if g is None else g
    volts = np.linspace(low, high, _STEPS)
    found = volts[[0, -1]]
    for _ in range(_SWEEPS):
        current = gate_currents(spec, [g], volts)[:, 0]
        target = np.linspace(current[0], current[-1], count)
        rises = np.concatenate([[True], current[1:] > np.maximum.accumulate(current)[:-1]])
        if current[-1] <= current[0] or rises.sum() < 4:
            raise InputError(
                f"the current of a cell of {g:g} S does not rise from {low:g} V to {high:g} V at its gate: expected a "
                "higher gate voltage"
            )
        found = PchipInterpolator(current[rises], volts[rises])(target)
        step = (high - low) / _STEPS
        fine = found[1:-1, None] + np.linspace(-step, step, 9)
        volts = np.unique(np.clip(np.concatenate([[low, high], fine.ravel()]), low, high))
    return low, *(float(v) for v in found[1:-1]), high


@checked
def bend_of_levels(spec: ArraySpec) -> tuple[np.ndarray, np.ndarray]:
    """Tell how far the current of a cell is from linear in the input, where its gate has `driver.gate_levels`.

    A network takes the current of a cell at input x for x times that at input 1. This is the largest difference over
    all levels, as a fraction of the current at input 1.

    Args:
        spec: An array with inputs on word lines.

    Returns:
        Conductances (9,) from g_min to g_max [S], and the difference at each (9,).

    Raises:
        InputError, SimulatorError: As `gate_currents`.
    """
    volts = gate_voltage_levels(spec)
    g = np.geomspace(spec.device.g_min, spec.device.g_max, _DECADES)
    current = gate_currents(spec, g, volts)
    line = np.linspace(0.0, 1.0, len(volts))[:, None] * current[-1]
    return g, np.abs(current - line).max(axis=0) / np.abs(current[-1])
