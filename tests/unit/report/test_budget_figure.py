"""The budget is drawn and tabulated with the numbers it was given."""

import dataclasses

from numpy.testing import assert_allclose

from circuitsim.report.budget_figure import budget_figure
from circuitsim.report.page import findings, make_figures
from circuitsim.report.rendering import render
from circuitsim.results import Budget, Cause

BUDGET = Budget(
    causes=(Cause("cells", "c", 1e-4, 1e-6), Cause("wires", "w", 4e-4, 4e-6), Cause("driver", "d", 0.0, 0.0)),
    total=8e-4,
    total_after_gain=1e-6,
    correlation=4e-4,
    joint=-1e-4,
    gain=0.8,
    full_scale=1.5e-4,
    outputs=20,
)


def test_bars_are_root_mean_squares_the_largest_first():
    axes = budget_figure(BUDGET).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["wires", "cells", "sum of powers", "all together"]
    assert_allclose([bar.get_width() for bar in axes.patches], [2.0, 1.0, 5e-4**0.5 * 100, 8e-4**0.5 * 100], rtol=1e-12)
    assert_allclose(axes.lines[0].get_xdata(), [0.2, 0.1, 0.1], rtol=1e-12)
    assert axes.get_xscale() == "log" and axes.get_xlabel() == "rms error [% of full scale]"


def test_the_page_shows_it_in_the_certificate(content):
    with_budget = dataclasses.replace(content, certificate=dataclasses.replace(content.certificate, budget=BUDGET))
    assert "budget" in make_figures(with_budget) and "budget" not in make_figures(content)
    page = render(findings(with_budget), dict.fromkeys(make_figures(with_budget), "<svg></svg>"))
    for text in ("<td>wires</td>", "4.00e-04", "+4.00e-04", "-1.00e-04", "8.00e-04"):
        assert text in page.replace(' class="number"', ""), text
