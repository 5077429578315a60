"""Commands that cannot do what is asked say so in one sentence, with exit code 2 and without a traceback."""

import pytest
from array_toml import ARRAY
from command_line import circuitsim

CHARGE = ARRAY.replace('"1r"', '"1c"').replace("rram_ohmic", "charge_cell").replace('"100u"', "1e-15")
CHARGE = CHARGE.replace('"1u"', "1e-16") + '\n[sense]\nmodel = "regulated_cascode"\nv_ref = 0.5\n'


def refused(folder, *arguments):
    done = circuitsim(*arguments, folder=folder)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr.strip()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "array.toml").write_text(ARRAY)
    (tmp_path / "charge.toml").write_text(CHARGE)
    (tmp_path / "empty.npy").write_bytes(b"")
    return tmp_path


def test_an_empty_file_of_inputs(folder):
    said = refused(folder, "solve", "array.toml", "-x", "empty.npy")
    assert said.startswith("circuitsim: empty.npy: expected numbers as .npy or comma-separated text")


def test_a_negative_seed(folder):
    assert "greater than or equal to 0" in refused(folder, "solve", "array.toml", "--seed", "-1")


def test_a_folder_in_place_of_a_file(folder):
    assert "circuitsim: .: cannot be written" in refused(folder, "netlist", "array.toml", "-o", ".")


def test_a_calibration_of_an_array_without_a_behavioral_model(folder):
    said = refused(folder, "calibrate", "charge.toml")
    assert said.startswith("circuitsim: sense.model = 'regulated_cascode'")
    assert "the output is a charge" in said


def test_a_behavioral_solve_without_its_model_names_the_option(folder):
    said = refused(folder, "solve", "array.toml", "--level", "behavioral")
    assert said.endswith("level = 'behavioral' needs a model: pass model=, on the command line --model FILE")


def test_an_export_of_what_is_no_model(folder):
    said = refused(folder, "export", "systemverilog", "array.toml", "-o", "tile.sv")
    assert said == "circuitsim: array.toml: not a circuitsim tile model, which is a JSON file that circuitsim wrote"


def test_a_folder_without_a_certificate(folder):
    said = refused(folder, "certificate", ".")
    assert said == "circuitsim: certificate.json: no such file; expected a circuitsim certificate"
