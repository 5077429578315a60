"""Calibration of arrays whose inputs switch gates: the box, the inputs, the search, the certificate."""

from dataclasses import replace

import numpy as np
import pytest
from calibration_arrays import as_ngspice
from gated_arrays import gated_model, gated_spec

from circuitsim import calibration
from circuitsim.calibration import random_starts
from circuitsim.calibration.box import Box, full_scale_of_model
from circuitsim.calibration.calibrate import VALIDATION_MATRICES, choose_grade
from circuitsim.calibration.certify import certify
from circuitsim.calibration.experiments import GATE_KINDS, VALIDATION_VECTORS, draw_inputs, hold_out_experiments
from circuitsim.calibration.families import structured_inputs
from circuitsim.calibration.search import find_worst, structured_worst, worst_inputs
from circuitsim.calibration.solve_experiments import solve_in_nodal
from circuitsim.calibration.verify import verify
from circuitsim.errors import InputError
from circuitsim.report import array_in_words, certificate_in_words
from circuitsim.results import load_certificate, save_certificate

SPEC = gated_spec(16, 10)
MODEL = gated_model(SPEC)


def hold_out(seed=5):
    rng = np.random.default_rng(seed)
    return hold_out_experiments(SPEC, rng, added=np.random.default_rng(seed + 1))


def solved(spec, experiments):
    return as_ngspice(solve_in_nodal(spec, MODEL.surface, experiments, off=MODEL.off))


def certificate_of(experiments, **more):
    truths = solved(SPEC, experiments)
    return certify(MODEL, experiments, truths, provenance=truths[0].provenance, **more)


def test_a_box_of_gates_holds_0_and_1_alone():
    box = Box.of(SPEC)
    assert box.switched and box.steps == (0.0, 1.0) and box.rest == 0.0
    drawn = random_starts.random_inputs(box, np.random.default_rng(0), each=10)
    for inputs in (structured_inputs(box), drawn):
        assert set(np.unique(inputs)) == {0.0, 1.0}
    changes = np.abs(np.diff(structured_inputs(box), axis=1)).sum(axis=1)
    inner = [v for v, n in zip(structured_inputs(box), changes, strict=True) if n == 2 and v[0] == 0]
    assert {int(v.sum()) for v in inner} >= {1, 2, 4, 8}  # blocks that touch neither end


@pytest.mark.parametrize("kind", GATE_KINDS)
def test_every_kind_of_input_is_0_or_1(kind):
    x = draw_inputs(kind, 40, SPEC, np.random.default_rng(3))
    assert x.shape == (40, 16) and set(np.unique(x)) <= {0.0, 1.0}
    assert x.any(axis=1).all()  # an array without a row on only leaks
    on = x.mean()
    expected = {"half": 0.5, "most": 0.8, "sparse_on": 0.11, "near_half": 0.25, "far_half": 0.25, "single": 1 / 16}
    assert abs(on - {**expected, "all_on": 1.0}.get(kind, on)) < 0.07
    if kind == "adjacent":
        assert (np.abs(np.diff(np.pad(x, ((0, 0), (1, 1))), axis=1)).sum(axis=1) == 2).all()
    if kind in ("near_half", "far_half"):
        assert not x[:, :8].any() if kind == "near_half" else not x[:, 8:].any()


def test_inputs_of_bit_lines_are_no_kind_of_gates():
    with pytest.raises(InputError, match=r"input kind = 'faint': expected one of half, most"):
        draw_inputs("faint", 2, SPEC, np.random.default_rng(0))


def test_full_scale_is_a_column_with_everything_on():
    full_scale, case = full_scale_of_model(MODEL)
    assert (case.v_in == 1).all() and (case.g[:, case.column] == SPEC.device.g_max).all()
    rng = np.random.default_rng(0)
    dense = calibration.random_experiments(SPEC, rng, matrices=("dense",), vectors={"all_on": 1, "most": 5})
    (solution,) = solved(SPEC, dense)
    assert solution.out.max() < full_scale


def test_the_search_beats_what_was_drawn_and_its_witness_repeats():
    full_scale, _ = full_scale_of_model(MODEL)
    structured = structured_worst(MODEL, full_scale)
    found = find_worst(MODEL, full_scale, rng=np.random.default_rng(0), starts=1)
    assert set(np.unique(found.witness.case.v_in)) <= {0.0, 1.0}
    assert found.error >= structured.error
    drawn = certificate_of(hold_out())
    assert found.error > drawn.typical.max
    one = worst_inputs(MODEL, found.witness.case.g, rng=np.random.default_rng(0))
    assert one.error <= found.error * (1 + 1e-9)


def test_the_cheapest_grade_that_suffices_is_chosen():
    rng = np.random.default_rng(0)
    fitting = calibration.random_experiments(SPEC, rng, matrices=VALIDATION_MATRICES, vectors=VALIDATION_VECTORS["1"])
    chosen = {}
    for max_rms in (1.0, 2e-4, 1e-9):
        model, tried = choose_grade(SPEC, MODEL.surface, fitting, off=MODEL.off, max_rms=max_rms)
        chosen[model.grade] = tried
        assert model.v_range == (0.0, 1.0) and model.off == MODEL.off
    assert list(chosen) == [1, 2, 3]
    first, second, third = (chosen[3][f"grade {grade}"].rms for grade in (1, 2, 3))
    assert first > 20 * second and second > 1.5 * third


def test_a_certificate_states_inputs_of_0_and_1(tmp_path):
    certificate = certificate_of(hold_out())
    assert (certificate.input_unit, certificate.v_range, certificate.products) == ("1", (0.0, 1.0), 9)
    assert certificate.typical.rms < 1e-4
    assert 0.5 < certificate.product_gain < 1.1
    words = certificate_in_words(certificate)
    assert "inputs of 0 and 1 on the gates" in words and "inputs from" not in words
    assert "a block of adjacent rows on" in words and "nine matrix products, 2 bands of rows" in words
    said = array_in_words(SPEC)
    assert "inputs of 0 and 1 on the gates, bit lines of 8 Ω a segment biased at 200 mV" in said
    save_certificate(tmp_path / "certificate.json", certificate)
    assert load_certificate(tmp_path / "certificate.json") == certificate


@pytest.mark.parametrize(
    ("wire", "part"), [({"r_bl": 8.08}, "bit lines"), ({"r_col": 8.08}, "column wires")], ids=["r_bl", "r_col"]
)
def test_other_lines_are_named(wire, part):
    certificate, experiments = certificate_of(hold_out()), hold_out(9)
    assert verify(MODEL, certificate, experiments, solved(SPEC, experiments)).holds
    other = solved(SPEC.replace(wire=wire), experiments)
    verdict = verify(MODEL, certificate, experiments, as_if_of(SPEC, other))
    assert not verdict.holds and verdict.suspects[0].part == part
    assert verdict.suspects[0].change == pytest.approx(0.01, rel=0.05)


def as_if_of(spec, solutions):
    return [replace(s, provenance=replace(s.provenance, spec_digest=spec.digest, given={})) for s in solutions]
