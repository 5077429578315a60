"""`circuitsim device fit` on tables as laboratories write them: the right fit, or one sentence that is true."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from circuitsim.cli.device import app
from circuitsim.errors import InputError

DATA = Path(__file__).parents[2] / "data" / "measured"
SAME_AS_REFERENCE = [
    "br.csv",
    "cr.csv",
    "keithley.csv",
    "kv.csv",
    "paren_unit.csv",
    "quoted.csv",
    "semi.csv",
    "space.txt",
    "tab.txt",
    "unit_mV.csv",
    "unit_row.csv",
    "unit_uA.csv",
]


def fit(file, folder, *words):
    result = CliRunner().invoke(app, ["fit", str(file), "--out", str(folder / "mine"), "--json", *words])
    if result.exception is not None:
        raise result.exception
    return json.loads(result.output)


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    return fit(DATA / "ref.csv", tmp_path_factory.mktemp("reference"))


@pytest.mark.parametrize("name", SAME_AS_REFERENCE)
def test_the_same_data_in_another_dress_give_the_same_fit_to_the_digit(tmp_path, reference, name):
    found = fit(DATA / name, tmp_path)
    assert {**found, "folder": "", "notes": []} == {**reference, "folder": ""}
    assert bool(found["notes"]) == (name == "keithley.csv")


def test_a_unit_that_was_assumed_is_said(tmp_path):
    note = ":1: no unit in the heading; read 'Voltage' in V and 'Current' in A"
    assert fit(DATA / "keithley.csv", tmp_path)["notes"][0].endswith(note)


def test_headings_with_a_comma_are_named_in_quotes(tmp_path, reference):
    text = (DATA / "ref.csv").read_text(encoding="utf-8").replace("v_V,i_A", '"U, left","J, left"')
    (tmp_path / "iv.csv").write_text(text, encoding="utf-8")
    assert fit(tmp_path / "iv.csv", tmp_path, "--columns", '"U, left","J, left"')["values"] == reference["values"]


def test_the_reference_is_its_own_law(reference):
    assert reference["form"] == "sinh"
    assert reference["values"] == pytest.approx({"g": 50e-6, "v0": 0.25}, rel=1e-6)


def test_two_columns_without_heading_are_taken_and_the_result_says_so(tmp_path, reference):
    found = fit(DATA / "nohead.csv", tmp_path)
    assert found["values"] == pytest.approx(reference["values"], rel=1e-5)  # the file has six digits
    assert found["notes"][0].endswith("its first column was taken as voltage in V, its second as current in A")


def test_a_small_offset_is_fitted_and_said(tmp_path, reference):
    found = fit(DATA / "offset.csv", tmp_path)
    assert found["values"] == pytest.approx(reference["values"], rel=1e-4)
    assert found["notes"][0].startswith("2 nA flow at 0 V, where every form is 0")


@pytest.mark.parametrize(
    ("name", "match"),
    [
        (
            "compliance.csv",
            r"16% rms, above 10 %: the current stays at 100 µA from 0\.735 V to 1 V, as under a",
        ),
        ("dup.csv", r"dup\.csv:1: 2 columns of voltage, 'v_set_V', 'v_reset_V'; .* --columns v_set_V,i_set_A$"),
        (
            "log.csv",
            r"the voltage changes its sign and the current does not: the column holds \|i\|",
        ),
        ("loop.csv", r"currents of its 2 sweeps differ by a factor of 50, .*--two-states"),
        ("nan.csv", r"nan\.csv:9: '-0\.26,nan', expected finite numbers"),
        ("neg.csv", r"the current runs against the voltage at every point: its sign is reversed; multiply .* by -1$"),
        ("sub.csv", r"i/v falls from 170\.3 µS at low to 86\.2 µS at high voltages; .* none describes a sub-linear"),
    ],
)
def test_what_no_form_describes_is_refused_with_its_cause(tmp_path, name, match):
    with pytest.raises(InputError, match=match):
        fit(DATA / name, tmp_path)
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(("pair", "g"), [("v_set_V,i_set_A", 50e-6), ("v_reset_V, i_reset_A", 150e-6)])
def test_named_columns_are_the_ones_taken(tmp_path, pair, g):
    found = fit(DATA / "dup.csv", tmp_path, "--columns", pair)
    assert found["values"] == pytest.approx({"g": g, "v0": 0.25}, rel=1e-6)


def test_two_branches_become_two_states_when_asked(tmp_path):
    found = fit(DATA / "loop.csv", tmp_path, "--two-states", "--plot", str(tmp_path / "loop.png"))
    assert found["low"]["values"] == pytest.approx({"g": 1e-6, "v0": 0.25}, rel=1e-6)
    assert found["high"]["values"] == pytest.approx({"g": 50e-6, "v0": 0.25}, rel=1e-6)
    assert (tmp_path / "loop.png").is_file()
    pairs = "v_set_V,i_set_A,v_reset_V,i_reset_A"
    (tmp_path / "pairs").mkdir()
    found = fit(DATA / "dup.csv", tmp_path / "pairs", "--columns", pairs, "--two-states")
    assert (found["low"]["values"]["g"], found["high"]["values"]["g"]) == pytest.approx((50e-6, 150e-6), rel=1e-6)


def test_people_read_both_states_and_every_note(tmp_path):
    words = [str(DATA / "loop.csv"), "--two-states", "-o", str(tmp_path / "loop")]
    first, second = CliRunner().invoke(app, ["fit", *words]).output.splitlines()
    assert "state of low conductance: sinh, g = 1 µS, v0 = 250 mV" in first
    assert "state of high conductance: sinh, g = 50 µS, v0 = 250 mV" in second
    said = CliRunner().invoke(app, ["fit", str(DATA / "offset.csv"), "-o", str(tmp_path / "o")]).output
    assert said.splitlines()[1].startswith("note: 2 nA flow at 0 V")


def test_voltages_below_the_compliance_limit_can_be_fitted(tmp_path):
    found = fit(DATA / "compliance.csv", tmp_path, "--v-max", "0.724")
    assert found["values"] == pytest.approx({"g": 50e-6, "v0": 0.25}, rel=1e-6)
    assert "|v| <= 0.714286 V" in (tmp_path / "mine" / "model.lib").read_text(encoding="utf-8")


def test_a_voltage_column_in_millivolts_without_unit_is_no_traceback(tmp_path):
    text = (DATA / "unit_mV.csv").read_text(encoding="utf-8").replace("v_mV", "v")
    (tmp_path / "plain.csv").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "circuitsim", "device", "fit", "plain.csv", "-o", "mine"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip() == (
        "circuitsim: plain.csv:1: 'v' has no unit and holds 400, which cannot be V; write the unit into the heading,"
        " such as v_mV"
    )
