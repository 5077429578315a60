"""One column of 1024 cells of 1T1R with its input on the gates; the middle cell is on."""

from pathlib import Path

import numpy as np

import circuitsim as cs
from circuitsim import netlist

ROWS = 1024
NAMED = {"k": 1e3, "M": 1e6, "G": 1e9}
LOW = ("1k", "2k", "5k", "10k", "20k", "50k", "100k", "200k", "500k")
HIGH = ("1M", "2M", "5M", "10M", "20M", "50M", "100M", "500M", "1G")
MARGIN, GRID = (1e3, 1e4, 5e4, 1e5, 1e6, 1e7), (2e4, 3e4, 4e4, 5e4, 6e4, 8e4, 1e5)


def cases():
    """Resistance of the cells [ohm]; None for the margins, which are ratios."""
    return {name: float(name[:-1]) * NAMED[name[-1]] for name in (*LOW, *HIGH)} | {"margin": None}


def column(ohm):
    """Specification, conductances [S] and inputs of a column."""
    transistor = {"file": str(Path(__file__).with_name("transistor.lib")), "subckt": "nfet_22"}
    spec = cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": ROWS, "cols": 1, "cell": "1t1r", "input_line": "wl"},
            "device": {"model": "rram_ohmic", "g_min": 0.5 / ohm, "g_max": 2 / ohm},
            "access": {**transistor, "w": "210n", "l": "40n", "v_gate": 0.9},
            "wire": {"r_row": 0.0, "r_bl": 2.5, "r_col": 2.5, "col_drive": "top", "col_sense": "bottom"},
            "driver": {"v_read": 0.2},
        }
    )
    return spec, np.full((ROWS, 1), 1 / ohm), np.eye(ROWS)[[ROWS // 2]]


def current(ohm, level):
    """Current of the column [A]."""
    spec, g, x = column(ohm)
    return cs.solve(spec, g, x, level=level).out[0, 0]


def decks(ohm):
    """What ngspice runs."""
    return [] if ohm is None else [netlist.crossbar(*column(ohm)).text]


def compute(ohm):
    """Currents by both levels; ratios by the array solver."""
    if ohm is None:
        ratio = {each: current(each, "nodal") / current(10 * each, "nodal") / 10 for each in {*MARGIN, *GRID}}
        return {"margin": [ratio[each] for each in MARGIN], "peak": max(GRID, key=ratio.__getitem__)}
    truth, solved = current(ohm, "ngspice"), current(ohm, "nodal")
    name = "leaking" if ohm > 1.5e7 else "ngspice"
    return {name: truth, "nodal": solved, "nodal_off": abs(solved / truth - 1)}
