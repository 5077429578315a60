"""Cases keep their arrays exactly; a load table rounds up."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from circuitsim.errors import InputError
from circuitsim.results import LoadTable, ReadCase, column_load
from circuitsim.results.json_records import from_plain

TABLE = LoadTable((0.1, 0.3, 1.0), (1e-5, 4e-5, 2e-4), 3e-4)


@given(
    arrays(float, (3, 4), elements=st.sampled_from([1e-6, 1e-4, 3.3e-5])), arrays(float, 3, elements=st.floats(0, 1))
)
def test_a_case_keeps_its_arrays_through_json(g, v_in):
    case = ReadCase.of(g, v_in, 2, "random start")
    back = from_plain("c.json", ReadCase, json.loads(json.dumps(dataclasses.asdict(case))))
    assert back == case
    np.testing.assert_array_equal(back.g, g)
    np.testing.assert_array_equal(back.v_in, v_in)


def test_a_matrix_of_two_values_takes_two_runs():
    assert ReadCase.of(np.repeat([[1e-6], [1e-4]], 64, axis=1), np.zeros(2), 0, "").g_runs == ((64, 1e-6), (64, 1e-4))


@pytest.mark.parametrize(("load", "worst"), [(0.0, 1e-5), (0.1, 1e-5), (0.11, 4e-5), (0.31, 2e-4), (1.0, 2e-4)])
def test_a_load_is_rounded_up_to_the_next_cap(load, worst):
    assert TABLE.worst_at(load) == worst


def test_loads_beyond_the_range_are_refused():
    with pytest.raises(InputError, match=r"load = 1\.2: expected 0 to 1"):
        TABLE.worst_at(1.2)


@pytest.mark.parametrize(("error", "load"), [(5e-6, None), (1e-5, 0.1), (1e-4, 0.3), (1.0, 1.0)])
def test_the_largest_load_within_an_error(error, load):
    assert TABLE.load_for(error) == load


def test_the_load_is_that_of_the_heaviest_column():
    assert column_load(np.array([[1e-4, 1e-6], [1e-4, 1e-6]]), 1e-4) == 1.0
    assert column_load(np.array([[1e-4, 1e-6], [0.0, 1e-6]]), 1e-4) == 0.5
