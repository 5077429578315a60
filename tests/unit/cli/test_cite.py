"""`circuitsim cite`: what the files of a run name, with the sources that cards and claims state and no others."""

import json
import re

import pytest
import tomli_w
from array_toml import ARRAY
from command_line import circuitsim

import circuitsim as cs
from circuitsim import campaign, devices, nodal, presets, results, studies
from circuitsim.campaign.manifest import save_list
from circuitsim.campaign.store import open_store
from circuitsim.cli.bibtex import author_list, bibtex_entry
from circuitsim.spec import named_circuits

PCM = ARRAY.replace("rram_ohmic", "pcm_joshi").replace("100u", "20u")
SPEC = cs.parse_spec(
    {
        "schema": 1,
        "array": {"rows": 2, "cols": 2, "cell": "1t1r"},
        "device": {"model": "rram_wan", "g_min": "1u", "g_max": "30u"},
        "access": {"model": "sky130_nfet_01v8", "w": "1u", "l": "0.15u", "v_gate": 1.8},
        "wire": {"r_row": 1.0, "r_col": 1.0},
        "driver": {"v_read": 0.2},
        "sense": {"model": "tia"},
    }
)


def cited(*words, folder):
    done = circuitsim("cite", *words, "--json", folder=folder)
    assert done.returncode == 0, done.stderr
    return {
        (each["about"], each["name"], each["text"]): each["bibtex"] for each in json.loads(done.stdout)["references"]
    }


def names(references, about):
    return {name for kind, name, _ in references if kind == about}


def test_a_solution_names_its_circuits_and_its_simulator(tmp_path):
    (tmp_path / "array.toml").write_text(PCM)
    assert circuitsim("solve", "array.toml", "--level", "ngspice", "-o", "out", folder=tmp_path).returncode == 0
    found = cited("out", folder=tmp_path)
    assert names(found, "device") == {"pcm_joshi"} and {"circuitsim", "ngspice", "numpy"} <= names(found, "software")
    (entry,) = (
        bibtex for (_, _, text), bibtex in found.items() if text.startswith("Joshi et al., Nat. Commun. 11, 2473")
    )
    assert "doi = {10.1038/s41467-020-16108-9}" in entry and "author = {Joshi and others}" in entry
    text = circuitsim("cite", "out", "--bibtex", folder=tmp_path).stdout
    assert text.count("@article{") == 3 and "% pcm_joshi: read: subthreshold hopping" in text
    assert "the card states no DOI" in circuitsim("cite", "out", folder=tmp_path).stdout


def test_a_model_names_cards_and_blocks(tmp_path):
    spec = SPEC.replace(sense={"kind": "virtual_ground"})
    results.save_model(tmp_path, results.TileModel(spec, nodal.ohmic((1e-6, 3e-5), (0.0, 0.2)), 1, (0.0, 0.2)))
    assert names(cited(".", folder=tmp_path), "device") == {"rram_wan", "sky130_nfet_01v8"}
    (tmp_path / "results.json").write_text(json.dumps({"metric": "accuracy", "circuits": named_circuits(SPEC)}))
    found = cited("results.json", folder=tmp_path)
    assert names(found, "circuit") == {"tia"} and "onnx" in names(found, "software")


def test_a_campaign_names_what_its_axes_vary(tmp_path):
    file = {"schema": 1, "base": {**SPEC.model_dump(by_alias=True, exclude_none=True, mode="json")}}
    file |= {"axes": {"device.model": ["rram_wan", "rram_sinh"]}, "measures": {"error_of_ideal": {}}}
    file["base"].pop("sense")
    plan = campaign.plan_campaign(campaign.CampaignFile(**file), tmp_path)
    assert plan.listing.circuits == {"device.model": "rram_wan", "access.model": "sky130_nfet_01v8"}
    save_list(open_store(tmp_path / "store", make=True), plan.listing)
    found = cited("store", folder=tmp_path)
    assert names(found, "device") == {"rram_wan", "rram_sinh", "sky130_nfet_01v8"}


def test_a_study_names_its_paper(tmp_path):
    study = studies.find_study("transistor_leakage")
    found = cited(study.folder, folder=tmp_path)
    ((_, _, text),) = (key for key in found if key[0] == "study")
    assert study.claim.paper in text and study.claim.doi in text
    (simulator,) = (version for _, name, version in found if name == "ngspice")
    assert simulator[0].isdigit()  # as solutions state it


