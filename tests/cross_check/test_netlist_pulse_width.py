"""Inputs coded by the width of a pulse: charges in proportion to width, wherever the input lies."""

import numpy as np
import pytest
from netlist_cases import currents, passive
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim import netlist
from circuitsim.errors import InputError
from circuitsim.spec import parse_spec


def widths(rows, cols, r, **wire):
    spec = passive(rows, cols, r, r, **wire, driver={"v_read": 0.3})
    return spec.replace(driver={"input_code": "pulse_width", "t_read": "10n"})


X = np.array([[0.0, 0.25, 0.5, 1.0], [1.0, 1.0, 0.004, 0.7]])
G = 10 ** np.random.default_rng(0).uniform(-6, -4, (4, 3))


def test_charge_is_conductance_times_voltage_times_width():
    solution = cs.solve(widths(4, 3, 0.0), G, X, level="ngspice")
    # The edges of a pulse take away what they add; also of the pulse of 40 ps, shorter than its edges of 100 ps.
    assert_allclose(solution.out, 0.3 * 10e-9 * X @ G, rtol=1e-6, atol=0)
    assert solution.quantity == "charge"


def test_wires_delay_and_lose_no_charge():
    slow = cs.solve(widths(4, 3, 100.0, c_row="20f", c_col="20f"), G, X, level="ngspice").out
    # A linear array: what a pulse charges it discharges again, so that capacitances do not change the charge.
    assert_allclose(slow, cs.solve(widths(4, 3, 100.0), G, X, level="ngspice").out, rtol=1e-4, atol=0)
    still = currents(passive(4, 3, 100.0, 100.0), G, 0.3 * X)
    assert_allclose(slow, 10e-9 * still, rtol=1e-4, atol=0)


def test_gates_open_for_the_width(tmp_path):
    file = tmp_path / "switch.lib"
    file.write_text(
        "* on above 0.5 V\n.subckt switch d g s b w=1 l=1\nbs d s i = 1e-2*v(d,s)/(1+exp(-(v(g)-0.5)*50))\n.ends\n"
    )
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": 4, "cols": 3, "cell": "1t1r", "input_line": "wl"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "access": {"file": file, "subckt": "switch", "w": 1, "l": 1, "v_gate": 1.0},
            "wire": {"r_row": 0.0, "r_col": 0.0, "r_bl": 0.0},
            "driver": {"v_read": 0.3, "input_code": "pulse_width", "t_read": "10n"},
        }
    )
    x = np.array([[0.0, 0.25, 0.5, 1.0]])
    expected = 0.3 * 10e-9 * x @ (1 / (1 / G + 100.0))
    # Both edges pass half height a width apart. The switch passes a small conductance's current up to 0.2 V earlier:
    # 20 ps at either end of three pulses, 0.7 % of their 17.5 ns.
    out = cs.solve(spec, G, x, level="ngspice").out
    assert_allclose(out, expected, rtol=1e-2, atol=0)
    assert np.all(out > expected)


def test_what_has_no_operating_point_is_refused():
    spec = widths(4, 3, 1.0)
    with pytest.raises(InputError, match="'pulse_width' has no operating point"):
        netlist.crossbar(spec, G, X)
    with pytest.raises(InputError, match=r"x\[0, 0\] = 1.5, expected 0 to 1, a share of t_read"):
        cs.solve(spec, G, np.full((1, 4), 1.5), level="ngspice")


def test_intervals_of_constant_rows_are_the_charge():
    """Linear cells: exact. Cells that bend: the edges, which lie below the full voltage, count less."""
    linear = widths(4, 3, 100.0)
    exact, fast = (cs.solve(linear, G, X, level) for level in ("ngspice", "nodal"))
    assert_allclose(fast.out, exact.out, rtol=1e-6, atol=0)
    assert (fast.quantity, fast.unit) == ("charge", "C")
    assert_allclose(fast.power, exact.power, rtol=1e-2, atol=0)
    assert_allclose(cs.solve(linear, G, np.zeros((1, 4))).out, 0.0, atol=1e-30)
    bent = linear.replace(device={"model": "rram_sinh", "params": {"v0": 0.15}, "g_max": 1e-3})
    exact, fast = (cs.solve(bent, G, X, level) for level in ("ngspice", "nodal"))
    assert_allclose(fast.out, exact.out, rtol=0.02, atol=0)
    assert np.all(np.abs(fast.out / exact.out - 1) > 1e-6)


def test_codes_become_widths_at_both_levels():
    spec = widths(4, 3, 100.0).replace(driver={"dac_bits": 4}, adc={"bits": 8, "full_scale": "60u"})
    codes = np.random.default_rng(1).integers(0, 16, (5, 4))
    exact, fast = (cs.convert_codes(spec, G, codes, level) for level in ("ngspice", "nodal"))
    assert_allclose(fast.i_out, exact.i_out, rtol=1e-6, atol=0)
    assert_allclose(fast.v_in, 0.3 * codes / 15, rtol=1e-12, atol=0)
    assert fast.codes.tolist() == exact.codes.tolist() and fast.codes.max() > 20
