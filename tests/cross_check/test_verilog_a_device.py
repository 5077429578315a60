"""From a Verilog-A file to an array, by the commands a user takes: table, device folder, ngspice, array solver."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose
from typer.testing import CliRunner
from verilog_a import CELL, needs_compiler

import circuitsim as cs
from circuitsim.characterization.read_curves import read_curves
from circuitsim.characterization.verilog_a import read_verilog_a
from circuitsim.cli.device import app
from circuitsim.devices import load_folder
from circuitsim.errors import InputError

pytestmark = needs_compiler


def call(*words):
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None:
        raise result.exception
    return result.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("verilog_a")
    said = call("tabulate", CELL, "--state", "w", "--state-range", "0 4", "-o", place / "states.csv")
    assert "9 states of w, 369 points" in said
    assert "charges and changes in time left out" in said
    found = json.loads(call("fit", place / "states.csv", "--out", place / "mine", "--json"))
    assert found["form"] == "states"
    assert found["residual_max"] < 1e-4
    return place / "mine"


def test_ngspice_reads_the_currents_of_the_file_between_the_states_too(folder):
    """At both ends of the conductances and in their middle, each at the state that has it."""
    curves = read_curves(load_folder(folder), v_max=0.4)
    middle = read_verilog_a(CELL, state="w", states=np.linspace(0, 4, 401).tolist(), voltages=[0.2])
    w = np.interp(curves.states, (middle.i / 0.2)[::-1], middle.state[::-1])
    expected = read_verilog_a(CELL, state="w", states=w.tolist(), voltages=curves.v.tolist())
    off = curves.i.ravel() - expected.i
    assert np.abs(off).max() <= 3e-4 * np.abs(expected.i).max()


def test_an_array_of_it_in_ngspice_and_the_array_solver(folder):
    spec = cs.ArraySpec.model_validate(
        {
            "schema": 1,
            "array": {"rows": 6, "cols": 5, "cell": "1r"},
            "device": {"folder": str(folder), "g_min": "3u", "g_max": "90u"},
            "wire": {"r_row": 3.0, "r_col": 3.0},
            "driver": {"v_read": 0.2},
        }
    )
    rng = np.random.default_rng(5)
    g = np.exp(rng.uniform(np.log(3e-6), np.log(9e-5), spec.shape))
    v = rng.uniform(0, 0.2, (4, 6))
    truth = cs.solve(spec, g, v, level="ngspice").i_out
    exact = cs.solve(spec, g, v, level="nodal").i_out
    assert_allclose(exact, truth, rtol=0, atol=1e-8 * np.abs(truth).max())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--state-range", "4 0"], r"--state-range '4 0': expected two numbers, the smaller first"),
        (["--state-range", "0 4", "--log"], "both above 0 for --log"),
        (["--state-range", "0 4", "--set", "r_s"], "--set 'r_s': expected NAME=VALUE"),
        (["--state-range", "0 4", "--v-max", "0"], "--v-max = 0: expected a voltage above 0"),
        (["--state-range", "0 4", "--module", "other"], "module 'other' not found; it has state_cell"),
    ],
)
def test_bad_options_are_one_sentence_and_leave_no_table(tmp_path, words, said):
    with pytest.raises(InputError, match=said):
        call("tabulate", CELL, "--state", "w", "-o", tmp_path / "t.csv", *words)
    assert not (tmp_path / "t.csv").exists()
