"""Switching in transient: both ways, inside the range, converged in time, and on time by independent integration."""

import numpy as np
import pytest
from devices_equations import stanford_rate
from numpy.testing import assert_allclose
from scipy.integrate import quad, solve_ivp
from scipy.optimize import brentq
from test_devices_benches import SWITCHES, run_bench

from circuitsim.characterization.device_benches import SWITCHING, bench_deck
from circuitsim.devices import load_card
from circuitsim.spice import run

LEVELS = {  # state at which a device counts as switched, and whether SET lowers it
    "rram_stanford_a": (0.9, True),
    "rram_stanford_b": (1.3, True),
    "rram_vteam": (0.5, True),
    "mtj_pma": (0.0, False),
    "ecram": (0.3, False),
    "fefet_hzo": (0.0, False),
}
STEPS = {"rram_stanford_a": "200n", "rram_stanford_b": "200n", "rram_vteam": "2n", "mtj_pma": "0.1n"}
STEPS |= {"ecram": "20n", "fefet_hzo": "2n"}


def crossings(time, state, level):
    """Times at which the state crosses a level, by linear interpolation."""
    k = np.flatnonzero(np.diff(np.sign(state - level)))
    return time[k] + (level - state[k]) / (state[k + 1] - state[k]) * (time[k + 1] - time[k])


@pytest.mark.parametrize("name", SWITCHES)
def test_it_switches_both_ways_inside_its_range(name):
    card = load_card(name)
    raw = run_bench(card, SWITCHING)
    level, falls = LEVELS[name]
    state = raw["v(st)"]
    if name != "ecram":
        assert len(crossings(raw["time"], state, level)) == 2
    first = np.diff(state)[np.flatnonzero(np.diff(np.sign(state - level)))[0]]
    assert (first < 0) == falls, "SET is positive from te to be"
    span = card.dynamic.maximum - card.dynamic.minimum
    assert state.min() >= card.dynamic.minimum - 1e-3 * span
    assert state.max() <= card.dynamic.maximum + 1e-3 * span


@pytest.mark.parametrize("name", SWITCHES)
def test_half_the_step_and_tolerance_change_the_switching_time_by_less_than_a_percent(name):
    card = load_card(name)
    level = LEVELS[name][0]
    coarse = run_bench(card, SWITCHING)
    step = STEPS[name]
    deck = bench_deck(card, SWITCHING)
    half = f"{float(step[:-1]) / 2:g}{step[-1]}"
    tran = next(line for line in deck.splitlines() if line.startswith(".tran"))
    options = {"reltol": "5e-5", "abstol": "5e-13", "vntol": "5e-7", "gmin": "1e-15"}
    fine = run(deck.replace(tran, tran.replace(step, half)), options=options)
    times = [crossings(raw["time"], raw["v(st)"], level) for raw in (coarse, fine)]
    assert_allclose(times[0], times[1], rtol=0.01, atol=0)


def test_stanford_set_happens_when_the_equations_say():
    """The ramp of the bench by an implicit Runge-Kutta method: gap, self-heating, series resistor."""
    p = {"vel0": 150.0, "ea_g": 1.501, "ea_r": 1.5, "gamma0": 16.5, "beta": 1.25, "a0": 0.25, "tox": 5.0}
    i0, gap0, v0, r_th, r_s = 61.4e-6, 0.27505, 0.43, 722702.0, 5e3

    def rate(t, y):
        gap = min(max(y[0], 0.1), 1.7)
        source = 3.0 * t / 1e5  # t in ns

        def loop(v):
            return (source - v) / r_s - i0 * np.exp(-gap / gap0) * np.sinh(v / v0)

        v = brentq(loop, 0.0, source) if source > 0 else 0.0
        kelvin = 300.15 + r_th * v * (source - v) / r_s
        return [stanford_rate(gap, v, kelvin, **p)]

    def switched(t, y):
        return y[0] - 0.9

    switched.terminal = True
    found = solve_ivp(rate, (0, 1e5), [1.7], method="Radau", rtol=1e-6, atol=1e-9, events=switched, max_step=500)
    raw = run_bench(load_card("rram_stanford_a"), SWITCHING, reltol="1e-5", vntol="1e-7")
    assert_allclose(crossings(raw["time"], raw["v(st)"], 0.9)[0], found.t_events[0][0] * 1e-9, rtol=0.005, atol=0)


def test_heat_speeds_up_a_set():
    """An ambient of 85 °C switches the ramp earlier than −40 °C."""
    deck = bench_deck(load_card("rram_stanford_a"), SWITCHING)
    options = {"reltol": "1e-4", "abstol": "1e-12", "vntol": "1e-6", "gmin": "1e-15"}
    times = []
    for celsius in (-40, 85):
        raw = run(deck.replace("\n.end", f"\n.temp {celsius}\n.end"), options=options)
        times.append(crossings(raw["time"], raw["v(st)"], 0.9)[0])
    assert times[1] < 0.95 * times[0]


