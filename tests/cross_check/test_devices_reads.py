"""Static currents of the memories in ngspice against their equations, and the facts their sources state."""

import numpy as np
import pytest
from devices_equations import READS, jart_current
from numpy.testing import assert_allclose

from circuitsim.characterization.device_benches import bench_deck
from circuitsim.characterization.device_reads import read_currents
from circuitsim.characterization.read_curves import read_curves, typical_states
from circuitsim.characterization.state_map import find_states, map_states
from circuitsim.devices import list_cards, load_card
from circuitsim.devices.user_file import user_device
from circuitsim.errors import InputError, SimulatorError
from circuitsim.spec import DeviceSpec
from circuitsim.spice import run

MEMORIES = [name for name in list_cards() if load_card(name).kind == "memory"]
STATIC = [name for name in MEMORIES if name != "charge_cell"]
ANALOG = [name for name in STATIC if name not in ("mtj_pma", "rram_ohmic")]
V = np.array([-0.5, -0.2, -0.05, 0.01, 0.1, 0.2, 0.35, 0.5])


def states_of(card):
    return np.array([1e-6, 1e-5, 1e-4]) if card.name == "rram_ohmic" else typical_states(card)


def read_voltage(card):
    return card.parameters["v_read"].value if "v_read" in card.parameters else card.state.v_read


