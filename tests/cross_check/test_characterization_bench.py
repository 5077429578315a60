"""A bench gives labelled curves with the signs and labels that its deck states."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.characterization import read_bench, switching_bench
from circuitsim.devices import load_card
from circuitsim.errors import InputError


def test_a_two_terminal_memory():
    family = read_bench(load_card("rram_ohmic"))
    assert (family.x_name, family.x_unit, family.y_name, family.y_unit) == ("voltage", "V", "current", "A")
    assert [curve.label for curve in family.curves] == ["1 µS", "10 µS", "100 µS"]
    for curve, g in zip(family.curves, (1e-6, 1e-5, 1e-4), strict=True):
        assert_allclose(curve.y, g * curve.x, rtol=1e-9, atol=1e-18)  # 1e-18 A: the floor of a sweep through 0 V


def test_a_memory_that_is_a_transistor():
    family = read_bench(load_card("fefet_hzo"))
    assert family.x_name == "gate voltage"
    assert [curve.label for curve in family.curves] == ["p = -1", "p = 0", "p = 1"]
    assert all(curve.y[-1] > 0 for curve in family.curves)  # v_d = 0.1 V drives the current into the drain


@pytest.mark.parametrize(("name", "sign", "v_high"), [("nmos_65", 1, "1.2"), ("pmos_65", -1, "-1.2")])
def test_a_transistor(name, sign, v_high):
    family = read_bench(load_card(name))
    low = v_high.replace("1.2", "0.05")
    assert [curve.label for curve in family.curves] == [f"{low} V", f"{v_high} V", f"{low} V, bulk biased"]
    for curve in family.curves:
        assert sign * curve.y[-1] > 1e-6  # on: current into an n-channel drain, out of a p-channel one
        assert curve.x[-1] == pytest.approx(float(v_high))


def test_charge_sharing():
    family = read_bench(load_card("charge_cell"))
    assert (family.title, family.x_unit, family.y_unit) == ("Charge sharing on 8 cells", "s", "V")
    line, stepped = family.curves
    assert (line.label, stepped.label) == ("line", "input")
    assert stepped.y[-1] == pytest.approx(1.0)
    # sum(c x) = 1.5 + 1.5 + 0.75 + 1.5 · 0.5 + 0.375 fF over 8 · 1.5 fF + 2 fF; settled to 1e-4 as beside bench.csv
    assert_allclose(line.y[-1], 4.875 / 14, rtol=1e-4)


def test_a_switching_loop():
    state, loop = switching_bench(load_card("rram_vteam"))
    assert (state.x_unit, state.y_name, state.y_unit) == ("s", load_card("rram_vteam").dynamic.parameter, "1")
    assert (loop.x_name, loop.y_name, loop.y_unit) == ("device voltage", "current", "A")
    (curve,) = loop.curves
    driven = np.abs(curve.x) > 0.1
    assert np.all(curve.x[driven] * curve.y[driven] > 0)  # a passive device takes power from its source


def test_a_gate_loop_and_a_device_whose_voltage_is_not_saved():
    assert [family.title for family in switching_bench(load_card("fefet_hzo"))] == [
        "State over time",
        "State over gate voltage",
    ]
    assert [family.title for family in switching_bench(load_card("ecram"))] == ["State over time"]


def test_a_card_that_does_not_switch_is_refused():
    with pytest.raises(InputError, match="rram_sinh: no switching bench"):
        switching_bench(load_card("rram_sinh"))