def test_vteam_keeps_its_state_in_a_read_and_switches_in_150_nanoseconds():
    card = load_card("rram_vteam")
    lines = [
        "* read and write",
        card.include,
        "vr a 0 pulse(0 0.2 0 1n 1n 1m 2m)",
        f"xr a 0 r {card.dynamic.subckt} w=0.4",
    ]
    lines += ["vw b 0 pulse(0 1.6 0 1p 1p 1m 2m)", f"xw b 0 st {card.dynamic.subckt} w=1"]
    lines += [".save v(r) v(st)", ".tran 1n 200n 0 0.2n", ".end"]
    raw = run("\n".join(lines), options={"reltol": "1e-5", "abstol": "1e-12", "vntol": "1e-7"})
    assert_allclose(raw["v(r)"], 0.4, rtol=1e-9, atol=0)
    assert_allclose(crossings(raw["time"], raw["v(st)"], 0.5)[0], 75e-9, rtol=0.005, atol=0)


def test_tunnel_junction_reverses_when_the_equation_of_motion_says():
    """τ ∫ dm / ((1 − m² + 1/Δ)(m + i/i_c0)) from −1 to 0 at a constant current."""
    card = load_card("mtj_pma")
    tau, i_c0, delta = (card.dynamic.parameters[key].value for key in ("tau", "i_c0", "delta"))
    current = 60e-6
    time = tau * quad(lambda m: 1 / ((1 - m * m + 1 / delta) * (m + current / i_c0)), -1, 0)[0]
    lines = [
        "* current step",
        card.include,
        "i1 0 te pulse(0 60u 0 1p 1p 1u 2u)",
        f"x1 te 0 st {card.dynamic.subckt} m=-1",
    ]
    lines += [".save v(st)", ".tran 0.05n 60n 0 0.05n", ".end"]
    raw = run("\n".join(lines), options={"reltol": "1e-6", "abstol": "1e-12", "vntol": "1e-8"})
    assert_allclose(crossings(raw["time"], raw["v(st)"], 0.0)[0], time, rtol=0.005, atol=0)


def test_tunnel_junction_stays_below_its_critical_current():
    card = load_card("mtj_pma")
    lines = ["* read", card.include, "i1 0 te 20u", f"x1 te 0 st {card.dynamic.subckt} m=-1"]
    lines += [".save v(st)", ".tran 1n 1u", ".end"]
    raw = run("\n".join(lines), options={"reltol": "1e-5", "abstol": "1e-12", "vntol": "1e-7"})
    assert raw["v(st)"].max() < -0.85


def test_ecram_counts_the_charge_through_its_gate():
    """1 µA for 10 µs, then −1 µA for 5 µs, of a full charge of 10 pC."""
    raw = run_bench(load_card("ecram"), SWITCHING)
    at = np.interp([14e-6, 24e-6], raw["time"], raw["v(st)"])
    assert at[0] > 0.98  # the window closes on the last percent
    assert_allclose(at[0] - at[1], 0.5, rtol=0.01, atol=0)


def held_conductances(name, v):
    """States of a switching model and the chord conductance [S] at v that the header of its card states for each."""
    if name == "ecram":
        return {q: 0.1e-6 + 1.5e-6 * q for q in (0.0, 0.3, 1.0)}
    if name == "rram_vteam":
        return {w: 1 / (8333.3333 + (1e6 - 8333.3333) * w) for w in (0.0, 0.3, 1.0)}
    if name == "mtj_pma":
        return {1.0: 1 / 6000.0, -1.0: 1 / (6000.0 * (1 + 2.5714286 / (1 + (v / 0.5) ** 2)))}
    i0, gap0, v0 = {"rram_stanford_a": (61.4e-6, 0.27505, 0.43), "rram_stanford_b": (1e-3, 0.25, 0.25)}[name]
    return {gap: i0 * np.exp(-gap / gap0) * np.sinh(v / v0) / v for gap in (0.3, 0.8, 1.4)}


@pytest.mark.parametrize("name", [name for name in SWITCHES if name != "fefet_hzo"])  # it has no two-terminal read
def test_a_held_state_reads_as_the_static_card(name):
    """At time 0 the switching model conducts what its equation states, and what the card of reads conducts."""
    card, v = load_card(name), 0.1
    stated = held_conductances(name, v)
    lines = ["* held states", card.include, *(f"v{k} n{k} 0 {v}" for k in range(2 * len(stated)))]
    for k, (state, g) in enumerate(stated.items()):
        nodes = " ".join({"te": f"n{k}", "be": "0"}.get(port, f"{port}{k}") for port in card.dynamic.ports)
        lines.append(f"xd{k} {nodes} {card.dynamic.subckt} {card.dynamic.parameter}={state!r}")
        lines.append(f"xs{k} n{k + len(stated)} 0 {card.subckt} g={float(g)!r}")
        lines += [f"rga{k} ga{k} 0 1meg"] if "ga" in card.dynamic.ports else []
    lines += [".save " + " ".join(f"i(v{k})" for k in range(2 * len(stated))), ".op", ".end"]
    raw = run("\n".join(lines), options={"reltol": "1e-8", "abstol": "1e-16", "vntol": "1e-10", "gmin": "1e-15"})
    currents = -np.array([raw[f"i(v{k})"][0] for k in range(2 * len(stated))]).reshape(2, -1)
    assert_allclose(currents[0], v * np.array(list(stated.values())), rtol=1e-5, atol=0)
    assert_allclose(currents[0], currents[1], rtol=1e-5, atol=0)
