"""Cells of rows from a few terms, against the surface point by point."""

from dataclasses import replace

import numpy as np
import pytest
from gated_arrays import gated_spec, log_uniform
from nodal_cells import SinhWithTransistor
from numpy.testing import assert_allclose

from circuitsim.behavioral.gate_parabolas import gated_column
from circuitsim.behavioral.grades import gated_form
from circuitsim.nodal.surface import cell_law

CELL = SinhWithTransistor(g_t=2e-4, v_s=0.03)


@pytest.mark.parametrize("g_scale", ["as tabulated", "logarithm"])
@pytest.mark.parametrize("surface", [CELL.surface(degrees=(12, 24, 16)), CELL.in_series()], ids=["tensor", "series"])
def test_cells_of_rows_carry_what_they_do_point_by_point(surface, g_scale):
    if g_scale == "logarithm":
        surface = replace(surface, g_scale=0.0)
    spec = gated_spec(12, 5, sense={"v_ref": 0.02})
    g = log_uniform(spec)
    g[3, 2] = 0.0
    column = gated_column(gated_form(2), spec.wires, g, v_read=0.18, v_ref=0.02)
    u = 0.18 * np.random.default_rng(0).uniform(0.3, 1.0, (12, 5, 4))
    w = column.share[:, None, None] * (0.18 - u) + 0.02
    current, slope = cell_law(surface, g[..., None], u + w, w)[:2]
    expected = current / (1.0 + column.own[..., None] * slope)
    assert column.own.max() > 0
    assert_allclose(column.current(surface, g, u), expected, rtol=1e-10, atol=1e-18)
