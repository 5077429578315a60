"""Every card loads; every incomplete or contradictory one is refused by a sentence with file and key."""

import re
import shutil
import time

import pytest

from circuitsim.devices import list_cards, load_card, load_folder
from circuitsim.errors import InputError
from circuitsim.library import HEADER_KEYS, spice_number
from circuitsim.library.text import JUST_WRITTEN_NS
from circuitsim.resources import device_models_folder


@pytest.fixture
def folder(tmp_path):
    """A copy of a card that a test may break."""
    place = tmp_path / "rram_sinh"
    shutil.copytree(device_models_folder() / "rram_sinh", place)
    return place


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("name", list_cards())
def test_every_shipped_card_loads_and_says_where_it_comes_from(name):
    card = load_card(name)
    assert card.name == name
    assert card.source
    assert card.licence
    assert card.not_modelled
    assert card.tested.startswith("ngspice 39")
    assert card.temperature.min_c <= -40
    assert card.temperature.max_c >= 125
    for parameter in (*card.parameters.values(), *card.model_parameters.values(), *card.measured.values()):
        assert parameter.unit
        assert parameter.source
    if card.kind == "transistor":
        assert card.ports == ("d", "g", "s", "b")
        assert {"i_dsat", "r_on", "i_off", "v_th", "body_shift"} <= set(card.measured)


@pytest.mark.parametrize("name", list_cards())
def test_values_of_the_model_statement_are_those_of_the_toml_file(name):
    card = load_card(name)
    text = card.lib.read_text(encoding="utf-8").replace("\n+", " ")
    statement = re.search(r"^\.model .*$", text, flags=re.MULTILINE)
    for key, parameter in card.model_parameters.items():
        assert statement is not None
        found = re.search(rf"\b{key}=(\S+)", statement[0])
        assert found is not None, f"{name}: {key} is not in the .model line"
        assert spice_number(found[1]) == pytest.approx(parameter.value, rel=1e-12)


def test_an_unknown_card_is_refused_with_the_list_of_those_there_are():
    with pytest.raises(InputError, match=r"'rram_shin'.*rram_sinh"):
        load_card("rram_shin")


@pytest.mark.parametrize("key", HEADER_KEYS)
def test_an_incomplete_header_is_refused(folder, key):
    text = (folder / "model.lib").read_text(encoding="utf-8")
    (folder / "model.lib").write_text(re.sub(rf"^\* {key}:.*$", "* ", text, flags=re.MULTILINE), encoding="utf-8")
    with pytest.raises(InputError, match=rf"model\.lib.*{key}"):
        load_folder(folder)


@pytest.mark.parametrize("key", ["unit", "source", "fit", "value"])
def test_a_parameter_without_unit_source_quality_or_value_is_refused(folder, key):
    text = (folder / "device.toml").read_text(encoding="utf-8")
    head, tail = text.split("[parameters.v0]")
    (folder / "device.toml").write_text(
        head + "[parameters.v0]" + re.sub(rf"^{key} = .*$", "", tail, count=1, flags=re.MULTILINE), encoding="utf-8"
    )
    with pytest.raises(InputError, match=rf"device\.toml: parameters\.v0\.{key} is missing"):
        load_folder(folder)


@pytest.mark.parametrize("section", ["state", "temperature"])
def test_a_missing_section_is_named(folder, section):
    change(folder / "device.toml", f"[{section}]", f"[x_{section}]")
    with pytest.raises(InputError, match=rf"device\.toml: unknown key x_{section}: did you mean '{section}'"):
        load_folder(folder)


def test_terminals_that_differ_from_the_header_are_refused_with_file_and_line(folder):
    change(folder / "model.lib", ".subckt rram_sinh te be", ".subckt rram_sinh te be gate")
    with pytest.raises(
        InputError, match=r"model\.lib:\d+: .subckt rram_sinh has the terminals te be gate, expected te be"
    ):
        load_folder(folder)


def test_a_default_that_differs_from_the_toml_file_is_refused(folder):
    change(folder / "model.lib", "v0=0.25", "v0=0.26")
    with pytest.raises(InputError, match=r"v0 = 0\.26, expected the value of parameters\.v0, 0\.25"):
        load_folder(folder)


def test_a_parameter_of_the_sub_circuit_that_the_toml_file_lacks_is_refused(folder):
    change(folder / "model.lib", "v0=0.25", "v0=0.25 extra=1")
    with pytest.raises(InputError, match=r"\[parameters\.extra\] is missing"):
        load_folder(folder)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('fit = "textbook scale"', 'fit = "good"', r"parameters\.v0\.fit = 'good': expected 'fit of', 'loose fit of'"),
        ('kind = "memory"', 'kind = "diode"', r"kind = 'diode': expected 'memory' or 'transistor'"),
        ('kind = "conductance"', 'kind = "colour"', r"state\.kind = 'colour'"),
        ("schema = 1", "schema = 2", r"schema = 2: expected 1"),
        ("maximum = 0.01", "maximum = -1.0", r"state\.maximum: got -1, expected more than minimum = 0"),
        ("value = 0.25", 'value = "0.25"', r"parameters\.v0\.value = '0\.25': expected a number"),
        ("value = 0.25", "value = nan", r"parameters\.v0\.value = nan: expected a finite number"),
        ("schema = 1", "schema = = 1", r"not valid TOML"),
    ],
)
def test_an_unusable_value_is_refused_with_file_and_key(folder, old, new, match):
    change(folder / "device.toml", old, new)
    with pytest.raises(InputError, match=rf"device\.toml.*{match}"):
        load_folder(folder)


def test_a_card_is_read_once_and_again_when_a_file_of_it_changed(folder):
    time.sleep(1.2e-9 * JUST_WRITTEN_NS)
    card = load_folder(folder)
    assert load_folder(str(folder)) is card
    change(folder / "device.toml", 'unit = "V"', 'unit = "W"')
    assert load_folder(folder).parameters["v0"].unit == "W"
    change(folder / "model.lib", "v0=0.25", "v0=0.26")
    with pytest.raises(InputError, match=r"v0 = 0\.26, expected the value"):
        load_folder(folder)


def test_a_folder_under_another_name_is_refused(folder):
    other = folder.rename(folder.parent / "mine")
    with pytest.raises(InputError, match=r"header name = 'rram_sinh', expected the folder's name 'mine'"):
        load_folder(other)


def test_an_instance_line_follows_the_terminal_order_of_the_card():
    card = load_card("nmos_130")
    line = card.instance("xt", {"b": "0", "s": "sl", "g": "wl", "d": "x"}, {"w": 1e-6, "l": "{lg}"})
    assert line == "xt x wl sl 0 nmos_130 w=1e-06 l={lg}"
    assert load_card("sky130_nfet_01v8").include.endswith('model.lib" tt')
