"""What a certificate states can be recomputed from its evidence; bad evidence is refused."""

import math
from dataclasses import replace

import numpy as np
import pytest
from calibration_arrays import array_spec, draw, surface
from numpy.testing import assert_allclose

from circuitsim.behavioral import form_of, mvm, program
from circuitsim.calibration import certify
from circuitsim.calibration.solve_experiments import solve_in_nodal
from circuitsim.errors import InputError
from circuitsim.results import Experiment, GradeErrors, TileModel
from circuitsim.results.model_files import load_certificate, save_certificate


@pytest.fixture(scope="module")
def certificate(spec, model, hold_out, truths):
    exact = solve_in_nodal(spec, model.surface, hold_out)
    return certify(
        model,
        hold_out,
        truths,
        provenance=truths[0].provenance,
        fitting=draw(spec, 2),
        exact=exact,
        max_rms=2e-4,
        validation={"grade 1": GradeErrors(1e-2), "grade 2": GradeErrors(5e-5)},
    )


def _errors(model, hold_out, truths, scale):
    return [(mvm(program(model, e.g), e.v_in) - t.out) / scale for e, t in zip(hold_out, truths, strict=True)]


def test_amplitudes_part_the_hold_out(certificate, model, hold_out, truths):
    assert list(certificate.by_amplitude) == ["up to 10 %", "10 to 25 %", "25 to 50 %", "above 50 %"]
    assert sum(part.samples for part in certificate.by_amplitude.values()) == certificate.typical.samples
    error = np.concatenate(_errors(model, hold_out, truths, certificate.full_scale))
    size = np.concatenate([e.v_in.mean(axis=1) for e in hold_out]) / 0.2
    assert_allclose(
        certificate.by_amplitude["above 50 %"].rms, np.sqrt(np.mean(error[size > 0.5] ** 2)), rtol=1e-12, atol=0
    )


def test_bits_of_model_and_product(certificate, hold_out, truths):
    # An ideal quantizer of b bits errs by LSB / sqrt(12) rms.
    assert_allclose(2.0**-certificate.model_bits / math.sqrt(12), certificate.typical.rms, rtol=1e-12, atol=0)
    ideal = np.concatenate([(e.v_in @ e.g).ravel() for e in hold_out])
    out = np.concatenate([t.out.ravel() for t in truths])
    gain, left = np.linalg.lstsq(ideal[:, None], out, rcond=None)[:2]
    assert_allclose(certificate.product_gain, gain[0], rtol=1e-12, atol=0)
    rms = np.sqrt(left[0] / ideal.size) / certificate.full_scale
    assert_allclose(certificate.product_rms, rms, rtol=1e-9, atol=0)
    assert 1 < certificate.product_bits < certificate.model_bits


def test_what_was_asked_for_and_reached(certificate, model, hold_out, truths):
    assert certificate.reached is True and certificate.validation["grade 1"].rms == 1e-2
    strict = certify(model, hold_out, truths, provenance=truths[0].provenance, max_rms=1e-9)
    assert strict.reached is False
    assert certify(model, hold_out, truths, provenance=truths[0].provenance).reached is None


def test_digests_name_every_experiment_and_the_circuit_is_its_own(certificate, spec, hold_out):
    assert certificate.hold_out == tuple(e.digest for e in hold_out)
    assert certificate.fitting == tuple(e.digest for e in draw(spec, 2))
    assert not set(certificate.hold_out) & set(certificate.fitting)
    assert certificate.circuit.max == 0
    changed = Experiment("x", hold_out[0].g, hold_out[0].input_kinds, hold_out[0].v_in * 1.0001)
    assert changed.digest != hold_out[0].digest


def test_comes_back_equal_from_a_file(certificate, tmp_path):
    save_certificate(tmp_path / "certificate.json", certificate)
    assert load_certificate(tmp_path / "certificate.json") == certificate


def test_a_hold_out_that_overlaps_is_refused(model, hold_out, truths):
    with pytest.raises(InputError, match=r"hold-out 0 \(log_uniform\) has the matrix of a fitting experiment"):
        certify(model, hold_out, truths, provenance=truths[0].provenance, fitting=hold_out)
    same_inputs = [Experiment("other", e.g * 0.999, e.input_kinds, e.v_in) for e in hold_out[:1]]
    with pytest.raises(InputError, match=r"has the inputs of a fitting experiment"):
        certify(model, hold_out, truths, provenance=truths[0].provenance, fitting=same_inputs)


