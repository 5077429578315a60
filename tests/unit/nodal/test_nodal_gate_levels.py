"""Gates of several levels: every row has the law of its level, at the cost of an index."""

from dataclasses import replace

import numpy as np
import pytest
from nodal_cells import SinhWithTransistor
from numpy.testing import assert_allclose, assert_array_equal

from circuitsim import nodal
from circuitsim.errors import CellErrorWarning, InputError, OutsideRangeError, SpecError
from circuitsim.nodal.gate_cells import fit_gate_cells
from circuitsim.nodal.gated_reading import read_gates
from circuitsim.spec import cell_keys, parse_spec

LEVELS = (0.0, 0.4, 0.8, 1.2)


def level_spec(rows=9, cols=19, levels=LEVELS, **wire):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1t1r", "input_line": "wl"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "access": {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.2},
            "wire": {"r_row": 1.0, "r_col": 20.0, "r_bl": 20.0, **wire},
            "driver": {"v_read": 0.2, "gate_levels": levels},
        }
    )


def cells(r_series):
    return nodal.ohmic((1e-6, 1e-4), (0.0, 0.2), r_series=r_series)


R = (1e6, 5e4, 2e4, 5e3)  # in series with the device at each level
OHMIC = tuple(map(cells, R))


@pytest.fixture(scope="module")
def laws():
    """Cells that conduct more at each level: a leak, two transistors that saturate, and one that hardly does."""
    weak = (SinhWithTransistor(g_t=g_t, v_s=v_s).surface() for g_t, v_s in ((5e-5, 0.3), (1e-4, 0.4)))
    return (cells(1e6), *weak, SinhWithTransistor().surface())


def prepared(spec, g, laws):
    off, *between, on = laws
    return nodal.prepare(spec, g, on, off=off, between=tuple(between))


def drawn(spec, batch=4, seed=0):
    rng = np.random.default_rng(seed)
    g = 10 ** rng.uniform(-6, -4, spec.shape)
    g[rng.random(spec.shape) < 0.1] = 0.0
    x = rng.integers(0, 4, (batch, spec.array.rows)) / 3
    x[0], x[1] = 1.0, 1 / 3
    return g, x


def test_without_wires_the_cells_of_all_levels_add_up():
    spec = level_spec(4, 3, r_bl=0.0, r_col=0.0)
    g, x = 10 ** np.random.default_rng(0).uniform(-6, -4, (4, 3)), np.array([[0, 1, 2, 3], [2, 2, 2, 2]]) / 3
    found = nodal.read(prepared(spec, g, OHMIC), x)
    r = np.array(R)[np.rint(3 * x).astype(int)]
    assert_allclose(found.out, (0.2 / (1 / g + r[:, :, None])).sum(axis=1), rtol=1e-9, atol=0)


@pytest.mark.parametrize("col_drive", ["top", "bottom", "both"])
@pytest.mark.parametrize("col_sense", ["top", "bottom", "both"])
def test_all_ends_against_the_reference(laws, col_drive, col_sense):
    spec = level_spec(col_drive=col_drive, col_sense=col_sense).replace(driver={"r_out": 50.0}, sense={"r_in": 30.0})
    g, x = drawn(spec)
    array = prepared(spec, g, laws)
    found = nodal.read(array, x, nodes=True, tol=1e-12)
    plain = replace(array)
    object.__setattr__(plain, "columns", None)
    expected = read_gates(plain, x, nodes=True, tol=1e-13, threads=1)
    assert (found.provenance.options["method"], expected.provenance.options["method"]) == ("columns", "newton")
    assert_allclose(found.out, expected.out, rtol=1e-9, atol=9 * 2 * array.columns.error)
    assert_allclose(found.v_row, expected.v_row, rtol=0, atol=1e-8)
    assert array.columns.error < 1e-8 * laws[-1].i_max


def test_two_levels_are_gates_that_are_off_and_on(laws):
    spec, gates = level_spec(levels=(0.0, 1.2)), level_spec(levels=None)
    g, x = drawn(spec)
    x = np.rint(x)
    ends = (laws[0], laws[-1])
    found, expected = (nodal.read(prepared(each, g, ends), x) for each in (spec, gates))
    assert_array_equal(found.out, expected.out)
    assert_array_equal(found.cell_error, expected.cell_error)


def test_inputs_at_the_ends_do_not_feel_the_levels_between(laws):
    """The boxes differ, and with them the polynomials, within their errors."""
    spec, gates = level_spec(), level_spec(levels=None)
    g, x = drawn(spec)
    x = np.rint(x)
    array = prepared(spec, g, laws)
    expected = nodal.read(prepared(gates, g, (laws[0], laws[-1])), x).out
    assert_allclose(nodal.read(array, x).out, expected, rtol=0, atol=18 * array.columns.error)


