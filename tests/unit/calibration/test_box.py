"""The largest current of the box is the full scale: no read anywhere in the box carries more."""

import numpy as np
import pytest
from calibration_arrays import array_spec, surface

from circuitsim import nodal
from circuitsim.calibration import full_scale_of_box
from circuitsim.calibration.box import Box
from circuitsim.errors import InputError
from circuitsim.spec import parse_spec

CELL = surface(0.1)


def pairs():
    data = array_spec(10, 8).model_dump(by_alias=True)
    data["array"] |= {"cell": "2t2r"}
    data["access"] = {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8}
    return parse_spec(data)


ARRAYS = {
    "left": array_spec(10, 8),
    "right": array_spec(10, 8, wire={"row_drive": "right"}),
    "both": array_spec(10, 8, wire={"row_drive": "both", "col_sense": "both"}),
    "top": array_spec(10, 8, wire={"col_sense": "top"}),
    "reference": array_spec(10, 8, sense={"v_ref": 0.05}),
    "pairs": pairs(),
    "one row": array_spec(1, 2),
    "one cell": array_spec(1, 1),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_no_read_of_the_box_carries_more(name):
    spec, rng = ARRAYS[name], np.random.default_rng(0)
    full_scale, case = full_scale_of_box(spec, CELL)
    device, (low, high) = spec.device, spec.drive_range
    for _ in range(30):
        g = rng.choice([device.g_min, device.g_max], spec.shape)
        g[:, rng.integers(spec.array.cols)] = device.g_max
        v_in = np.vstack([np.full(spec.array.rows, high), rng.choice([low, high], (10, spec.array.rows))])
        assert np.abs(nodal.read(nodal.prepare(spec, g, CELL), v_in).out).max() <= full_scale * (1 + 1e-9)
    read = nodal.read(nodal.prepare(spec, case.g, CELL), case.v_in[None]).out[0, case.column]
    assert abs(read) == pytest.approx(full_scale, rel=1e-9)


@pytest.mark.parametrize(("name", "column"), [("left", 0), ("right", 7), ("top", 0)])
def test_the_column_next_to_the_drivers_carries_most(name, column):
    assert full_scale_of_box(ARRAYS[name], CELL)[1].column == column


def test_wires_given_by_segment_decide_which_column_it_is():
    r_col = np.full((10, 8), 9.0)
    r_col[:, 3] = 1.0
    assert full_scale_of_box(array_spec(10, 8, wire={"r_col": r_col}), CELL)[1].column == 3


def test_signed_inputs_widen_the_box():
    spec = ARRAYS["left"]
    unsigned, _ = full_scale_of_box(spec, CELL)
    mirrored, case = full_scale_of_box(spec, CELL, v_range=(-0.2, 0.0))
    assert mirrored == pytest.approx(unsigned, rel=1e-9) and set(case.v_in) == {-0.2}
    further, case = full_scale_of_box(spec, CELL, v_range=(-0.25, 0.2))
    assert further > unsigned and set(case.v_in) == {-0.25}


def test_an_empty_range_is_refused():
    with pytest.raises(InputError, match="v_range"):
        full_scale_of_box(ARRAYS["left"], CELL, v_range=(0.2, 0.0))


def test_patterns_count_from_the_far_end_and_from_the_drivers():
    spec = array_spec(2, 3)
    pattern, rows = np.array([[0.0, 0.5, 1.0], [0.0, 0.0, 0.0]]), np.array([[0.0, 1.0]])
    turned = Box.of(spec.replace(wire={"col_sense": "top", "row_drive": "right"}))
    plain = Box.of(spec)
    np.testing.assert_array_equal(turned.conductances(pattern), plain.conductances(pattern)[::-1, ::-1])
    np.testing.assert_array_equal(turned.inputs(rows), plain.inputs(rows)[:, ::-1])
    assert plain.conductances(pattern)[0, 2] == spec.device.g_max  # exactly, or the solver refuses it
    assert plain.conductances(pattern)[0, 0] == spec.device.g_min


def test_inputs_reach_both_ends_about_the_reference():
    box = Box.of(array_spec(2, 3, sense={"v_ref": 0.05}), (-0.1, 0.25))
    np.testing.assert_array_equal(box.inputs(np.array([[1.0, 0.0], [-1.0, 0.0]])), [[0.25, 0.05], [-0.1, 0.05]])
    np.testing.assert_allclose(box.steps, [-0.1, -0.025, 0.05, 0.15, 0.25], rtol=1e-12)
    assert Box.of(array_spec(2, 3)).steps == (0.0, 0.1, 0.2)


def test_a_device_of_two_states_stores_the_lower_one_below_g_max():
    low, high = 4.79958e-05, 0.000166667
    g = np.array([[low, 0.5 * (low + high), high * (1 - 1e-8), high * (1 - 1e-10), high]])
    two = Box.of(array_spec(1, 5, device={"model": "mtj_pma", "g_min": low, "g_max": high}))
    np.testing.assert_array_equal(two.stored(g), [[low, low, low, high, high]])
    plain = Box.of(array_spec(1, 5))
    assert plain.stored(g) is g
