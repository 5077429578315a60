"""`device.toml` is checked key by key, and its JSON Schema says what an editor needs."""

import tomllib

import pytest

from circuitsim.devices import device_json_schema, list_cards, load_card
from circuitsim.devices.device_toml import read_device_toml
from circuitsim.devices.device_toml_statistics import PowerLawDrift, SplitCurve, TableDrift
from circuitsim.errors import InputError
from circuitsim.resources import device_models_folder


@pytest.fixture
def toml(tmp_path):
    """Write a card's file with one change."""

    def write(name, old="", new=""):
        text = (device_models_folder() / name / "device.toml").read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "device.toml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("name", "old", "new", "match"),
    [
        ("rram_sinh", "v_read = 0.2", "v_raed = 0.2", r"unknown key state\.v_raed: did you mean 'v_read'"),
        ("rram_sinh", 'unit = "V"', 'units = "V"', r"unknown key parameters\.v0\.units: did you mean 'unit'"),
        ("rram_sinh", 'unit = "V"', 'unit = " "', r"parameters\.v0\.unit: got ' ', expected a text"),
        ("rram_sinh", "schema = 1\n", "", "schema is missing"),
        ("rram_sinh", "ohmic = false", "ohmic = 0", "ohmic = 0: expected true or false"),
        ("rram_sinh", "g_max = ", "g_max = nan #", r"state\.g_max: got nan, expected more than g_min"),
        ("rram_sinh", "[temperature]", "[[temperature]]", r"temperature = \[.*\]: expected a table"),
        ("rram_sinh", "min_c = -40", "min_c = -inf", r"temperature\.min_c = -inf: expected a finite number"),
        ("rram_sinh", "[state]", "[dynamic]", r"unknown key dynamic\.kind"),
        ("nmos_65", 'kind = "transistor"', 'kind = "memory"', r"\[state\] is missing: kind = 'memory' needs it"),
        ("rram_sinh", 'kind = "memory"', 'kind = "transistor"', r"\[state\] is given, but kind = 'transistor'"),
        ("nmos_65", 'fit = "textbook scale"', "", r"model_parameters\.\w+\.fit is missing"),
        ("pcm_joshi", 'form = "power law"', 'form = "linear"', r"drift\.form = 'linear': expected one of 'po"),
        ("pcm_joshi", 'form = "power law"', "", r"statistics\.drift\.form is missing"),
        ("pcm_joshi", "t_max = 32", "tmax = 32", r"unknown key statistics\.drift\.tmax: did you mean 't_max'"),
        ("pcm_joshi", "g_ref = ", "g_rev = ", r"unknown key statistics\.g_rev: did you mean 'g_ref'"),
        ("pcm_hermes", "at = 0.0945", 'at = "0.0945"', r"drift\.nu_mean\.at = '0\.0945': expected a number"),
        ("pcm_hermes", "low = 0.072, ", "", r"drift\.nu_mean\.below\.low is missing"),
        ("rram_wan", "[1.0, 86400.0, 172800.0]", "[1.0, 86400.0]", r"retention: sigmas has 3 rows, expected"),
        ("rram_wan", "[1.0, 86400.0, 172800.0]", "[1.0, 9e9, 172800.0]", "retention: times = .*, expected increasing"),
        ("flash_sonos_40nm", "[0.0, 0.0,", "[0.0,", r"statistics\.drift: means has rows of different lengths"),
        ("rram_cmo", "[statistics.drift]", "[statistics.rift]", r"unknown key statistics\.rift: did you mean 'drift'"),
    ],
)
def test_what_cannot_be_used_is_refused_by_file_key_value_and_expectation(toml, name, old, new, match):
    path = toml(name, old, new)
    with pytest.raises(InputError, match=rf"device\.toml: .*{match}") as caught:
        read_device_toml(path)
    assert "\n" not in str(caught.value)


def test_flicker_noise_needs_the_start_of_a_power_law(toml):
    path = toml("pcm_joshi")
    text = path.read_text(encoding="utf-8")
    start, end = text.index("[statistics.drift]"), text.index("[statistics.read_noise]")
    path.write_text(text[:start] + text[end:], encoding="utf-8")
    with pytest.raises(InputError, match=r"statistics: read_noise\.form = '1/f' needs a drift of form 'power law'"):
        read_device_toml(path)


def test_a_section_may_state_source_and_fit_for_all_its_entries():
    card = load_card("fefet_hzo")
    assert {parameter.fit for parameter in card.model_parameters.values()} == {"textbook scale"}
    assert card.model_parameters["vth0"].source.startswith("textbook scale for a 28 nm")


def test_statistics_are_typed():
    hermes, sonos = load_card("pcm_hermes").statistics, load_card("flash_sonos_40nm").statistics
    assert hermes is not None and sonos is not None
    assert isinstance(hermes.drift, PowerLawDrift) and isinstance(hermes.drift.nu_mean, SplitCurve)
    assert hermes.drift.nu_mean.at == 0.0945
    assert hermes.parts == ("programming", "drift", "read_noise")
    assert isinstance(sonos.drift, TableDrift) and sonos.drift.t_max == 432000.0


def _keys(schema, whole, data, where):
    """Follow a file through its JSON Schema: every key has a place in it, and nothing required is absent."""
    while "$ref" in schema or "anyOf" in schema or "oneOf" in schema:
        if "$ref" in schema:
            schema = whole["$defs"][schema["$ref"].rpartition("/")[2]]
        elif "oneOf" in schema:
            schema = {"$ref": schema["discriminator"]["mapping"][data["form"]]}
        else:
            schema = next(each for each in schema["anyOf"] if each.get("type") != "null")
    if not isinstance(data, dict):
        return
    assert set(schema.get("required", ())) <= set(data), where
    for key, value in data.items():
        inside = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
        assert isinstance(inside, dict), f"{where}.{key}"
        _keys(inside, whole, value, f"{where}.{key}")


@pytest.mark.parametrize("name", list_cards())
def test_the_json_schema_describes_every_shipped_card(name):
    data = tomllib.loads((device_models_folder() / name / "device.toml").read_text(encoding="utf-8"))
    schema = device_json_schema()
    _keys(schema, schema, data, name)


def test_the_json_schema_states_units():
    schema = device_json_schema()
    assert "[S]" in schema["$defs"]["State"]["properties"]["g_min"]["description"]
    parameters = [
        (curve, key)
        for curve in ("PolynomialCurve", "LogCurve", "PowerCurve", "SaturatingCurve")
        for key in schema["$defs"][curve]["properties"]
        if key != "form"
    ]
    assert len(parameters) == 11
    for curve, key in parameters:
        description = schema["$defs"][curve]["properties"][key]["description"]
        assert description.endswith(("[1]", "[unit of the value]")), (curve, key)
    assert schema["$defs"]["Endurance"]["properties"]["cycles"]["description"].endswith("[1]")
    assert schema["properties"]["measured"]["properties"]["fit"]["enum"][0] == "fit of"