def test_all_on_alone_is_no_overlap(spec, model, hold_out, truths):
    on = Experiment("other", draw(spec, 5)[0].g, ("all_on",), np.full((1, 12), 0.2))
    assert certify(model, hold_out, truths, provenance=truths[0].provenance, fitting=[on]).vectors == 22


def test_too_few_samples_are_refused(model, hold_out, truths):
    with pytest.raises(InputError, match="at least 2 matrices and 20 vectors, got 1 and 11"):
        certify(model, hold_out[:1], truths[:1], provenance=truths[0].provenance)


def statistics(error):
    size = np.abs(error).ravel()
    return (np.sqrt(np.mean(error**2)), size.max(), size.mean(), error.mean(), *np.percentile(size, (50, 95, 99, 99.9)))


def assert_states(found, error):
    stated = (found.rms, found.max, found.mean_abs, found.bias, found.p50, found.p95, found.p99, found.p999)
    assert_allclose(stated, statistics(error), rtol=1e-10, atol=1e-18)
    assert found.samples == error.size


def test_every_part_of_the_error_is_that_of_its_own_reads(certificate, model, hold_out, truths):
    error = np.concatenate(_errors(model, hold_out, truths, certificate.full_scale))
    kinds = np.array([kind for e in hold_out for kind in e.input_kinds])
    matrices = np.repeat([e.matrix_kind for e in hold_out], [len(e.v_in) for e in hold_out])
    size = np.concatenate([e.v_in.mean(axis=1) for e in hold_out]) / 0.2
    assert_states(certificate.typical, error)
    assert len(certificate.by_column) == 10
    for column, found in enumerate(certificate.by_column):
        assert_states(found, error[:, column])
    for by_kind, labels in ((certificate.by_input, kinds), (certificate.by_matrix, matrices)):
        assert set(by_kind) == set(labels)
        for kind, found in by_kind.items():
            assert_states(found, error[labels == kind])
    ends = {"up to 10 %": (-1, 0.1), "10 to 25 %": (0.1, 0.25), "25 to 50 %": (0.25, 0.5), "above 50 %": (0.5, 1.01)}
    for name, (low, high) in ends.items():
        assert_states(certificate.by_amplitude[name], error[(low < size) & (size <= high)])


def test_it_states_the_array_and_its_use(certificate, model, spec, hold_out):
    assert (certificate.rows, certificate.cols, certificate.grade) == (12, 10, 2)
    assert (certificate.matrices, certificate.vectors) == (2, 22)
    assert (certificate.g_range, certificate.v_range) == ((1e-6, 1e-4), (0.0, 0.2))
    assert certificate.temperature_c == 27.0 and certificate.surface_bound == model.surface.bound
    assert certificate.truth == "ngspice" and certificate.model_digest == model.digest
    assert certificate.products == form_of(2).products and certificate.form == form_of(2).phrase


def test_amplitudes_are_counted_from_the_reference():
    """Inputs at v_ref are faint, and the largest ones above 50 %, wherever v_ref lies."""
    spec = array_spec(sense={"v_ref": 0.3, "r_in": 40.0})
    cell = replace(surface(0.1), m_range=(-0.25, 0.6))
    model = TileModel(spec, cell, 2, (0.3, 0.5))
    g = np.random.default_rng(0).uniform(1e-6, 1e-4, (2, *spec.shape))
    shares = np.repeat([0.05, 0.1, 0.2, 0.25, 0.4, 0.5, 0.8, 1.0], 2)
    v = 0.3 + 0.2 * shares[:, None] * np.ones((16, 12))
    evidence = [Experiment("uniform", each, ("uniform",) * 16, v) for each in g]
    truths = solve_in_nodal(spec, cell, evidence)
    found = certify(model, evidence, truths, provenance=truths[0].provenance)
    assert {name: part.samples for name, part in found.by_amplitude.items()} == dict.fromkeys(
        ("up to 10 %", "10 to 25 %", "25 to 50 %", "above 50 %"), 2 * 4 * 10
    )
    assert 0.5 < found.product_gain < 1.0  # of (v − v_ref)·g: wires and cells take a part of it
    assert found.product_rms < 0.05
