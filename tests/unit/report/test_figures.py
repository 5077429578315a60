"""Figures draw the arrays they are given, and every axis says what it shows in which unit."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.report.array_figures import ir_drop_figure
from circuitsim.report.error_figures import (
    columns_figure,
    currents_figure,
    histogram_figure,
    r_squared_text,
    residual_figure,
)
from circuitsim.report.network_figures import energy_figure, run_time_figure, wire_accuracy_figure, wire_error_figure
from circuitsim.report.page import make_figures
from circuitsim.report.worst_figures import typical_and_worst_figure, witness_figure
from circuitsim.results.evaluation import Step, WirePoint


def _line(axes, label):
    return next(line for line in axes.lines if line.get_label() == label)


def test_heat_maps_show_the_voltages(content, spec):
    figure = ir_drop_figure(content.ir_drop, spec)
    panels = [axes for axes in figure.axes if axes.images]
    for axes, name in zip(panels, ("row_drop", "col_rise", "v_cell"), strict=True):
        assert_allclose(axes.images[0].get_array(), 1e3 * getattr(content.ir_drop, name), rtol=1e-12)
        assert axes.get_xlabel() == "column (sensed at the bottom)"
    assert panels[0].get_ylabel() == "row (driven from the left)"
    assert [axes.get_xlabel() for axes in figure.axes if not axes.images] == ["voltage [mV]"] * 3


def test_scatter_shows_each_kind_and_r_squared(content):
    comparison = content.comparison
    axes = currents_figure(comparison, "ngspice 39.3").axes[0]
    for kind, chosen in (("uniform", [0, 1]), ("sparse", [2]), ("all_on", [3])):
        line = _line(axes, kind)
        assert_allclose(line.get_xdata(), 1e6 * comparison.truth[chosen].ravel(), rtol=1e-12)
        assert_allclose(line.get_ydata(), 1e6 * comparison.predicted[chosen].ravel(), rtol=1e-12)
    assert_allclose(_line(axes, "v · g").get_ydata(), 1e6 * comparison.ideal.ravel(), rtol=1e-12)
    assert axes.texts[0].get_text() == "R² = 0.9999987"
    assert axes.get_xlabel() == "column current, ngspice 39.3 [µA]"


def test_residual_is_in_percent_of_full_scale_and_lsb(content):
    comparison = content.comparison
    figure = residual_figure(comparison, "ngspice")
    error = 100 * (comparison.predicted - comparison.truth) / comparison.full_scale
    assert_allclose(_line(figure.axes[0], "all_on").get_ydata(), error[3], rtol=1e-12)
    figure.canvas.draw()
    right = figure.axes[0].child_axes[0]
    assert right.get_ylabel() == "error [LSB]"
    per_lsb = 100 * comparison.lsb / comparison.full_scale
    assert_allclose(right.get_ylim(), np.array(figure.axes[0].get_ylim()) / per_lsb, rtol=1e-12)
    plain = residual_figure(dataclasses.replace(comparison, lsb=None), "ngspice")
    assert not plain.axes[0].child_axes


def test_histogram_counts_every_error_and_marks_rms_and_max(content):
    figure = histogram_figure(content.comparison, "ngspice")
    axes = figure.axes[0]
    assert sum(patch.get_height() for patch in axes.patches) == content.comparison.truth.size
    marks = sorted(line.get_xdata()[0] for line in axes.lines)
    assert_allclose(marks, [-6.27e-2, -5.33e-3, 5.33e-3, 6.27e-2], rtol=1e-12)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["rms 0.0053 % = 0.014 LSB", "max 0.063 % = 0.16 LSB"]


def test_columns_show_their_errors(certificate):
    axes = columns_figure(certificate, "ngspice").axes[0]
    for name in ("rms", "max"):
        values = [100 * getattr(column, name) for column in certificate.by_column]
        assert_allclose(_line(axes, name).get_ydata(), values, rtol=1e-12)


def test_wire_sweep_shows_model_and_spot_checks(content):
    sweep = content.wire_sweep
    axes = wire_accuracy_figure(sweep).axes[0]
    assert_allclose(_line(axes, "array").get_ydata(), [98.01, 97.33], rtol=1e-12)
    assert_allclose(_line(axes, "float network").get_ydata(), [98.22, 98.22], rtol=1e-12)
    axes = wire_error_figure(sweep).axes[0]
    assert_allclose(_line(axes, "rms, array solver").get_ydata(), [2e-3, 5.4e-3], rtol=1e-12)
    assert_allclose(_line(axes, "max, ngspice").get_xydata(), [[0.5, 1.4e-2]], rtol=1e-12)


def test_wire_sweep_may_start_at_zero(content):
    zero = WirePoint(0.0, 0.98, 0.0, 1e-5, 1e-4)
    sweep = dataclasses.replace(content.wire_sweep, points=(zero, *content.wire_sweep.points))
    figure = wire_accuracy_figure(sweep)
    figure.canvas.draw()
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "0.5", "2"]
    assert axes.get_xlim()[0] < 0


def test_energy_bars_have_one_unit(content):
    axes = energy_figure(content.energy).axes[0]
    assert_allclose([bar.get_width() for bar in axes.patches], [6.4, 0.31], rtol=1e-12)
    assert axes.get_xlabel() == "energy [pJ]"
    assert [text.get_text() for text in axes.texts] == ["6.4 pJ", "310 fJ"]


def test_run_time_bars(content):
    axes = run_time_figure(content.steps).axes[0]
    assert_allclose([bar.get_width() for bar in axes.patches], [61.5, 2.25], rtol=1e-12)
    assert axes.get_xlabel() == "time [s]"


def test_nothing_done_draws_too():
    axes = run_time_figure([Step("nothing", 0.0)]).axes[0]
    assert axes.patches[0].get_width() == 0


def test_every_axis_is_named(content):
    for name, figure in make_figures(content).items():
        for axes in figure.axes:
            assert axes.get_xlabel(), name
            values = [axes.get_xlabel(), axes.get_ylabel()]
            counted = {"", "output currents"}
            for label in values:
                assert "[" in label or label in counted or label.startswith(("row", "column")), (name, label)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.50000"), (0.9999, "0.99990"), (0.99999871, "0.9999987"), (1.0, "1.000000000000"), (-2.0, "-2.00000")],
)
def test_r_squared_keeps_the_digits_that_differ_from_one(value, text):
    assert r_squared_text(value) == text


def test_drawing_leaves_pyplot_alone():
    code = "import circuitsim.report.page, sys; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_typical_and_worst_share_one_axis_of_errors(certificate):
    typical, worst = typical_and_worst_figure(certificate).axes
    assert typical.get_xlim() == worst.get_xlim() and typical.get_xscale() == worst.get_xscale() == "log"
    loads = next(line for line in worst.lines if line.get_marker() == "v")
    assert_allclose(loads.get_xdata(), [0.02, 0.06, 0.14], rtol=1e-12)  # % of full scale
    assert [label.get_text() for label in worst.get_yticklabels()] == ["up to 0.1", "up to 0.5", "up to 1"]
    for axes in (typical, worst):
        dashed = next(line for line in axes.lines if line.get_linestyle() == "--")
        assert_allclose(dashed.get_xdata(), 0.14, rtol=1e-12)
    (alone,) = typical_and_worst_figure(dataclasses.replace(certificate, by_load=None)).axes
    assert "% of full scale" in alone.get_xlabel() and "% of full scale" in worst.get_xlabel()


def test_the_picture_of_the_witness_names_where_it_was_found_in_short_lines(certificate):
    witness = certificate.worst.witness
    family = "first quarter of the columns hot, and the middle half of the next"
    named = dataclasses.replace(witness, case=dataclasses.replace(witness.case, family=family))
    worst = dataclasses.replace(certificate.worst, witness=named)
    inputs, matrix, bar = witness_figure(dataclasses.replace(certificate, worst=worst)).axes
    title = matrix.get_title(loc="left")
    assert max(map(len, title.splitlines())) <= 36 and title.replace("\n", " ") == f"Matrix, found from: {family}"
    assert_allclose(matrix.images[0].get_array(), 1e6 * witness.case.g, rtol=1e-12)  # uS
    assert bar.xaxis.get_major_formatter()(10.0) == "10" and inputs.get_xlabel() == "input [V]"
