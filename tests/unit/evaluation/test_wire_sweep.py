"""The wire resistance of the main job's sweep, whatever the edited specification gives."""

import pytest
from numpy.testing import assert_array_equal

from circuitsim.demo.job import TEMPLATE
from circuitsim.evaluation.wire_sweep import with_wires
from circuitsim.spec import load_spec

GEOMETRY = {"width": "50n", "thickness": "100n", "pitch": "200n", "resistivity": 5e-8}


@pytest.mark.parametrize("wire", [{}, {"r_row": None, "row": GEOMETRY}])
def test_wires_take_the_resistance_of_the_sweep(wire):
    spec = load_spec(TEMPLATE)
    data = spec.model_dump(by_alias=True)
    data["wire"] = {key: value for key, value in (data["wire"] | wire).items() if value is not None}
    wires = with_wires(type(spec).model_validate(data), 8.0).wires
    assert_array_equal(wires.r_row[:, 1:-1], 8.0)
    assert_array_equal(wires.r_col[1:-1], 8.0)
