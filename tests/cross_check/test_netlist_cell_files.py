"""Cells that lie in `netlists/cells`: their headers, and what they compute in an array."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import brentq

import circuitsim as cs
from circuitsim.errors import DeclaredRangeWarning
from circuitsim.library import read_header
from circuitsim.resources import netlists_folder
from circuitsim.spec import parse_spec

CELLS = sorted((netlists_folder() / "cells").glob("*.lib"))


def own(name, ports, input_line="bl", **device):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": 4, "cols": 2, "cell": "own", "input_line": input_line},
            "device": {
                "file": netlists_folder() / "cells" / f"{name}.lib",
                "subckt": name,
                "ports": ports,
                "g_min": 1e-6,
                "g_max": 1e-3,
                **device,
            },
            "wire": {"r_row": 0.0, "r_col": 0.0},
            "driver": {"v_read": 0.5},
        }
    )


@pytest.mark.parametrize("file", CELLS, ids=lambda file: file.stem)
def test_header_names_the_cell(file):
    assert read_header(file)["name"] == file.stem


def test_selector_takes_its_share_of_the_voltage():
    g, x = np.full((4, 2), 1e-5), np.array([[0.5, -0.5, 0.0, 0.8]])
    with pytest.warns(DeclaredRangeWarning, match=r"x\[0, 3\] = 0.8 V is outside the range of the drivers"):
        out = cs.solve(own("selector_1s1r", ["bl", "sl"]), g, x, level="ngspice").out[0]

    def cell(v):
        return brentq(lambda i: 0.1 * np.arcsinh(i / 1e-9) + i / 1e-5 - v, -1e-3, 1e-3, xtol=1e-20, rtol=1e-14)

    assert_allclose(out, sum(cell(v) for v in x[0]), rtol=1e-6, atol=0)


def test_string_of_pairs_counts_matches():
    parallel, antiparallel, r_on = 166.667e-6, 47.9958e-6, 500.0
    rng = np.random.default_rng(0)
    w, x = rng.integers(0, 2, (4, 2)), rng.integers(0, 2, (3, 4))
    g = np.where(w == 1, parallel, antiparallel)
    out = cs.solve(own("xnor_pair", ["bl", "sl", "wl"], "string", v_gate=1.0), g, x, level="ngspice").out
    matches = (x[:, :, None] == w).sum(axis=1)
    resistance = matches / parallel + (4 - matches) / antiparallel + 4 * r_on
    assert_allclose(out, 0.5 / resistance, rtol=1e-6, atol=0)
