"""One cell read with every other cell on: other rows at 0 V or floating, passive cells or a transistor in each."""

import numpy as np

import circuitsim as cs
from circuitsim import netlist

OPEN = 1e12  # ohm; a specification takes no infinite resistance
TRANSISTOR = {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8}
SWINGS = {"300 kohm": 3e5, "1 Mohm": 1e6, "10 Mohm": 1e7}
FLOATING, ON, CELLS_1E6 = {"4 x 4": 4, "16 x 16": 16, "64 x 64": 64}, 1e4, 1000


def cases():
    """Rows, resistance of a cell that is on (None: what gives half the swing), whether rows that are not read float."""
    swings = {name: (CELLS_1E6, r_on, False) for name, r_on in SWINGS.items()} | {"half": (CELLS_1E6, None, False)}
    return swings | {name: (rows, ON, True) for name, rows in FLOATING.items()}


def array(n, r_on, floating, cell="1r"):
    """The array; its first row is read at the last column."""
    r_wire = 0.0 if floating and cell == "1r" else 2.5
    r_row, r_col = np.full((n, n), r_wire), np.full((n, n), r_wire)
    r_row[1:, 0] = r_col[-1, :-1] = OPEN
    wire = {"r_row": r_row.tolist(), "r_col": r_col.tolist()} if floating else {"r_row": r_wire, "r_col": r_wire}
    gates = {"access": TRANSISTOR, "technique": {"skip_zero_rows": True}} if cell == "1t1r" else {}
    device = {"model": "rram_ohmic", "g_min": 0.1 / r_on, "g_max": 1 / r_on}
    shape = {"rows": n, "cols": n, "cell": cell}
    return cs.parse_spec(
        {"schema": 1, "array": shape, "device": device, "wire": wire, "driver": {"v_read": 0.2}, **gates}
    )


def matrix(n, r_on, r_cell):
    """All cells on but the one that is read."""
    g = np.full((n, n), 1 / r_on)
    g[0, -1] = 1 / r_cell
    return g


def voltage(n):
    """The first row at 0.2 V."""
    return 0.2 * np.eye(n)[[0]]


def decks(case):
    """What ngspice runs."""
    n, r_on, floating = case
    arrays = [array(n, r_on, True, cell) for cell in ("1r", "1t1r")] if floating and n == 4 else []
    return [netlist.crossbar(each, matrix(n, r_on, r_on), voltage(n)).text for each in arrays]


def currents(case, level, cell="1r", ratios=(1.0, 2.0)):
    """Current of a cell that has some times the resistance of those that are on [A]."""
    n, r_on, floating = case
    spec = array(n, r_on, floating, cell)
    matrices = [matrix(n, r_on, each * r_on) for each in ratios]
    return [cs.solve(spec, each, voltage(n), level=level).out[0, -1] for each in matrices]


def compute(case):
    """Swing against ideal wires; of floating rows currents in units of the cell's own."""
    n, r_on, floating = case
    if r_on is None:
        tried = 1e6 * np.array([2.0, 3.0, 4.5])
        on, off = np.array([currents((n, each, False), "nodal") for each in tried]).T
        return {"least": np.exp(np.interp(0.5, (on - off) * tried / 0.1, np.log(tried)))}
    if not floating:
        on, half, tenth = np.array(currents(case, "nodal", ratios=(1.0, 2.0, 10.0))) * r_on / 0.2
        return {"swing": (on - half) / 0.5, "ratio": (on - tenth) / 0.9 / ((on - half) / 0.5)}
    on, off = currents(case, "nodal")
    found = {"current": on * r_on / 0.2, "margin": on / off}
    on, off = currents(case, "nodal", "1t1r")
    found |= {"gated": on * r_on / 0.2, "gated_margin": on / off}
    if decks(case):
        found["ngspice"] = currents(case, "ngspice")[0] * r_on / 0.2
        found["gated_off"] = currents(case, "ngspice", "1t1r")[0] / on - 1
    return found
