"""A network against one key of the specification: the same points, whatever came before them."""

import numpy as np
import pytest

from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.errors import InputError, SpecError
from circuitsim.evaluation import accuracy_against
from circuitsim.network import load_network
from circuitsim.spec import parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 32, "cols": 32, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
        "wire": {"r_row": 1.0, "r_col": 1.0},
        "driver": {"v_read": 0.2, "dac_bits": 6},
        "adc": {"bits": 8},
    }
)


@pytest.fixture(scope="module")
def digits():
    return load_digits()


def against(digits, key, values, seed=0):
    return accuracy_against(
        load_network(NETWORK),
        SPEC,
        key,
        values,
        digits.test_images[:100],
        digits.test_labels[:100],
        calibration_images=digits.train_images[:50],
        rng=np.random.default_rng(seed),
    )


def test_accuracy_falls_with_the_drivers_resistance(digits):
    low, high = against(digits, "driver.r_out", (0.0, 20e3))
    assert (low.key, low.value, high.value) == ("driver.r_out", 0.0, 20e3)
    assert low.accuracy > 0.9
    assert high.accuracy < low.accuracy
    assert 0 < low.rms < 1e-3


def test_a_point_does_not_depend_on_the_values_before_it(digits):
    both = against(digits, "driver.r_out", (0.0, 100.0))
    other = against(digits, "driver.r_out", (500.0, 100.0))
    assert both[1] == other[1]


def test_wrong_keys_are_refused(digits):
    with pytest.raises(InputError, match=r"expected section.key such as 'array.temperature_c'"):
        against(digits, "r_out", (1.0,))
    with pytest.raises(SpecError, match=r"unknown key driver.r_uot: did you mean 'r_out'"):
        against(digits, "driver.r_uot", (1.0,))
