"""Random errors of the device in the budget: their power is that of their published standard deviations."""

from dataclasses import replace

import numpy as np
import pytest
from calibration_arrays import array_spec, surface
from numpy.testing import assert_allclose, assert_array_equal

from circuitsim import characterization, nodal
from circuitsim.calibration import error_budget
from circuitsim.calibration.budget import _together, budget_outputs
from circuitsim.calibration.budget_around import around
from circuitsim.calibration.budget_samples import Sample
from circuitsim.calibration.drawn import device_statistics
from circuitsim.devices.statistics import programming_sigma
from circuitsim.results import Experiment

# rram_wan: programming error by a polynomial of g, read noise 1 % of g. A surface of 100 uS reaches past the device's
# own 40 uS, so that no programmed conductance asks ngspice for another one.
SPEC = array_spec(
    rows=40,
    cols=30,
    device={"model": "rram_wan", "g_min": 1e-6, "g_max": 3.9e-5},
    wire={"r_row": 0, "r_col": 0},
    driver={"v_read": 0.2, "r_out": 0},
    sense={"r_in": 0},
)
STATISTICS, _ = device_statistics(SPEC)
WIDE = replace(surface(0.0), g_range=(1e-9, 1e-4))
V = np.random.default_rng(5).uniform(0, 0.2, (60, 40))


def experiment(g):
    return Experiment("uniform", g, ("uniform",) * len(V), V)


@pytest.fixture(scope="module")
def middle():
    return experiment(np.full(SPEC.shape, 2e-5))  # far from both ends of the device: nothing is clipped


@pytest.fixture(scope="module")
def outputs(middle):
    return budget_outputs(SPEC, WIDE, [middle], rng=np.random.default_rng(0), statistics=STATISTICS)


def test_the_statistics_of_a_card_are_found_where_they_hold():
    assert STATISTICS is not None and device_statistics(SPEC)[1] == ()


def test_a_missing_part_is_named():
    milo = array_spec(device={"model": "rram_milo", "g_min": 5e-5, "g_max": 2e-4})
    found, reasons = device_statistics(milo)
    assert found is not None and reasons == ("read noise: not in the statistics of rram_milo",)


def test_programming_error_is_one_draw_for_all_vectors(outputs, middle):
    """Its outputs are products with one matrix, which deviates by the standard deviation of the card."""
    out = (outputs.single["programming"] - outputs.ideal).reshape(60, 30)
    deviation = np.linalg.lstsq(V, out, rcond=None)[0]  # (rows, cols) [S]
    assert_allclose(V @ deviation, out, rtol=0, atol=1e-9 * np.abs(out).max())
    sigma = programming_sigma(STATISTICS, np.array([2e-5]))[0]
    assert_allclose(deviation.std(), sigma, rtol=0.08, atol=0)  # 1200 draws: 2 %
    twice = budget_outputs(
        SPEC, WIDE, [replace(middle, v_in=2 / 3 * V)], rng=np.random.default_rng(0), statistics=STATISTICS
    )
    assert_allclose(
        twice.single["programming"] - twice.ideal,
        2 / 3 * (outputs.single["programming"] - outputs.ideal),
        rtol=1e-9,
        atol=1e-18,
    )


def test_read_noise_is_a_draw_for_each_vector(outputs):
    noise = (outputs.single["read noise"] - outputs.ideal).reshape(60, 30)
    each = np.sqrt((V**2).sum(axis=1))[:, None] * 0.01 * 2e-5  # 1 % of every cell
    assert_allclose(np.std(noise / each), 1.0, rtol=0.12, atol=0)  # 1800 draws: 1.7 %
    assert abs(np.mean(np.corrcoef(noise / each)[np.triu_indices(60, 1)])) < 0.05


def test_ideal_wires_add_programming_error_and_read_noise(outputs):
    """With nothing else in the circuit, both together are their sum, the noise at the size of the intended cells."""
    total = outputs.single["programming"] + outputs.single["read noise"] - outputs.ideal
    scale = np.abs(outputs.together - outputs.ideal).max()
    assert_allclose(outputs.together, total, rtol=0, atol=0.05 * scale)  # A: wires attenuate noise by the cell's g


