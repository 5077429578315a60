"""Another circuit is found and named, however small the model's own error makes it look."""

from dataclasses import replace

import numpy as np
import pytest
from calibration_arrays import array_spec, as_ngspice, draw, surface

from circuitsim import nodal
from circuitsim.calibration import certify, verify
from circuitsim.calibration.certify import predictions
from circuitsim.calibration.series_resistance import series_resistance, with_series
from circuitsim.calibration.solve_experiments import solve_in_nodal
from circuitsim.calibration.verify import _changed, find_suspects
from circuitsim.results import Provenance, SenseTable, Solution, TileModel


@pytest.fixture(scope="module")
def one_product(spec):
    """The crudest model: its own error hides a change of 1 %."""
    return TileModel(spec, surface(0.1), 1, (0.0, 0.2))


@pytest.fixture(scope="module")
def certificate(one_product, hold_out, truths):
    return certify(one_product, hold_out, truths, provenance=truths[0].provenance, exact=truths)


def _truths(spec, cell, experiments):
    return as_ngspice(solve_in_nodal(spec, cell, experiments))


def _measured(built, spec, cell, experiments):
    """What a measurement of the array `built` gives to someone who believes that it is `spec`."""
    origin = Provenance("measurement", spec.digest)
    return [Solution(truth.out, origin) for truth in solve_in_nodal(built, cell, experiments)]


def test_new_draws_of_the_same_array_hold(one_product, certificate, spec):
    experiments = draw(spec, 7)
    verdict = verify(one_product, certificate, experiments, _truths(spec, one_product.surface, experiments))
    assert verdict.holds and verdict.suspects == ()
    assert verdict.sentence.startswith("the certificate holds") and "the circuit is the same" in verdict.sentence


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("row wires", {"wire": {"r_row": 4.04}}),
        ("column wires", {"wire": {"r_col": 9.09}}),
        ("driver resistance", {"driver": {"r_out": 60.6}}),
        ("sense resistance", {"sense": {"r_in": 40.4}}),
    ],
)
def test_one_per_cent_is_found_and_named(one_product, certificate, spec, part, change):
    experiments = draw(spec, 7)
    verdict = verify(
        one_product, certificate, experiments, _measured(array_spec(**change), spec, one_product.surface, experiments)
    )
    assert not verdict.holds and verdict.sentence.startswith("the certificate does NOT hold: rms ")
    assert verdict.error.rms < 2 * certificate.typical.rms  # the model's error alone would not have told
    (suspect,) = verdict.suspects
    assert suspect.part == part
    np.testing.assert_allclose(suspect.change, 0.01, rtol=0.02, atol=0)
    assert verdict.unexplained < 0.02
    assert f"{part} +1.0" in verdict.sentence


def test_currents_of_the_cells_are_told_from_wires(one_product, certificate, spec, hold_out):
    cell = one_product.surface
    other = type(cell)(**{**cell.__dict__, "forward": cell.forward * 1.01, "reverse": cell.reverse * 1.01})
    verdict = verify(one_product, certificate, hold_out, _truths(spec, other, hold_out))
    assert not verdict.holds and verdict.suspects[0].part == "cell currents"
    np.testing.assert_allclose(verdict.suspects[0].change, 0.01, rtol=1e-6, atol=0)


def test_what_one_part_leaves_is_not_pinned_on_others(one_product, spec):
    """A measurement with noise: every other part would explain a little of it, and none of them changed."""
    experiments = draw(spec, 7)
    exact = solve_in_nodal(spec, one_product.surface, experiments)
    changed = solve_in_nodal(array_spec(wire={"r_row": 4.04}), one_product.surface, experiments)
    rng = np.random.default_rng(0)
    miss = np.concatenate([(c.out - e.out).ravel() for c, e in zip(changed, exact, strict=True)])
    noise = 0.1 * np.sqrt(np.mean(miss**2))
    measured = [replace(c, out=c.out + noise * rng.standard_normal(c.out.shape)) for c in changed]
    suspects, left = find_suspects(spec, one_product.surface, experiments, exact, measured)
    assert [suspect.part for suspect in suspects] == ["row wires"]
    np.testing.assert_allclose(suspects[0].change, 0.01, rtol=0.05, atol=0)
    np.testing.assert_allclose(left, 0.1, rtol=0.1, atol=0)  # the noise itself


