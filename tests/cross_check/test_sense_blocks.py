"""Sense amplifiers as circuits: their tables against hand calculation, and the faults that a bench must find."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim import blocks, spice
from circuitsim.characterization import blocks as benches
from circuitsim.characterization import sense_curves
from circuitsim.errors import SimulatorError

K_B, T = 1.380649e-23, 300.15


def spec_of(rows=8, g_max=5e-5, **sense):
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": 2, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": g_max},
            "wire": {"r_row": 1, "r_col": 1},
            "driver": {"v_read": 0.2},
            "sense": sense,
        }
    )


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("tables")


def test_a_transimpedance_amplifier_does_what_its_formulas_say(cache):
    table = cs.characterize(spec_of(model="tia", i_max=5e-5), cache=cache).sense
    rf, a0, gbw, en = 1e4, 1e4, 1e8, 5e-9
    r_in = (rf + 1e3) / (1 + a0)  # the output resistance stands in the loop too
    assert_allclose(table.drop, table.current * r_in, rtol=0, atol=2e-4 * table.drop.max())
    assert_allclose(np.diff(table.reported) / np.diff(table.current), -rf, rtol=2e-4, atol=0)
    assert (table.unit, table.block, table.temperature_c, table.supply) == ("V", "tia", 27.0, None)
    d = table.dynamics
    # the source sees R_f and the column; the op-amp's noise voltage works on both
    hand = np.sqrt(4 * K_B * T / rf + (en * (1 / rf + d.conductance)) ** 2)
    assert_allclose(d.noise_density, np.broadcast_to(hand, d.noise_density.shape), rtol=0.01, atol=0)
    slow = d.conductance * rf > 1  # one pole of the loop where the column loads it
    pole = gbw / (1 + rf * d.conductance)
    assert_allclose(d.bandwidth[:, slow], np.broadcast_to(pole[slow], d.bandwidth[:, slow].shape), rtol=0.15, atol=0)
    # 0.2 % of one pole takes ln 500 = 6.2 time constants; the smallest step does not slew
    assert_allclose(d.settling[0, slow], np.log(500) / (2 * np.pi * pole[slow]), rtol=0.2, atol=0)
    assert np.all(np.diff(d.settling[:, 0]) > 0), "larger steps slew"


def test_the_noise_of_a_reset_is_kt_over_c():
    """Reset closed and an ideal op-amp: the capacitor holds the noise of the switch, sqrt(kT/C).

    In `.noise` ngspice takes a switch as open; its resistance stands in the place of the closed one.
    """
    block = blocks.load_block("sense", "sc_integrator")
    deck = "\n".join(
        [
            "* reset of the integrator",
            block.include,
            "vref ref 0 0",
            "iin x 0 dc 0 ac 1",
            "rr x out 1k",
            "cf x out 1p",
            "xo ref x out opamp_1p gbw=1e13 islew=1 en=1e-12 ro=1",
            ".noise v(out) iin dec 50 1e3 1e12",
            ".end",
        ]
    )
    raw = spice.run(deck, options={"reltol": "1e-6", "abstol": "1e-14", "vntol": "1e-9", "num_threads": "1"})
    spectrum = next(p for p in raw.plots if "onoise_spectrum" in p.variables and len(p.data) > 1)
    f, s = np.real(spectrum["frequency"]), np.real(spectrum["onoise_spectrum"]) ** 2
    rms = np.sqrt(np.sum((s[1:] + s[:-1]) * np.diff(f)) / 2)
    assert_allclose(rms, np.sqrt(K_B * T / 1e-12), rtol=0.01, atol=0)


def test_a_cascode_has_the_noise_of_its_mirror(cache):
    """Two times the noise of one mirror transistor, measured alone at the same current, and the load."""
    table = cs.characterize(spec_of(model="regulated_cascode_65", v_ref=0.5, i_max=4e-5), cache=cache).sense
    d, card = table.dynamics, blocks.load_block("sense", "regulated_cascode_65")
    for k in (1, 2, 3):
        deck = "\n".join(
            [
                "* one mirror transistor",
                card.include,
                f"vdd vdd 0 {card.v_supply}",
                "x1 m m vdd vdd pmos_65 w=6e-6 l=2.4e-7",
                f"i1 m 0 dc {-float(d.current[k])!r} ac 1",
                ".noise v(m) i1 dec 20 1k 1g",
                ".end",
            ]
        )
        raw = spice.run(deck, options={"reltol": "1e-6", "abstol": "1e-14", "vntol": "1e-9", "num_threads": "1"})
        alone = next(p for p in raw.plots if "inoise_spectrum" in p.variables and len(p.data) > 1)
        f = np.real(alone["frequency"])
        one = float(np.interp(d.noise_frequency, f, np.real(alone["inoise_spectrum"])))
        gain = abs(np.interp(d.current[k], table.current[:-1], np.diff(table.reported) / np.diff(table.current)))
        hand = np.sqrt(2 * one**2 + 4 * K_B * T * card.load / gain**2)
        assert_allclose(d.noise_density[k, 0], hand, rtol=0.05, atol=0)


def test_an_integrator_reports_the_charge(cache):
    table = cs.characterize(spec_of(model="sc_integrator", v_ref=0.5, i_max=5e-5), cache=cache).sense
    away = np.abs(table.current) > 5e-6
    charge = table.current * 10e-9
    assert_allclose(-(table.reported - 0.5)[away] * 1e-12, charge[away], rtol=2e-3, atol=0)
    assert table.t_ready == pytest.approx(21e-9) and table.dynamics is None and table.reported_error < 1e-6


@pytest.mark.parametrize(
    ("name", "v_ref"), [("regulated_cascode", 0.5), ("regulated_cascode_65", 0.5), ("regulated_cascode_p", 1.0)]
)
def test_a_table_is_right_between_its_points_and_ends_where_the_circuit_does(cache, name, v_ref):
    spec = spec_of(rows=128, model=name, v_ref=v_ref)  # columns of up to 1.3 mA, which no such circuit takes
    table = cs.characterize(spec, cache=cache).sense
    largest = np.abs(table.current).max()
    assert 5e-5 < largest < 1.2e-4
    assert table.reported_error < 3e-6 and table.drop_error < 1e-6
    assert np.all(table.power > 1e-5) and np.all(np.abs(table.drop) < 0.2)
    at = np.sign(table.current[np.argmax(np.abs(table.current))]) * np.array([0.0123, 0.1234, 0.777]) * largest
    deck = sense_curves.sense_deck(blocks.load_block("sense", name), at, v_ref=v_ref, temperature_c=27.0)
    raw = spice.run(deck)
    assert_allclose(np.interp(at, table.current, table.drop) + v_ref, raw["v(in)"], rtol=0, atol=2e-6)
    assert_allclose(np.interp(at, table.current, table.reported), raw["v(out)"], rtol=0, atol=1e-5)


def test_a_table_follows_temperature_and_supply(cache):
    base = spec_of(model="regulated_cascode_65", v_ref=0.5, i_max=4e-5)
    tables = [
        cs.characterize(spec, cache=cache).sense
        for spec in (base, base.replace(array={"temperature_c": 125}), base.replace(sense={"supply": 1.1}))
    ]
    assert [(t.temperature_c, t.supply) for t in tables] == [(27.0, 1.2), (125.0, 1.2), (27.0, 1.1)]
    at_1ua = [float(np.interp(-1e-6, t.current, t.drop)) for t in tables]
    assert 1e-3 < abs(at_1ua[1] - at_1ua[0]) < 2e-2 and 1e-3 < abs(at_1ua[2] - at_1ua[0]) < 2e-2


def test_a_table_is_made_once_and_a_damaged_one_again(cache, monkeypatch):
    spec = spec_of(model="virtual_ground", i_max=1e-4)
    first = cs.characterize(spec, cache=cache)
    monkeypatch.setattr(benches.sense_curves, "sense_curve", None)  # cannot be called
    assert cs.characterize(spec, cache=cache) == first
    monkeypatch.undo()
    for path in cache.glob("*.npz"):
        path.write_bytes(path.read_bytes()[:-200])
    assert cs.characterize(spec, cache=cache) == first
    assert cs.characterize(spec_of(model="virtual_ground", i_max=1e-4, params={"r_in": 100}), cache=cache) != first


def user_block(tmp_path, body, **more):
    file = tmp_path / "user.lib"
    file.write_text(f".subckt amp a y vcm vdd gnd\n{body}\n.ends\n", encoding="utf-8")
    ports = {"in": "a", "out": "y", "ref": "vcm", "vdd": "vdd", "vss": "gnd"}
    return spec_of(file=file, subckt="amp", ports=ports, supply=1.8, i_max=1e-4, **more)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (
            "rf a y 1k\nb1 y vcm v=-1e3*v(a,vcm)\nr1 vdd vdd2 1k\nr2 vdd2 gnd 1e15",
            "draws no current from its supply of",
        ),
        ("rf a vcm 1k\nr1 vdd gnd 1meg\nr2 y gnd 1k", "its output does not follow the column current"),
        (
            "rf a b 1k\nb1 b vcm v=-1e3*v(a,vcm)\nrs b y 1meg\ncs y vcm 1m\nr1 vdd gnd 1meg",
            "its output does not settle within .* at a column current of",
        ),
        ("rf a y 1k\nb1 y vcm v=2*v(a,vcm)\nr1 vdd gnd 1meg", "the column falls where the current rises"),
    ],
)
def test_a_circuit_that_does_not_work_is_refused_and_its_run_kept(tmp_path, body, sentence):
    with pytest.raises(SimulatorError, match=sentence) as refused:
        cs.characterize(user_block(tmp_path, body), cache=tmp_path / "cache")
    assert "\n" not in str(refused.value) and "user.lib" not in str(refused.value)
    assert refused.value.folder is not None and (refused.value.folder / "deck.cir").is_file()


def test_a_users_circuit_is_like_a_shipped_one(tmp_path, cache):
    body = "xf a y vcm tia rf=10k\nr1 vdd gnd 1meg"
    spec = user_block(tmp_path, body)
    include = f'.include "{blocks.load_block("sense", "tia").lib}"\n'
    spec.sense.file.write_text(include + spec.sense.file.read_text(encoding="utf-8"), encoding="utf-8")
    own = cs.characterize(spec, cache=cache).sense
    shipped = cs.characterize(spec_of(model="tia", i_max=1e-4), cache=cache).sense
    assert_allclose(own.reported, shipped.reported, rtol=0, atol=1e-9)
    assert_allclose(own.power, 1.8**2 / 1e6, rtol=1e-6, atol=0)
    assert_allclose(own.dynamics.noise_density, shipped.dynamics.noise_density, rtol=1e-6, atol=0)


def test_ideal_amplifiers_have_no_table():
    assert cs.characterize(spec_of()).sense is None


def test_noise_of_a_table_reaches_what_it_reports(cache):
    from circuitsim.periphery import report

    table = cs.characterize(spec_of(model="tia", i_max=5e-5), cache=cache).sense
    noisy = dataclasses.replace(table, noise=float(table.dynamics.noise_rms.max()))
    out = report(noisy, np.full((20000, 1), 1e-5), rng=np.random.default_rng(0))
    assert_allclose(out.std(), table.dynamics.noise_rms.max(), rtol=0.03, atol=0)
    assert_allclose(out.mean(), -0.1, rtol=0, atol=1e-4)
