"""How near tiles come to the exact solver on five given arrays: none may come out worse than it does.

The errors below are those of these arrays and inputs, relative to the largest output or power of the exact solver. A
tenth more is allowed. What the parts of a tile should be is tested in `test_tile_parts.py`; a change that makes tiles
better lowers the numbers.
"""

import numpy as np
import pytest

from circuitsim import behavioral, nodal

pytestmark = pytest.mark.filterwarnings("ignore::circuitsim.errors.CellErrorWarning")

ARRAYS = {
    "unsigned inputs": ({}, (0.0, 0.4)),
    "signed inputs": ({"v_read": 0.2}, (-0.2, 0.2)),
    "above a reference": ({"v_read": 0.2, "v_ref": 0.2}, (0.0, 0.4)),
    "both ends": ({"row_drive": "both", "col_sense": "both", "r_row": 20.0}, (0.0, 0.4)),
    "half the columns dark": ({}, (0.0, 0.4)),
}
ERRORS = {  # by array and grade: rms and largest error of the currents, rms and largest error of the power
    ("unsigned inputs", 1): (0.0204, 0.0675, 0.0114, 0.0608),
    ("unsigned inputs", 2): (2.11e-4, 1.08e-3, 2.07e-4, 1.10e-3),
    ("unsigned inputs", 3): (4.68e-5, 2.16e-4, 2.24e-5, 5.74e-5),
    ("unsigned inputs", 4): (3.16e-5, 1.24e-4, 1.00e-5, 2.86e-5),
    ("signed inputs", 1): (3.88e-3, 0.0207, 3.66e-3, 0.0208),
    ("signed inputs", 2): (2.68e-5, 1.68e-4, 4.61e-5, 1.04e-4),
    ("signed inputs", 3): (2.81e-5, 9.20e-5, 4.09e-5, 9.02e-5),
    ("signed inputs", 4): (2.60e-5, 1.00e-4, 4.06e-5, 9.05e-5),
    ("above a reference", 1): (3.85e-3, 0.0206, 3.63e-3, 0.0206),
    ("above a reference", 2): (2.67e-5, 1.67e-4, 4.45e-5, 1.03e-4),
    ("above a reference", 3): (2.79e-5, 9.20e-5, 3.92e-5, 8.64e-5),
    ("above a reference", 4): (2.58e-5, 1.00e-4, 3.89e-5, 8.67e-5),
    ("both ends", 1): (0.0197, 0.0937, 0.0142, 0.0982),
    ("both ends", 2): (1.36e-4, 9.95e-4, 1.37e-4, 9.16e-4),
    ("both ends", 3): (3.85e-5, 2.35e-4, 2.07e-5, 7.53e-5),
    ("both ends", 4): (1.98e-5, 9.62e-5, 1.18e-5, 3.23e-5),
    ("half the columns dark", 1): (0.0145, 0.0622, 0.0117, 0.0661),
    ("half the columns dark", 2): (1.45e-4, 1.07e-3, 2.01e-4, 1.08e-3),
    ("half the columns dark", 3): (3.36e-5, 2.06e-4, 2.84e-5, 8.17e-5),
    ("half the columns dark", 4): (2.03e-5, 1.60e-4, 1.33e-5, 4.30e-5),
}


def read_inputs(v_range, v_ref):
    """Uniform inputs, every third vector with three tenths of its rows only, and one with all rows on."""
    rng = np.random.default_rng(1)
    v = rng.uniform(*v_range, (60, 16))
    v[::3] = np.where(rng.random((20, 16)) < 0.3, v[::3], v_ref)
    v[1] = v_range[1]
    return v


@pytest.mark.parametrize(("name", "grade"), ERRORS)
def test_no_tile_is_worse_than_it_was(make_spec, make_model, conductances, name, grade):
    parts, v_range = ARRAYS[name]
    spec = make_spec(**({"rows": 16, "cols": 12, "v_read": 0.4, "r_row": 15.0, "r_col": 15.0} | parts))
    model = make_model(grade, v_range=v_range, spec=spec)
    g, v = conductances(spec), read_inputs(v_range, spec.sense.v_ref)
    if name == "half the columns dark":
        g[:, :6] = 1e-6
    exact = nodal.read(nodal.prepare(spec, g, model.surface, v_range=v_range), v)
    tile = behavioral.program(model, g)
    found = []
    for values, truth in ((behavioral.mvm(tile, v), exact.out), (behavioral.power(tile, v), exact.power)):
        error = (values - truth) / np.abs(truth).max()
        found += [np.sqrt(np.mean(error**2)), np.abs(error).max()]
    assert np.all(found <= 1.1 * np.array(ERRORS[name, grade])), [f"{error:.3g}" for error in found]
