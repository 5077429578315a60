"""How many passes a read takes: what the exact removal of the slow modes is for, and what a change must not lose."""

import numpy as np
import pytest

from circuitsim import nodal
from circuitsim.spec import parse_spec


def array_spec(rows, cols, r_out=0.0, r_in=0.0, r=2.0, **wire):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": r, "r_col": r, **wire},
            "driver": {"v_read": 0.2, "r_out": r_out},
            "sense": {"r_in": r_in},
        }
    )


BOTH = {"row_drive": "both", "col_sense": "both"}


@pytest.mark.parametrize(
    ("spec", "nonlinear", "passes"),
    [
        (array_spec(48, 32), False, 4),
        (array_spec(48, 32, r=20.0), False, 5),
        (array_spec(48, 32, r=20.0, **BOTH), False, 4),
        (array_spec(48, 32, 200.0, 100.0), False, 6),
        (array_spec(48, 32, 50.0, 50.0), True, 7),
        (array_spec(48, 32, r=20.0), True, 8),
        (array_spec(40, 7, 50.0, r=10.0), True, 7),
        (array_spec(16, 8, r=0.021), True, 2),
    ],
)
def test_sweeps_settle_in_few_passes(spec, nonlinear, passes, sinh_surface):
    rng = np.random.default_rng(0)
    g = np.exp(rng.uniform(np.log(1e-6), np.log(1e-4), spec.shape))
    v = rng.uniform(0, 0.2, (8, spec.array.rows))
    v[0] = 0.2
    found = nodal.read(nodal.prepare(spec, g, sinh_surface if nonlinear else None), v, nodes=True)
    assert found.provenance.options["method"] == "sweep"
    assert found.convergence.iterations.max() <= passes
    assert found.convergence.residual.max() < 1e-9
