"""The array solver against ngspice on a corner of the array, whatever the array's size."""

import numpy as np
import pytest

from circuitsim import nodal
from circuitsim.calibration.extrapolate import spot_check
from circuitsim.spec import parse_spec


def ohmic_spec(rows, cols, cell="1r", **parts):
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": cell},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": 2.0, "r_col": 3.0},
            "driver": {"v_read": 0.2, "r_out": 20.0},
        }
    )
    return spec.replace(**parts) if parts else spec


@pytest.mark.parametrize(
    ("shape", "corner"), [((14, 5), (12, 5)), ((5, 14), (5, 12)), ((13, 200), (12, 12)), ((3, 2), (3, 2))]
)
def test_a_corner_of_at_most_twelve_by_twelve_cells_is_solved_alike(shape, corner):
    found = spot_check(ohmic_spec(*shape), nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), rng=np.random.default_rng(0))
    assert (found.rows, found.cols, found.truth) == (*corner, "ngspice")
    assert found.error.samples == 3 * corner[1]  # two uniform vectors and all rows on
    assert found.error.max < 1e-9
    assert 1e-6 < found.full_scale < 0.2 * 1e-4 * corner[0]


def test_another_cell_shows():
    """A surface of cells with 1 kohm in series is another circuit than the ohmic cells of the deck."""
    wrong = nodal.ohmic((1e-6, 1e-4), (0.0, 0.2), r_series=1e3)
    found = spot_check(ohmic_spec(6, 4), wrong, rng=np.random.default_rng(0))
    assert found.error.max > 1e-3


def test_wires_stated_segment_by_segment_have_no_corner():
    spec = ohmic_spec(14, 3, wire={"r_row": np.full((14, 3), 2.0)})
    assert spot_check(spec, nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), rng=np.random.default_rng(0)) is None
