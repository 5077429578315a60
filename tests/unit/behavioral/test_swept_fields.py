"""Fast programming against the construction that it stands for: dense fields, and the cell law at every point."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import behavioral, nodal
from circuitsim.behavioral import fields as fields_module
from circuitsim.behavioral import residual as residual_module
from circuitsim.behavioral.bands import band_edges
from circuitsim.behavioral.cell_powers import cell_powers, in_powers
from circuitsim.behavioral.fields import dense_fields, linear_fields
from circuitsim.behavioral.row_lines import chains_of_rows
from circuitsim.behavioral.swept_fields import swept_fields
from circuitsim.nodal.grid import end_resistances
from circuitsim.nodal.surface import cell_law, unit_conductance

# Size, bands, and what is unlike the 5 ohm wires of `array_spec`.
ARRAYS = [
    (37, 21, 1, {}),
    (20, 33, 3, {"row_drive": "both", "col_sense": "both"}),
    (19, 16, 4, {"row_drive": "right", "col_sense": "top", "r_row": 1.0}),
    (24, 17, 1, {"r_row": 200.0, "r_col": 200.0}),
    (16, 9, 2, {"r_out": 0.0, "r_in": 0.0, "first_row_segment": False, "last_col_segment": False}),
    (9, 12, 1, {"r_row": 0.0}),
    (2, 1, 1, {}),
]


def opened(g, share=0.3):
    return np.where(np.random.default_rng(3).random(g.shape) < share, 0.0, g)


def chains(wires):
    r_row, r_col = end_resistances(wires)
    r_row = np.maximum(r_row, 1e-7)
    r_col[[0, -1]] = np.maximum(r_col[[0, -1]], 1e-7)
    return r_row, r_col


@pytest.mark.parametrize(("rows", "cols", "bands", "wire"), ARRAYS)
def test_sweeps_find_the_fields_of_the_dense_factor(make_spec, conductances, rows, cols, bands, wire):
    spec = make_spec(rows, cols, **wire)
    g, edges = opened(conductances(spec), 0.3 if cols > 1 else 0.0), band_edges(rows, bands)
    found, expected = swept_fields(*chains(spec.wires), g, edges), dense_fields(*chains(spec.wires), g, edges)
    assert found is not None
    parts = [(found, expected, name) for name in ("w", "to_output", "to_level", "port_level")]
    parts += [(found.moments, expected.moments, name) for name in ("mean", "together", "by_input", "by_mean")]
    for a, b, name in parts:
        value = getattr(b, name)
        assert_allclose(getattr(a, name), value, rtol=0, atol=1e-9 * np.abs(value).max(), err_msg=name)
    for name in ("alone", "weight"):
        assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-12, atol=0, err_msg=name)
    # The dense factor takes these as differences of currents, which loses digits where terminals have no resistance.
    array = nodal.linear_array(spec.wires, g)
    w_port = -nodal.solve_linear(array, np.zeros((cols, rows)), np.eye(cols)).i_out
    w_row = nodal.solve_linear(array, np.eye(rows)).i_row
    assert_allclose(found.w_port, w_port, rtol=0, atol=1e-8 * w_port.max())
    assert_allclose(found.w_row, w_row, rtol=0, atol=1e-8 * w_row.max())


@pytest.mark.parametrize(("rows", "r"), [(1, 5.0), (8, 1e6)])
def test_one_row_and_wires_that_take_all_the_voltage_are_left_to_the_dense_factor(make_spec, conductances, rows, r):
    spec = make_spec(rows, 8, r_row=r, r_col=r)
    g = conductances(spec)
    assert swept_fields(*chains(spec.wires), g, (0, rows)) is None
    assert_allclose(linear_fields(spec.wires, g).w, nodal.transfer(spec.wires, g).w, rtol=1e-7, atol=0)


# Grade, inputs, size, range, v_ref, what is unlike the wires of `array_spec`, share of open cells.
TILES = [
    (2, "analog", (19, 13), (0.0, 0.4), 0.0, {}, 0.0),
    (2, "analog", (17, 20), (-0.2, 0.4), 0.0, {"row_drive": "both", "col_sense": "both"}, 0.3),
    (2, "analog", (12, 9), (0.0, 0.4), 0.1, {"r_row": 200.0, "r_col": 200.0}, 0.0),
    (2, "analog", (1, 6), (0.0, 0.4), 0.0, {}, 0.0),
    (2, "binary", (10, 7), (0.0, 0.4), 0.0, {}, 0.1),
    (3, "analog", (16, 11), (0.0, 0.4), 0.05, {}, 0.3),
    (4, "analog", (18, 9), (-0.2, 0.4), 0.0, {"row_drive": "right"}, 0.0),
]


@pytest.mark.parametrize(("grade", "form", "size", "v_range", "v_ref", "wire", "share"), TILES)
def test_outputs_are_those_of_the_dense_construction(
    monkeypatch, make_spec, make_model, conductances, inputs, grade, form, size, v_range, v_ref, wire, share
):
    spec = make_spec(*size, v_read=0.4, v_ref=v_ref, **wire)
    model = make_model(grade, spec=spec, v_range=v_range)
    model = replace(model, surface=make_model(spec=spec, v_range=(-0.3, 0.5)).surface)
    g = opened(conductances(spec, kind="network"), share)
    kinds = ("uniform", "binary", "all_on") if form == "analog" else ("binary", "all_on")
    v = inputs(size[0], v_range, kinds=kinds)
    if form == "binary" or v_ref:
        v = np.where(v == 0, v_ref, v)
    tile = behavioral.program(model, g, inputs=form)
    found = behavioral.mvm(tile, v), behavioral.power(tile, v)
    monkeypatch.setattr(fields_module, "swept_fields", lambda *_: None)
    monkeypatch.setattr(residual_module, "cell_powers", lambda *_: None)
    dense = behavioral.program(model, g, inputs=form)
    for fast, slow in zip(found, (behavioral.mvm(dense, v), behavioral.power(dense, v)), strict=True):
        assert_allclose(fast, slow, rtol=0, atol=1e-9 * np.abs(slow).max())


def test_functions_that_rounding_would_choose_are_powers(make_spec, make_model, conductances):
    """One row: its columns' level says nothing that its input does not, and no current bends with it."""
    spec = make_spec(1, 6, v_read=0.4)
    tile = behavioral.program(make_model(2, spec=spec), conductances(spec))
    assert isinstance(tile, behavioral.Tile) and tile.functions[1] == ((1.0, 0.0, 0.0, 0.0),)


