import numpy as np
import pytest

from circuitsim.calibration.experiments import INPUT_KINDS, MATRIX_KINDS, draw_inputs, draw_matrix, random_experiments
from circuitsim.errors import InputError
from circuitsim.spec import parse_spec


@pytest.fixture(scope="module")
def spec():
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": 12, "cols": 7, "cell": "1r"},
            "device": {"model": "rram_sinh", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": 1, "r_col": 1},
            "driver": {"v_read": 0.2},
        }
    )


@pytest.mark.parametrize("kind", MATRIX_KINDS)
def test_matrices_stay_in_the_devices_range(spec, kind):
    g = draw_matrix(kind, spec, np.random.default_rng(0))
    assert g.shape == (12, 7)
    assert g.min() >= spec.device.g_min * (1 - 1e-12) and g.max() <= spec.device.g_max * (1 + 1e-12)
    assert np.ptp(g) > 0


@pytest.mark.parametrize("kind", INPUT_KINDS)
def test_inputs_stay_between_zero_and_the_read_voltage(spec, kind):
    v_in = draw_inputs(kind, 5, spec, np.random.default_rng(0))
    assert v_in.shape == (5, 12)
    assert v_in.min() >= 0 and v_in.max() <= 0.2


def test_experiments_name_every_vector_and_repeat_with_the_seed(spec):
    draw = [
        random_experiments(
            spec, np.random.default_rng(3), matrices=("uniform", "binary"), vectors={"sparse": 2, "all_on": 1}
        )
        for _ in range(2)
    ]
    assert draw[0][0].input_kinds == ("sparse", "sparse", "all_on")
    assert np.all(draw[0][0].v_in[2] == 0.2)
    for a, b in zip(*draw, strict=True):
        assert np.array_equal(a.g, b.g) and np.array_equal(a.v_in, b.v_in)


@pytest.mark.parametrize("kind", MATRIX_KINDS)
def test_a_device_with_two_states_gets_no_other_conductance(spec, kind):
    low, high = 4.79958e-05, 0.000166667
    two = spec.replace(device={"model": "mtj_pma", "g_min": low, "g_max": high})
    g = draw_matrix(kind, two, np.random.default_rng(0))
    assert set(np.unique(g)) == {low, high}


def test_unknown_kinds_are_named(spec):
    with pytest.raises(InputError, match="matrix kind = 'gaussian': expected one of log_uniform"):
        draw_matrix("gaussian", spec, np.random.default_rng(0))
    with pytest.raises(InputError, match="input kind = 'sine': expected one of uniform"):
        draw_inputs("sine", 1, spec, np.random.default_rng(0))
