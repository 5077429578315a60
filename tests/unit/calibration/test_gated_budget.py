"""The budget of arrays on gates and of strings closes; each cause is what a solve of its own or a closed form says."""

import dataclasses

import numpy as np
import pytest
from gated_arrays import gated_model, gated_spec
from numpy.testing import assert_allclose
from string_arrays import series_model, series_spec

from circuitsim import calibration
from circuitsim.calibration import error_budget
from circuitsim.calibration.budget import budget_outputs
from circuitsim.devices import load_card
from circuitsim.devices.device_toml_statistics import RelativeNoise
from circuitsim.devices.statistics import read_statistics
from circuitsim.report.words import budget_in_words

SPEC = gated_spec(8, 5, adc={"bits": 6}, driver={"r_out": 30.0}, sense={"r_in": 20.0})
MODEL = gated_model(SPEC)
STRINGS = series_spec(6, 4, adc={"bits": 6}, driver={"r_out": 30.0}, sense={"r_in": 20.0})
SERIES = series_model(STRINGS)
NOISE = RelativeNoise(form="relative", value=0.02)
STATISTICS = read_statistics(load_card("rram_wan"))
STATISTICS = dataclasses.replace(STATISTICS, table=STATISTICS.table.model_copy(update={"read_noise": NOISE}))


def experiments(spec):
    kinds = {"half": 4, "adjacent": 2, "all_on": 1}
    found = calibration.random_experiments(spec, np.random.default_rng(0), matrices=("uniform",), vectors=kinds)
    return [dataclasses.replace(each, g=np.clip(each.g, 5e-6, 3e-5)) for each in found]


def outputs(model, **given):
    return budget_outputs(
        model.spec, model.surface, experiments(model.spec), rng=np.random.default_rng(1), off=model.off, **given
    )


def column_of_resistors(g, x, r_bl, r_col, r_driver, r_sense, v_read):
    """Current into the sense node of one column by Kirchhoff's law at all nodes: dense, and written for this test."""
    rows = len(g)
    a, b = np.zeros((2 * rows, 2 * rows)), np.zeros(2 * rows)

    def join(i, j, conductance, volts=0.0):
        for one, other in ((i, j), (j, i)):
            if one is not None:
                a[one, one] += conductance
                if other is not None:
                    a[one, other] -= conductance
                else:
                    b[one] += conductance * volts

    join(0, None, 1 / (r_bl + r_driver), v_read)  # driven at the top, sensed at the bottom
    join(2 * rows - 1, None, 1 / (r_col + r_sense))
    for row in range(rows):
        join(row, rows + row, g[row] * x[row])
        if row > 0:
            join(row - 1, row, 1 / r_bl)
            join(rows + row - 1, rows + row, 1 / r_col)
    return np.linalg.solve(a, b)[-1] / (r_col + r_sense)


@pytest.mark.parametrize(
    ("cause", "r"), [("wires", (8.0, 0, 0)), ("driver", (1e-7, 30.0, 0)), ("sense", (1e-7, 0, 20.0))]
)
def test_wires_and_ends_are_those_of_resistors(cause, r):
    (experiment,) = experiments(SPEC)
    line, r_driver, r_sense = r
    expected = [
        [column_of_resistors(g, x, line, line, r_driver, r_sense, 0.2) for g in experiment.g.T] for x in experiment.v_in
    ]
    assert_allclose(outputs(MODEL).single[cause], np.ravel(expected), rtol=1e-6)


def test_programming_and_noise_change_the_ideal_product_alone():
    found, (experiment,) = outputs(MODEL, statistics=STATISTICS), experiments(SPEC)
    ideal = 0.2 * experiment.v_in @ experiment.g
    assert_allclose(found.ideal, ideal.ravel(), rtol=1e-12)
    expected = 0.02 * np.sqrt((0.2 * experiment.v_in) ** 2 @ experiment.g**2)
    spread = (found.single["read noise"].reshape(ideal.shape) - ideal) / expected
    assert 0.6 < spread.std() < 1.5 and abs(spread.mean()) < 0.6
    assert found.single["programming"].std() > 0 and "dac" not in found.single


@pytest.mark.parametrize("model", [MODEL, SERIES], ids=["wl", "string"])
def test_it_closes_and_is_said(model):
    given = {"statistics": STATISTICS, "off": model.off}
    found = error_budget(model.spec, model.surface, experiments(model.spec), rng=np.random.default_rng(1), **given)
    each = outputs(model, statistics=STATISTICS)
    series = model is SERIES
    scale = np.abs(each.ideal) if series else np.abs(each.ideal).max()
    assert_allclose(found.total, np.mean(((each.together - each.ideal) / scale) ** 2), rtol=1e-10)
    assert_allclose(found.sum_of_causes + found.interaction, found.total, rtol=1e-9)
    assert {cause.name for cause in found.causes} == {
        "cells", "wires", "driver", "sense", "programming", "read noise", "adc"
    }  # fmt: skip
    words = budget_in_words(found)
    assert found.relative_to in words and "no DAC rounds" in words and "mismatch of transistors" in words


def test_a_string_of_ideal_cells_is_resistors_in_series():
    each, (experiment,) = outputs(SERIES), experiments(STRINGS)
    resistance = experiment.v_in @ (1 / experiment.g)
    assert_allclose(each.ideal, (STRINGS.driver.v_read / resistance).ravel(), rtol=1e-12)
    assert_allclose(each.single["driver"], (STRINGS.driver.v_read / (resistance + 30.0)).ravel(), rtol=1e-12)
    assert_allclose(each.single["sense"], (STRINGS.driver.v_read / (resistance + 20.0)).ravel(), rtol=1e-12)


def test_reads_of_a_string_without_a_selected_row_are_told():
    (experiment,) = experiments(STRINGS)
    with_none = dataclasses.replace(
        experiment, v_in=np.vstack([experiment.v_in, np.zeros(6)]), input_kinds=(*experiment.input_kinds, "none_on")
    )
    budget = error_budget(STRINGS, SERIES.surface, [with_none], rng=np.random.default_rng(1), off=SERIES.off)
    assert "reads without a selected row" in " ".join(budget.left_out) and budget.outputs == 7 * 4
