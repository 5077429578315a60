import hashlib
import json

import pytest

from circuitsim.errors import SpecError
from circuitsim.spec import json_schema, load_spec, parse_spec

TEXT = """
schema = 1
[array]
rows = 8
cols = 4
[device]
model = "rram_sinh"
g_min = "1u"
g_max = "100u"
[access]
model = "nmos_130"
w = "1u"
l = "0.13u"
v_gate = 1.8
[wire]
r_row = 2
r_col = "0.5"
[driver]
v_read = 0.2
"""


@pytest.fixture
def spec(tmp_path):
    return _load(tmp_path, TEXT)


def _load(folder, text):
    path = folder / "array.toml"
    path.write_text(text, encoding="utf-8")
    return load_spec(path)


def test_reads_values_and_defaults(spec):
    assert spec.shape == (8, 4)
    assert spec.device.g_max == 100e-6
    assert spec.wire.r_col == 0.5
    assert spec.driver.r_out == 0 and spec.sense.r_in == 0 and spec.wire.c_row == 0
    assert spec.adc.bits is None and spec.driver.dac_bits is None


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("r_row = 2", "r_roww = 2", "unknown key wire.r_roww: did you mean 'r_row'"),
        ("[wire]", "[wires]", "unknown key wires: did you mean 'wire'"),
        ("r_row = 2", 'r_row = "1M"', "wire.r_row: got '1M': SPICE reads M as milli"),
        ("r_row = 2", "r_row = -2", "wire.r_row = -2: .*greater than or equal to 0"),
        ("r_row = 2", "r_row = nan", "wire.r_row: got nan, expected a finite number"),
        ("r_row = 2", "r_row = inf", "wire.r_row: got inf, expected a finite number"),
        ("rows = 8", "rows = 0", "array.rows = 0: .*greater than or equal to 1"),
        ("v_read = 0.2", 'v_read = 0.2\nkind = "mine"', "driver.kind = 'mine'"),
        (
            "v_read = 0.2",
            'v_read = 0.2\n[sense]\nkind = "tia"',
            "sense.kind: got 'tia', which is a circuit: write model",
        ),
        ("v_read = 0.2", 'v_read = 0.2\n[adc]\nkind = "sar"', "adc.kind: got 'sar', which is a circuit: write model"),
        (
            "v_read = 0.2",
            'v_read = 0.2\n[mapping]\ninputs = "signed"',
            "mapping.inputs = 'signed': expected 'two_phase'",
        ),
        ("v_read = 0.2", "v_read = 0.2\n[adc]\nfull_scale = -1", "adc.full_scale = -1: expected"),
        ("r_row = 2", "[wire.row]\nwidht = 2", "wire: row: unknown key widht: did you mean 'width'"),
        ("schema = 1", "schema = 2", "schema = 2: expected 1"),
        ("schema = 1\n", "", "schema is missing"),
        ("v_read = 0.2", "", "driver.v_read is missing"),
        ('model = "nmos_130"', 'model = "a; .control"', "access.model: .*letters, digits and _"),
        ('model = "nmos_130"', 'file = "no_such.lib"\nsubckt = "n"', "access.file = 'no_such.lib': no such file"),
        ('model = "nmos_130"', "", "access: expected one of model .*, folder .*, or file and subckt"),
        ('model = "nmos_130"', 'folder = "no_such"', "access.folder = 'no_such': no such folder"),
        ('model = "rram_sinh"', 'model = "rram_sinh"\nfolder = "."', "device: expected one of model .*, folder"),
        (
            'model = "rram_sinh"',
            'folder = "."\nsubckt = "x"',
            "device: subckt goes with file, not with model or folder",
        ),
        ('g_max = "100u"', 'g_max = "0.1u"', "g_max = 1e-07 S must be larger than g_min"),
        ("[array]", "[array", "not valid TOML"),
    ],
)
def test_refusals_name_key_value_and_expectation(tmp_path, old, new, sentence):
    assert old in TEXT
    with pytest.raises(SpecError, match=sentence):
        _load(tmp_path, TEXT.replace(old, new, 1))


def test_a_transistor_cell_needs_access(tmp_path):
    with pytest.raises(SpecError, match=r"\[access\] is missing"):
        _load(tmp_path, TEXT.split("[access]")[0] + "[wire]" + TEXT.split("[wire]")[1])


def test_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(SpecError, match="no such file"):
        load_spec(tmp_path / "absent.toml")


def test_digest_follows_the_values_and_not_the_spelling(spec, tmp_path):
    same = _load(tmp_path, TEXT.replace('"1u"', "1e-6").replace("r_row = 2", "r_row = 2.0"))
    assert same.digest == spec.digest
    assert spec.replace(wire={"r_row": 2.1}).digest != spec.digest


