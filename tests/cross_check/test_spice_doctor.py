"""The doctor tries what it talks about."""

import dataclasses
import json
import sys

from circuitsim import spice
from circuitsim.spice import solver_speed
from circuitsim.spice.guard import landlock_version


def test_what_is_here_is_tried_and_named():
    diagnosis = spice.diagnose()
    simulator = spice.find_ngspice()
    assert diagnosis.usable
    assert diagnosis.executable == str(simulator.path)
    assert diagnosis.klu is simulator.klu
    assert diagnosis.solver == ("KLU" if simulator.klu else "Sparse 1.3")
    assert diagnosis.library_version.startswith("libngspice-")
    assert diagnosis.pyspice.startswith("1.")
    assert f"Batch runs use: {simulator.path}" in diagnosis.text
    assert json.loads(json.dumps(dataclasses.asdict(diagnosis)))["version"] == simulator.version_text


def test_each_linear_solver_is_timed_on_an_array(monkeypatch):
    simulator = spice.find_ngspice()
    if not simulator.klu:  # nothing to compare with: a smaller array shows what is timed and told
        monkeypatch.setattr(solver_speed, "SIDE", 24)
    speed = spice.measure_solvers(simulator)
    assert 0.05 < speed.sparse_s < 300 and f"{speed.sparse_s:.3g} s with Sparse 1.3" in speed.text
    if simulator.klu:
        assert speed.klu_s < speed.sparse_s and speed.difference < 1e-8
    else:
        assert speed.klu_s is None and "has no KLU. ngspice 42 or later" in speed.text


def test_nothing_here_is_said_with_advice_and_without_an_exception(monkeypatch, tmp_path):
    monkeypatch.setenv("CIRCUITSIM_NGSPICE", str(tmp_path / "ngspice"))
    monkeypatch.setenv("NGSPICE_LIBRARY_PATH", str(tmp_path / "libngspice.so"))
    diagnosis = spice.diagnose()
    assert not diagnosis.usable
    assert diagnosis.executable is diagnosis.library is diagnosis.solver is None
    assert sum("apt-get install ngspice" in sentence for sentence in diagnosis.advice) == 2
    assert "not found" in diagnosis.text


def test_an_old_ngspice_without_code_models_is_told_apart(monkeypatch, tmp_path):
    """A program that answers only the question for its version has no XSPICE and no KLU, whatever the version says."""
    fake = tmp_path / "ngspice"
    fake.write_text('#!/bin/sh\necho "** ngspice-45 : Circuit level simulation program"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("CIRCUITSIM_NGSPICE", str(fake))
    diagnosis = spice.diagnose()
    assert diagnosis.version == "ngspice-45"
    assert not diagnosis.klu
    assert not diagnosis.xspice


def test_protection_is_what_this_system_has(monkeypatch):
    monkeypatch.setenv("SPICE_SCRIPTS", "/elsewhere")
    writing, ending, environment = spice.diagnose().protection
    assert ("only in its run folder" in writing) == (landlock_version() > 0)
    assert ("ends with the Python" in ending) == sys.platform.startswith("linux")
    assert environment.startswith("Environment: a simulator gets PATH,")
    assert environment.endswith("set here without effect: SPICE_SCRIPTS.")
    assert spice.diagnose().protection[0] in spice.diagnose().text
