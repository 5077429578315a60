"""How much of a string's current its transistors take into the bulk, where the column lies below it."""

import functools

import numpy as np

from circuitsim import spice
from circuitsim.characterization.states import array_states
from circuitsim.errors import OutsideRangeError
from circuitsim.netlist import cell_text, index_deck
from circuitsim.netlist.names import number
from circuitsim.spec import ArraySpec, has_bypass
from circuitsim.units import percent

BULK_LOSS = 1e-4
"""Share of the smallest current of a string up to which the array solver leaves out what the bulk takes."""


def check_bulk(spec: ArraySpec) -> None:
    """Refuse strings whose transistors lose current into the bulk at 0 V: the array solver has one current per string.

    Below 0 V the diode from the bulk to a node of the string conducts. The smallest current is that of a string with
    every row selected and every cell at g_min; each of its nodes counts with what the lowest one loses.

    Raises:
        OutsideRangeError: The bulk takes more than `BULK_LOSS` of it; says how much.
        SimulatorError: ngspice failed; the run folder is kept.
    """
    if not has_bypass(spec) or spec.sense.v_ref >= 0:
        return
    loss = bulk_loss(spec)
    if loss > BULK_LOSS:
        raise OutsideRangeError(
            f"sense.v_ref = {spec.sense.v_ref:g} V: the bulk of the transistors is at 0 V and takes up to "
            f"{percent(loss)} of the smallest current of a string, more than the {percent(BULK_LOSS)} up to which "
            "level = 'nodal' leaves it out: use a higher v_ref, or level = 'ngspice'"
        )


def bulk_loss(spec: ArraySpec) -> float:
    """Return what the bulk takes from a string of selected cells at g_min, as a share of its current, at most.

    Raises:
        SimulatorError: ngspice failed; the run folder is kept.
    """
    states = array_states(spec, np.array([spec.device.g_min]))
    stored = spec.device.g_min if states is None else states[0]
    v_ref, pitch = spec.sense.v_ref, spec.driver.v_read / spec.array.rows
    low = v_ref + np.array([0.0, spec.driver.v_read - pitch])  # the lowest and the highest cell of a string
    upper, lower = _read_both_ends(_both_ends(spec, float(stored), low + pitch, low))
    return spec.array.rows * float(np.abs(upper - lower).max() / np.abs(lower[0]).min())


@functools.lru_cache(maxsize=16)  # a matrix after the other is prepared with the same cells
def _read_both_ends(text: str) -> np.ndarray:
    """Run a deck of `_both_ends`; return the currents of upper and lower ends (2, cells, points) [A]."""
    raw = spice.run(text)
    return np.array([[raw[f"i({end}_{k})"] for k in range(2)] for end in ("vb", "vs")])


def _both_ends(spec: ArraySpec, stored: float, v_bl: np.ndarray, v_sl: np.ndarray) -> str:
    """Write a deck of one cell of input 1, its gate at 0 V, and one of input 0, with the currents of both ends."""
    head = [
        "* currents of a cell at both ends",
        cell_text(spec).text.rstrip(),
        f".temp {number(spec.array.temperature_c)}",
    ]
    body = []
    for k, gate in enumerate((0.0, spec.v_gate or 0.0)):
        body += [f"vb_{k} bl b_{k} 0", f"vs_{k} s_{k} sl 0", f"vw_{k} w_{k} 0 {number(gate)}"]
        body.append(f"x_{k} b_{k} w_{k} s_{k} 0 cell g={number(stored)}")
    saved = [f"i({end}_{k})" for end in ("vb", "vs") for k in range(2)]
    return index_deck(head, {"bl": v_bl, "sl": v_sl}, body, saved)
