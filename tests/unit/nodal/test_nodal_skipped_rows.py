"""Rows whose gates are off where their input rests: an open row is one without leakage, vector by vector."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.errors import InputError
from circuitsim.spec import parse_spec

ROWS, COLS = 8, 5


def spec_of(skip=True, r=40.0, v_ref=0.0, **wire):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": ROWS, "cols": COLS, "cell": "1t1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "access": {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.2},
            "wire": {"r_row": r, "r_col": r, **wire},
            "driver": {"v_read": 0.2 - v_ref},
            "sense": {"v_ref": v_ref},
            "technique": {"skip_zero_rows": skip},
        }
    )


def case(seed=0, rest=0.0):
    rng = np.random.default_rng(seed)
    g, x = 10 ** rng.uniform(-6, -4, (ROWS, COLS)), rng.uniform(0.1, 0.2, (5, ROWS))
    return g, np.where(rng.random(x.shape) < 0.6, rest, x)


@pytest.mark.parametrize(("r", "v_ref"), [(1.0, 0.0), (40.0, 0.0), (400.0, 0.0), (40.0, 0.05)])
def test_rows_at_rest_are_open(sinh_surface, r, v_ref):
    g, x = case(1, rest=v_ref)
    found = nodal.read(nodal.prepare(spec_of(r=r, v_ref=v_ref), g, sinh_surface), x, nodes=True)
    for index, vector in enumerate(x):
        opened = np.where(vector[:, None] == v_ref, 0.0, g)
        alone = nodal.read(nodal.prepare(spec_of(False, r=r, v_ref=v_ref), opened, sinh_surface), vector[None])
        assert_allclose(found.out[index], alone.out[0], rtol=0, atol=5e-9 * found.out.max())
        assert_allclose(found.power[index], alone.power[0], rtol=1e-8)
    assert np.abs(found.i_cell[x == v_ref]).max() < 1e-9 * np.abs(found.i_cell).max()


def test_rows_that_leak_are_between_open_and_closed(sinh_surface):
    g, x = case(2)
    leaking = nodal.ohmic((1e-6, 1e-4), (0.0, 0.2), r_series=1e5)
    array = nodal.prepare(spec_of(), g, sinh_surface, off=leaking)
    found = nodal.read(array, x, nodes=True)
    rest = x == 0
    u = (found.v_row - found.v_col)[rest]
    assert_allclose(
        found.i_cell[rest], u / (1 / np.broadcast_to(g, found.i_cell.shape)[rest] + 1e5), rtol=1e-6, atol=1e-16
    )
    assert found.provenance.options["method"] == "lines"


def test_skipped_rows_agree_with_the_reference_solver(sinh_surface, monkeypatch):
    g, x = case(3)
    leaking = nodal.ohmic((1e-6, 1e-4), (0.0, 0.2), r_series=1e5)
    strap = {"strap_row": {"every": 2, "r": 3.0, "r_via": 2.0}}
    lines = nodal.read(nodal.prepare(spec_of(**strap), g, sinh_surface, off=leaking), x)
    monkeypatch.setattr("circuitsim.nodal.array.line_inverses", lambda *_: None)
    reference = nodal.read(nodal.prepare(spec_of(**strap), g, sinh_surface, off=leaking), x)
    assert reference.provenance.options["method"] == "newton"
    assert_allclose(lines.out, reference.out, rtol=0, atol=2e-9 * reference.out.max())


def test_all_rows_at_rest_put_out_nothing(sinh_surface):
    g, _ = case(4)
    found = nodal.read(nodal.prepare(spec_of(), g, sinh_surface), np.zeros((2, ROWS)))
    np.testing.assert_array_equal(found.out, 0.0)


def test_derivatives_follow_the_gates(sinh_surface):
    g, x = case(5)
    weights = np.random.default_rng(6).normal(size=(len(x), COLS))
    array = nodal.prepare(spec_of(), g, sinh_surface)
    found = nodal.sensitivity(array, x, weights)
    assert np.abs(found.g[(x == 0)]).max() == 0.0
    a, b = np.argwhere(x[0] > 0)[0, 0], 2
    more = g.copy()
    more[a, b] *= 1 + 1e-4
    moved = nodal.read(nodal.prepare(spec_of(), more, sinh_surface), x[:1]).out - found.solution.out[:1]
    assert_allclose((weights[:1] * moved).sum(), found.g[0, a, b] * g[a, b] * 1e-4, rtol=1e-3)


def test_what_skipped_rows_cannot_be(sinh_surface):
    g, _ = case(7)
    array = nodal.prepare(spec_of(), g, sinh_surface)
    with pytest.raises(InputError, match="which rows load a column depends on the input"):
        nodal.effective_matrix(array)
    with pytest.raises(InputError, match=r"step_response with technique\.skip_zero_rows = True"):
        nodal.step_response(array, np.full(ROWS, 0.1))
    with pytest.raises(InputError, match=r"its inputs do not switch gates without technique\.skip_zero_rows"):
        nodal.prepare(spec_of(False), g, sinh_surface, off=sinh_surface)
