"""Time to characterize the blocks around an array; processor time of ngspice and of this process, one thread."""

import resource

import pytest

import circuitsim as cs

SPEC = {
    "schema": 1,
    "array": {"rows": 8, "cols": 8, "cell": "1r"},
    "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "50u"},
    "wire": {"r_row": 2, "r_col": 2, "c_row": "1f"},
    "driver": {"v_read": 0.2, "model": "string_dac"},
    "sense": {"model": "regulated_cascode", "v_ref": 0.5},
    "adc": {"model": "sar_transistors"},
}


def processor_time() -> float:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


@pytest.fixture(scope="module")
def times(tmp_path_factory):
    """Processor times of a first characterization, and of a later one that finds its tables [s]."""
    cache, spec = tmp_path_factory.mktemp("tables"), cs.parse_spec(SPEC)
    start = processor_time()
    tables = cs.characterize(spec, cache=cache)
    cold = processor_time() - start
    cs.characterize(spec, cache=cache)
    start = processor_time()
    again = cs.characterize(spec, cache=cache)
    warm = processor_time() - start
    assert again == tables
    return cold, warm


def test_a_driver_a_cascode_and_a_sar_are_characterized_within_a_minute(times):
    assert times[0] <= 60


def test_their_tables_are_read_at_once(times):
    assert times[1] <= 0.1
