"""Straps in the array solver: limits that need no solver, ends and gates of every kind, and what leaves them out."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.errors import InputError, UnbalancedWarning
from circuitsim.nodal.straps import line_conductances
from circuitsim.spec import parse_spec
from circuitsim.spec.geometry import StrapSpec

ROWS, COLS = 6, 7
ENDS = [("left", "bottom"), ("right", "top"), ("both", "both"), ("both", "bottom")]


def spec_of(cell="1t1r", line="bl", **wire):
    data = {
        "schema": 1,
        "array": {"rows": ROWS, "cols": COLS, "cell": cell, "input_line": line},
        "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 40.0, "r_col": 30.0, **wire},
        "driver": {"v_read": 0.2, "r_out": 25.0},
        "sense": {"r_in": 15.0},
    }
    if cell == "1t1r":
        data["access"] = {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.2}
    return parse_spec(data)


def matrices(seed=0):
    rng = np.random.default_rng(seed)
    return 10 ** rng.uniform(-6, -4, (ROWS, COLS)), rng.uniform(0, 0.2, (3, ROWS))


def both(every, r, r_via):
    strap = {"every": every, "r": r, "r_via": r_via}
    return {"strap_row": strap, "strap_col": strap}


@pytest.mark.parametrize(("drive", "sensed"), ENDS)
@pytest.mark.parametrize("ohmic", [True, False])
def test_a_strap_without_vias_is_none(sinh_surface, ohmic, drive, sensed):
    cell, surface = ("1r", None) if ohmic else ("1t1r", sinh_surface)
    g, x = matrices()
    ends = {"row_drive": drive, "col_sense": sensed}
    plain = nodal.read(nodal.prepare(spec_of(cell, **ends), g, surface), x, nodes=True)
    apart = nodal.read(nodal.prepare(spec_of(cell, **ends, **both(2, 1.0, 1e14)), g, surface), x, nodes=True)
    for name in ("out", "i_row", "power", "v_row", "v_col", "i_cell"):
        assert_allclose(
            getattr(apart, name), getattr(plain, name), rtol=0, atol=2e-8 * np.abs(getattr(plain, name)).max()
        )


@pytest.mark.parametrize(("drive", "sensed"), ENDS)
def test_a_strap_on_every_cell_lies_beside_every_segment(sinh_surface, drive, sensed):
    g, x = matrices(1)
    ends = {"row_drive": drive, "col_sense": sensed}
    strapped = nodal.read(nodal.prepare(spec_of(**ends, **both(1, 10.0, 1e-3)), g, sinh_surface), x)
    beside = {"r_row": 1 / (1 / 40 + 1 / 10), "r_col": 1 / (1 / 30 + 1 / 10)}
    plain = nodal.read(nodal.prepare(spec_of(**ends, **beside), g, sinh_surface), x)
    assert_allclose(strapped.out, plain.out, rtol=0, atol=2e-5 * plain.out.max())  # vias of a ten thousandth


def test_lines_agree_with_the_reference_solver(sinh_surface, monkeypatch):
    g, x = matrices(2)
    spec = spec_of(**both(3, 2.0, 5.0))
    lines = nodal.read(nodal.prepare(spec, g, sinh_surface), x)
    monkeypatch.setattr("circuitsim.nodal.array.line_inverses", lambda *_: None)
    reference = nodal.read(nodal.prepare(spec, g, sinh_surface), x)
    assert lines.provenance.options["method"] == "lines"
    assert reference.provenance.options["method"] == "newton"
    assert_allclose(lines.out, reference.out, rtol=0, atol=2e-9 * reference.out.max())
    assert_allclose(lines.power, reference.power, rtol=1e-8)


def test_source_lines_with_straps_beside_bit_lines(sinh_surface, monkeypatch):
    g, x = matrices(3)
    x = (x > 0.1).astype(float)
    strap = {"strap_col": {"every": 2, "r": 3.0, "r_via": 2.0}}
    spec = spec_of(line="wl", r_bl=35.0, **strap)
    lines = nodal.read(nodal.prepare(spec, g, sinh_surface), x, nodes=True)
    monkeypatch.setattr("circuitsim.nodal.gated.gated_lines", lambda *_: None)
    reference = nodal.read(nodal.prepare(spec, g, sinh_surface), x, nodes=True)
    assert (lines.provenance.options["method"], reference.provenance.options["method"]) == ("lines", "newton")
    for name in ("out", "v_row", "v_col", "i_cell"):
        assert_allclose(getattr(lines, name), getattr(reference, name), rtol=0, atol=1e-8 * lines.out.max() + 1e-9)
    plain = nodal.read(nodal.prepare(spec_of(line="wl", r_bl=35.0), g, sinh_surface), x)
    assert (lines.out[x.any(axis=1)] > plain.out[x.any(axis=1)]).all()


def test_the_strap_of_word_lines_carries_no_direct_current(sinh_surface):
    g, x = matrices(4)
    x = (x > 0.1).astype(float)
    strap = {"strap_row": {"every": 2, "r": 3.0, "r_via": 2.0}}
    found = [nodal.read(nodal.prepare(spec_of(line="wl", r_bl=35.0, **w), g, sinh_surface), x).out for w in ({}, strap)]
    np.testing.assert_array_equal(*found)


def test_a_line_reduced_to_its_cells_loses_no_current():
    strap = StrapSpec(every=2, r=0.5, r_via=4.0)
    matrix, feed = line_conductances(np.array([[5.0, 6.0, 7.0, 8.0, np.inf]]), 50.0, strap)
    assert_allclose(matrix[0].sum(axis=1), feed[0], atol=1e-12)  # all cells and the terminal at 1 V: nothing flows
    assert_allclose(matrix[0], matrix[0].T, rtol=1e-12)


def test_a_via_too_small_for_the_arithmetic_is_named(sinh_surface):
    g, x = matrices(6)
    with pytest.warns(UnbalancedWarning, match=r"wire\.strap_row\.r_via = 1e-06 ohm is too small for double precision"):
        nodal.read(nodal.prepare(spec_of(**both(1, 10.0, 1e-6)), g, sinh_surface), x)


def test_matrix_of_straps_and_heat_that_is_not_split():
    g, x = matrices(5)
    array = nodal.prepare(spec_of("1r", **both(3, 2.0, 5.0)), g)
    assert_allclose(x @ nodal.effective_matrix(array), nodal.read(array, x).out, rtol=1e-12)
    with pytest.raises(InputError, match=r"power_breakdown with wire\.strap_row or wire.strap_col"):
        nodal.power_breakdown(array, x, nodal.read(array, x, nodes=True))
