"""The worst case of a certificate: above everything that is drawn, consistent with its table, and it repeats."""

import dataclasses
import functools
import itertools

import numpy as np
import pytest
from calibration_arrays import array_spec, draw, surface
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.behavioral import mvm, program
from circuitsim.calibration import certify, full_scale_of_box, repeat_witness, structured_worst, verify
from circuitsim.calibration import worst as worst_module
from circuitsim.calibration.calibrate import choose_grade
from circuitsim.calibration.certify import predictions
from circuitsim.calibration.experiments import INPUT_KINDS, MATRIX_KINDS, random_experiments
from circuitsim.calibration.repeat_witness import _changed
from circuitsim.calibration.solve_experiments import solve_in_nodal
from circuitsim.calibration.worst import raised, seek_worst
from circuitsim.errors import InputError
from circuitsim.results import LoadTable, TileModel, column_load
from circuitsim.units import format_quantity

SPEC = array_spec(12, 10, wire={"r_row": 30.0, "r_col": 60.0})
MODEL = TileModel(SPEC, surface(0.3), 2, (0.0, 0.2))
HOLD_OUT = draw(SPEC, 1)


# No constants: both solve, and nothing may be compiled while tests are collected.
@functools.cache
def box():
    """The full scale and where it flows."""
    return full_scale_of_box(SPEC, MODEL.surface)


@functools.cache
def hold_out_truths():
    return solve_in_nodal(SPEC, MODEL.surface, HOLD_OUT)


def seek(effort, experiments=HOLD_OUT, full_scale=None):
    exact = solve_in_nodal(SPEC, MODEL.surface, experiments)
    predicted, rng = predictions(MODEL, experiments), np.random.default_rng(0)
    return seek_worst(MODEL, full_scale or box()[0], experiments, predicted, exact, effort=effort, rng=rng)


@pytest.fixture(scope="module")
def found():
    return seek("full")


@pytest.fixture(scope="module")
def certificate(found):
    worst, by_load = found
    return certify(
        MODEL, HOLD_OUT, hold_out_truths(), provenance=hold_out_truths()[0].provenance, worst=worst, by_load=by_load
    )


def test_the_largest_error_drawn_is_exceeded_and_the_worst_found_is_not(certificate):
    """What the hold-out of two matrices calls its largest error, fresh kinds of matrices and inputs exceed."""
    vectors = dict.fromkeys(INPUT_KINDS, 3)
    fresh = random_experiments(SPEC, np.random.default_rng(7), matrices=MATRIX_KINDS, vectors=vectors)
    worst, table = certificate.worst, certificate.by_load
    errors = []
    for experiment in fresh:
        exact = nodal.read(nodal.prepare(SPEC, experiment.g, MODEL.surface), experiment.v_in).out
        error = np.abs(mvm(program(MODEL, experiment.g), experiment.v_in) - exact).max() / box()[0]
        assert error <= table.worst_at(column_load(experiment.g, 1e-4))
        errors.append(error)
    assert max(errors) > certificate.typical.max
    assert max(errors) <= worst.error
    assert worst.error == table.worst[-1] and worst.programs > 100 and worst.vectors > 1000


def test_full_scale_is_the_largest_current_of_the_use_and_not_of_the_hold_out(certificate):
    assert certificate.full_scale == box()[0]
    read = nodal.read(nodal.prepare(SPEC, box()[1].g, MODEL.surface), box()[1].v_in[None]).out[0]
    assert_allclose(np.abs(read).max(), box()[0], rtol=1e-9, atol=0)
    assert certificate.full_scale_case == box()[1]
    assert 1.2 * max(np.abs(truth.out).max() for truth in hold_out_truths()) < box()[0]


