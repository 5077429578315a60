"""Every bench runs in ngspice as it stands and gives the curve committed beside its card."""

import csv
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.characterization.device_benches import READ, SWITCHING, bench_deck, has_bench
from circuitsim.characterization.transistor import transistor_figures
from circuitsim.devices import list_cards, load_card
from circuitsim.errors import InputError
from circuitsim.spice import run

CARDS = list_cards()
SWITCHES = [name for name in CARDS if load_card(name).dynamic is not None]


def run_bench(card, which=READ, **changed):
    deck = bench_deck(card, which)
    options = dict(word.split("=") for word in re.search(r"^\.options (.*)$", deck, re.MULTILINE)[1].split())
    return run(deck, options={**options, **changed})


def reference(card, which=READ):
    path = card.folder / ("bench.csv" if which == READ else "switching.csv")
    with path.open(encoding="utf-8") as stream:
        names = [word.rsplit("_", 1)[0] for word in next(csv.reader(stream))]
        values = np.array([[float(word) for word in row] for row in csv.reader(stream)])
    return dict(zip(names, values.T, strict=True))


@pytest.mark.parametrize("name", [name for name in CARDS if name != "charge_cell"])
def test_bench_curve_is_the_committed_one(name):
    card = load_card(name)
    raw = run_bench(card)
    for vector, expected in reference(card).items():
        # 9 digits are written; currents below 1e-12 of the largest are the simulator's own floor
        floor = 1e-12 * np.abs(expected).max()
        assert_allclose(raw[vector], expected, rtol=1e-6, atol=floor, err_msg=vector)


def test_charge_sharing_is_the_committed_one():
    card = load_card("charge_cell")
    raw, expected = run_bench(card), reference(card)
    settled = np.abs(expected["time"] - 2e-9) > 0.2e-9
    line = np.interp(expected["time"], raw["time"], raw["v(line)"])
    assert_allclose(line[settled], expected["v(line)"][settled], rtol=1e-4, atol=1e-6)  # 1 µV of 0.35 V


@pytest.mark.parametrize("name", SWITCHES)
def test_switching_curve_is_the_committed_one(name):
    card = load_card(name)
    raw, expected = run_bench(card, SWITCHING), reference(card, SWITCHING)
    state = np.interp(expected["time"], raw["time"], raw["v(st)"])
    span = card.dynamic.maximum - card.dynamic.minimum
    off = np.abs(state - expected["v(st)"]) > 0.01 * span
    assert off.mean() < 0.01, "more than one time in a hundred away by more than 1 % of the range"
    for vector in (name for name in expected if name.startswith("i(")):
        current = np.interp(expected["time"], raw["time"], raw[vector])
        away = np.abs(current - expected[vector]) > 0.01 * np.abs(expected[vector]).max()
        assert away.mean() < 0.01, vector


@pytest.mark.parametrize("name", [name for name in CARDS if load_card(name).kind == "transistor"])
def test_figures_of_merit_are_those_of_the_card(name):
    card = load_card(name)
    deck = bench_deck(card)
    raw = run_bench(card)
    size = re.search(r"w=(\S+)u l=(\S+)u", deck)
    figures = transistor_figures(
        raw["v(g)"],
        raw["i(vlin)"],
        raw["i(vsat)"],
        raw["i(vbody)"],
        v_lin=float(re.search(r"vlin d1 0 (\S+)", deck)[1]),
        w_over_l=float(size[1]) / float(size[2]),
    )
    for key, value in vars(figures).items():
        assert_allclose(value, card.measured[key].value, rtol=1e-4, atol=0, err_msg=key)  # five digits are written


@pytest.mark.parametrize(("corner", "i_dsat", "r_on"), [("tt", 501e-6, 699.0), ("ss", None, None), ("ff", None, None)])
def test_sky130_corners(corner, i_dsat, r_on):
    card = load_card("sky130_nfet_01v8")
    deck = bench_deck(card).replace('model.lib" tt', f'model.lib" {corner}')
    raw = run(deck)
    suffix = "" if corner == "tt" else f"_{corner}"
    sat, lin = -raw["i(vsat)"][-1], 0.05 / -raw["i(vlin)"][-1]
    assert_allclose(sat, card.measured[f"i_dsat{suffix}"].value, rtol=1e-4, atol=0)
    assert_allclose(lin, card.measured[f"r_on{suffix}"].value, rtol=1e-4, atol=0)
    if i_dsat is not None:
        assert_allclose([sat, lin], [i_dsat, r_on], rtol=0.01, atol=0)


@pytest.mark.parametrize("temperature_c", [-40.0, 125.0])
@pytest.mark.parametrize("name", [name for name in CARDS if load_card(name).kind == "transistor"])
def test_every_transistor_works_from_cold_to_hot(name, temperature_c):
    card = load_card(name)
    warm = run_bench(card)
    raw = run(bench_deck(card).replace("\n.end", f"\n.temp {temperature_c}\n.end"))
    on, reference_on = np.abs(raw["i(vlin)"][-1]), np.abs(warm["i(vlin)"][-1])
    assert np.isfinite(raw.data).all()
    # mobility falls with temperature, so a strongly turned-on transistor conducts more when cold
    assert on > reference_on if temperature_c < 0 else on < reference_on
    off, reference_off = np.abs(raw["i(vsat)"][0]), np.abs(warm["i(vsat)"][0])
    if name != "nmos_level1":  # level 1 has no subthreshold current
        assert off > reference_off if temperature_c > 0 else off <= reference_off


def test_a_card_without_such_a_bench_is_refused():
    assert not has_bench(load_card("rram_sinh"), SWITCHING)
    with pytest.raises(InputError, match=r"rram_sinh: no switching bench"):
        bench_deck(load_card("rram_sinh"), SWITCHING)
