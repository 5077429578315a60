"""The array solver refuses the surface of another cell."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.errors import InputError, OutsideRangeError
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


def test_a_current_that_falls_by_twice_the_error_of_its_surface_is_let_pass():
    """i = g·U·(1 − 0.7·U/0.4 V) is largest at 0.286 V and falls from there on; sampled at sixteenths of the range."""
    k = np.array([[[0.65], [-0.35]]])
    surface = replace(nodal.ohmic((1e-6, 1e-4), (0.0, 0.4)), forward=k, reverse=k)
    u = np.linspace(0.0, 0.4, 17)
    fall = -np.diff(1e-4 * u * (1 - 0.7 * u / 0.4)).min()
    spec = SPEC.replace(array={"cell": "1r"}, access=None)
    nodal.prepare(spec, G, replace(surface, bound=fall / 1.99 / surface.i_max))
    with pytest.raises(
        InputError, match=r"does not rise with its voltage at g = 0\.0001 S, v_bl = 0 V, v_sl = 0\.375 V"
    ):
        nodal.prepare(spec, G, replace(surface, bound=fall / 2.01 / surface.i_max))


def test_a_cell_of_two_states_has_none_between_them():
    surface = replace(nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), two_states=True)
    assert_allclose(nodal.cell_current(surface, np.array([0.0, 1e-6, 1e-4]), 0.1, 0.0), [0.0, 1e-7, 1e-5], rtol=1e-12)
    for g in (2e-6, 9e-5):
        with pytest.raises(OutsideRangeError, match=r"the device has two states, 1e-06 and 0\.0001 S"):
            nodal.cell_current(surface, g, 0.1, 0.0)


def test_a_cell_is_judged_between_its_own_voltages_only():
    """k rises with the lower voltage: up to 0.2 V across the cell i = g·U·k falls with v_sl, at 0.4 V it would not."""
    k = np.array([[[1.0, 0.4]]])
    surface = replace(nodal.ohmic((1e-6, 1e-4), (0.0, 0.4)), forward=k, reverse=k, u_max=0.2)
    spec = SPEC.replace(array={"cell": "1r"}, access=None)
    assert nodal.prepare(spec, G, surface).surface is surface
    with pytest.raises(InputError, match="does not rise with its voltage"):
        nodal.prepare(spec, G, replace(surface, u_max=0.4))
