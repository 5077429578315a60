"""Calibration of strings: errors are of each current itself, because currents differ by three decades."""

import json
from dataclasses import replace

import numpy as np
import pytest
from calibration_arrays import as_ngspice
from gated_arrays import gated_spec, log_uniform
from string_arrays import BYPASS, series_model, series_spec

from circuitsim import calibration, levels
from circuitsim.calibration.box import Box, full_scale_of_model
from circuitsim.calibration.calibrate import VALIDATION_MATRICES, choose_grade
from circuitsim.calibration.certify import certify, predictions
from circuitsim.calibration.experiments import draw_inputs, hold_out_experiments, validation_vectors
from circuitsim.calibration.search import find_worst, structured_worst
from circuitsim.calibration.solve_experiments import finished_decks, solve_in_nodal
from circuitsim.calibration.verify import verify
from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.report import array_in_words, certificate_in_words, write_calibration_report
from circuitsim.results import (
    Calibration,
    load_certificate,
    load_solution,
    save_certificate,
    save_solution,
)
from circuitsim.spice import DecksFailedError

SPEC = series_spec(16, 10)
MODEL = series_model(SPEC, 1)


def hold_out(seed=5):
    return hold_out_experiments(SPEC, np.random.default_rng(seed), added=np.random.default_rng(seed + 1))


def solved(experiments, off=MODEL.off, spec=SPEC):
    return as_ngspice(solve_in_nodal(spec, MODEL.surface, experiments, off=off))


def certificate_of(experiments, **more):
    truths = solved(experiments)
    return certify(MODEL, experiments, truths, provenance=truths[0].provenance, **more)


@pytest.fixture(scope="module")
def searched():
    full_scale, _ = full_scale_of_model(MODEL)
    return find_worst(MODEL, full_scale, rng=np.random.default_rng(0), starts=1, families="few")


@pytest.fixture(scope="module")
def certificate(searched):
    return certificate_of(hold_out(), worst=searched, max_rms=1e-2)


def test_full_scale_is_a_string_with_every_cell_bypassed():
    full_scale, case = full_scale_of_model(MODEL)
    assert (case.v_in == 0).all() and (case.g[:, case.column] == SPEC.device.g_max).all()
    assert Box.of(SPEC).ends == (0.0, 1.0)
    drawn = np.concatenate([truth.out for truth in solved(hold_out())])
    assert full_scale >= drawn.max() > 100 * drawn.min()


def test_inputs_without_a_row_on_belong_to_strings():
    assert not draw_inputs("none_on", 3, SPEC, np.random.default_rng(0)).any()
    assert draw_inputs("half", 40, SPEC, np.random.default_rng(0)).any(axis=1).all()
    with pytest.raises(InputError, match=r"input kind = 'none_on': expected one of half, most"):
        draw_inputs("none_on", 1, gated_spec(), np.random.default_rng(0))
    assert {"none_on", "adjacent", "single"} <= {kind for e in hold_out() for kind in e.input_kinds}


def test_errors_are_of_each_current(certificate):
    experiments = hold_out()
    truths = np.concatenate([truth.out for truth in solved(experiments)])
    predicted = np.concatenate(predictions(MODEL, experiments))
    error = predicted / truths - 1
    assert certificate.relative_to == "the current itself"
    assert certificate.typical.rms == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-9)
    assert certificate.typical.max == pytest.approx(np.abs(error).max(), rel=1e-9)
    flattered = np.sqrt(np.mean((predicted - truths) ** 2)) / certificate.full_scale
    assert certificate.typical.rms > 10 * flattered


def test_the_search_finds_what_drawing_does_not(certificate, searched):
    full_scale, _ = full_scale_of_model(MODEL)
    assert searched.error >= structured_worst(MODEL, full_scale, families="few").error
    assert searched.error > certificate.typical.rms
    witness = searched.witness
    assert searched.error == pytest.approx(abs(witness.tile / witness.nodal - 1), rel=1e-6)