def test_two_parts_that_changed_are_both_named(one_product, spec):
    experiments = draw(spec, 7)
    exact = solve_in_nodal(spec, one_product.surface, experiments)
    other = array_spec(wire={"r_col": 9.09}, driver={"r_out": 60.6})
    truths = solve_in_nodal(other, one_product.surface, experiments)
    suspects, left = find_suspects(spec, one_product.surface, experiments, exact, truths)
    assert {suspect.part for suspect in suspects} == {"column wires", "driver resistance"}
    assert left < 0.02


@pytest.mark.parametrize("change", [0.01, -0.02])
@pytest.mark.parametrize("bend", [0.0, 0.4])
def test_a_transistor_of_another_resistance_is_named(change, bend):
    """Linear and strongly nonlinear devices behind 50 ohm; a cell without a transistor has no such part."""
    keys = {"access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8}, "array": {"cell": "1t1r"}}
    spec, few = array_spec(**keys), surface(bend)
    tensor = np.pad(few.forward, ((0, 7), (0, 9), (0, 3)))  # room for what a resistance makes of the current
    device = replace(few, forward=tensor, reverse=tensor)
    cell, built = (with_series(device, r) for r in (50.0, 50.0 * (1 + change)))
    assert series_resistance(cell) == pytest.approx(50.0, rel=0.02) and series_resistance(device) < 1e-3
    experiments = draw(spec, 7)
    exact, truths = (solve_in_nodal(spec, each, experiments) for each in (cell, built))
    (suspect,), unexplained = find_suspects(spec, cell, experiments, exact, truths)
    assert suspect.part == "transistor resistance" and unexplained < 0.02
    assert suspect.change == pytest.approx(change, rel=0.03)
    plain = find_suspects(array_spec(), cell, experiments, exact, truths)[0]
    assert "transistor resistance" not in {suspect.part for suspect in plain}


def test_a_little_more_in_series_is_a_resistor():
    cell, more = (nodal.ohmic((1e-6, 1e-4), (0.0, 0.2), r_series=r) for r in (500.0, 505.0))
    found = with_series(cell, 5.0)
    g, v = np.array([1e-6, 3e-5, 1e-4]), np.array([0.05, 0.1, 0.2])
    for v_bl, v_sl in ((v, 0 * v), (0 * v, v)):
        before, after, expected = (nodal.cell_current(each, g, v_bl, v_sl) for each in (cell, found, more))
        largest = np.abs(expected - before).max()
        np.testing.assert_allclose(after - before, expected - before, rtol=0, atol=0.02 * largest)  # A: second order


@pytest.mark.parametrize(("factor", "holds"), [(0.5, True), (1.9, True), (2.1, False)])
def test_one_output_alone_can_break_a_certificate(one_product, certificate, spec, factor, holds):
    """The largest certified error is a promise of its own: one output of 220 hardly moves the rms."""
    experiments = draw(spec, 7)
    truths = _truths(spec, one_product.surface, experiments)
    model = predictions(one_product, experiments)
    out = [truth.out.copy() for truth in truths]
    out[0][0, 0] = model[0][0, 0] + factor * certificate.typical.max * certificate.full_scale
    aged = replace(certificate, time_s=1.0)  # its circuit is another one: the model's error alone decides
    verdict = verify(one_product, aged, experiments, [replace(t, out=o) for t, o in zip(truths, out, strict=True)])
    assert verdict.error.rms < 1.2 * certificate.typical.rms
    assert verdict.holds == holds
    assert verdict.sentence.startswith(f"the certificate {'holds' if holds else 'does NOT hold'}: rms ")


def test_only_parts_that_are_there_can_have_changed():
    """An array without resistances at its ends, with the table of an amplifier, and one without what it puts out."""
    spec, drop = array_spec(driver={"r_out": 0.0}, sense={"r_in": 0.0}), np.array([0.0, 1e-3])
    parts = ["row wires", "column wires", "cell currents"]
    table = SenseTable(current=np.array([0.0, 1e-4]), drop=drop)
    amplifier = ["drop of the sense amplifiers", "output of the sense amplifiers"]
    for of, sense, more in (
        (spec, None, []),
        (array_spec(), None, ["driver resistance", "sense resistance"]),
        (spec, table, []),
        (spec, replace(table, reported=np.array([0.0, 1.0]), unit="V"), amplifier),
    ):
        assert [name for name, *_ in _changed(of, surface(0.1), None, sense)] == parts + more
