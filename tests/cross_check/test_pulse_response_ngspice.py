"""Equal pulses on a filament in ngspice: steps, asymmetry, energy; pulses that move nothing are refused."""

import numpy as np
import pytest

from circuitsim.errors import InputError
from circuitsim.programming import PulseTiming, WritePulse, measure_pulse_response
from circuitsim.spec import parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 1, "cols": 1, "cell": "1t1r"},
        "device": {"model": "rram_stanford_a", "g_min": "1u", "g_max": "100u"},
        "access": {"model": "nmos_130", "w": "2u", "l": "0.13u", "v_gate": 1.8},
        "wire": {"r_row": 1.0, "r_col": 1.0},
        "driver": {"v_read": 0.1},
    }
)
FIRST, UP = WritePulse("set", 2.8, 0.0, 1.3), WritePulse("set", 1.5, 0.0, 0.75)
DOWN = WritePulse("reset", 0.0, 1.28, 2.5)


def test_steps_of_a_filament_shrink_towards_both_bounds():
    """The table, stepped from the top as the train went, ends where the train ended."""
    found = measure_pulse_response(SPEC, first=FIRST, up=UP, down=DOWN, pulses=12)
    assert found.up[0] > 3 * found.up[-1] and -found.down[-1] > 1.5 * -found.down[0]
    assert found.asymmetry[0] > 0.3 and found.asymmetry[-1] < -0.3
    assert found.g[0] < found.symmetry_point < found.g[-1]
    g = found.g[-1]
    for _ in range(12):
        g += np.interp(g, found.g, found.down)
    assert g == pytest.approx(found.g[0], rel=5e-3)
    assert found.energy_down is not None and np.all((found.energy_down > 1e-13) & (found.energy_down < 1e-11))
    assert found.duration == PulseTiming().t_slot and found.unverified == ()


def test_pulses_that_move_nothing_are_refused():
    with pytest.raises(InputError, match=r"the down train moves g from .* expected pulses that lower it by 0\.1 %"):
        measure_pulse_response(SPEC, first=FIRST, up=UP, down=WritePulse("reset", 0.0, 0.1, 2.5), pulses=2)
