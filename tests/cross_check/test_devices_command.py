"""`circuitsim device`: list, show, characterize, fit, with ngspice behind them."""

import json
import shutil

import numpy as np
import pytest
from numpy.testing import assert_allclose
from typer.testing import CliRunner

from circuitsim.characterization.device_reads import read_currents
from circuitsim.characterization.read_curves import read_curves
from circuitsim.cli.device import app
from circuitsim.devices import list_cards, load_folder
from circuitsim.devices.fit import fit_current, fit_two_states
from circuitsim.devices.measurement import read_measurement
from circuitsim.devices.write_folder import write_folder
from circuitsim.errors import InputError
from circuitsim.resources import device_models_folder

V = np.linspace(-0.4, 0.4, 33)
MINE = """* mine
.lib good
.subckt cell2 p n params: gon=1u
b1 p n i={gon}*v(p,n)*(1+2*v(p,n)*v(p,n))
.ends
.endl
"""


def call(*words, code=0):
    result = CliRunner().invoke(app, [str(word) for word in words])
    if code == 0 and result.exception is not None:
        raise result.exception
    return result


def data(path, form):
    """A measured current of each form, with the gap of its state where the form needs it."""
    if form == "gap":
        gap, v = np.repeat([0.2, 0.9, 1.6], len(V)), np.tile(V, 3)
        i = 6e-5 * np.exp(-gap / 0.28) * np.sinh(v / 0.4)
        rows = [f"{a!r},{b!r},{c!r}" for a, b, c in zip(v.tolist(), i.tolist(), gap.tolist(), strict=True)]
        path.write_text("\n".join(["v_V,i_A,gap_nm", *rows]), encoding="utf-8")
    else:
        i = 2e-5 * np.sinh(V / 0.3) * 0.3 if form == "sinh" else 2e-5 * V * (1 + 2.5 * V**2)
        rows = [f"{a!r},{b!r}" for a, b in zip(V.tolist(), i.tolist(), strict=True)]
        path.write_text("\n".join(["v_V,i_A", *rows]), encoding="utf-8")
    return path


def test_list_names_every_card():
    text = call("list").output
    assert all(name in text for name in list_cards())
    assert [item["name"] for item in json.loads(call("list", "--json").output)] == list_cards()


@pytest.mark.parametrize("name", list_cards())
def test_show_tells_source_licence_and_what_is_left_out(name):
    text = call("show", name).output
    for word in ("source", "licence", "valid", "not modelled"):
        assert word in text
    content = json.loads(call("show", name, "--json").output)
    assert content["name"] == name


@pytest.mark.parametrize("name", ["rram_stanford_a", "pcm_joshi", "nmos_65", "fefet_hzo", "charge_cell", "rram_cmo"])
def test_show_draws_curve_loop_and_statistics(name, tmp_path):
    content = json.loads(call("show", name, "--json", "--plot", tmp_path / "figure.png").output)
    for file in content["plot"]:
        assert (tmp_path / file).stat().st_size > 5000


def test_an_unknown_card_is_refused():
    with pytest.raises(InputError, match=r"no such card, expected one of"):
        call("show", "rram")


def test_show_takes_a_folder_of_the_users(tmp_path):
    shutil.copytree(device_models_folder() / "rram_sinh", tmp_path / "mine")
    model = tmp_path / "mine" / "model.lib"
    model.write_text(model.read_text(encoding="utf-8").replace("rram_sinh", "mine"), encoding="utf-8")
    assert json.loads(call("show", tmp_path / "mine", "--json").output)["name"] == "mine"


