"""`circuitsim certificate --check`: the stored worst case repeats, or the exit code says that it does not."""

import dataclasses
import json

import numpy as np
import pytest
from calibration_arrays import array_spec, draw, surface
from typer.testing import CliRunner

from circuitsim.calibration import certify, full_scale_of_box, solve_in_nodal, structured_worst
from circuitsim.cli.commands import app
from circuitsim.errors import InputError
from circuitsim.results import TileModel, save_certificate, save_model

SPEC = array_spec(6, 5)
MODEL = TileModel(SPEC, surface(0.3), 2, (0.0, 0.2))


@pytest.fixture(scope="module")
def certificate():
    experiments = draw(SPEC, 1)
    truths = solve_in_nodal(SPEC, MODEL.surface, experiments)
    worst = structured_worst(MODEL, full_scale_of_box(SPEC, MODEL.surface)[0])
    return certify(MODEL, experiments, truths, provenance=truths[0].provenance, worst=worst)


@pytest.fixture
def folder(certificate, tmp_path):
    save_model(tmp_path, MODEL)
    save_certificate(tmp_path / "certificate.json", certificate)
    return tmp_path


def run(*words):
    return CliRunner().invoke(app, ["certificate", *map(str, words)])


def test_a_case_that_repeats_ends_with_0(folder):
    for words in ((folder,), (folder / "certificate.json",), (folder, "--model", folder / "model.json")):
        done = run(*words, "--check")
        assert done.exit_code == 0, done.output
        assert "the stored worst case repeats" in done.output
    content = json.loads(run(folder, "--check", "--json").stdout)
    full_scale = full_scale_of_box(SPEC, MODEL.surface)[0]
    assert content["holds"] is True and content["ngspice"] is None
    assert np.isclose(content["error"], abs(content["tile"] - content["nodal"]) / full_scale, rtol=1e-12, atol=0)


def test_a_case_that_does_not_repeat_ends_with_1(folder, certificate):
    case = certificate.worst.witness
    shift = 1e-3 * certificate.full_scale
    other = dataclasses.replace(case, tile=case.tile + shift, nodal=case.nodal + shift)
    worst = dataclasses.replace(certificate.worst, witness=other)
    save_certificate(folder / "certificate.json", dataclasses.replace(certificate, worst=worst))
    done = run(folder, "--check")
    assert done.exit_code == 1
    assert "does NOT repeat: the model gives" in done.output and "the array solver gives" in done.output


def test_what_cannot_be_checked_is_refused(folder, certificate):
    for words, sentence in (
        (("--ngspice",), "--ngspice is given without --check: expected both"),
        (("--model", folder), "--model is given without --check: expected both"),
    ):
        refused = run(folder, *words)
        assert isinstance(refused.exception, InputError) and sentence in str(refused.exception)
    save_certificate(folder / "certificate.json", dataclasses.replace(certificate, worst=None))
    refused = run(folder, "--check")
    assert isinstance(refused.exception, InputError) and "states no worst case" in str(refused.exception)
    save_model(folder, dataclasses.replace(MODEL, grade=1))
    refused = run(folder, "--check")
    assert isinstance(refused.exception, InputError) and "belongs to model" in str(refused.exception)