def test_a_larger_error_of_the_hold_out_counts_as_found(found):
    """A hold-out that holds the witness itself gives the structured stage nothing to exceed it with."""
    case = found[0].witness.case
    one = dataclasses.replace(HOLD_OUT[0], g=case.g, v_in=case.v_in[None], input_kinds=("near",), matrix_kind="hot")
    worst, table = seek("structured", (one,))
    assert table is None
    assert worst.error >= found[0].error * (1 - 1e-9)
    if worst.witness.case.family.startswith("hold-out"):
        assert worst.witness.case.family == "hold-out, hot matrix, near inputs"


def test_nothing_is_stated_without_a_search():
    assert seek("none") == (None, None)
    plain = certify(MODEL, HOLD_OUT, hold_out_truths(), provenance=hold_out_truths()[0].provenance, max_worst=1.0)
    assert plain.worst is None and plain.by_load is None and plain.reached is False


def test_a_table_is_raised_from_a_load_on_and_keeps_its_coefficient_above():
    table = LoadTable((0.1, 0.5, 1.0), (1e-4, 4e-4, 2e-3), 3e-3)
    higher = raised(table, 0.3, 1e-3)
    assert higher.worst == (1e-4, 1e-3, 2e-3)
    assert all(worst <= higher.coefficient * load for load, worst in zip(higher.loads, higher.worst, strict=True))
    assert raised(table, 0.3, 1e-5) == table


def test_the_stored_case_repeats_or_the_model_is_another(certificate):
    repeated = repeat_witness(MODEL, certificate)
    assert repeated.holds and repeated.ngspice is None
    assert_allclose(repeated.error, certificate.worst.error, rtol=1e-9, atol=0)
    assert "the stored worst case repeats" in repeated.sentence and "ngspice" not in repeated.sentence
    for field, level in (("tile", "the model"), ("nodal", "the array solver")):
        for shift, holds in ((0.5e-6, True), (2e-6, False)):
            witness = certificate.worst.witness
            other = dataclasses.replace(witness, **{field: getattr(witness, field) + shift * box()[0]})
            changed = dataclasses.replace(certificate, worst=dataclasses.replace(certificate.worst, witness=other))
            again = repeat_witness(MODEL, changed)
            assert again.holds is holds
            assert (f"{level} gives" in again.sentence) is not holds
    with pytest.raises(InputError, match="the certificate belongs to model"):
        repeat_witness(dataclasses.replace(MODEL, grade=1), certificate)


def test_a_case_that_does_not_repeat_ends_the_certificate(certificate):
    assert verify(MODEL, certificate, HOLD_OUT, hold_out_truths()).holds
    witness = dataclasses.replace(certificate.worst.witness, tile=certificate.worst.witness.tile * 1.01)
    changed = dataclasses.replace(certificate, worst=dataclasses.replace(certificate.worst, witness=witness))
    verdict = verify(MODEL, changed, HOLD_OUT, hold_out_truths())
    assert not verdict.holds and "does NOT repeat: the model gives" in verdict.sentence
    assert verdict.sentence.startswith("the certificate does NOT hold")


def test_a_certificate_without_a_case_has_none_to_repeat():
    plain = certify(MODEL, HOLD_OUT, hold_out_truths(), provenance=hold_out_truths()[0].provenance)
    assert repeat_witness(MODEL, plain) is None
    with pytest.raises(InputError, match="states no worst case, because none was sought"):
        repeat_witness(MODEL, plain, in_ngspice=True)


def test_the_grade_is_chosen_on_both_errors():
    fitting = draw(SPEC, 2)
    free, tried = choose_grade(SPEC, MODEL.surface, fitting, max_rms=1.0)
    assert free.grade == 1 and tried["grade 1"].worst is None
    _, every = choose_grade(SPEC, MODEL.surface, fitting, max_rms=1.0, max_worst=1e-12)
    worst = [errors.worst for errors in every.values()]
    assert all(error is not None and error > 0 for error in worst)
    bound, tried = choose_grade(SPEC, MODEL.surface, fitting, max_rms=1.0, max_worst=1.51 * every["grade 2"].worst)
    assert every["grade 1"].worst > 1.1 * every["grade 2"].worst  # so that grade 1 is not good enough
    assert bound.grade == 2 and list(tried) == ["grade 1", "grade 2"]
    _, tried = choose_grade(SPEC, MODEL.surface, fitting, max_rms=1.0, max_worst=1.49 * every["grade 2"].worst)
    assert len(tried) > 2  # the search may find 1.5 times what structured cases show


