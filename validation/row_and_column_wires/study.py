"""Passive arrays with wires in the rows alone and in the columns alone: how far each column's current falls."""

import numpy as np

import circuitsim as cs
from circuitsim import netlist

R, R_WIRE = 10e3, 2.5


def cases():
    """Rows and columns, and whether cells and inputs are drawn rather than all alike."""
    return {"16 x 16": (16, False), "64 x 64": (64, False), "64 x 64, drawn": (64, True)}


def array(n, rows, cols):
    """A passive array with wires in the rows, in the columns, or in both."""
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": n, "cols": n, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 0.05 / R, "g_max": 1 / R},
            "wire": {"r_row": R_WIRE * rows, "r_col": R_WIRE * cols},
            "driver": {"v_read": 1.0},
        }
    )


def cells_and_inputs(n, drawn):
    """All cells on and all inputs at 1 V; or cells that are on or off, and 200 vectors."""
    if not drawn:
        return np.full((n, n), 1 / R), np.ones((1, n))
    rng = np.random.default_rng(0)
    return np.where(rng.random((n, n)) < 0.5, 1 / R, 0.05 / R), rng.random((200, n))


def decks(case):
    """What ngspice runs."""
    n, drawn = case
    return [] if drawn or n > 16 else [netlist.crossbar(array(n, 1, 0), *cells_and_inputs(n, drawn)).text]


def compute(case):
    """Share of its current that each column loses, by wires in rows and by wires in columns."""
    n, drawn = case
    g, x = cells_and_inputs(n, drawn)

    def lost(rows, cols, level="nodal"):
        return 1 - (cs.solve(array(n, rows, cols), g, x, level=level).out / (x @ g)).mean(axis=0)

    by_rows, by_columns = lost(1, 0), lost(0, 1)
    found = {"larger": by_rows.max() / by_columns.max(), "grows": np.corrcoef(by_rows, np.arange(n))[0, 1]}
    if not drawn:
        found |= {"rows": by_rows[[0, -1]], "columns": by_columns[[0, -1]]}
        found["same_mean"] = by_rows.mean() / by_columns.mean()
        found["steps"] = np.diff(by_rows).min()
    if decks(case):
        found["ngspice"] = lost(1, 0, "ngspice")[[0, -1]]
    return found