@pytest.mark.parametrize(("r_wire", "bend", "within"), [(2.0, 0.0, 0.02), (40.0, 0.0, 0.02), (40.0, 0.3, 0.1)])
def test_wires_attenuate_noise_as_they_do_in_an_array_that_has_it(r_wire, bend, within):
    """Against arrays solved with each vector's noise in their cells; the ratio was 1.25 at 40 ohm, in first order."""
    spec = SPEC.replace(wire={"r_row": r_wire, "r_col": r_wire})
    cell = replace(surface(bend), g_range=(1e-9, 1e-4))
    g, v = np.full(spec.shape, 2e-5), V[:12]
    noise = 1e-7 * np.random.default_rng(1).standard_normal((12, *spec.shape))
    sample = Sample(g, v, None, noise)
    circuits = around(spec, None, [experiment(g)])
    quiet = circuits.draw(v.shape, spec.array.cols, np.random.default_rng(2))
    plain = _together(spec, cell, replace(sample, noise=None), circuits, quiet)
    found = _together(spec, cell, sample, circuits, quiet) - plain
    arrays = [nodal.prepare(spec, g + each, cell, g_range=cell.g_range) for each in noise]
    exact = np.concatenate([nodal.read(a, v[k : k + 1]).out for k, a in enumerate(arrays)]) - plain
    assert_allclose(found, exact, rtol=0, atol=within * exact.std())  # A


def test_open_cells_stay_open():
    g = np.full(SPEC.shape, 2e-5)
    g[:, 3] = 0.0
    found = budget_outputs(SPEC, WIDE, [experiment(g)], rng=np.random.default_rng(0), statistics=STATISTICS)
    for out in (*found.single.values(), found.together):
        assert np.all(out.reshape(60, 30)[:, 3] == 0.0)
        assert np.all(out.reshape(60, 30)[:, 4] > 0.0)


def test_programmed_conductances_stay_in_the_range_of_the_device():
    """A spread of 3 uS about 39 uS would pass the device's 40 uS; about 1 uS it would pass 0."""
    for g in (3.9e-5, 1e-6):
        found = budget_outputs(
            SPEC, WIDE, [experiment(np.full(SPEC.shape, g))], rng=np.random.default_rng(0), statistics=STATISTICS
        )
        one = (found.single["programming"] / found.ideal).reshape(60, 30) * g
        assert one.min() >= 1e-9 and one.max() <= 4e-5 * (1 + 1e-12)
        assert np.ptp(one.mean(axis=0)) > 0


def test_a_cell_is_characterized_anew_only_for_conductances_beyond_its_surface(monkeypatch, middle):
    asked = []
    monkeypatch.setattr(characterization, "cell", lambda spec, g_range, **others: asked.append(g_range) or WIDE)
    for g_range in (WIDE.g_range, (1e-6, 3.9e-5)):
        narrow = replace(WIDE, g_range=g_range)
        budget_outputs(SPEC, narrow, [middle], rng=np.random.default_rng(0), statistics=STATISTICS)
    assert not asked
    edge = experiment(np.full(SPEC.shape, 3.9e-5))
    for g_range in ((1e-9, 3.9e-5), (1e-15, 3.9e-5)):
        budget_outputs(
            SPEC, replace(WIDE, g_range=g_range), [edge], rng=np.random.default_rng(0), statistics=STATISTICS
        )
    low = experiment(np.full(SPEC.shape, 1e-6))
    budget_outputs(
        SPEC, replace(WIDE, g_range=(1e-6, 1e-4)), [low], rng=np.random.default_rng(0), statistics=STATISTICS
    )
    assert [high for _, high in asked] == [3.9e-5 * 1.25] * 2 + [3.9e-5] and asked[-1][0] == 1e-15


