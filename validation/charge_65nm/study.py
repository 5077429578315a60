"""A charge-domain macro of 65 nm: what 1.2 V takes, from 0.85 V and the array; efficiency from the parts."""

import numpy as np

import circuitsim as cs

ROWS, LOW = 2304, {"adc": 1.79e-12, "cim": 9.7e-12, "digital": 8.3e-12}  # [J] a column at 0.85 V
PART, SIDE = 9, 4  # a ninth of the rows of four columns is solved; cells without wires are alike


def cases():
    """Supplies [V]."""
    return {"0.85 V": 0.85, "1.2 V": 1.2}


def column_energy(supply):
    """Energy of the charge of a column whose cells are all set [J]."""
    spec = cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": ROWS // PART, "cols": SIDE, "cell": "1c"},
            "device": {"model": "charge_cell", "g_min": 1e-18, "g_max": 1.5e-15},
            "wire": {"r_row": 0.0, "r_col": 0.0},
            "driver": {"v_read": supply},
        }
    )
    found = cs.solve(spec, np.full(spec.shape, 1.5e-15), np.full((1, ROWS // PART), supply))
    return found.power[0] * spec.driver.t_read * PART / SIDE


def compute(supply):
    """Energies of a column [J], operations of one bit a joule, and the share of the cells."""
    scale = column_energy(supply) / column_energy(0.85)
    found = {name: energy * scale for name, energy in LOW.items()}
    found["efficiency"] = 2 * ROWS / (found["adc"] + found["cim"])
    return found | {"cells": column_energy(supply)}
