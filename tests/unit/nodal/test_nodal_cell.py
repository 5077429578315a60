"""The array solver refuses the surface of another cell."""

from dataclasses import replace

import numpy as np
import pytest

from circuitsim import nodal
from circuitsim.errors import InputError
from circuitsim.spec import cell_keys, parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 3, "cols": 2, "cell": "1t1r"},
        "device": {"model": "rram_sinh", "g_min": "1u", "g_max": "100u"},
        "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8},
        "wire": {"r_row": 2.0, "r_col": 2.0},
        "driver": {"v_read": 0.2},
    }
)
G = np.full((3, 2), 1e-5)
SURFACE = replace(nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), cell=cell_keys(SPEC))


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"access": {"v_gate": 1.0}}, "v_gate = 1.8, not 1.0"),
        ({"access": {"w": "2u"}}, "access.w = 1e-06, not 2e-06"),
        ({"array": {"temperature_c": 85.0}}, "array.temperature_c = 27.0, not 85.0"),
        ({"device": {"model": "rram_ohmic"}}, "device.model = 'rram_sinh', not 'rram_ohmic'"),
        ({"device": {"params": {"v0": 0.3}}}, "device.params = {}, not {'v0': 0.3}"),
        ({"driver": {"v_read": 0.1}}, "driver.v_read = 0.2, not 0.1"),
        ({"array": {"cell": "1r"}, "access": None}, "array.cell = 1t1r, not 1r"),
    ],
)
def test_the_surface_of_another_cell_is_refused(keys, sentence):
    with pytest.raises(InputError, match=f"made for another cell, with {sentence}"):
        nodal.prepare(SPEC.replace(**keys), G, SURFACE)


def test_arrays_of_one_cell_share_a_surface():
    for keys in (
        {"wire": {"r_row": 50.0}},
        {"device": {"g_min": "2u"}},
        {"sense": {"v_ref": 0.1}},
        {"driver": {"r_out": 9.0}},
    ):
        nodal.prepare(SPEC.replace(**keys), G, SURFACE)


def test_each_state_of_the_gate_has_its_surface():
    spec = SPEC.replace(array={"input_line": "wl"}, wire={"r_bl": 1.0})
    off = replace(SURFACE, cell=cell_keys(spec, v_gate=0.0))
    nodal.prepare(spec, G, SURFACE, off=off)
    with pytest.raises(InputError, match=r"v_gate = 0.0, not 1.8"):
        nodal.prepare(spec, G, off, off=SURFACE)


def test_a_cell_is_judged_between_its_own_voltages_only():
    """k rises with the lower voltage: up to 0.2 V across the cell i = g·U·k falls with v_sl, at 0.4 V it would not."""
    k = np.array([[[1.0, 0.4]]])
    surface = replace(nodal.ohmic((1e-6, 1e-4), (0.0, 0.4)), forward=k, reverse=k, u_max=0.2)
    spec = SPEC.replace(array={"cell": "1r"}, access=None)
    assert nodal.prepare(spec, G, surface).surface is surface
    with pytest.raises(InputError, match="does not rise with its voltage"):
        nodal.prepare(spec, G, replace(surface, u_max=0.4))
