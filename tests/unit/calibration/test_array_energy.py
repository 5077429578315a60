"""The energy of reads is the mean power over the read's duration, per operation."""

import numpy as np
import pytest
from calibration_arrays import array_spec
from numpy.testing import assert_allclose

from circuitsim.calibration.array_energy import array_energy
from circuitsim.results import Experiment, Provenance, Solution

SPEC = array_spec(rows=3, cols=2, driver={"t_read": 5e-9})
G = np.full((3, 2), 1e-5)


def read(kinds):
    return Experiment("uniform", G, kinds, np.zeros((len(kinds), 3)))


def solved(power, level="ngspice"):
    return Solution(np.zeros((len(power), 2)), Provenance(level, ""), power=np.array(power))


def test_uniform_inputs_stand_for_the_use():
    experiments = [read(("uniform", "all_on")), read(("faint", "uniform", "uniform"))]
    truths = [solved([2e-6, 9e-6]), solved([5e-9, 1e-6, 3e-6])]
    found = array_energy(SPEC, experiments, truths, truths)
    assert_allclose(found.per_operation, 2e-6 * 5e-9 / 12, rtol=1e-9, atol=0)  # 6 cells, a product and a sum each
    assert (found.t_read, found.truth, found.difference) == (5e-9, "ngspice", 0.0)


def test_all_reads_count_where_none_is_uniform():
    truths = [solved([2e-6, 4e-6], level="nodal")]
    found = array_energy(SPEC, [read(("binary", "all_on"))], truths, truths)
    assert_allclose(found.per_operation, 3e-6 * 5e-9 / 12, rtol=1e-9, atol=0)
    assert found.truth == "nodal"


@pytest.mark.parametrize(("other", "difference"), [([1.01e-6, 2e-6], 0.01), ([1e-6, 1.9e-6], 0.05)])
def test_the_levels_differ_by_the_worst_read(other, difference):
    experiments, truths = [read(("uniform", "uniform"))], [solved([1e-6, 2e-6])]
    assert array_energy(SPEC, experiments, truths, [solved(other)]).difference == pytest.approx(difference)


def test_reads_without_input_are_not_compared():
    experiments = [read(("uniform", "uniform", "uniform"))]
    truths, exact = [solved([1e-6, 0.0, 1e-13])], [solved([1e-6, 1e-20, 9e-13])]
    found = array_energy(SPEC, experiments, truths, exact)
    assert found.difference == 0.0
    assert_allclose(found.per_operation, (1e-6 + 1e-13) / 3 * 5e-9 / 12, rtol=1e-9, atol=0)


def test_published_converters_differ_by_a_factor_of_seven():
    low, high = array_energy(SPEC, [read(("uniform",))], [solved([1e-6])], [solved([1e-6])]).converters
    assert (low.bits, high.bits) == (8, 8)
    assert_allclose([low.energy, high.energy], [0.23e-12, 1.6667e-12], rtol=1e-4, atol=0)  # 2 mW over 1.2 GS/s
    assert high.energy / low.energy == pytest.approx(7.2, abs=0.1)
