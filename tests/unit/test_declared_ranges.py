"""Values in another unit than their own are told once, at every level that solves them."""

import warnings

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import nodal, results, truth
from circuitsim.errors import DeclaredRangeWarning, InputError, OutsideCertificateWarning

DATA = {
    "schema": 1,
    "array": {"rows": 3, "cols": 2, "cell": "1r"},
    "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
    "wire": {"r_row": 1.0, "r_col": 1.0, "c_row": "1f"},
    "driver": {"v_read": 0.2},
    "sense": {"v_ref": 0.1},
}
SPEC = cs.parse_spec(DATA)
G = np.full((3, 2), 5e-5)
TRANSISTOR = {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.2}


def told(call):
    """The warnings of a call, as text."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        call()
    return [str(one.message) for one in seen if issubclass(one.category, DeclaredRangeWarning)]


@pytest.mark.parametrize("level", ["ngspice", "nodal"])
@pytest.mark.parametrize("technique", [{}, {"partition": [2, 2]}])
def test_inputs_in_millivolts_are_told_once(level, technique):
    x = np.array([[0.1, 0.3, 0.1], [150.0, 0.1, -0.1]])
    assert told(lambda: cs.solve(SPEC.replace(technique=technique), G, x, level)) == [
        "x[1, 0] = 150 V is outside the range of the drivers, -0.1 V to 0.3 V (sense.v_ref and driver.v_read): is x in "
        "volts?"
    ]


def test_a_tile_states_the_range_of_its_model():
    model = results.TileModel(SPEC, nodal.ohmic((1e-6, 1e-4), (0.1, 0.3)), 1, (0.1, 0.3))
    with pytest.warns(OutsideCertificateWarning, match="v_in holds 150 V"):
        assert told(lambda: cs.solve(SPEC, G, [[150.0, 0.1, 0.1]], "behavioral", model=model)) == []
        cs.solve(SPEC, G, [[150.0, 0.1, 0.1]], "behavioral", model=model)


def test_reads_in_time_tell_inputs_too():
    x = np.array([150.0, 0.1, 0.1])
    assert len(told(lambda: nodal.step_response(nodal.prepare(SPEC, G), x))) == 1
    assert len(told(lambda: truth.read_in_time(SPEC, G, [x], band=1e-6))) == 1


@pytest.mark.parametrize("x", [-0.1, 0.1, 0.3, 0.1 + 0.2])
def test_the_ends_of_the_range_belong_to_it(x):
    assert told(lambda: cs.solve(SPEC, G, np.full((1, 3), x))) == []


def test_inputs_without_a_unit_are_not_volts():
    spec = SPEC.replace(driver={"input_code": "pulse_width", "v_read": 0.01})
    assert told(lambda: cs.solve(spec, G, np.ones((1, 3)), "ngspice")) == []


@pytest.mark.parametrize("level", ["ngspice", "nodal"])
def test_conductances_in_microsiemens_are_told(level):
    g = G.copy()
    g[2, 1] = 50.0
    said = told(lambda: cs.prepare(SPEC, g, level))
    assert said == ["g[2, 1] = 50 S is above device.g_max = 0.0001 S: is g in siemens?"]


@pytest.mark.parametrize(("key", "value"), [("w", 5e-3), ("l", 2e-3), ("l", 1e-10)])
def test_sizes_of_no_transistor_are_told(key, value):
    spec = cs.parse_spec(DATA | {"array": {"rows": 3, "cols": 2}, "access": TRANSISTOR | {key: value}})
    (said,) = told(lambda: cs.prepare(spec, G, "ngspice"))
    assert said == f"access.{key} = {value:g} m is no size of a transistor: expected metres, such as {key} = '0.5u'"


@pytest.mark.parametrize(("w", "l"), [("50u", "0.15u"), ("1u", "0.5u")])
def test_a_size_that_no_bin_holds_names_the_bins(w, l):
    access = {"model": "sky130_nfet_01v8", "w": w, "l": l, "v_gate": 1.8}
    spec = cs.parse_spec(DATA | {"array": {"rows": 3, "cols": 2}, "access": access})
    with pytest.raises(InputError, match=r"holds w = .* m, l = .* m: its bins lie within w = 3.6e-07 to 5e-06 m, l = "):
        told(lambda: cs.prepare(spec, G, "nodal"))


@pytest.mark.parametrize(
    ("line", "cells", "parts", "every", "told_at"),
    [
        ("row", 2, {}, 3, "left end alone"),
        ("col", 3, {"wire": {"taper_col": 0.1}}, 4, "bottom end alone"),
        ("col", 3, {}, 3, None),
        ("col", 3, {"wire": {"col_sense": "both"}}, 4, "ends alone, which have the same voltage"),
        ("col", 3, {"wire": {"col_sense": "both"}, "sense": {"v_ref": 0.1, "r_in": 50.0}}, 4, None),
    ],
)
def test_a_strap_that_reaches_no_cell_is_told(line, cells, parts, every, told_at):
    g = np.array([[1e-4, 1e-5], [1e-5, 1e-4], [3e-6, 5e-6]])
    bare = SPEC.replace(**parts)
    spec = bare.replace(wire={f"strap_{line}": {"every": every, "r": 0.1, "r_via": 0.1}})
    found = told(lambda: cs.prepare(spec, g, "nodal"))
    x = np.array([[0.3, 0.1, 0.2]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeclaredRangeWarning)
        out, same = cs.solve(spec, g, x).out, cs.solve(bare, g, x).out
    if told_at is None:
        assert found == [] and np.abs(out / same - 1).max() > 1e-8
    else:
        assert len(found) == 1 and f"wire.strap_{line}.every = {every} has no effect" in found[0]
        assert (
            f"the wire has {cells} cells, and the strap joins it at its {told_at}; expected {cells} or less" in found[0]
        )
        np.testing.assert_allclose(out, same, rtol=1e-10)
