"""Processor time of reads on one thread, the least of several, on a shared processor with AVX-512."""

import time

import numpy as np
import pytest

from circuitsim import behavioral, characterization, nodal
from circuitsim.bench.machine import describe_machine
from circuitsim.bench.solver import V_READ, gated_spec, linear_spec, transistor_spec
from circuitsim.results import TileModel


def least_ms(compute, seconds=1.5):
    compute()
    least, end = np.inf, time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.process_time()
        compute()
        least = min(least, time.process_time() - start)
    return 1e3 * least


def conductances(n):
    return 10 ** np.random.default_rng(0).uniform(-6, -4, (n, n))


def inputs(n, batch=100):
    return np.random.default_rng(1).uniform(0, V_READ, (batch, n))


@pytest.fixture(scope="module", params=[64, 128])
def on_bit_lines(request):
    spec = transistor_spec(request.param)
    return nodal.prepare(spec, conductances(request.param), characterization.cell(spec))


def test_reads_by_bit_lines(on_bit_lines):
    n = len(on_bit_lines.g)
    v_in = inputs(n)
    batch = least_ms(lambda: nodal.read(on_bit_lines, v_in)) / len(v_in)
    one = least_ms(lambda: nodal.read(on_bit_lines, v_in[:1]))
    assert batch <= {64: 0.03, 128: 0.15}[n], (batch, describe_machine())
    assert one <= {64: 0.4, 128: 1.15}[n], (one, describe_machine())
    assert one <= 11 * batch + 0.2  # in lanes for few vectors; 16 times a vector of a batch otherwise


@pytest.mark.parametrize(("n", "most"), [(64, 0.1), (128, 0.5)])
def test_reads_by_word_lines(n, most):
    spec = gated_spec(n)
    on, off = characterization.gated_cells(spec)
    array, x = nodal.prepare(spec, conductances(n), on, off=off), (inputs(n) > 0.5 * V_READ).astype(float)
    found = least_ms(lambda: nodal.read(array, x)) / len(x)
    assert found <= most, (found, describe_machine())


def test_gates_of_sixteen_levels_cost_little_more_than_gates_that_are_off_or_on():
    """Above threshold. Levels crowded around it bend more, and cost five times as much."""
    spec, n = gated_spec(64), 64
    assert spec.v_gate is not None
    levels = spec.replace(driver={"gate_levels": (0.0, *np.linspace(0.6, spec.v_gate, 15))})
    (on, off), between = characterization.gated_cells(spec), characterization.gate_level_cells(levels)
    binary = nodal.prepare(spec, conductances(n), on, off=off)
    array = nodal.prepare(levels, conductances(n), on, off=off, between=between)
    share = inputs(n) / V_READ
    found = least_ms(lambda: nodal.read(array, np.rint(15 * share) / 15)) / len(share)
    least = least_ms(lambda: nodal.read(binary, np.rint(share))) / len(share)
    assert found <= 1.4 * least, (found, least, describe_machine())


def test_tiles_of_sixteen_levels_are_programmed_and_read_in_a_few_products():
    """Measured at a load of ten: 120 to 150 ms, and 15 to 22 products in float64."""
    spec, n = gated_spec(64), 64
    assert spec.v_gate is not None
    spec = spec.replace(driver={"gate_levels": tuple(np.linspace(0.0, spec.v_gate, 16))})
    (on, off), between = characterization.gated_cells(spec), characterization.gate_level_cells(spec)
    model, g = TileModel(spec, on, 2, (0.0, 1.0), off=off, between=between), conductances(n)
    programmed = least_ms(lambda: behavioral.program(model, g))
    tile, x = behavioral.program(model, g), np.rint(15 * inputs(n, 256) / V_READ) / 15
    matrix = np.ones((n, n))
    product = least_ms(lambda: x @ matrix)
    read = least_ms(lambda: behavioral.mvm(tile, x))
    assert programmed <= 170, (programmed, describe_machine())
    assert read <= 25 * product, (read, product, describe_machine())


@pytest.mark.parametrize(("n", "most"), [(128, 14.0), (256, 175.0)])
def test_the_matrix_of_an_ohmic_array(n, most):
    array = nodal.prepare(linear_spec(n), conductances(n))
    assert array.matrices is not None
    v_in = inputs(n)
    assert least_ms(lambda: nodal.read(array, v_in)) / len(v_in) <= 0.02
    found = least_ms(lambda: nodal.terminal_matrices(array.plan))
    assert found <= most, (found, describe_machine())