def test_a_device_folder_is_taken_relative_to_the_specification(tmp_path):
    (tmp_path / "mine").mkdir()
    spec = _load(tmp_path, TEXT.replace('model = "rram_sinh"', 'folder = "mine"'))
    assert spec.device.folder == tmp_path / "mine"
    assert (spec.device.name, spec.device.model) == ("mine", None)
    assert parse_spec(spec.model_dump(mode="json", by_alias=True)) == spec


def test_a_digest_covers_the_keys_that_have_a_value(spec):
    """An optional key of a later version is absent here, and must not change the digest."""
    values = spec.model_dump(mode="json", by_alias=True)
    assert values["device"].pop("folder") is None
    given = {part: _without_none(keys) for part, keys in values.items()}
    assert spec.digest == hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()


def _without_none(value):
    return {key: item for key, item in value.items() if item is not None} if isinstance(value, dict) else value


def test_replace_checks_anew_and_leaves_the_original(spec):
    assert spec.replace(wire={"r_row": "5"}).wire.r_row == 5.0
    assert spec.wire.r_row == 2.0
    with pytest.raises(SpecError, match="unknown key wire"):
        spec.replace(wire={"rrow": 5})


def test_specification_survives_plain_data(spec):
    assert parse_spec(spec.model_dump(mode="json", by_alias=True)) == spec


def test_json_schema_describes_every_section():
    schema = json_schema()
    assert {"schema", "array", "device", "wire", "driver", "sense", "adc", "mapping"} <= set(schema["properties"])


def test_a_section_is_taken_out(spec):
    bare = spec.replace(array={"cell": "1r"}, access=None)
    assert bare.access is None
    assert bare.device == spec.device


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "rows = 4",
            f"rows = 1{'0' * 400}",
            r"array\.rows = 1000\d+\.\.\.0+: expected a value less than or equal",
        ),
        ("rows = 4", f"rows = 1{'0' * 5000}", "a number is too long or lists are nested too deeply"),
        ("rows = 4", f"rows = {'[' * 3000}", "too long or lists are nested too deeply|not valid TOML"),
        (
            "rows = 4\ncols = 3",
            "rows = 60000\ncols = 60000",
            "array.rows = 60000, array.cols = 60000: expected",
        ),
        (
            "rows = 4",
            "rows = 4\ntemperature_c = -273.15",
            "array.temperature_c = -273.15: expected a value",
        ),
        ("rows = 4", "rows = 4\ntemperature_c = 1e9", "array.temperature_c = 1000000000.0: expected a value less than"),
        ("r_row = 2", f"r_row = 1{'0' * 400}", "wire.r_row: got inf, expected a finite number"),
        ("r_row = 2", f'r_row = "1e1{"0" * 400}"', "wire.r_row: got '1e1000.*expected a number of at most 100 digits"),
        ('model = "rram_sinh"', f'model = "{"n" * 300}"', "device.model: got 'nnn.*expected a name of at most 128"),
    ],
)
def test_values_beyond_every_use_are_one_sentence(tmp_path, old, new, sentence):
    text = "schema = 1\n[array]\nrows = 4\ncols = 3\ncell = '1r'\n[device]\nmodel = \"rram_sinh\"\ng_min = '1u'\n"
    text += "g_max = '100u'\n[wire]\nr_row = 2\nr_col = 2\n[driver]\nv_read = 0.2\n"
    assert _load(tmp_path, text).shape == (4, 3)
    with pytest.raises(SpecError, match=sentence) as caught:
        _load(tmp_path, text.replace(old, new))
    assert len(str(caught.value)) < 500 and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("driver", r"unknown key wire.v_read: it belongs to \[driver\]; is that heading missing above it"),
        ("wire", r"unknown key access.r_row: it belongs to \[wire\]; is that heading"),
        ("array", r"unknown key rows: it belongs to \[array\]; is that heading"),
        ("access", "model is given a second time"),
    ],
)
def test_a_heading_that_is_missing_is_named(tmp_path, heading, said):
    with pytest.raises(SpecError, match=said):
        _load(tmp_path, TEXT.replace(f"[{heading}]\n", ""))


def test_the_edge_of_an_input_is_a_hundredth_of_the_read_unless_it_is_given(spec):
    assert spec.driver.t_rise is None and spec.driver.edge == 0.01 * spec.driver.t_read
    slow = spec.replace(driver={"t_read": 1e-8, "t_rise": "2n"})
    assert slow.driver.edge == 2e-9 and slow.digest != spec.replace(driver={"t_read": 1e-8}).digest
    with pytest.raises(SpecError, match=r"t_rise = 2e-08 s, expected at most t_read = 1e-08 s"):
        spec.replace(driver={"t_read": 1e-8, "t_rise": 2e-8})
    with pytest.raises(SpecError, match=r"driver\.t_rise"):
        spec.replace(driver={"t_rise": 0})