def test_a_file_of_the_users_is_named_and_not_invented(tmp_path):
    (tmp_path / "mine.lib").write_text(".subckt mine te be g=1u\nr1 te be {1/g}\n.ends\n")
    own = 'file = "mine.lib"\nsubckt = "mine"'
    (tmp_path / "array.toml").write_text(ARRAY.replace('model = "rram_ohmic"', own))
    found = cited("array.toml", folder=tmp_path)
    assert ("circuit", "mine.lib", "your file of [device]: cite what it comes from") in found
    assert found["circuit", "mine.lib", "your file of [device]: cite what it comes from"] == ""


@pytest.mark.parametrize("place", ["missing", "notes.json", "."])
def test_what_is_no_result_is_one_sentence(place, tmp_path):
    (tmp_path / "notes.json").write_text('{"a": 1}')
    done = circuitsim("cite", place, folder=tmp_path)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)


def test_every_citation_of_a_card_is_in_its_source():
    """Fields repeat what the card says in words: no year, volume or page comes from elsewhere."""
    cited_cards = 0
    for name in devices.list_cards():
        card = devices.load_card(name)
        words = re.sub(r"\s+", " ", card.folder.joinpath("model.lib").read_text().replace("\n*", " "))
        words += card.folder.joinpath("device.toml").read_text().partition("[[citations]]")[0]
        claims = " ".join(f"{study.claim.paper} {study.claim.doi}" for study in studies.shipped_studies())
        for one in card.citations:
            cited_cards += 1
            stated = [str(one.year), one.volume, one.pages, *(who for who in one.authors if who != "others")]
            assert [field for field in stated if field and field not in words] == [], name
            assert one.doi is None or one.doi in words + claims
            assert one.title is None or one.title in words
    assert cited_cards >= 15


def test_an_entry_holds_the_fields_that_are_there():
    entry = bibtex_entry("misc", "a b{c", {"title": "50 % & more", "doi": "10.1/a_b", "year": None})
    assert entry == "@misc{abc,\n  title = {50 \\% \\& more},\n  doi = {10.1/a_b},\n}"
    assert author_list(("Le Gallo", "Sun", "others")) == "{Le Gallo} and Sun and others"


def chips(references):
    return {name for kind, name, _ in references if kind == "chip"}


def test_a_specification_of_a_preset_names_the_papers_of_the_chip(tmp_path):
    assert circuitsim("preset", "write", "neurram", "-o", "array.toml", folder=tmp_path).returncode == 0
    text = (tmp_path / "array.toml").read_text()
    (tmp_path / "array.toml").write_text(text.replace("rows = 256", "rows = 64").replace("r_row = 1.28", "r_row = 2"))
    found = cited("array.toml", folder=tmp_path)
    entries = {key[2]: entry for key, entry in found.items() if key[0] == "chip"}
    assert chips(found) == {"neurram"} and len(entries) == 4
    (paper,) = (words for words in entries if words.startswith("W. Wan et al., "))
    assert "doi = {10.1038/s41586-022-04992-8}" in entries[paper] and "but for array.rows, wire.r_row" in paper
    (tmp_path / "other.toml").write_text(ARRAY)
    assert chips(cited("other.toml", folder=tmp_path)) == set()


def test_results_keep_the_values_that_name_a_chip(tmp_path):
    spec = presets.preset_spec("isaac")
    assert circuitsim("preset", "write", "isaac", "-o", "array.toml", folder=tmp_path).returncode == 0
    assert circuitsim("count", "digits", "array.toml", "-o", "out", folder=tmp_path).returncode == 0
    assert chips(cited("out", folder=tmp_path)) == {"isaac"}
    file = {"schema": 1, "base": "preset:isaac", "axes": {"wire.r_row": [1.0, 2.0]}, "measures": {"error_of_ideal": {}}}
    (tmp_path / "plan.toml").write_text(tomli_w.dumps(file))
    assert chips(cited("plan.toml", folder=tmp_path)) == {"isaac"}
    plan = campaign.plan_campaign(campaign.CampaignFile(**file), tmp_path)
    save_list(open_store(tmp_path / "store", make=True), plan.listing)
    assert chips(cited("store", folder=tmp_path)) == {"isaac"}
    results.save_model(
        tmp_path / "model",
        results.TileModel(spec, nodal.ohmic((spec.device.g_min, spec.device.g_max), (0, 1)), 1, (0, 1)),
    )
    assert chips(cited("model", folder=tmp_path)) == {"isaac"}
