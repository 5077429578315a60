"""Speed of the array solver beside its peers; one run, one thread, an otherwise idle machine."""

import pytest

from circuitsim.bench.solver import solver_benchmark


@pytest.fixture(scope="module")
def result():
    return solver_benchmark(sizes=(64, 128, 256), ngspice_up_to=64)


def _linear(result, n):
    return next(entry for entry in result["linear"] if entry["n"] == n)


def _nonlinear(result, n):
    return next(entry for entry in result["nonlinear"] if entry["n"] == n)


def test_one_vector_of_a_linear_array(result):
    assert result["ratios"]["linear_128_splu_over_read"] >= 300


def test_effective_matrix(result):
    assert result["ratios"]["linear_128_splu_over_prepare_and_matrix"] >= 2.5
    assert _linear(result, 128)["effective_matrix_ms"] <= 10
    assert _linear(result, 256)["effective_matrix_ms"] <= 20 * _linear(result, 128)["effective_matrix_ms"]


def test_batch_of_a_transistor_array(result):
    assert _nonlinear(result, 128)["read_batch_ms_per_vector"] <= 0.25
    assert _nonlinear(result, 128)["prepare_ms"] <= 30


def test_against_ngspice(result):
    assert result["ratios"]["nonlinear_64_ngspice_over_read"] >= 5000
    assert _nonlinear(result, 64)["peers"]["ngspice"]["difference"] <= 1e-8


def test_cost_against_size_at_fixed_drop(result):
    assert result["scaling"]["exponent_in_cells"] <= 1.3
