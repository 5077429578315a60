"""Speed of the array solver beside its peers; one run, one thread, an otherwise idle machine."""

import pytest

from circuitsim.bench.solver import solver_benchmark


@pytest.fixture(scope="module")
def result():
    return solver_benchmark(sizes=(64, 128, 256, 1024), ngspice_up_to=64)


def _entry(result, kind, n):
    return next(entry for entry in result[kind] if entry["n"] == n)


def test_one_vector_of_a_linear_array(result):
    assert result["ratios"]["linear_128_splu_over_read"] >= 300


def test_effective_matrix(result):
    assert result["ratios"]["linear_128_splu_over_prepare_and_matrix"] >= 2.5
    assert _entry(result, "linear", 128)["effective_matrix_ms"] <= 14, result["machine"]
    assert (
        _entry(result, "linear", 256)["effective_matrix_ms"]
        <= 18 * _entry(result, "linear", 128)["effective_matrix_ms"]
    )


def test_linear_reads_of_256_rows_are_products_with_their_matrix(result):
    reads = [_entry(result, "linear", n)["read_batch_ms_per_vector"] for n in (128, 256)]
    assert reads[1] <= 8 * reads[0], result["machine"]


def test_programming_a_transistor_array(result):
    assert _entry(result, "nonlinear", 128)["prepare_ms"] <= 20, result["machine"]


def test_against_ngspice(result):
    assert result["ratios"]["nonlinear_64_ngspice_over_read"] >= 5000
    assert _entry(result, "nonlinear", 64)["peers"]["ngspice"]["difference"] <= 1e-8


@pytest.mark.parametrize(("line", "exponent"), [("bl", 1.15), ("wl", 1.1)])
def test_cost_against_size_at_fixed_drop(result, line, exponent):
    """From 64 to 1024 rows and columns."""
    assert result["scaling"][line]["exponent_in_cells"] <= exponent, result["machine"]
