"""The command line as a user meets it: what it writes, what it says, how it fails."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import circuitsim

from circuitsim import cli, spice

ARRAY = """
schema = 1
[array]
rows = 8
cols = 6
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
r_col = 3
[driver]
v_read = 0.2
r_out = 50
"""

CHARGE = """
schema = 1
[array]
rows = 2
cols = 2
cell = "1c"
[device]
model = "charge_cell"
g_min = 1e-16
g_max = 1e-15
[wire]
r_row = 1
r_col = 1
[driver]
v_read = 0.5
"""


@pytest.fixture
def array(tmp_path):
    path = tmp_path / "array.toml"
    path.write_text(ARRAY, encoding="utf-8")
    return path


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command line in this process; return exit code, output, error output."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["circuitsim", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = capsys.readouterr()
        return stop.value.code or 0, out, err

    return run


def test_the_deck_runs_in_plain_ngspice(run, array, tmp_path):
    deck = tmp_path / "array.cir"
    code, out, _ = run("netlist", array, "-o", deck)
    assert code == 0 and "ngspice -b" in out
    log = subprocess.run(["ngspice", "-b", deck.name], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert log.returncode == 0, log.stderr
    assert "i(vsense_5)" in log.stdout + log.stderr or "vsense_5#branch" in log.stdout


def test_levels_agree_and_results_name_their_units(run, array, tmp_path):
    currents = {}
    for level in ("ngspice", "nodal"):
        code, out, err = run("solve", array, "--level", level, "-o", tmp_path / level, "--json")
        assert code == 0, err
        summary = json.loads(out)
        assert summary["provenance"]["level"] == level
        assert ("residual" in summary, "kirchhoff" in summary) == (level == "nodal", level == "ngspice")
        with Path(summary["csv"]).open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        columns = [k for k, name in enumerate(header) if name.startswith("out_")]
        assert all(header[k].endswith("[A]") for k in columns)
        currents[level] = np.array([[float(row[k]) for k in columns] for row in rows])
    assert currents["nodal"].shape == (1, 6)
    np.testing.assert_allclose(currents["nodal"], currents["ngspice"], rtol=1e-7, atol=0)
    assert (tmp_path / "ngspice" / "ngspice" / "deck.cir").is_file()
    assert (tmp_path / "ngspice" / "ngspice" / "deck.log").is_file()


def test_a_charge_array_answers_in_coulombs(run, tmp_path):
    path = tmp_path / "charge.toml"
    path.write_text(CHARGE, encoding="utf-8")
    np.save(tmp_path / "c.npy", np.full((2, 2), 1e-15))
    words = ("solve", path, "--level", "ngspice", "-g", tmp_path / "c.npy", "-o", tmp_path / "out")
    code, out, err = run(*words)
    assert code == 0, err
    assert "1 x 2 charges, largest 1" in out and " fC; conductances: " in out
    summary = json.loads(run(*words, "--json")[1])
    assert (summary["quantity"], summary["unit"]) == ("charge", "C")
    header = Path(summary["csv"]).read_text().splitlines()[0].split(",")
    assert header == ["vector [1]", "x_0 [V]", "x_1 [V]", "out_0 [C]", "out_1 [C]", "power [W]"]
    # Q = v_read · (c + c) into each virtual ground; the pulses are followed until they settled
    assert abs(summary["largest_output"] / (0.5 * 2e-15) - 1) < 1e-2


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory):
    """What `circuitsim calibrate` prints of the array: paths of its model and certificate among others."""
    folder = tmp_path_factory.mktemp("calibrated")
    (folder / "array.toml").write_text(ARRAY, encoding="utf-8")
    done = circuitsim("calibrate", folder / "array.toml", "-o", folder / "cal", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_calibrate_certificate_and_behavioral_solve(run, array, calibrated, tmp_path):
    code, out, _ = run("certificate", calibrated["certificate"])
    assert code == 0 and out.startswith("Typical error. The behavioral model of this 8 × 6 array")
    assert "Worst error. Worst found by search over all conductances" in out
    code, out, err = run("certificate", calibrated["certificate"], "--check", "--ngspice", "--json")
    assert code == 0 and json.loads(out)["holds"] is True, err
    code, out, err = run(
        "solve", array, "--level", "behavioral", "--model", calibrated["model"], "-o", tmp_path / "fast", "--json"
    )
    assert code == 0, err
    statement = json.loads(Path(calibrated["certificate"]).read_text())["certificate"]
    exact = json.loads(run("solve", array, "-o", tmp_path / "exact", "--json")[1])["largest_output"]
    fast = json.loads(out)["largest_output"]
    assert abs(fast - exact) <= statement["worst"]["error"] * statement["full_scale"]
    assert sorted(path.name for path in (Path(calibrated["model"]).parent / "hold_out").iterdir())[0] == "deck_0000"


def test_an_error_that_was_asked_for_and_not_reached_is_exit_1(run, array, tmp_path):
    small = array.read_text().replace("rows = 8", "rows = 3").replace("cols = 6", "cols = 2")
    array.write_text(small, encoding="utf-8")
    asked = ("calibrate", array, "--search", "none", "-o", tmp_path / "cal", "--max-rms")
    code, out, _ = run(*asked, 1e-13)
    assert code == 1 and "it was NOT reached" in out and (tmp_path / "cal" / "model.json").is_file()
    assert run(*asked, 1e-2)[0] == 0


def test_conductances_that_were_drawn_are_told(run, array, tmp_path):
    code, out, _ = run("solve", array, "-o", tmp_path, "--seed", 3)
    assert code == 0 and "conductances: drawn between g_min and g_max by seed 3" in out
    np.save(tmp_path / "g.npy", np.full((8, 6), 1e-5))
    _, out, _ = run("solve", array, "-o", tmp_path, "-g", tmp_path / "g.npy", "--json")
    assert json.loads(out)["conductances"] == str(tmp_path / "g.npy")


@pytest.mark.filterwarnings("default::circuitsim.errors.OutsideCertificateWarning")
def test_a_use_outside_the_certificate_is_told_or_refused(run, array, calibrated, tmp_path):
    np.save(tmp_path / "x.npy", np.full((1, 8), 0.25))
    use = ("solve", array, "--level", "behavioral", "--model", calibrated["model"], "-x", tmp_path / "x.npy")
    use += ("-o", tmp_path / "fast", "--certificate", calibrated["certificate"])
    code, _, err = run(*use)
    assert code == 0 and "warning: outside the certificate: inputs outside 0 V to 200 mV" in err
    code, _, err = run(*use, "--strict")
    assert code == 2 and "inputs outside" in err


def test_a_calibrated_tile_is_exported_and_runs_in_ngspice(run, array, calibrated, tmp_path):
    for form in ("ngspice", "verilog-a", "systemverilog", "crosssim", "aihwkit"):
        code, _, err = run("export", form, calibrated["model"], "-o", tmp_path / f"tile.{form}")
        assert code == 0, err
        assert (tmp_path / f"tile.{form}").stat().st_size > 0
    rows, cols = 8, 6
    ports = " ".join([*(f"in_{k}" for k in range(rows)), *(f"out_{k}" for k in range(cols)), "0"])
    sources = [f"vin_{k} in_{k} 0 0.2" for k in range(rows)] + [f"vout_{k} out_{k} 0 0" for k in range(cols)]
    deck = "\n".join(
        ["* macro", f'.include "{tmp_path / "tile.ngspice"}"', f"x1 {ports} tile", *sources, ".op", ".end"]
    )
    found = spice.run(deck + "\n").columns([f"i(vout_{k})" for k in range(cols)])[0]
    exact = json.loads(run("solve", array, "-o", tmp_path / "exact", "--json")[1])["largest_output"]
    assert abs(found.max() / exact - 1) < 1e-3


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("r_row = 2", "r_roww = 2", "unknown key wire.r_roww: did you mean 'r_row'?"),
        ("r_row = 2", 'r_row = "1M"', "SPICE reads M as milli"),
        ("r_row = 2", "r_row = nan", "expected a finite number"),
        ('model = "rram_sinh"', 'model = "rram_sin"', "rram_sin"),
        ('g_max = "100u"', "g_max = 1.0", "g_max"),
    ],
)
def test_bad_specifications_are_one_sentence_and_exit_2(run, array, old, new, sentence):
    array.write_text(ARRAY.replace(old, new, 1), encoding="utf-8")
    code, out, err = run("solve", array, "-o", array.parent / "out")
    assert code == 2
    assert out == ""
    assert sentence in err and len(err.strip().splitlines()) == 1 and "Traceback" not in err


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (np.full((8, 6), 1.0), "g[0, 0] = 1 S, expected"),
        (np.full((6, 8), 1e-5), "g has shape (6, 8), expected (rows, cols) = (8, 6)"),
        (np.full((8, 6), np.nan), "g[0, 0] = nan S, expected a finite conductance"),
        (np.array([{"a": 1}], dtype=object), "expected numbers as .npy"),
    ],
)
def test_bad_conductances_are_one_sentence_and_exit_2(run, array, content, sentence):
    path = array.parent / "g.npy"
    np.save(path, content, allow_pickle=True)
    code, _, err = run("solve", array, "-g", path, "-o", array.parent / "out")
    assert code == 2
    assert sentence in err and len(err.strip().splitlines()) == 1


def test_missing_simulator_is_exit_3_with_advice(run, array, monkeypatch):
    monkeypatch.setenv("CIRCUITSIM_NGSPICE", "/no/such/ngspice")
    code, _, err = run("solve", array, "--level", "ngspice", "-o", array.parent / "out")
    assert code == 3
    assert "apt-get install ngspice" in err and len(err.strip().splitlines()) == 1
    code, out, _ = run("doctor")
    assert code == 3 and "apt-get install" in out


@pytest.mark.parametrize("bad", [("solve", "absent.toml"), ("certificate", "absent.json")])
def test_missing_files_are_named(run, bad):
    code, _, err = run(*bad)
    assert code == 2 and "no such file" in err and bad[1] in err


def test_the_demo_without_its_images_names_the_extra(run, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    code, out, err = run("demo", "-o", tmp_path / "demo")
    assert (code, out) == (2, "")
    assert err.strip() == "circuitsim: scikit-learn is not installed: pip install 'circuitsim[demo]'"


def test_a_folder_that_cannot_be_written(run, array):
    (array.parent / "file").write_text("")
    code, _, err = run("solve", array, "-o", array.parent / "file" / "out")
    assert code == 2 and "cannot be" in err and "Traceback" not in err


@pytest.mark.filterwarnings("default")
def test_commands_in_a_library_never_reach_ngspice(run, array):
    library = array.parent / "mine.lib"
    library.write_text(
        "* mine\n.subckt mine te be params: g=1u\nr1 te be {1/g}\n.ends\n.control\nshell touch pwned\n.endc\n"
    )
    array.write_text(ARRAY.replace('model = "rram_sinh"', 'file = "mine.lib"\nsubckt = "mine"'), encoding="utf-8")
    code, _, err = run("solve", array, "--level", "ngspice", "-o", array.parent / "out")
    assert code == 0 and "mine.lib: not used: line 5 (a .control block)" in " ".join(err.split())
    assert not list(array.parent.rglob("pwned"))


def test_schema_and_help_describe_the_format(run):
    code, out, _ = run("schema")
    assert code == 0 and "device" in json.loads(out)["properties"]
    for command in ("netlist", "solve", "calibrate", "certificate", "infer", "demo", "doctor", "device"):
        code, out, _ = run(command, "--help")
        assert code == 0 and "Usage" in out
