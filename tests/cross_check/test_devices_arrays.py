"""An array of 32 × 32 cells with each memory: the operating point converges without help, and means what it should."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.characterization.state_map import find_states, map_states
from circuitsim.devices import list_cards, load_card
from circuitsim.devices.from_spec import device_card, device_values
from circuitsim.netlist import crossbar
from circuitsim.spec import parse_spec
from circuitsim.spice import run

N = 32
CONDUCTANCE = [
    name
    for name in list_cards()
    if (state := load_card(name).state) is not None and state.kind in ("conductance", "binary")
]
ANALOG_1T1R = ["rram_jart_v1b"]
ONE_TRANSISTOR = ["flash_sonos_sky130", "flash_fg", "fefet_hzo"]


@pytest.mark.parametrize("name", CONDUCTANCE)
def test_1t1r_array_converges_as_written(name, record_property):
    card = load_card(name)
    low, high = max(card.state.g_min, 1e-7), min(card.state.g_max, 1e-4)
    device = {"model": name, "g_min": low, "g_max": high}
    if card.state.kind == "binary":
        device |= {"g_min": card.state.g_min, "g_max": card.state.g_max}
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": N, "cols": N},
            "device": device,
            "access": {"model": "nmos_130", "w": 2e-6, "l": 0.13e-6, "v_gate": 1.8},
            "wire": {"r_row": 1.0, "r_col": 1.0},
            "driver": {"v_read": 0.1},
        }
    )
    rng = np.random.default_rng(8)
    g = np.exp(rng.uniform(np.log(device["g_min"]), np.log(device["g_max"]), (N, N)))
    x = rng.uniform(0, 0.1, (1, N))
    raw = run(crossbar(spec, g, x))
    record_property("seconds", raw.seconds)
    assert [attempt.change for attempt in raw.attempts] == ["as written"]
    found = np.array([raw[f"i(vsense_{j})"][0] for j in range(N)])
    if card.state.kind == "binary":
        g = np.where(g * 6000 > 1 / np.sqrt(1 + 2.5714286), card.state.g_max, card.state.g_min)  # the nearer state
    ideal = x[0] @ g
    # wires and transistors take part of the voltage; what is left cannot exceed it
    assert (found < 1.05 * ideal).all()  # a read below v_read sees a smaller chord than g, a larger one never
    assert (found > 0.5 * ideal).all()


@pytest.mark.parametrize("name", ANALOG_1T1R)
def test_1t1r_array_of_mapped_states_converges_as_written(name, record_property):
    """The states of drawn conductances, found through ngspice, read as an array; 32 x 32 of these take it 18 s."""
    side = N // 2
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": side, "cols": side},
            "device": {"model": name, "g_min": 2e-5, "g_max": 2e-4},
            "access": {"model": "nmos_130", "w": 2e-6, "l": 0.13e-6, "v_gate": 1.8},
            "wire": {"r_row": 1.0, "r_col": 1.0},
            "driver": {"v_read": 0.1},
        }
    )
    rng = np.random.default_rng(8)
    g = rng.choice(np.geomspace(2e-5, 2e-4, 32), (side, side))  # 32 levels: each is read on its own to find its state
    states = find_states(map_states(device_card(spec)), g)
    x = rng.uniform(0, 0.1, (1, side))
    raw = run(crossbar(spec, g, x, state=states))
    record_property("seconds", raw.seconds)
    assert [attempt.change for attempt in raw.attempts] == ["as written"]
    found = np.array([raw[f"i(vsense_{j})"][0] for j in range(side)])
    ideal = x[0] @ g
    assert (found < 1.05 * ideal).all()
    assert (found > 0.5 * ideal).all()


@pytest.mark.parametrize("name", ONE_TRANSISTOR)
def test_array_of_transistor_memories_converges_as_written(name, record_property):
    """Drain on the row, source on the column, gate at the read bias; 1 ohm from cell to cell."""
    card = load_card(name)
    rng = np.random.default_rng(9)
    states = rng.uniform(card.state.minimum, card.state.maximum, (N, N))
    lines = [f"* {name}, {N} x {N}", card.include, f"vg g 0 {card.state.bias['g']}"]
    for i in range(N):
        lines.append(f"vin_{i} r_{i}_0 0 {rng.uniform(0, 0.1)!r}")
        lines.append(f"vsense_{i} c_{N}_{i} 0 0")
    for i in range(N):
        for j in range(N):
            values = {card.state.parameter: states[i, j], **device_values(card)}
            nodes = {"d": f"r_{i}_{j + 1}", "g": "g", "s": f"c_{i}_{j}", "b": "0"}
            lines += [f"rr_{i}_{j} r_{i}_{j} r_{i}_{j + 1} 1", f"rc_{i}_{j} c_{i}_{j} c_{i + 1}_{j} 1"]
            lines.append(card.instance(f"x_{i}_{j}", nodes, values))
    lines += [".save " + " ".join(f"i(vin_{i}) i(vsense_{i})" for i in range(N)), ".op", ".end"]
    raw = run("\n".join(lines))
    record_property("seconds", raw.seconds)
    assert [attempt.change for attempt in raw.attempts] == ["as written"]
    out = np.array([raw[f"i(vsense_{j})"][0] for j in range(N)])
    into = -np.array([raw[f"i(vin_{i})"][0] for i in range(N)])
    assert (out > 0).all()
    assert_allclose(out.sum(), into.sum(), rtol=1e-6, atol=0)  # the bulk takes only junction leakage


def test_charge_array_shares_charge_on_every_line(record_property):
    """32 lines of 32 cells: V = Σ c x / (n c_u + c_par) on each."""
    card = load_card("charge_cell")
    rng = np.random.default_rng(10)
    c = rng.integers(0, 2, (N, N)) * 1.5e-15
    x = rng.integers(0, 2, N)
    lines = [f"* charge, {N} x {N}", card.include, ".model sw1 sw vt=0.5 vh=0 ron=10 roff=1e15"]
    lines += ["vp p 0 pulse(1 0 1n 10p 10p 1 2)"]
    lines += [f"vin_{i} x_{i} 0 pulse(0 {x[i]} 2n 10p 10p 1 2)" for i in range(N)]
    for j in range(N):
        lines += [f"cp_{j} l_{j} 0 2f", f"s_{j} l_{j} 0 p 0 sw1"]
        for i in range(N):
            nodes = {"x": f"x_{i}", "line": f"l_{j}"}
            lines.append(card.instance(f"xc_{i}_{j}", nodes, {"c": c[i, j], **device_values(card)}))
    lines += [".save " + " ".join(f"v(l_{j})" for j in range(N)), ".tran 50p 4n", ".end"]
    raw = run("\n".join(lines), options={"reltol": "1e-5", "abstol": "1e-13", "vntol": "1e-8"})
    record_property("seconds", raw.seconds)
    found = np.array([raw[f"v(l_{j})"][-1] for j in range(N)])
    assert_allclose(found, x @ c / (N * 1.5e-15 + 2e-15), rtol=1e-5, atol=0)