def test_the_statement_says_what_errors_are_fractions_of(certificate, tmp_path):
    words = certificate_in_words(certificate)
    assert "of the current itself rms" in words and "effective bits" not in words
    assert "Errors are fractions of the current itself of each column, not of full scale." in words
    assert "no row on: every cell of a string is bypassed" in words
    assert "a string adds resistances, not currents" in words and certificate.product_rms is None
    assert "strings biased at 200 mV at the top" in array_in_words(SPEC)
    save_certificate(tmp_path / "certificate.json", certificate)
    assert load_certificate(tmp_path / "certificate.json") == certificate
    document = json.loads((tmp_path / "certificate.json").read_text())
    document["certificate"]["relative_to"] = "full scale"
    (tmp_path / "certificate.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"damaged: worst = .*: expected the error of its witness"):
        load_certificate(tmp_path / "certificate.json")


def test_the_page_draws_errors_of_the_current_itself(certificate, tmp_path):
    experiments = hold_out()
    truths, predicted = tuple(solved(experiments)), predictions(MODEL, experiments)
    page = write_calibration_report(tmp_path, Calibration(MODEL, certificate, experiments, truths, tuple(predicted)))
    text = page.read_text()
    assert "rms of the current itself" in text and "plain product" not in text


def test_the_cheapest_grade_that_suffices_is_chosen():
    rng = np.random.default_rng(0)
    fitting = calibration.random_experiments(SPEC, rng, matrices=VALIDATION_MATRICES, vectors=validation_vectors(SPEC))
    chosen = [choose_grade(SPEC, MODEL.surface, fitting, off=MODEL.off, max_rms=rms) for rms in (1.0, 2e-4, 1e-9)]
    assert [model.grade for model, _ in chosen] == [1, 2, 3]
    first, second, third = (chosen[-1][1][f"grade {grade}"].rms for grade in (1, 2, 3))
    assert first > 20 * second > 20 * third


@pytest.mark.parametrize(
    ("part", "change"), [("bypass resistance", 0.01), ("column wires", 0.2), ("cell currents", 0.01)]
)
def test_other_strings_are_named(certificate, part, change):
    experiments = hold_out(9)
    assert verify(MODEL, certificate, experiments, solved(experiments)).holds
    if part == "column wires":
        other = solved(experiments, spec=SPEC.replace(wire={"r_col": 3.0 * (1 + change)}))
    elif part == "bypass resistance":
        slower = replace(BYPASS, g_t=BYPASS.g_t / (1 + change)).surface()
        other = solved(experiments, off=slower)
    else:
        more = replace(MODEL.surface, forward=MODEL.surface.forward * (1 + change))
        other = as_ngspice(solve_in_nodal(SPEC, more, experiments, off=MODEL.off))
    other = [replace(s, provenance=replace(s.provenance, spec_digest=SPEC.digest, given={})) for s in other]
    verdict = verify(MODEL, certificate, experiments, other)
    assert not verdict.holds and verdict.suspects[0].part == part
    assert verdict.suspects[0].change == pytest.approx(change, rel=0.1)
    assert "of the current itself" in verdict.sentence


def test_an_audit_and_a_read_say_it_too(certificate, tmp_path):
    g = log_uniform(SPEC)
    x = np.vstack([np.zeros(16), np.eye(16)])
    audit = calibration.audit(MODEL, g, x, fraction=1.0, limit=1e-2, rng=np.random.default_rng(0))
    assert audit.relative_to in audit.sentence and audit.relative_to == "the current itself"
    found = levels.solve(SPEC, g, x, "behavioral", model=MODEL, certificate=certificate)
    assert found.tile_error.relative_to == "the current itself"
    save_solution(tmp_path, found, spec=SPEC, x=x, g=g)
    assert load_solution(tmp_path / "solution.nc").tile_error == found.tile_error
    table = calibration.load_table(
        MODEL, certificate.full_scale, worst=certificate.worst, rng=np.random.default_rng(0), families="few"
    )[0]
    stated = replace(certificate, by_load=table)
    with pytest.raises(OutsideRangeError, match=r"errors of up to .* of the current itself were found"):
        levels.prepare(
            SPEC, g, "behavioral", model=MODEL, certificate=stated, strict=True, max_error=table.worst[0] / 2
        )


def test_where_ngspice_loses_strings_another_way_is_named():
    def lost():
        raise DecksFailedError("2 of 6 decks failed", [])

    for spec, notes in ((SPEC, 1), (gated_spec(), 0)):
        with pytest.raises(DecksFailedError) as caught:
            finished_decks(spec, lost)
        told = getattr(caught.value, "__notes__", [])
        assert len(told) == notes and all("with truth = 'nodal'" in note for note in told)
