from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.spec import parse_spec


def gated_spec(input_line, rows=4, cols=3, **wire):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1t1r", "input_line": input_line},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "access": {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.2},
            "wire": {"r_row": 1.0, "r_col": 0.0, **wire},
            "driver": {"v_read": 0.2},
        }
    )


def cells(r_series):
    return nodal.ohmic((1e-6, 1e-4), (0.0, 0.2), r_series=r_series)


def conductances(rows=4, cols=3):
    return 10 ** np.random.default_rng(0).uniform(-6, -4, (rows, cols))


def test_without_wires_selected_cells_add_up():
    g, x = conductances(), np.array([[1.0, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]])
    array = nodal.prepare(gated_spec("wl", r_bl=0.0), g, cells(5e3))
    found = nodal.read(array, x)
    assert_allclose(found.out, x @ (0.2 / (1 / g + 5e3)), rtol=1e-12, atol=0)
    assert_allclose(found.power, 0.2 * found.out.sum(axis=1), rtol=1e-12, atol=0)


def test_without_wires_resistances_of_a_string_add_up():
    g, x = conductances(), np.array([[1.0, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]])
    bypass = nodal.ohmic((1e-6, 1e-4), (0.0, 0.2), r_series=-0.0)
    array = nodal.prepare(gated_spec("string"), g, cells(5e3), off=bypass)
    r = np.where(x[:, :, None] == 1, 1 / g + 5e3, 1 / g).sum(axis=1)
    assert_allclose(nodal.read(array, x).out, 0.2 / r, rtol=1e-8, atol=0)


def test_a_column_ladder_with_both_lines():
    """One row far from the sense amplifier: its cell in series with both lines."""
    g = conductances()
    spec = gated_spec("wl", r_bl=300.0).replace(wire={"r_col": 700.0}, driver={"r_out": 50.0}, sense={"r_in": 80.0})
    found = nodal.read(nodal.prepare(spec, g, cells(0.0)), np.array([[1.0, 0, 0, 0]]), nodes=True)
    assert_allclose(found.out[0], 0.2 / (1 / g[0] + 4 * 1000.0 + 130.0), rtol=1e-9, atol=0)
    assert_allclose(found.i_cell[0, 0], found.out[0], rtol=1e-9, atol=0)


def test_errors_of_selected_and_of_other_cells_add_up():
    """Each closed cell of a column errs as the surface of its gate allows; an open one not at all."""
    on, off = replace(cells(0.0), bound=1e-8), replace(cells(1e6), bound=3e-8)
    g = np.array([[1e-4, 1e-4, 0.0], [1e-4, 0.0, 0.0], [1e-4, 1e-4, 1e-4], [1e-4, 0.0, 1e-4]])
    found = nodal.read(nodal.prepare(gated_spec("wl", r_bl=0.0), g, on, off=off), np.array([[1.0, 0, 1, 0]]))
    error = 2 * 1e-8 * on.i_max + 2 * 3e-8 * off.i_max  # of the first column, which has most
    assert_allclose(
        found.cell_error[0], error / found.out[0].max(), rtol=1e-6, atol=0
    )  # polynomials add their rounding


