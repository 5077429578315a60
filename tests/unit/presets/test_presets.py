"""Every preset is a specification as it stands, and says of every key where its value comes from."""

import re
import tomllib

import pytest

from circuitsim.campaign import ExplorationFile, load_campaign, plan_campaign
from circuitsim.campaign.exploration_file import campaign_of
from circuitsim.errors import InputError, SpecError
from circuitsim.presets import load_preset, matching_presets, preset_names, preset_spec
from circuitsim.presets.preset import _sources
from circuitsim.spec import load_spec, stated_values

CHIPS = ("hermes", "isaac", "mythic", "neurram", "prime", "samsung_mram", "sonos_40nm", "tetramem", "tsmc_7nm")


def keys_of(text):
    """Names of all keys of a file, "section.key"."""
    tables = {name: table for name, table in tomllib.loads(text).items() if isinstance(table, dict)}
    return {f"{section}.{key}" for section, table in tables.items() for key in table}


def test_the_chips_are_there():
    assert preset_names() == tuple(sorted((*CHIPS, "northpole")))
    assert [name for name in preset_names() if load_preset(name).spec is None] == ["northpole"]


@pytest.mark.parametrize("name", preset_names())
def test_every_key_has_a_source_or_says_that_it_has_none(name):
    preset = load_preset(name)
    assert set(preset.sources) == keys_of(preset.text)
    cited = [source.reference for source in preset.sources.values() if source.kind == "source"]
    said = (*preset.published, *(source.note for source in preset.sources.values()))
    cited += [int(found) for line in said for found in re.findall(r"\[(\d+)\]", line)]
    assert set(cited) == set(preset.references), "a publication that is not cited, or a number that is no publication"
    assert all(len(source.note) > 4 for source in preset.sources.values())
    assert preset.published and preset.title and (preset.unknown or preset.spec is None)
    assert all(line[-1] == "]" for line in preset.published), "what was published names its source"


def test_a_key_without_a_source_is_seen():
    lines = [
        "[array]",
        "rows = 4  # [1] the paper",
        "cols = 4  # four",
        'cell = "1r#"',
        "",
        "[wire]",
        "r_row = 0.0  # unknown: out",
    ]
    found = _sources(lines)
    assert set(found) == {"array.rows", "wire.r_row"}
    assert (found["array.rows"].reference, found["wire.r_row"].kind) == (1, "unknown")


@pytest.mark.parametrize("name", CHIPS)
def test_a_written_file_is_the_specification(name, tmp_path):
    (tmp_path / "array.toml").write_text(load_preset(name).text)
    assert load_spec(tmp_path / "array.toml") == preset_spec(name) == preset_spec(f"preset:{name}")


@pytest.mark.parametrize("name", CHIPS)
def test_resistances_of_sources_are_those_of_the_conductances(name):
    preset = load_preset(name)
    for key in ("g_min", "g_max"):
        stated = re.search(r"([\d.]+) ([kMT])ohm", preset.sources[f"device.{key}"].note)
        if stated:
            ohm = float(stated[1]) * {"k": 1e3, "M": 1e6, "T": 1e12}[stated[2]]
            assert getattr(preset.spec.device, key) == pytest.approx(1 / ohm, rel=0.01)


def campaign(tmp_path, base):
    text = f'schema = 1\nbase = "{base}"\n[axes]\n"wire.r_row" = [0.0, 1.0]\n[measures.error_of_ideal]\n'
    (tmp_path / "campaign.toml").write_text(text)
    return plan_campaign(load_campaign(tmp_path / "campaign.toml"), tmp_path)


def test_a_preset_is_the_base_of_a_campaign(tmp_path):
    (tmp_path / "isaac.toml").write_text(load_preset("isaac").text)
    assert campaign(tmp_path, "preset:isaac").setup.base == campaign(tmp_path, "isaac.toml").setup.base


def test_a_preset_is_the_base_of_an_exploration(tmp_path):
    file = ExplorationFile(
        schema=1,
        base="preset:isaac",
        budget=16,
        axes={"wire.r_row": (0.0, 1.0)},
        measures={"error_of_ideal": {}},
        minimize=("error_of_ideal.rms",),
    )
    assert plan_campaign(campaign_of(file), tmp_path).setup.base == preset_spec("isaac")


def test_what_is_no_array_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(SpecError, match=r"^preset = 'nobody': expected one of hermes, isaac"):
        campaign(tmp_path, "preset:nobody")
    with pytest.raises(SpecError, match=r"^preset = 'northpole': a digital machine without an array"):
        campaign(tmp_path, "preset:northpole")
    with pytest.raises(InputError, match=r"^preset = '\.\./hermes': expected one of"):
        load_preset("../hermes")


@pytest.mark.parametrize("name", [name for name in CHIPS if "driver.dac_bits" in load_preset(name).sources])
def test_the_sign_of_inputs_is_told_and_is_no_bit_of_a_phase(name):
    """`driver.dac_bits` is the width of what one phase reads: of signed inputs in two phases, their magnitude."""
    preset = load_preset(name)
    spec, source = preset.spec, preset.sources["driver.dac_bits"]
    stated = int(re.search(r"(\d+) bits", source.note)[1])
    signed = spec.mapping.inputs == "two_phase"
    assert spec.driver.dac_bits == stated - signed
    assert (f"the sign is a phase, {stated - 1} bits of magnitude" if signed else "without a sign") in source.note


@pytest.mark.parametrize("name", CHIPS)
def test_the_area_of_an_array_is_said_to_be_unknown(name):
    preset = load_preset(name)
    assert preset.spec.wire.row is None, "a pitch is stated: the area is known"
    assert any("area of an array" in line for line in preset.unknown)


@pytest.mark.parametrize(("differ", "named"), [(3, True), (4, False)])
def test_a_chip_is_named_where_exactly_four_of_five_values_are_its_own(differ, named):
    preset = load_preset("isaac")
    own = [key for key in stated_values(preset.spec) if key in preset.sources]
    assert len(own) == 15
    values = stated_values(preset.spec) | dict.fromkeys(own[:differ], "another")
    assert [match.name for match in matching_presets(values)] == ["isaac"] * named