@pytest.mark.parametrize("name", sorted(READS))
def test_static_current_is_that_of_the_stated_equation(name):
    card = load_card(name)
    states = states_of(card)
    found = read_currents(card, states, V)
    expected = np.array([[READS[name](g, v, read_voltage(card)) for v in V] for g in states])
    assert_allclose(found, expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("temperature_c", [-40.0, 27.0, 125.0])
def test_jart_current_is_that_of_the_published_equations(temperature_c):
    """Over the range the card states: |v| up to 0.5 V, every concentration, cold to hot."""
    states = [-2.09, -1.5, -0.5, 0.3, 1.3]
    found = read_currents(load_card("rram_jart_v1b"), states, V, temperature_c=temperature_c)
    expected = [[jart_current(v, 10**state, temperature_c + 273.15) for v in V] for state in states]
    assert_allclose(found, expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("name", STATIC)
def test_ohmic_is_declared_where_it_is_true(name):
    card = load_card(name)
    curves = read_curves(card, v_max=0.4, states=states_of(card))
    assert curves.ohmic == card.ohmic, f"chord conductance changes by {curves.bend:.1e}"


@pytest.mark.parametrize("name", ANALOG)
def test_a_wanted_conductance_is_read_back(name):
    card = load_card(name)
    mapping = map_states(card)
    low, high = max(mapping.g_range[0], 1e-6 * mapping.g_range[1]), mapping.g_range[1]
    wanted = np.exp(np.random.default_rng(7).uniform(np.log(low), np.log(high), 60))
    found = find_states(mapping, wanted)
    read = read_currents(card, found, [card.state.v_read])[:, 0] / card.state.v_read
    assert_allclose(read, wanted, rtol=1e-4, atol=0)
    # the range in the card is the one ngspice reads, to the six digits it is written with
    assert_allclose(mapping.g_range[1], min(card.state.g_max, mapping.g_range[1]), rtol=1e-5, atol=0)
    assert card.state.g_min <= mapping.g_range[0] * (1 + 1e-4)


@pytest.mark.parametrize("name", ["rram_stanford_a", "rram_sinh", "flash_fg"])
@pytest.mark.parametrize("temperature_c", [-40.0, 125.0])
def test_the_map_holds_at_other_temperatures_and_read_voltages(name, temperature_c):
    card = load_card(name)
    mapping = map_states(card, v_read=0.15, temperature_c=temperature_c)
    wanted = np.array([0.2, 0.6]) * mapping.g_range[1]
    found = find_states(mapping, wanted)
    read = read_currents(card, found, [0.15], temperature_c=temperature_c)[:, 0] / 0.15
    assert_allclose(read, wanted, rtol=1e-4, atol=0)


@pytest.mark.parametrize(
    ("name", "gaps", "resistances"),
    [
        ("rram_stanford_a", [0.1, 0.5, 1.0, 1.7], [10.0e3, 42.7e3, 263e3, 3.35e6]),
        ("rram_stanford_b", [0.2, 1.0, 1.7], [542.0, 13.3e3, 219e3]),
    ],
)
def test_stanford_resistance_at_a_tenth_of_a_volt(name, gaps, resistances):
    """The switching form held at its gap: at time 0 its state node stands still."""
    card = load_card(name)
    deck = ["* gaps", card.include]
    for k, gap in enumerate(gaps):
        deck += [f"v{k} a{k} 0 0.1", f"x{k} a{k} 0 s{k} {card.dynamic.subckt} gap={gap}"]
    deck += [".save " + " ".join(f"i(v{k})" for k in range(len(gaps))), ".op", ".end"]
    raw = run("\n".join(deck))
    found = [-0.1 / raw[f"i(v{k})"][0] for k in range(len(gaps))]
    assert_allclose(found, resistances, rtol=0.01, atol=0)


def test_stanford_nonlinearity_does_not_depend_on_the_state():
    """G(0.2 V)/G(0.1 V) = cosh(0.1/0.43) = 1.0272 at V0 = 0.43 V."""
    card = load_card("rram_stanford_a")
    i = read_currents(card, [3e-7, 1e-5, 1e-4], [0.1, 0.2])
    assert_allclose(i[:, 1] / i[:, 0] / 2, [1.02716] * 3, rtol=1e-5, atol=0)


def test_sonos_of_the_process_design_kit():
    """Programmed and erased at V_g = 0, V_d = 0.1 V: 0.234 nA and 0.947 µA; at V_g = 1 V: 2.4 and 5.9 µA."""
    card = load_card("flash_sonos_sky130")
    assert card.state.bias == {"g": 0.0}
    states = [card.state.maximum, card.state.minimum]
    assert_allclose(read_currents(card, states, [0.1])[:, 0], [0.234e-9, 0.947e-6], rtol=0.02, atol=0)
    lines = ["* at 1 V", card.include, "vg g 0 1"]
    for k, vt in enumerate(states):
        lines += [f"v{k} d{k} 0 0.1", f"x{k} d{k} g 0 0 {card.subckt} vt={vt}"]
    raw = run("\n".join([*lines, ".save i(v0) i(v1)", ".op", ".end"]))
    assert_allclose([-raw["i(v0)"][0], -raw["i(v1)"][0]], [2.4e-6, 5.9e-6], rtol=0.02, atol=0)


def test_tunnel_junction_has_the_ratio_of_its_source():
    """TMR 257 % near 0 V; half of it at v_h."""
    card = load_card("mtj_pma")
    i = read_currents(card, [card.state.minimum, card.state.maximum], [1e-3, 0.5])
    assert_allclose(i[1] / i[0] - 1, [2.5714, 2.5714 / 2], rtol=1e-3, atol=0)


def test_phase_change_memory_drifts_in_the_netlist_as_in_the_statistics():
    """((t + t0)/t0)^−ν = 0.663524 after a day at ν = 0.049."""
    card = load_card("pcm_joshi")
    lines = ["* drift", card.include, "v0 a 0 0.2", f"x0 a 0 {card.subckt} g=25u t=86400 nu=0.049"]
    raw = run("\n".join([*lines, ".save i(v0)", ".op", ".end"]))
    assert_allclose(-raw["i(v0)"][0] / 0.2, 25e-6 * 0.663524, rtol=1e-6, atol=0)


@pytest.mark.parametrize(("name", "window"), [("fefet_hzo", 2 * 0.5), ("flash_fg", 1.0)])
def test_a_stored_threshold_moves_the_transfer_curve_by_itself(name, window):
    """Two states a unit (FeFET: two units of p, half the window each) apart give one curve, shifted."""
    card = load_card(name)
    parameter = card.state.parameter
    low, high = (1.0, -1.0) if name == "fefet_hzo" else (0.5, 1.5)
    lines = ["* shift", card.include, "vg g 0 1", f"vs h g {window}"]
    lines += ["v0 d0 0 0.1", f"x0 d0 g 0 0 {card.subckt} {parameter}={low}"]
    lines += ["v1 d1 0 0.1", f"x1 d1 h 0 0 {card.subckt} {parameter}={high}"]
    raw = run("\n".join([*lines, ".save i(v0) i(v1)", ".op", ".end"]))
    assert_allclose(raw["i(v1)"], raw["i(v0)"], rtol=1e-9, atol=0)


def test_charge_cells_share_their_charge():
    """V = Σ c x / (n c_u + c_par) of the bench: four weights, inputs 0, 0.5 and 1."""
    raw = run(bench_deck(load_card("charge_cell")), options={"reltol": "1e-6", "abstol": "1e-12", "vntol": "1e-9"})
    charge = 1.5 + 0 + 0 + 1.5 + 0.75 + 0 + 0.5 * 1.5 + 0.375
    assert_allclose(raw["v(line)"][-1], charge / (8 * 1.5 + 2), rtol=1e-6, atol=0)


@pytest.mark.parametrize("temperature_c", [-40.0, 27.0, 125.0])
@pytest.mark.parametrize("name", STATIC)
def test_every_memory_reads_from_cold_to_hot(name, temperature_c):
    card = load_card(name)
    states = states_of(card)
    i = read_currents(card, states, [0.1], temperature_c=temperature_c)[:, 0]
    order = np.diff(i)
    assert (i > 0).all()
    assert (order > 0).all() or (order < 0).all()
    if card.temperature.law.startswith("none"):
        reference = read_currents(card, states, [0.1])[:, 0]
        assert_allclose(i, reference, rtol=1e-12, atol=0)


def own_memory(tmp_path, law):
    path = tmp_path / "bad.lib"
    path.write_text(f"* bad\n.subckt bad te be params: g=1u\nb1 te be i={law}\n.ends\n", encoding="utf-8")
    return user_device(DeviceSpec(file=path, subckt="bad", g_min=1e-6, g_max=1e-4))


def test_a_current_that_falls_with_the_voltage_is_refused(tmp_path):
    card = own_memory(tmp_path, "{g}*v(te,be)*(1-4*v(te,be)*v(te,be))")
    with pytest.raises(InputError, match=r"the current of bad at state 1e-06 falls from"):
        read_curves(card, v_max=0.6)


def test_a_model_that_gives_no_number_does_not_get_through(tmp_path):
    card = own_memory(tmp_path, "{g}*v(te,be)*sqrt(-1-v(te,be)*v(te,be))")
    with pytest.raises((InputError, SimulatorError)):
        read_curves(card, v_max=0.4)


def test_a_conductance_that_does_not_follow_its_parameter_is_refused(tmp_path):
    card = own_memory(tmp_path, "1e-5*v(te,be)+0*{g}")
    with pytest.raises(InputError, match=r"not a positive monotonic function of g near"):
        map_states(card, v_read=0.2)