def test_the_error_of_a_string_is_that_of_one_cell_at_the_voltage_that_it_sees():
    """A cell of a string sees a part of the bias; the error of its surface falls in proportion."""
    on, off = replace(cells(5e3), bound=1e-9), replace(cells(1e2), bound=3e-9)
    found = nodal.read(
        nodal.prepare(gated_spec("string"), np.full((4, 3), 1e-5), on, off=off), np.array([[1.0, 0, 1, 0]])
    )
    seen = [found.out.max() * (1e5 + r_series) / 0.2 for r_series in (5e3, 1e2)]
    assert min(seen) > 0.2 and max(seen) < 0.3  # a quarter each of what four alike cells share
    expected = max(1e-9 * on.i_max * seen[0], 3e-9 * off.i_max * seen[1]) / found.out.max()
    assert_allclose(found.cell_error[0], expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("short", ["on", "off"])
def test_each_cell_is_held_to_the_surface_of_its_gate(short):
    """Without wires every cell has 0.2 V; rows 1 and 3 are off."""
    surfaces = {"on": cells(0.0), "off": cells(1e6)}
    surfaces[short] = replace(surfaces[short], u_max=0.1)
    array = nodal.prepare(gated_spec("wl", r_bl=0.0), conductances(), surfaces["on"], off=surfaces["off"])
    with pytest.raises(OutsideRangeError, match=rf"cell \[{0 if short == 'on' else 1}, 0\]: v_bl = 0\.2 V"):
        nodal.read(array, np.array([[1.0, 0, 1, 0]]))
    nodal.read(array, np.array([[0.0] * 4 if short == "on" else [1.0] * 4]))


@pytest.mark.parametrize("narrow", ["on", "off"])
def test_conductances_are_those_of_both_surfaces(narrow):
    surfaces = {"on": cells(5e3), "off": cells(1e6)}
    surfaces[narrow] = nodal.ohmic((2e-6, 5e-5), (0.0, 0.2), r_series=1e4)
    g = np.full((4, 3), 1e-5)
    nodal.prepare(gated_spec("wl", r_bl=0.0), g, surfaces["on"], off=surfaces["off"])
    g[2, 1] = 6e-5
    with pytest.raises(OutsideRangeError, match=r"g\[2, 1\] = 6e-05 S: the surface holds for 0 and 2e-06 … 5e-05 S"):
        nodal.prepare(gated_spec("wl", r_bl=0.0), g, surfaces["on"], off=surfaces["off"])


def test_bad_input_is_named():
    g = conductances()
    with pytest.raises(InputError, match=r"off with array\.input_line = 'bl': expected None"):
        nodal.prepare(gated_spec("bl"), g, cells(0.0), off=cells(0.0))
    with pytest.raises(InputError, match=r"surface is None with array\.input_line = 'wl'"):
        nodal.prepare(gated_spec("wl", r_bl=0.0), g)
    with pytest.raises(InputError, match=r"v_range = \(0, 1\) V with array\.input_line = 'string': expected None"):
        nodal.prepare(gated_spec("string"), g, cells(0.0), off=cells(0.0), v_range=(0, 1))
    with pytest.raises(InputError, match="off is None"):
        nodal.prepare(gated_spec("string"), g, cells(0.0))
    g[1, 2] = g[3, 0] = 0.0
    with pytest.raises(InputError, match=r"g\[1, 2\] = 0 S: an open cell breaks its string"):
        nodal.prepare(gated_spec("string"), g, cells(0.0), off=cells(0.0))
    array = nodal.prepare(gated_spec("wl", r_bl=0.0), g, cells(0.0))
    with pytest.raises(InputError, match="0 or 1"):
        nodal.read(array, np.full((1, 4), 0.5))
    x = np.ones((1, 4))
    with pytest.raises(InputError, match=r"v_sense with array\.input_line = 'wl': expected None"):
        nodal.read(array, x, v_sense=np.zeros((1, 3)))
    for call in (
        lambda: nodal.effective_matrix(array),
        lambda: nodal.sensitivity(array, x, np.ones((1, 3))),
        lambda: nodal.read_with_sense(array, x, lambda i: i),
        lambda: nodal.compensate(gated_spec("wl", r_bl=0.0), g, cells(0.0), v_in=np.eye(4)),
    ):
        with pytest.raises(InputError, match=r"array\.input_line = 'wl': expected 'bl'"):
            call()
    with pytest.raises(InputError, match=r"array\.input_line = 'wl' in time needs .* characterization\.cell_dynamics"):
        nodal.step_response(array, x[0])
    with pytest.raises(InputError, match=r"step_response with array\.input_line = 'string': expected 'bl'"):
        nodal.step_response(
            nodal.prepare(gated_spec("string"), np.full((4, 3), 1e-5), cells(0.0), off=cells(0.0)), x[0]
        )
