"""Equal pulses on a filament in ngspice: steps, asymmetry, energy; pulses that move nothing are refused."""

import numpy as np
import pytest

from circuitsim.errors import DeclaredRangeWarning, InputError, SpecError
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


def ecram(cell):
    """A specification of one `ecram`; its model counts 10 pC from 0.1 µS to 1.6 µS."""
    table = {
        "schema": 1,
        "array": {"rows": 1, "cols": 1, "cell": cell},
        "device": {"model": "ecram", "g_min": "0.1u", "g_max": "1.6u"},
        "wire": {"r_row": 1.0, "r_col": 1.0},
        "driver": {"v_read": 0.1},
    }
    return parse_spec(table | ({"access": vars(SPEC.access)} if cell == "1t1r" else {}))


GATE = {"up": WritePulse("set", 0.0, 0.0, 1.0), "down": WritePulse("reset", 0.0, 0.0, -1.0)}
SLOW = PulseTiming(t_slot=1.5e-6, t_write=1e-6, t_edge=10e-9, t_read=0.2e-6, t_rest=0.1e-6)


def test_a_step_of_ecram_is_the_charge_into_its_gate():
    """1 V on 1 MΩ for 1.01 µs: 1.01 pC of 10 pC, and 1 V times that charge less a third of both edges."""
    found = measure_pulse_response(ecram("1r"), **GATE, pulses=5, timing=SLOW)
    step = 1.5e-6 * 0.101
    assert found.g[[0, -1]] == pytest.approx([1.6e-6 - 5 * step, 1.6e-6], rel=1e-5)
    assert -found.down == pytest.approx(step, rel=1e-4)
    inside = found.g < 1.6e-6 - 1.01 * step  # the last step up meets the bound of the state
    assert found.up[inside] == pytest.approx(step, rel=1e-4) and found.up[-1] < 0.98 * step
    assert found.energy_up == pytest.approx(1.01e-12 - 1e-14 / 3, rel=1e-3)


def test_steps_alike_of_ecram_have_no_symmetry_point_and_a_strong_gate_warns():
    """Over the whole range pairs cancel, but for the ends of the state: no one point; beyond 1 V its card ends."""
    with pytest.warns(DeclaredRangeWarning, match=r"v_gate = -?1\.5 V drives 1\.5e-06 A .* holds up to 1e-06 A"):
        strong = {"up": WritePulse("set", 0.0, 0.0, 1.5), "down": WritePulse("reset", 0.0, 0.0, -1.5)}
        found = measure_pulse_response(ecram("1r"), **strong, pulses=12, timing=SLOW)
    assert found.symmetry_point == pytest.approx(0.85e-6, rel=0.05) and not found.has_symmetry_point


def test_a_gated_device_behind_a_transistor_is_refused():
    with pytest.raises(SpecError, match=r"array\.cell = '1t1r': expected '1r'"):
        measure_pulse_response(ecram("1t1r"), **GATE)


def test_pulses_that_move_nothing_are_refused():
    with pytest.raises(InputError, match=r"the down train moves g from .* expected pulses that lower it by 0\.1 %"):
        measure_pulse_response(SPEC, first=FIRST, up=UP, down=WritePulse("reset", 0.0, 0.1, 2.5), pulses=2)