def test_errors_of_the_cells_of_all_levels_add_up():
    bounds = (4e-8, 3e-8, 2e-8, 1e-8)
    laws = tuple(replace(law, bound=bound) for law, bound in zip(OHMIC, bounds, strict=True))
    spec = level_spec(4, 3, r_bl=0.0, r_col=0.0)
    found = nodal.read(prepared(spec, np.full((4, 3), 1e-4), laws), np.array([[0.0, 1 / 3, 2 / 3, 1.0]]))
    error = sum(law.bound * law.i_max for law in laws)
    assert_allclose(found.cell_error[0], error / found.out.max(), rtol=1e-3, atol=0)


@pytest.mark.parametrize("short", range(4))
def test_each_cell_is_held_to_the_surface_of_its_level(short):
    laws = [replace(law, u_max=0.1) if k == short else law for k, law in enumerate(OHMIC)]
    array = prepared(level_spec(4, 3, r_bl=0.0, r_col=0.0), np.full((4, 3), 1e-5), laws)
    with pytest.raises(OutsideRangeError, match=rf"cell \[{short}, 0\]: v_bl = 0\.2 V"):
        nodal.read(array, np.array([[0.0, 1 / 3, 2 / 3, 1.0]]))
    nodal.read(array, np.full((1, 4), (short + 1) % 4 / 3))


def test_similar_matrices_share_the_fits_of_their_laws(laws):
    spec = level_spec()
    g, _ = drawn(spec)
    prepared(spec, g, laws)
    before = fit_gate_cells.cache_info().misses
    prepared(spec, 0.999 * np.maximum(g, 2e-6), laws)
    assert fit_gate_cells.cache_info().misses == before


def test_threads_and_neighbours_change_no_bit(laws):
    spec = level_spec()
    g, x = drawn(spec)
    array = prepared(spec, g, laws)
    found = nodal.read(array, x)
    assert_array_equal(nodal.read(array, x, threads=3).out, found.out)
    assert_array_equal(nodal.read(array, x[2:3]).out, found.out[2:3])


def test_levels_without_a_cell_are_refused():
    spec, g = level_spec(4, 3), np.full((4, 3), 1e-5)
    with pytest.raises(InputError, match=r"between has 1 cells and the gates have 4 levels: expected 2, from .*gate_"):
        nodal.prepare(spec, g, OHMIC[3], off=OHMIC[0], between=OHMIC[1:2])
    bit_lines = spec.replace(
        array={"input_line": "bl"}, driver={"gate_levels": None}, wire={"r_bl": None, "col_drive": None}
    )
    with pytest.raises(InputError, match=r"between with array\.input_line = 'bl'"):
        nodal.prepare(bit_lines, g, OHMIC[3], between=OHMIC[1:3])


@pytest.mark.parametrize("level", range(4))
def test_the_cell_of_another_gate_voltage_is_refused(level):
    spec, g = level_spec(4, 3), np.full((4, 3), 1e-5)
    volts = list(LEVELS)
    named = [replace(law, cell=cell_keys(spec, v_gate=v)) for law, v in zip(OHMIC, volts, strict=True)]
    prepared(spec, g, named)
    named[level] = replace(named[level], cell=cell_keys(spec, v_gate=0.7))
    with pytest.raises(InputError, match=rf"another cell, with v_gate = 0\.7, not {volts[level]}"):
        prepared(spec, g, named)


def test_what_an_array_was_given_names_the_cell_of_each_level():
    array = prepared(level_spec(4, 3), np.full((4, 3), 1e-5), OHMIC)
    assert array.given["level_1"] == OHMIC[1].digest and array.given["level_2"] == OHMIC[2].digest


def test_levels_are_not_followed_in_time():
    array = prepared(level_spec(4, 3), np.full((4, 3), 1e-5), OHMIC)
    with pytest.raises(InputError, match=r"driver\.gate_levels of 4 voltages: .* or level = 'ngspice'"):
        nodal.step_response(array, np.ones(4))


def test_an_input_between_levels_is_refused():
    array = prepared(level_spec(4, 3), np.full((4, 3), 1e-5), OHMIC)
    with pytest.raises(InputError, match=r"x\[0, 0\] = 0\.5, expected k / 3 with a whole number k from 0 to 3"):
        nodal.read(array, np.full((1, 4), 0.5))


def test_bit_line_arrays_take_no_levels():
    with pytest.raises(SpecError, match=r"driver\.gate_levels belongs to array\.input_line = 'wl'"):
        level_spec().replace(array={"input_line": "bl"}, wire={"r_bl": None})


def test_a_vector_of_zeros_is_not_held_to_its_own_leak(recwarn):
    """A share of its leak is nothing beside a cell that is on; rows at a level that errs are told."""
    leak = replace(cells(1e9), bound=1e-4)
    spec = level_spec(4, 3, r_bl=0.0, r_col=0.0)
    array = prepared(spec, np.full((4, 3), 1e-4), (leak, *OHMIC[1:]))
    found = nodal.read(array, np.zeros((1, 4)))
    assert found.cell_error[0] > 1e-5 and not recwarn.list
    loose = replace(OHMIC[1], bound=1e-3)
    array = prepared(spec, np.full((4, 3), 1e-4), (leak, loose, *OHMIC[2:]))
    with pytest.warns(CellErrorWarning, match="outputs may be off"):
        nodal.read(array, np.full((1, 4), 1 / 3))
