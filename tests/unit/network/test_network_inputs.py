import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.errors import InputError
from circuitsim.network.inputs import encode


def test_two_phases_carry_the_signs_apart(spec):
    found = encode(np.array([[0.5, -1.0, 0.0, 2.0]]), spec, activation_max=2.0)
    assert found.weights == (1.0, -1.0)
    assert_allclose(found.v[0], [[0.05, 0.0, 0.0, 0.2]], rtol=1e-15, atol=0)
    assert_allclose(found.v[1], [[0.0, 0.1, 0.0, 0.0]], rtol=1e-15, atol=0)
    assert found.clipped == 0


def test_dac_rounds_magnitudes_to_its_codes(spec):
    x = np.random.default_rng(0).uniform(-1.0, 1.0, (50, 8))
    v = encode(x, spec.replace(driver={"dac_bits": 3}), activation_max=1.0).v
    codes = v / 0.2 * 7
    assert_allclose(codes, np.rint(codes), rtol=1e-12, atol=0)
    assert set(np.rint(codes).ravel().astype(int)) == set(range(8))
    assert np.abs((v[0] - v[1]) / 0.2 - x).max() <= 0.5 / 7 * (1 + 1e-12)


def test_inputs_are_driven_above_the_columns_voltage(spec):
    v = encode(np.array([[0.5, 0.0]]), spec.replace(sense={"v_ref": 0.3}), activation_max=1.0).v
    assert_allclose(v[0], [[0.4, 0.3]], rtol=1e-15, atol=0)
    assert_allclose(v[1], [[0.3, 0.3]], rtol=1e-15, atol=0)


def test_inputs_beyond_full_scale_are_clipped_and_counted(spec):
    found = encode(np.array([[1.5, -3.0, 1.0 + 1e-7]]), spec, activation_max=1.0)
    assert found.clipped == 2
    assert found.v.max() == 0.2


def test_unsigned_takes_one_phase_and_refuses_negative_inputs(spec):
    unsigned = spec.replace(mapping={"inputs": "unsigned"})
    assert encode(np.array([[0.5, 0.0]]), unsigned, activation_max=1.0).v.shape == (1, 1, 2)
    with pytest.raises(InputError, match=r"'unsigned' but layer 'fc2' has an input of -0.5; use 'two_phase'"):
        encode(np.array([[-0.5, 1.0]]), unsigned, activation_max=1.0, layer="fc2")