def test_characterize_reads_a_users_memory(tmp_path):
    file = tmp_path / "mine.lib"
    file.write_text(MINE, encoding="utf-8")
    words = ["characterize", file, "--subckt", "cell2", "--corner", "good", "--state", "gon", "--g-min", "1u"]
    words += ["--g-max", "100u", "--v-read", "0.2", "--json", "--plot", tmp_path / "own.svg"]
    content = json.loads(call(*words).output)
    assert not content["ohmic"]
    assert_allclose(content["g_max_S"], 1e-4 * (1 + 2 * 0.04), rtol=1e-9, atol=0)
    assert_allclose(content["largest_deviation_from_state"], 0.08, rtol=1e-9, atol=0)
    assert_allclose(content["bend"], 1 - 1 / (1 + 2 * 0.16), rtol=0.01, atol=0)  # chord at 0.4 V against that near 0
    assert (tmp_path / "own.svg").is_file()


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"--subckt": "cell3"}, r"no sub-circuit 'cell3'; there is cell2"),
        ({"--corner": "bad"}, r"no corner 'bad'; there is good"),
        ({"--state": "g"}, r"has no parameter device\.state = 'g'; there is gon"),
        ({"--g-min": "1M"}, r"SPICE reads M as milli"),
        ({"--ports": "te be wl"}, r"has 2 terminals \(p n\), expected 3"),
    ],
)
def test_characterize_refuses_what_is_not_there(tmp_path, change, match):
    file = tmp_path / "mine.lib"
    file.write_text(MINE, encoding="utf-8")
    words = {"--subckt": "cell2", "--corner": "good", "--state": "gon", "--g-min": "1u", "--g-max": "100u"} | change
    with pytest.raises(InputError, match=match):
        call("characterize", file, *[word for pair in words.items() for word in pair])


KIT = """* a kit: the current of a gap in one section, its parameters in others
.lib fast
.param i0=61.4u
.endl
.lib slow
.param i0=6.14u
.endl
.lib cells
.subckt gapcell te be params: gap=0.5
b1 te be i={i0*exp(-gap/0.275)}*sinh(v(te,be)/0.43)
.ends
.subckt resistor te be params: r=10k
r1 te be {r}
.ends
.subckt storing d g s b params: gm=1u
b1 d s i={gm}*v(d,s)*v(g)
.ends
.endl
"""


def characterized(tmp_path, *words):
    file = tmp_path / "kit.lib"
    file.write_text(KIT, encoding="utf-8")
    return json.loads(call("characterize", file, "--g-min", "1u", "--g-max", "80u", "--json", *words).output)


def test_characterize_searches_a_state_in_several_sections(tmp_path):
    words = ["--subckt", "gapcell", "--corner", "cells", "--state", "gap", "--state-kind", "searched"]
    words += ["--state-range", "0.1 1.7"]
    fast, slow = (characterized(tmp_path, *words, "--corner", corner) for corner in ("fast", "slow"))
    per_g = np.sinh(0.2 / 0.43) / 0.2 * 61.4e-6
    assert_allclose(fast["g_max_S"], per_g * np.exp(-0.1 / 0.275), rtol=1e-9, atol=0)
    assert_allclose(fast["g_min_S"], per_g * np.exp(-1.7 / 0.275), rtol=1e-9, atol=0)
    assert_allclose(slow["g_max_S"], fast["g_max_S"] / 10, rtol=1e-9, atol=0)
    assert fast["reaches"] and not slow["reaches"]
    text = call("characterize", tmp_path / "kit.lib", "--g-min", "1u", "--g-max", "80u", *words, "--corner", "slow")
    assert "the states do NOT reach 1 µS to 80 µS" in text.output


def test_characterize_takes_a_resistance_and_a_gate(tmp_path):
    words = ["--corner", "cells"]
    found = characterized(tmp_path, *words, "--subckt", "resistor", "--state", "r", "--state-kind", "resistance")
    assert found["ohmic"] and found["largest_deviation_from_state"] < 1e-9
    gated = [*words, "--subckt", "storing", "--state", "gm", "--ports", "d g s b"]
    found = characterized(tmp_path, *gated, "--v-gate", "0.5")
    assert_allclose(found["g_max_S"], 40e-6, rtol=1e-9, atol=0)
    with pytest.raises(InputError, match=r"--ports 'd g s b' has the gate 'g': give --v-gate"):
        characterized(tmp_path, *gated)
    with pytest.raises(InputError, match=r"--ports 'te be' has no gate: leave out --v-gate"):
        characterized(tmp_path, *words, "--subckt", "resistor", "--state", "r", "--v-gate", "1")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--state-kind", "searched"], "state_range and state_kind = 'searched' belong together"),
        (["--state-kind", "gap"], "state_kind = 'gap': expected 'conductance', 'resistance' or 'searched'"),
        (["--state-kind", "searched", "--state-range", "0.1"], r"--state-range '0\.1': expected two numbers"),
        (["--state-kind", "searched", "--state-range", "1.7 0.1"], "expected the smaller value first"),
    ],
)
def test_characterize_refuses_states_that_it_cannot_search(tmp_path, words, sentence):
    with pytest.raises(InputError, match=sentence):
        characterized(
            tmp_path, "--corner", "cells", "--corner", "fast", "--subckt", "gapcell", "--state", "gap", *words
        )


