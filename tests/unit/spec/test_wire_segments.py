import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.errors import SpecError
from circuitsim.spec import load_spec, parse_spec


def spec(rows=3, cols=4, temperature_c=27.0, **wire):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1r", "temperature_c": temperature_c},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {**({} if "row" in wire else {"r_row": 1.0}), "r_col": 2.0, **wire},
            "driver": {"v_read": 0.2},
        }
    )


R = np.arange(1.0, 13.0).reshape(3, 4)


def test_array_gives_the_segment_on_the_drivers_side_of_each_cell():
    left = spec(r_row=R).wires.r_row
    right = spec(r_row=R, row_drive="right").wires.r_row
    assert_allclose(left[:, :-1], R, rtol=0, atol=0)
    assert_allclose(right[:, 1:], R, rtol=0, atol=0)
    assert np.all(np.isinf(left[:, -1])) and np.all(np.isinf(right[:, 0]))


def test_array_gives_the_segment_on_the_sense_amplifiers_side_of_each_cell():
    bottom = spec(r_col=R).wires.r_col
    top = spec(r_col=R, col_sense="top").wires.r_col
    assert_allclose(bottom[1:], R, rtol=0, atol=0)
    assert_allclose(top[:-1], R, rtol=0, atol=0)
    assert np.all(np.isinf(bottom[0])) and np.all(np.isinf(top[-1]))


def test_array_with_both_ends():
    r = np.arange(15.0).reshape(3, 5)
    assert_allclose(spec(r_row=r, row_drive="both").wires.r_row, r, rtol=0, atol=0)
    assert np.all(spec(r_row=r, first_row_segment=False).wires.r_row[:, 0] == 0)


def test_array_is_read_from_a_file_beside_the_specification(tmp_path):
    np.save(tmp_path / "r.npy", R)
    text = """
schema = 1
array = { rows = 3, cols = 4, cell = "1r" }
device = { model = "rram_ohmic", g_min = 1e-6, g_max = 1e-4 }
wire = { r_row = "r.npy", r_col = 2, c_row = 1e-15 }
driver = { v_read = 0.2 }
"""
    (tmp_path / "array.toml").write_text(text)
    loaded = load_spec(tmp_path / "array.toml")
    assert loaded == spec(r_row=R, c_row=1e-15)
    assert loaded.replace(wire={"r_col": 2.0}) == loaded
    assert loaded.digest != spec(r_row=R + 1, c_row=1e-15).digest


@pytest.mark.parametrize(
    ("wire", "sentence"),
    [
        ({"r_row": R.T}, r"r_row has shape \(4, 3\), expected \(3, 4\) or \(3, 5\)"),
        ({"r_row": R, "row_drive": "both"}, r"r_row has shape \(3, 4\), expected \(3, 5\)"),
        ({"c_col": R[:2] * 1e-15}, r"c_col has shape \(2, 4\), expected \(3, 4\)"),
        ({"r_col": -R}, r"wire.r_col: \[0, 0\] = -1, expected a finite number >= 0"),
        ({"r_col": R * np.inf}, r"wire.r_col: \[0, 0\] = inf"),
        ({"r_col": [1.0, 2.0]}, r"wire.r_col: got an array of shape \(2,\)"),
        ({"r_col": "gone.npy"}, r"wire.r_col: gone.npy: no such file"),
        ({"c_row": -1e-15}, r"wire.c_row = -1e-15: .*greater than or equal to 0"),
        ({"taper_row": 0.5, "row_drive": "both"}, r"taper_row = 0.5: a wire used at both ends has no far end"),
        ({"tc_row": -0.1, "t_ref_c": -3}, r"tc_row = -0.1 per K makes resistances zero or negative"),
    ],
)
def test_segments_that_cannot_be_used_are_refused(wire, sentence):
    with pytest.raises(SpecError, match=sentence):
        spec(**wire)


GEOMETRY = {"width": "50n", "thickness": "100n", "pitch": "200n", "resistivity": 5e-8}


def test_geometry_gives_resistance_and_capacitance():
    wire = spec(row={**GEOMETRY, "height": "100n", "spacing": "50n", "permittivity": 3.0}).wire
    assert_allclose(wire.r_row, 5e-8 * 200e-9 / (50e-9 * 100e-9), rtol=1e-12, atol=0)
    # By hand: 1.15/2 + 2.80 + 2·(0.03/2 + 0.83 − 0.07)·0.5^−1.34 = 7.2988
    assert_allclose(wire.c_row, 7.2988 * 8.8541878128e-12 * 3.0 * 200e-9, rtol=1e-4, atol=0)
    assert spec(row=GEOMETRY, c_row="1f").wire.c_row == 1e-15


def test_geometry_survives_a_change_elsewhere_and_yields_to_a_stated_resistance():
    first = spec(row=GEOMETRY, c_row="1f")
    assert first.replace(sense={"r_in": 1.0}).wire == first.wire
    thicker = first.replace(wire={"row": {**GEOMETRY, "thickness": "200n"}})
    assert_allclose(thicker.wire.r_row, first.wire.r_row / 2, rtol=1e-12, atol=0)
    stated = first.replace(wire={"r_row": 7.0})
    assert (stated.wire.r_row, stated.wire.row, stated.wire.c_row) == (7.0, None, 1e-15)
    with pytest.raises(SpecError, match=r"r_row is given besides the geometry \[wire.row\]"):
        spec(row=GEOMETRY, r_row=7.0)
    with pytest.raises(SpecError, match="wire: row: got 3: expected a table"):
        spec(row=3)
    with pytest.raises(SpecError, match="wire: row: width is missing"):
        spec(row={"pitch": 1})


def test_resistance_follows_temperature():
    hot = spec(temperature_c=127.0, tc_row=0.004).wires
    assert_allclose(hot.r_row[:, :-1], 1.4, rtol=1e-12, atol=0)
    assert_allclose(hot.r_col[1:], 2.0, rtol=1e-12, atol=0)


def test_taper_keeps_the_metal_area():
    r = spec(taper_row=0.5, taper_col=0.2).wires
    width = 1.0 / r.r_row[0, :-1]
    assert_allclose(width, [1.5, 1 + 0.5 / 3, 1 - 0.5 / 3, 0.5], rtol=1e-12, atol=0)
    assert_allclose(2.0 / r.r_col[1:, 0], [0.8, 1.0, 1.2], rtol=1e-12, atol=0)
