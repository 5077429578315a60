"""How much more the search for the worst case finds from ten random starts than from those it takes by default."""

import numpy as np
import pytest
from calibration_arrays import array_spec, surface

from circuitsim.behavioral import GRADES
from circuitsim.calibration import find_worst, full_scale_of_box
from circuitsim.results import TileModel

CELL = surface(0.3)
SPEC = array_spec(12, 10, wire={"r_row": 30.0, "r_col": 60.0})


@pytest.mark.parametrize("grade", GRADES)
def test_ten_random_starts_find_little_more(grade):
    tested, scale = TileModel(SPEC, CELL, grade, (0.0, 0.2)), full_scale_of_box(SPEC, CELL, v_range=(0.0, 0.2))[0]
    found = find_worst(tested, scale, rng=np.random.default_rng(0))
    starts = find_worst(tested, scale, rng=np.random.default_rng(1), starts=10)
    print(f"grade {grade}: {found.error:.3e} in {found.programs} matrices, {starts.error:.3e} in {starts.programs}")
    assert found.error >= 0.95 * starts.error
