"""The steps of `device_models/README.md` give a folder that loads, and its examples are specifications."""

import re
import textwrap
import tomllib

import pytest

from circuitsim.devices import load_folder
from circuitsim.devices.device_toml_statistics import StatisticsTable
from circuitsim.errors import InputError
from circuitsim.resources import device_models_folder
from circuitsim.spec import load_spec

TEXT = (device_models_folder() / "README.md").read_text(encoding="utf-8")
STEPS = TEXT[TEXT.index("## Adding a folder") :]
OWN_FILE = TEXT[TEXT.index("## Your own file") : TEXT.index("## Statistics")]
REST = "schema = 1\n[array]\nrows = 2\ncols = 2\n[wire]\nr_row = 1\nr_col = 1\n[driver]\nv_read = 0.2\n"


STATISTICS = TEXT[TEXT.index("## Statistics") : TEXT.index("## From a measurement")]


def test_the_example_of_statistics_is_what_a_card_may_state():
    (example,) = re.findall(r"```toml\n(.*?)```", STATISTICS, flags=re.DOTALL)
    stated = StatisticsTable.model_validate(tomllib.loads(example)["statistics"])
    assert stated.parts == ("programming", "read_noise")


def test_every_key_of_statistics_is_on_the_page():
    schema = StatisticsTable.model_json_schema()
    keys = {key for part in (schema, *schema["$defs"].values()) for key in part["properties"]} - {"note"}
    forms = {part["properties"]["form"]["const"] for part in schema["$defs"].values() if "form" in part["properties"]}
    missing = [key for key in keys if f"`{key}" not in STATISTICS and f"[statistics.{key}]" not in STATISTICS]
    assert missing == ["form"] or missing == []
    assert [form for form in forms if f'"{form}"`' not in STATISTICS] == []


@pytest.fixture
def folder(tmp_path):
    """Steps 1 and 2: the `model.lib` that is shown, and the `device.toml` of the card that is named."""
    (model,) = re.findall(r"```\n( +\* name:.*?)```", STEPS, flags=re.DOTALL)
    (card,) = re.findall(r"copy that of \[`(\w+)`\]\(\1/device.toml\)", STEPS)
    made = tmp_path / re.findall(r"`model.lib` in a folder `(\w+)`", STEPS)[0]
    made.mkdir()
    (made / "model.lib").write_text(textwrap.dedent(model), encoding="utf-8")
    (made / "device.toml").write_bytes((device_models_folder() / card / "device.toml").read_bytes())
    return made


def test_the_folder_of_the_steps_loads(folder):
    card = load_folder(folder)
    assert (card.name, card.ports, card.subckt) == ("my_rram", ("te", "be"), "my_rram")


def test_a_default_changed_in_one_file_alone_is_refused(folder):
    model = folder / "model.lib"
    model.write_text(model.read_text().replace("v0=0.25", "v0=0.3"), encoding="utf-8")
    with pytest.raises(InputError, match=r"v0 = 0.3, expected the value of parameters.v0, 0.25"):
        load_folder(folder)


def test_the_example_of_an_own_file_is_a_specification(tmp_path):
    (example,) = re.findall(r"```toml\n(.*?)```", OWN_FILE, flags=re.DOTALL)
    for name in ("my_pdk.lib", "my_rram.lib"):
        (tmp_path / name).touch()
    (tmp_path / "array.toml").write_text(f"{REST}{example}", encoding="utf-8")
    spec = load_spec(tmp_path / "array.toml")
    assert spec.device.state_kind == "conductance" and spec.access.corners == ("tt",)
    sections = re.findall(r"`corner = (\[.*?\])`", OWN_FILE)
    state = re.findall(r"`(state_range = \[.*?\])`", OWN_FILE)
    ports = re.findall(r"`ports = (\[.*?\])`", OWN_FILE)
    changed = (
        example.replace('corner = "tt"', f"corner = {sections[0]}")
        .replace('state_kind = "conductance"', f'state_kind = "searched"\n{state[0]} ')
        .replace('ports = ["te", "be"]', f"ports = {ports[0]}")
    )
    (tmp_path / "array.toml").write_text(f"{REST}{changed}", encoding="utf-8")
    spec = load_spec(tmp_path / "array.toml")
    assert spec.access.corners == ("init", "typical")
    assert (spec.device.ports, spec.device.state_range) == (("te", "be", "nc"), (0.2, 1.7))
