"""The exported sub-circuit in ngspice gives what the tile gives, and draws what the tile says its inputs draw."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import behavioral, characterization, spice
from circuitsim.export.spice import spice_macro
from circuitsim.results import TileModel
from circuitsim.spec import parse_spec


@pytest.mark.parametrize(("grade", "inputs"), [*((grade, "analog") for grade in (1, 2, 3, 4)), (4, "binary")])
def test_macro_equals_the_model(grade, inputs):
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": 16, "cols": 12},
            "device": {"model": "rram_sinh", "params": {"v0": 0.25}, "g_min": 1e-6, "g_max": 1e-4},
            "access": {"model": "nmos_bsim4_default", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8},
            "wire": {"r_row": 5.0, "r_col": 5.0},
            "driver": {"v_read": 0.2, "r_out": 50.0},
            "sense": {"r_in": 50.0},
        }
    )
    rng = np.random.default_rng(0)
    g = np.exp(rng.uniform(np.log(1e-6), np.log(1e-4), spec.shape))
    tile = behavioral.program(TileModel(spec, characterization.cell(spec), grade, (0.0, 0.2)), g, inputs=inputs)
    v = rng.uniform(0.0, 0.2, (3, 16))
    sources = [
        f"b_in_{k} in_{k} 0 v = " + "+".join(f"{float(x)!r}*(abs(v(i)-{n})<0.5)" for n, x in enumerate(v[:, k]))
        for k in range(16)
    ]
    ports = " ".join([f"in_{k}" for k in range(16)] + [f"out_{j}" for j in range(12)] + ["0"])
    senses = [f"v_sense_{j} out_{j} 0 dc 0" for j in range(12)]
    saved = [f"i(v_sense_{j})" for j in range(12)] + [f"i(b_in_{k})" for k in range(16)]
    lines = ["macro of a tile", spice_macro(tile), "v_i i 0 dc 0", *sources, f"x_tile {ports} tile", *senses]
    raw = spice.run("\n".join([*lines, ".dc v_i 0 2 1", ".save " + " ".join(saved), ".end", ""]))
    out = np.stack([raw[f"i(v_sense_{j})"] for j in range(12)], axis=1)
    drawn = -np.stack([raw[f"i(b_in_{k})"] for k in range(16)], axis=1)
    # 1e-9 of full scale: ngspice's reltol of 1e-10 over sums of 48 terms
    expected = behavioral.mvm(tile, v)
    assert_allclose(out, expected, rtol=0, atol=1e-9 * expected.max())
    assert_allclose(drawn, v @ tile.power.w_row, rtol=0, atol=1e-9 * drawn.max())