def test_characterize_reads_a_device_folder(tmp_path):
    folder = write_folder(fit_current(read_measurement(data(tmp_path / "iv.csv", "sinh"))), tmp_path / "mine").folder
    content = json.loads(call("characterize", folder, "--json").output)
    assert not content["ohmic"]
    assert content["largest_deviation_from_state"] < 1e-9
    with pytest.raises(InputError, match=r"a SPICE file needs --subckt, --g-min and --g-max"):
        call("characterize", folder / "model.lib")
    with pytest.raises(InputError, match=r"a device folder states its own --g-max"):
        call("characterize", folder, "--g-max", "50u")


@pytest.mark.parametrize("form", ["sinh", "cubic", "gap"])
def test_a_fitted_folder_reads_back_the_measurement_in_ngspice(tmp_path, form):
    fit = fit_current(read_measurement(data(tmp_path / "iv.csv", form)), form)
    card = write_folder(fit, tmp_path / "fitted")
    m = fit.measurement
    if form == "gap":
        chord = 6e-5 * np.exp(-0.9 / 0.28) * np.sinh(0.2 / 0.4) / 0.2
        measured = m.i[m.gap == 0.9]
    else:
        chord, measured = fit.values["g"], m.i
    found = read_currents(card, [chord], V)[0]
    assert_allclose(found, measured, rtol=1e-5, atol=1e-5 * np.abs(measured).max() * 1e-3)  # the fit's own floor
    assert not read_curves(load_folder(card.folder), v_max=0.4).ohmic


@pytest.mark.parametrize("form", ["sinh", "cubic"])
def test_a_folder_of_two_states_reads_both_and_one_between_in_ngspice(tmp_path, form):
    """Low state curved, high state nearly ohmic; halfway in ln g, the shape (1/v0 or k) is halfway too."""
    shapes = {"sinh": (0.25, 4.0, 2 / (1 / 0.25 + 1 / 4.0)), "cubic": (3.0, 0.2, 1.6)}[form]
    up = np.linspace(0, 0.4, 21)

    def law(v, g, shape):
        if form == "sinh":
            return g * 0.2 * np.sinh(v / shape) / np.sinh(0.2 / shape)
        return g * v * (1 + shape * v**2) / (1 + shape * 0.04)

    v = np.concatenate([up, up[::-1]])
    i = np.concatenate([law(up, 1e-6, shapes[0]), law(up[::-1], 4e-5, shapes[1])])
    rows = [f"{a!r},{b!r}" for a, b in zip(v.tolist(), i.tolist(), strict=True)]
    (tmp_path / "loop.csv").write_text("\n".join(["v_V,i_A", *rows]), encoding="utf-8")
    both = fit_two_states(read_measurement(tmp_path / "loop.csv"), form)
    card = write_folder(both, tmp_path / "two")
    states = [both.low.values["g"], np.sqrt(both.low.values["g"] * both.high.values["g"]), both.high.values["g"]]
    assert card.state is not None
    assert (card.state.g_min, card.state.g_max) == (states[0], states[2])
    truth = zip((1e-6, np.sqrt(4e-11), 4e-5), (*shapes[::2], shapes[1]), strict=True)
    for row, (g, shape) in zip(read_currents(card, states, V), truth, strict=True):
        expected = law(V, g, shape)
        assert_allclose(row, expected, rtol=1e-5, atol=1e-8 * np.abs(expected).max())  # as of one state
    assert json.loads(call("characterize", card.folder, "--json").output)["largest_deviation_from_state"] < 1e-6


def test_fit_writes_a_folder_with_its_residual(tmp_path):
    file = data(tmp_path / "iv.csv", "sinh")
    content = json.loads(call("fit", file, "--out", tmp_path / "mine", "--json", "--plot", tmp_path / "fit.png").output)
    assert content["form"] == "sinh"
    assert content["residual_rms"] < 1e-9
    assert (tmp_path / "mine" / "model.lib").is_file()
    assert (tmp_path / "fit.png").is_file()
    with pytest.raises(InputError, match=r"already exists"):
        call("fit", file, "--out", tmp_path / "mine")
