"""A Verilog-A model is read at held states: its equations, solved here by hand, give the same currents."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import brentq
from verilog_a import CELL, needs_compiler

from circuitsim.characterization import read_verilog_a
from circuitsim.errors import InputError, MissingExtraError

pytestmark = needs_compiler
V = [-0.8, -0.3, 0.0, 0.1, 0.4, 1.0]


def module(tmp_path, body, name="m.va"):
    head = '`include "constants.vams"\n`include "disciplines.vams"\nmodule m(te, be);\n    inout te, be;\n'
    (tmp_path / name).write_text(f"{head}{body}\nendmodule\n", encoding="utf-8")
    return tmp_path / name


def state_cell(v, w, *, g0=1e-4, r_s=1e3, temperature=300.15):
    """The current of `state_cell.va`: a sinh law that heats itself, with a resistance in series."""

    def misses(i):
        g = g0 * np.exp(-w) * (1 + 1e-3 * 1e5 * v * i)
        return g * 0.25 * np.sinh((v - i * r_s * 300 / temperature) / 0.25) - i

    return brentq(misses, -abs(v) / r_s * 1.1, abs(v) / r_s * 1.1, xtol=1e-20, rtol=1e-14) if v else 0.0


@pytest.mark.parametrize("temperature_c", [27.0, 85.0])
def test_a_held_node_and_settled_internal_nodes(temperature_c):
    found = read_verilog_a(CELL, state="w", states=[0, 1.5, 4], voltages=V, temperature_c=temperature_c)
    expected = [state_cell(v, w, temperature=temperature_c + 273.15) for w in (0, 1.5, 4) for v in V]
    assert_allclose(found.i, expected, rtol=1e-9, atol=0)
    assert_allclose(found.v, V * 3, rtol=0, atol=0)
    assert_allclose(found.state, np.repeat([0, 1.5, 4], len(V)), rtol=0, atol=0)


def test_a_parameter_holds_the_state_and_others_are_set():
    found = read_verilog_a(CELL, state="g0", states=[1e-6, 1e-4], voltages=V, params={"r_s": 5e3, "w": 0.0})
    expected = [state_cell(v, 0, g0=g0, r_s=5e3) for g0 in (1e-6, 1e-4) for v in V]
    assert_allclose(found.i, expected, rtol=1e-9, atol=0)


def test_a_node_that_only_changes_in_time_is_held_or_refused():
    with pytest.raises(InputError, match=r"at 0\.1 V with g0 = 1e-06; .* hold an internal node that only changes"):
        read_verilog_a(CELL, state="g0", states=[1e-6, 1e-4], voltages=V)


def test_integers_are_whole_numbers_and_names_differ_by_case(tmp_path):
    body = """electrical te, be; parameter integer k = 3; parameter real A = 2; parameter real a = 5;
    analog I(te, be) <+ A * a * (k == 1 ? 10 : k) * V(te, be);"""
    path, given = module(tmp_path, body), {"A": 2.0, "a": 5.0}
    found = read_verilog_a(path, state="k", states=[1, 3], voltages=[0.1], params=given)
    assert_allclose(found.i, [10.0, 3.0], rtol=1e-12, atol=0)
    with pytest.raises(InputError, match="A and a differ in case alone"):
        read_verilog_a(path, state="k", states=[1, 3], voltages=[0.1])
    with pytest.raises(InputError, match=r"k = 1\.5: expected a whole number"):
        read_verilog_a(path, state="k", states=[1.5, 3], voltages=[0.1], params=given)
    with pytest.raises(InputError, match="k is the state, and params"):
        read_verilog_a(path, state="k", states=[1, 3], voltages=[0.1], params=given | {"k": 2.0})


def test_what_a_simulator_would_have_to_say_is_refused(tmp_path):
    body = 'electrical te, be; parameter real g = 1; analog I(te, be) <+ g * $simparam("%s", 3.0) * V(te, be);'
    with pytest.raises(InputError, match=r"asks the simulator for 'foo' \(\$simparam\)"):
        read_verilog_a(module(tmp_path, body % "foo"), state="g", states=[1, 2], voltages=[0.1])


def test_ports_turn_the_device_around(tmp_path):
    law = "I(te, be) <+ g * (V(te, be) + V(te, be) * V(te, be));"
    path = module(tmp_path, f"electrical te, be; parameter real g = 1u;\nanalog {law}")
    found = read_verilog_a(path, state="g", states=[1e-6, 2e-6], voltages=[-0.5, 0.5], ports=("be", "te"))
    assert_allclose(found.i, [-7.5e-7, 2.5e-7, -1.5e-6, 5e-7], rtol=1e-12, atol=0)


def test_a_state_that_is_integrated(tmp_path):
    body = """electrical te, be, w; parameter real w0 = 0.5;
    analog begin
        V(w) <+ idt(1e6 * V(te, be), w0);
        I(te, be) <+ 1e-4 * exp(-V(w)) * V(te, be);
    end"""
    for state in ("w", "w0"):
        found = read_verilog_a(module(tmp_path, body), state=state, states=[0.0, 2.0], voltages=[0.3])
        assert_allclose(found.i, [3e-5, 3e-5 * np.exp(-2)], rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("body", "given", "said"),
    [
        ("electrical te, be; analog I(te, be) <+ V(te;", {}, r"does not compile as Verilog-A: line 5, "),
        ("electrical te, be; parameter real a = 1; analog I(te, be) <+ a*V(te, be);", {}, "'w' is no parameter and no"),
        (
            "electrical te, be; parameter real w = 1; parameter real b = 2*w; analog I(te, be) <+ b*V(te, be);",
            {},
            "the default of b is no constant",
        ),
        (
            "electrical te, be; parameter real w = 1; parameter real b = 2;\n"
            "analog if ($param_given(b)) I(te, be) <+ w*V(te, be);",
            {},
            "asks whether b was given",
        ),
        (
            "electrical te, be; parameter real w = 1; analog I(te, be) <+ w*V(te, be);",
            {"params": {"q": 1.0}},
            "'q' is no parameter and no internal node of m; parameters: w; internal nodes: none",
        ),
        (
            "electrical te, be; parameter real w = 1; analog I(te, be) <+ w*V(te, be);",
            {"module": "n"},
            "module 'n' not found; it has m",
        ),
        (
            "electrical te, be, x; parameter real w = 1;\n"
            "analog begin I(x) <+ V(x)*V(x) + w; I(te, be) <+ V(te, be) * V(x); end",
            {},
            "have no solution that was found at 0.1 V with w = 1",
        ),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path, capfd, body, given, said):
    path = module(tmp_path, body)
    with pytest.raises(InputError, match=f"^{path}: .*{said}"):
        read_verilog_a(path, state="w", states=[1.0, 2.0], voltages=[0.1], **given)
    assert capfd.readouterr().err == ""


def test_without_the_extra_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "openvaf_py", None)
    with pytest.raises(MissingExtraError, match=r"^openvaf-py is not installed: pip install 'circuitsim\[veriloga\]'$"):
        read_verilog_a(CELL, state="w", states=[1.0, 2.0], voltages=[0.1])