def test_a_cell_in_powers_is_the_surface(make_model):
    surface = make_model(v_range=(-0.2, 0.4)).surface
    powers = cell_powers(surface)
    assert powers is not None
    rng = np.random.default_rng(0)
    g, m, u = 10 ** rng.uniform(-6, -4, 50), rng.uniform(-0.2, 0.1, 50), rng.uniform(0, 0.3, 50)
    x, y = 2 * u / surface.u_max - 1, 2 * (m + 0.2) / 0.6 - 1
    in_t = np.polynomial.chebyshev.chebvander(unit_conductance(surface, g), len(surface.forward) - 1)
    for side, v_bl, v_sl, sign in ((powers.forward, m + u, m, 1), (powers.reverse, m, m + u, -1)):
        exponents = [
            (p, q) for p, n in zip(range(len(side.counts))[::-1], side.counts, strict=True) for q in reversed(range(n))
        ]
        k = sum((in_t @ term) * x**p * y**q for term, (p, q) in zip(side.terms.T, exponents, strict=True))
        assert_allclose(g * u * k, sign * cell_law(surface, g, v_bl, v_sl)[0], rtol=0, atol=1e-9 * 1e-4 * 0.3)
    assert in_powers(surface.forward, 1e-3).terms.size < powers.forward.terms.size


def test_inverses_of_chains_are_summed_without_building_them():
    rng = np.random.default_rng(0)
    link, load, weight, push = (rng.uniform(0.5, 2.0, shape) for shape in ((4, 7), (4, 6), (4, 6), (4, 6)))
    link[1, 0], load[2, 3] = 0.0, 0.0
    expected = np.zeros((6, 6))
    for a in range(4):
        between = np.diag(link[a, 1:-1], 1)
        matrix = np.diag(load[a] + link[a, :-1] + link[a, 1:]) - between - between.T
        expected += weight[a][:, None] * np.linalg.inv(matrix) * push[a]
    assert_allclose(chains_of_rows(link).summed(load, weight, push), expected, rtol=1e-12, atol=0)


def arrays_of(value, seen):
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, tuple):
        return sum(arrays_of(part, seen) for part in value)
    parts = {} if id(value) in seen else getattr(value, "__dict__", {})
    return sum(arrays_of(part, seen | {id(value)}) for part in parts.values())


def test_a_tile_holds_its_products_and_makes_the_power_when_asked(make_spec, make_model, conductances, inputs):
    spec = make_spec(64, 64)
    model, g = make_model(2, spec=spec), conductances(spec)
    tile = behavioral.program(model, g)
    held = arrays_of(tile, set()) - arrays_of(model, set())
    assert held <= 0.3e6  # byte
    v = inputs(64, model.v_range)
    power = behavioral.power(tile, v)
    assert arrays_of(tile, set()) > 2 * held
    again = pickle.loads(pickle.dumps(tile))
    assert again == tile and arrays_of(again, set()) <= 0.3e6 + arrays_of(model, set())
    assert np.array_equal(behavioral.power(again, v), power)


def test_the_admittance_of_columns_is_made_when_asked(make_model, conductances):
    tile = behavioral.program(make_model(2), conductances(make_model(2).spec))
    assert isinstance(tile, behavioral.Tile) and tile.port_admittance is None
    g_ref = behavioral.reference_conductance(make_model(2).surface, tile.source.g, 0.0, 0.4, 0.0)
    expected = linear_fields(make_model(2).spec.wires, g_ref).w_port
    assert_allclose(tile.w_port, expected, rtol=0, atol=1e-7 * expected.max())
    assert behavioral.program(make_model(1), conductances(make_model(1).spec)).w_port is None
