"""Strings: Newton's method on blocks of them, against the reference solver and by hand."""

from dataclasses import replace

import numpy as np
import pytest
from nodal_cells import SinhBesideTransistor, SinhWithTransistor
from numpy.testing import assert_allclose, assert_array_equal

from circuitsim import nodal
from circuitsim.nodal.gated_reading import read_gates
from circuitsim.nodal.surface import cell_law
from circuitsim.nodal.surface_chords import chord
from circuitsim.results import load_surface, save_surface
from circuitsim.spec import parse_spec

ROWS, COLS = 9, 19  # one block and a part of another
BYPASS = SinhBesideTransistor()
DEVICE = SinhWithTransistor(g_t=1e3)  # nothing in series


def string_spec(rows=ROWS, cols=COLS, v_ref=0.0, **wire):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1t1r", "input_line": "string"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "access": {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.2},
            "wire": {"r_row": 1.0, "r_col": 20.0, **wire},
            "driver": {"v_read": 0.2, "r_out": 50.0},
            "sense": {"v_ref": v_ref, "r_in": 30.0},
        }
    )


@pytest.fixture(scope="module")
def laws():
    return DEVICE.surface(), BYPASS.surface()


def conductances(spec, seed=0):
    return 10 ** np.random.default_rng(seed).uniform(-6, -4, spec.shape)


def selections(spec, batch=5):
    x = (np.random.default_rng(1).random((batch, spec.array.rows)) < 0.5).astype(float)
    x[0], x[1], x[2] = 1.0, 0.0, np.arange(spec.array.rows) == 3
    return x


def compare(array, x):
    found = nodal.read(array, x, nodes=True, tol=1e-12)
    assert found.provenance.options["method"] == "columns"
    plain = replace(array)
    object.__setattr__(plain, "columns", None)
    expected = read_gates(plain, x, nodes=True, tol=1e-13, threads=1)
    assert expected.provenance.options["method"] == "newton"
    assert_allclose(found.out, expected.out, rtol=1e-7, atol=2 * array.columns.error)
    for key in ("v_row", "v_col"):
        assert_allclose(getattr(found, key), getattr(expected, key), rtol=0, atol=1e-8)
    assert_allclose(found.power, expected.power, rtol=1e-6, atol=0)
    return found


def test_against_the_reference_over_two_decades_of_conductance(laws):
    spec = string_spec()
    array = nodal.prepare(spec, conductances(spec), laws[0], off=laws[1])
    found = compare(array, selections(spec))
    assert found.convergence.iterations.max() <= 4
    assert found.out[1].min() > 20 * found.out[0].max()


def test_every_cell_carries_the_current_of_its_string(laws):
    spec = string_spec()
    g, x = conductances(spec), selections(spec)
    found = nodal.read(nodal.prepare(spec, g, laws[0], off=laws[1]), x, nodes=True, tol=1e-12)
    for selected, cell in ((x == 1, DEVICE), (x == 0, BYPASS)):
        drawn = cell.current(g, found.v_row, found.v_col)
        off = (
            np.abs(drawn - found.out[:, None, :])[selected]
            / np.broadcast_to(found.out[:, None, :], drawn.shape)[selected]
        )
        assert off.max() < 1e-5
    drop = found.v_row - found.v_col
    wires = found.out * (spec.wires.r_col.sum(axis=0) + 80.0)
    assert_allclose(drop.sum(axis=1) + wires, 0.2, rtol=1e-12, atol=0)


def test_wires_without_resistance_and_a_raised_reference():
    spec = string_spec(v_ref=0.1).replace(driver={"r_out": 0.0}, sense={"r_in": 0.0}, wire={"r_col": 0.0})
    laws = (cell.surface(v_range=(0.0, 0.3)) for cell in (DEVICE, BYPASS))
    on, off = laws
    compare(nodal.prepare(spec, conductances(spec), on, off=off), selections(spec))


def test_an_interrupted_string_carries_nothing(laws):
    spec = string_spec()
    r_col = spec.wires.r_col.copy()
    r_col[4, 2] = np.inf
    array = nodal.prepare(spec, conductances(spec), laws[0], off=laws[1], wires=replace(spec.wires, r_col=r_col))
    found = nodal.read(array, selections(spec))
    assert found.provenance.options["method"] == "newton"
    assert np.abs(found.out[:, 2]).max() < 1e-12 * found.out.max()


def test_threads_and_neighbours_change_no_bit(laws):
    spec = string_spec()
    array, x = nodal.prepare(spec, conductances(spec), laws[0], off=laws[1]), selections(spec)
    found = nodal.read(array, x)
    assert_array_equal(nodal.read(array, x, threads=3).out, found.out)
    assert_array_equal(nodal.read(array, x[3:]).out, found.out[3:])


def test_a_law_with_something_beside_the_device(laws, tmp_path):
    """Current, slopes and chord of a bypassed cell, against the formula; a file keeps the law."""
    surface, rng = laws[1], np.random.default_rng(3)
    g = 10 ** rng.uniform(-6, -4, 50)
    v_sl = rng.uniform(0.0, 0.1, 50)
    v_bl = v_sl + rng.uniform(-0.05, 0.1, 50).clip(-v_sl)
    current, along_bl, along_sl, along_g = cell_law(surface, g, v_bl, v_sl)
    h = 1e-6
    assert_allclose(current, BYPASS.current(g, v_bl, v_sl), rtol=1e-7, atol=1e-15)
    assert_allclose(
        along_bl, (BYPASS.current(g, v_bl + h, v_sl) - BYPASS.current(g, v_bl - h, v_sl)) / (2 * h), rtol=1e-5
    )
    assert_allclose(
        along_sl, (BYPASS.current(g, v_bl, v_sl + h) - BYPASS.current(g, v_bl, v_sl - h)) / (2 * h), rtol=1e-5
    )
    assert_allclose(along_g, BYPASS.v0 * np.sinh((v_bl - v_sl) / BYPASS.v0), rtol=1e-4, atol=1e-12)
    assert_allclose(chord(surface, g, 0.15, 0.05), BYPASS.current(g, 0.15, 0.05) / 0.1, rtol=1e-7)
    save_surface(tmp_path / "bypass.npz", surface)
    assert load_surface(tmp_path / "bypass.npz") == surface
    assert surface.digest != replace(surface, g_parallel=1e-4).digest
