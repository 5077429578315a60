"""Small specifications and one call that runs a deck through ngspice, shared by the netlist cross-checks."""

import numpy as np

from circuitsim import netlist, spice
from circuitsim.spec import ArraySpec, parse_spec


def passive(rows: int, cols: int, r_row: float, r_col: float, *, driver: dict | None = None, **wire) -> ArraySpec:
    """Ohmic 1R array; 1 V read."""
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-9, "g_max": 1.0},
            "wire": {"r_row": r_row, "r_col": r_col, **wire},
            "driver": {"v_read": 1.0, **(driver or {})},
        }
    )


def transistor(rows: int, cols: int, **wire) -> ArraySpec:
    """1T1R array of sinh-type cells with the default BSIM4 transistor."""
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1t1r"},
            "device": {"model": "rram_sinh", "g_min": "1u", "g_max": "100u"},
            "access": {"model": "nmos_bsim4_default", "w": "1u", "l": "0.13u", "v_gate": 1.8},
            "wire": {"r_row": 1.0, "r_col": 1.0, **wire},
            "driver": {"v_read": 0.2},
        }
    )


def currents(spec: ArraySpec, g: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Output currents (batch, cols) [A] from ngspice."""
    deck = netlist.crossbar(spec, g, x)
    return spice.run(deck).columns(deck.i_out)


def effective(spec: ArraySpec, g: np.ndarray) -> np.ndarray:
    """Effective matrix (rows, cols) [S] of a linear array: unit inputs, one deck."""
    return currents(spec, g, np.eye(spec.array.rows))


def dense_currents(branches: list[tuple[str, str, float]], held: dict[str, float], measured: list[str]) -> np.ndarray:
    """Solve a resistor network written as (node, node, conductance) by dense nodal analysis, independently of decks.

    Args:
        branches: Resistors [S].
        held: Voltage of every node that a source holds [V].
        measured: Held nodes whose incoming current is returned [A].
    """
    nodes = sorted({node for a, b, _ in branches for node in (a, b)})
    index = {node: k for k, node in enumerate(nodes)}
    y = np.zeros((len(nodes), len(nodes)))
    for a, b, g in branches:
        i, j = index[a], index[b]
        y[[i, j], [i, j]] += g
        y[[i, j], [j, i]] -= g
    known = np.array([index[node] for node in held if node in index])
    unknown = np.setdiff1d(np.arange(len(nodes)), known)
    v = np.zeros(len(nodes))
    v[known] = [held[node] for node in held if node in index]
    if len(unknown):
        v[unknown] = np.linalg.solve(y[np.ix_(unknown, unknown)], -y[np.ix_(unknown, known)] @ v[known])
    into = -(y @ v)
    return np.array([into[index[node]] if node in index else 0.0 for node in measured])
