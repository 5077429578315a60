"""What unit inputs and programmed values have follows from the specification."""

import numpy as np
import pytest

from circuitsim.errors import InputError
from circuitsim.spec import full_scale_inputs, input_unit, parse_spec, state_unit
from circuitsim.spec.matrices import check_arrays

PLAIN = {
    "schema": 1,
    "array": {"rows": 2, "cols": 2, "cell": "1r"},
    "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
    "wire": {"r_row": 1.0, "r_col": 1.0},
    "driver": {"v_read": 0.2},
}
GATED = {"access": {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8}}
CHARGE = {"array": {"cell": "1c"}, "device": {"model": "charge_cell", "g_min": 1e-16, "g_max": 1e-15}}


def _spec(changes):
    return parse_spec(PLAIN | {part: PLAIN.get(part, {}) | keys for part, keys in changes.items()})


@pytest.mark.parametrize(
    ("changes", "of_x", "of_g", "largest"),
    [
        ({}, "V", "S", 0.2),
        ({"driver": {"input_code": "pulse_width"}}, "1", "S", 1.0),
        (GATED | {"array": {"cell": "1t1r", "input_line": "wl"}, "wire": {"r_bl": 1.0}}, "1", "S", 1.0),
        (GATED | {"array": {"cell": "1t1r", "input_line": "string"}}, "1", "S", 1.0),
        (CHARGE, "V", "F", 0.2),
    ],
    ids=["amplitude", "pulse_width", "wl", "string", "1c"],
)
def test_units_and_full_scale(changes, of_x, of_g, largest):
    spec = _spec(changes)
    assert (input_unit(spec), state_unit(spec)) == (of_x, of_g)
    assert np.array_equal(full_scale_inputs(spec), [largest, largest])
    g = np.full((2, 2), spec.device.g_min)
    said = " V, expected a finite voltage" if of_x == "V" else ", expected a finite number"
    with pytest.raises(InputError, match=rf"x\[0, 0\] = nan{said}"):
        check_arrays(spec, g, np.full((1, 2), np.nan))
    with pytest.raises(InputError, match=rf"g\[0, 0\] = -1 {of_g}, expected"):
        check_arrays(spec, -np.ones((2, 2)), np.zeros((1, 2)))