def test_aged_truths_have_other_conductances_and_no_worst_case():
    aged = [dataclasses.replace(e, g=e.g * 0.98) for e in HOLD_OUT]
    truths = solve_in_nodal(SPEC.replace(device={"g_min": 0.98e-6}), MODEL.surface, aged[:0]) + [
        nodal.read(nodal.prepare(SPEC, np.maximum(e.g, 1e-6), MODEL.surface), e.v_in) for e in aged
    ]
    with pytest.raises(InputError, match="was solved with other conductances"):
        certify(MODEL, HOLD_OUT, truths, provenance=truths[0].provenance)
    late = certify(MODEL, HOLD_OUT, truths, provenance=truths[0].provenance, time_s=3600.0, extrapolated=("far",))
    assert (late.time_s, late.extrapolated, late.worst, late.by_load) == (3600.0, ("far",), None, None)


def test_percentiles_rise(certificate):
    for error in (certificate.typical, *certificate.by_input.values(), *certificate.by_matrix.values()):
        values = (error.p50, error.p95, error.p99, error.p999, error.max)
        assert all(low <= high for low, high in itertools.pairwise(values))
    everything = np.concatenate(
        [(p - t.out).ravel() for p, t in zip(predictions(MODEL, HOLD_OUT), hold_out_truths(), strict=True)]
    )
    assert_allclose(certificate.typical.p999, np.quantile(np.abs(everything), 0.999) / box()[0], rtol=1e-12, atol=0)


def test_what_was_drawn_raises_the_table_from_its_load_on(monkeypatch):
    worst = structured_worst(MODEL, box()[0], families="few")
    nothing = LoadTable((0.001, 1.0), (0.0, 0.0), 0.0)
    monkeypatch.setattr(worst_module, "find_worst", lambda *_, **__: worst)
    monkeypatch.setattr(worst_module, "load_table", lambda *_, **__: (nothing, worst))
    _, table = seek("full")
    exact, predicted = solve_in_nodal(SPEC, MODEL.surface, HOLD_OUT), predictions(MODEL, HOLD_OUT)
    drawn = max(np.abs(p - e.out).max() for p, e in zip(predicted, exact, strict=True)) / box()[0]
    assert table.worst == (0.0, pytest.approx(drawn))


def test_a_case_that_does_not_repeat_is_told_in_seven_digits(certificate):
    witness = dataclasses.replace(certificate.worst.witness, nodal=1.23456789e-4)
    changed = dataclasses.replace(certificate, worst=dataclasses.replace(certificate.worst, witness=witness))
    now = format_quantity(certificate.worst.witness.nodal, "A", 7)
    assert f"the array solver gives {now}, not 123.4568 µA" in repeat_witness(MODEL, changed).sentence


@pytest.mark.parametrize("stored", [None, 2.0e-4])
def test_ngspice_is_held_against_what_it_gave_or_else_against_the_array_solver(certificate, stored):
    witness = dataclasses.replace(certificate.worst.witness, ngspice=stored)
    changed = dataclasses.replace(certificate, worst=dataclasses.replace(certificate.worst, witness=witness))
    before = witness.nodal if stored is None else stored
    assert _changed(changed, witness.tile, witness.nodal, before) == []
    (said,) = _changed(changed, witness.tile, witness.nodal, before + 3e-6 * box()[0])
    assert said.startswith("ngspice gives ") and format_quantity(before, "A", 7) in said