def test_every_cause_but_the_noise_repeats_with_its_seed(middle, outputs):
    again = budget_outputs(SPEC, WIDE, [middle], rng=np.random.default_rng(0), statistics=STATISTICS)
    other = budget_outputs(SPEC, WIDE, [middle], rng=np.random.default_rng(1), statistics=STATISTICS)
    for name, out in outputs.single.items():
        assert_array_equal(again.single[name], out)
        assert np.array_equal(other.single[name], out) == (name in {"cells", "wires", "driver", "sense"})


def test_a_common_gain_is_taken_out():
    """A cell of 0.9 times the conductance at every voltage is nothing but a gain."""
    weak = replace(WIDE, forward=0.9 * WIDE.forward, reverse=0.9 * WIDE.reverse)
    g = np.random.default_rng(3).uniform(1e-6, 3.9e-5, SPEC.shape)
    found = error_budget(SPEC, weak, [experiment(g)], rng=np.random.default_rng(0))
    (cells,) = [cause for cause in found.causes if cause.name == "cells"]
    scale = (V @ g).max()
    assert_allclose(found.gain, 0.9, rtol=1e-12, atol=0)
    assert_allclose([found.total, cells.power], np.mean((0.1 * V @ g) ** 2) / scale**2, rtol=1e-9, atol=0)
    assert max(found.total_after_gain, cells.after_gain) < 1e-24
    assert found.full_scale == pytest.approx(scale) and found.outputs == 1800


@pytest.mark.parametrize("v_ref", [0.0, 0.3])
def test_causes_are_counted_from_the_reference(v_ref):
    spec = array_spec(sense={"v_ref": v_ref, "r_in": 40.0}, driver={"dac_bits": 4, "r_out": 60.0, "v_read": 0.2})
    g = np.random.default_rng(1).uniform(1e-6, 1e-4, spec.shape)
    v = np.random.default_rng(2).uniform(0, 0.2, (5, 12))
    cell = replace(surface(0.1), m_range=(-0.25, 0.6))
    found = budget_outputs(
        spec, cell, [Experiment("uniform", g, ("uniform",) * 5, v + v_ref)], rng=np.random.default_rng(0)
    )
    assert_allclose(found.ideal, (v @ g).ravel(), rtol=1e-12, atol=0)
    assert_allclose(found.single["dac"], (np.rint(v * 15 / 0.2) * 0.2 / 15 @ g).ravel(), rtol=1e-9, atol=0)
    assert_allclose(found.single["sense"], ((v @ g) / (1 + 40.0 * g.sum(axis=0))).ravel(), rtol=1e-9, atol=0)
    rounded = np.rint(v * 15 / 0.2) * 0.2 / 15 + v_ref
    exact = nodal.read(nodal.prepare(spec, g, cell), rounded).out
    assert_allclose(found.together, exact.ravel(), rtol=1e-12, atol=0)


def test_wires_attenuate_the_noise_of_a_cell_as_they_attenuate_its_conductance():
    """Against arrays solved anew for conductances drawn with the same noise; to first order, for little IR drop."""
    spec = SPEC.replace(wire={"r_row": 8.0, "r_col": 8.0}, driver={"r_out": 50.0}, sense={"r_in": 20.0})
    quiet = replace(STATISTICS, table=STATISTICS.table.model_copy(update={"programming": None}))
    g = np.exp(np.random.default_rng(6).uniform(np.log(2e-6), np.log(3.5e-5), spec.shape))
    found = budget_outputs(spec, WIDE, [experiment(g)], rng=np.random.default_rng(0), statistics=quiet)
    assert "programming" not in found.single
    still = nodal.read(nodal.prepare(spec, g, WIDE), V).out
    rng = np.random.default_rng(1)
    drawn = np.stack(
        [
            nodal.read(nodal.prepare(spec, g * (1 + 0.01 * rng.standard_normal(g.shape)), WIDE), v[None]).out[0]
            for v in V
        ]
    )
    noise = found.together.reshape(60, 30) - still
    assert_allclose(noise.std(), (drawn - still).std(), rtol=0.1, atol=0)  # 1800 draws: 2.4 %
    alone = (found.single["read noise"] - found.ideal).std()
    assert noise.std() < 0.97 * alone
