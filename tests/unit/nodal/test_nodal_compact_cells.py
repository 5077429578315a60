"""The refit of a cell as polynomials in U and w, against least squares of its current on other points."""

from dataclasses import replace

import numpy as np
import pytest
from nodal_cells import SinhWithTransistor

from circuitsim.errors import CellErrorWarning
from circuitsim.nodal import prepare, read
from circuitsim.nodal.compact_cells import contract, fit, within
from circuitsim.nodal.polynomial import SHAPES, TERMS
from circuitsim.nodal.surface import cell_current
from circuitsim.nodal.voltage_boxes import VoltageBox, driven_box
from circuitsim.spec import parse_spec

SURFACE = SinhWithTransistor(v0=0.1, g_t=5e-4).surface(v_range=(-0.2, 0.2), degrees=(10, 20, 14))
G = np.array([[3e-5]])


def columns(counts, u, w):
    """Powers of U times powers of w, the highest of both first."""
    n = len(counts)
    return np.stack([u ** (n - 1 - k) * w**b for k in range(n) for b in range(counts[k] - 1, -1, -1)], axis=-1)


def points(end, w_range, n=60):
    """Midpoints of n² equal shares of the Chebyshev angle: w over its range, U from 0 to end − w."""
    share = 0.5 * (1 - np.cos(np.pi * (np.arange(n) + 0.5) / n))
    w = w_range[0] + (w_range[1] - w_range[0]) * share
    return (share[:, None] * (end - w)).ravel(), np.broadcast_to(w, (n, n)).ravel()


@pytest.mark.parametrize("end", [0.2, -0.2])
@pytest.mark.parametrize("bound", [1e-4, 1e-6])
def test_the_current_of_a_cell_is_fitted_best(end, bound):
    box = VoltageBox(-0.2, 0.2, -0.1, 0.1)
    fitted = fit(replace(SURFACE, bound=bound), box, 0.0)
    p_counts, q_counts = SHAPES[fitted.shape]
    p, q = np.split(contract(fitted, SURFACE, G, np.zeros((1, 1))), [sum(p_counts)])
    u, w = points(end, (-0.1, 0.1))
    target, basis = cell_current(SURFACE, G[0, 0], w + u, w), u[:, None] * columns(p_counts, u, w)
    found = basis @ p
    if end < 0:  # forward currents set P; Q adds what reverse currents need besides
        target, basis = target - found, u[:, None] ** 2 * columns(q_counts, u, w)
        found = basis @ q
    size = np.abs(basis).max(axis=0)
    best = basis @ (np.linalg.lstsq(basis / size, target, rcond=None)[0] / size)
    least = np.sqrt(np.mean((best - target) ** 2))
    assert np.sqrt(np.mean((found - target) ** 2)) < 1.001 * least
    assert np.abs(found - target).max() <= 1.1 * fitted.error * SURFACE.i_max


@pytest.mark.parametrize("v_ref", [0.0, 0.05])
def test_a_surface_holds_for_a_box_within_its_voltages(v_ref):
    """The surface reaches from -0.2 to 0.2 V, and to 0.4 V across the cell."""
    assert within(SURFACE, VoltageBox(-0.2 - v_ref, 0.2 - v_ref, 0.0, 0.1), v_ref)
    assert within(SURFACE, VoltageBox(-0.2 - v_ref - 1e-11, 0.2 - v_ref + 1e-11, 0.0, 0.1), v_ref)
    assert not within(SURFACE, VoltageBox(-0.2 - v_ref - 1e-8, 0.1, 0.0, 0.1), v_ref)
    assert not within(SURFACE, VoltageBox(-0.1, 0.2 - v_ref + 1e-8, 0.0, 0.1), v_ref)
    assert not within(replace(SURFACE, u_max=0.39), VoltageBox(-0.2 - v_ref, 0.2 - v_ref, 0.0, 0.1), v_ref)


def test_a_box_holds_its_own_voltages_and_those_a_thousandth_beyond_of_columns():
    box = VoltageBox(-0.2, 0.2, -0.1, 0.1)
    assert box.holds(-0.2, 0.2) and box.holds(0.0, 0.1)
    assert not box.holds(-0.21, 0.2) and not box.holds(-0.2, 0.21)
    assert box.reaches(-0.1 - 1.9e-4, 0.1 + 1.9e-4)
    assert not box.reaches(-0.1 - 2.1e-4, 0.1) and not box.reaches(-0.1, 0.1 + 2.1e-4)


@pytest.mark.parametrize(("times", "method"), [(2.9, "sweep"), (3.1, "newton")])
def test_cells_that_polynomials_make_three_times_worse_are_solved_by_the_reference(times, method):
    steep = replace(SinhWithTransistor(v0=0.012, g_t=1e-3).surface(degrees=(12, 60, 12)), bound=0.0)
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": 3, "cols": 2, "cell": "1r"},
            "device": {"model": "rram_sinh", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": 2.0, "r_col": 2.0},
            "driver": {"v_read": 0.2},
        }
    )
    g = np.full((3, 2), 1e-5)
    box = driven_box(prepare(spec, g, steep).column_response, 0.0, 0.2)
    error = fit(steep, box, 0.0).error
    assert error > 1e-6  # far above what is asked for where a surface is better
    array = prepare(spec, g, replace(steep, bound=error / times))
    with pytest.warns(CellErrorWarning):
        assert read(array, np.full((1, 3), 0.2)).provenance.options["method"] == method


def test_a_high_power_of_the_cells_voltage_goes_with_few_of_the_columns():
    """The cell bends with its own voltage; a column's moves it little: terms that both raise cost time only."""
    for p_counts, q_counts in SHAPES:
        assert p_counts[0] == 1
        for counts in (p_counts, q_counts):
            assert list(counts) == sorted(counts) and counts[0] < counts[-1]


def test_a_coarser_surface_takes_fewer_terms():
    """What a pass costs is the number of terms that it evaluates at every cell."""
    box = VoltageBox(-0.2, 0.2, -0.1, 0.1)
    terms = [TERMS[fit(replace(SURFACE, bound=bound), box, 0.0).shape] for bound in (1e-2, 1e-4, 1e-6)]
    assert terms == sorted(set(terms))
    assert [sum(p) for p, _ in SHAPES] == [10, 13, 14, 20, 22, 23, 30, 36, 61]


def test_cells_are_fitted_once_for_a_box():
    """An array joined to its sense amplifiers is solved several times within one."""
    box = VoltageBox(-0.2, 0.2, -0.1, 0.1)
    assert fit(SURFACE, box, 0.0) is fit(SURFACE, VoltageBox(-0.2, 0.2, -0.1, 0.1), 0.0)
    assert fit(SURFACE, box, 0.0) is not fit(SURFACE, VoltageBox(-0.2, 0.2, -0.1, 0.11), 0.0)
