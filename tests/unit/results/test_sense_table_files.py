"""Tables of sense amplifiers: what they refuse, and that a file is believed only as it was written."""

import dataclasses
import json

import numpy as np
import pytest

from circuitsim.errors import InputError
from circuitsim.results import Provenance, SenseDynamics, SenseTable, load_sense_table, save_sense_table

DYNAMICS = SenseDynamics(
    current=np.array([1e-6, 1e-5]),
    conductance=np.array([1e-5, 1e-4, 1e-3]),
    settling=np.full((2, 3), 1e-8),
    band=2e-3,
    bandwidth=np.full((2, 3), 1e8),
    noise_density=np.full((2, 3), 1e-12),
    noise_frequency=1e6,
    noise_rms=np.full((2, 3), 1e-4),
    noise_band=(1e4, 1e9),
    energy=np.zeros((2, 3)),
)
TABLE = SenseTable(
    current=np.array([0.0, 1e-6, 1e-5]),
    drop=np.array([0.0, 1e-3, 2e-3]),
    reported=np.array([0.5, 0.4, -0.5]),
    power=np.array([1e-5, 2e-5, 3e-5]),
    unit="V",
    block="tia",
    supply=1.8,
    temperature_c=27.0,
    drop_error=1e-7,
    reported_error=1e-6,
    dynamics=DYNAMICS,
    provenance=Provenance(level="ngspice", spec_digest=None, options={"reltol": "1e-10"}),
)


@pytest.mark.parametrize(
    "table", [TABLE, dataclasses.replace(TABLE, dynamics=None, power=None), SenseTable(gain=0.9, noise=1e-9)]
)
def test_a_table_comes_back_as_it_was(tmp_path, table):
    save_sense_table(tmp_path / "t.npz", table, key="k")
    assert load_sense_table(tmp_path / "t.npz", key="k") == table


def test_a_file_is_believed_only_as_it_was_written(tmp_path):
    path = tmp_path / "t.npz"
    save_sense_table(path, TABLE, key="k")
    with pytest.raises(InputError, match="is not what was stored under this key"):
        load_sense_table(path, key="other")
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    about = json.loads(str(arrays["about"][()]))
    for name, changed in (
        ("a number", {**arrays, "drop": arrays["drop"] + 1e-6}),
        ("a field", {**arrays, "about": np.array(json.dumps({**about, "table": {**about["table"], "supply": 1.2}}))}),
        ("the version", {**arrays, "about": np.array(json.dumps({**about, "schema": 99}))}),
        ("the list", {**arrays, "about": np.array(json.dumps({**about, "arrays": ["../x"]}))}),
        ("the text", {**arrays, "about": np.array("{")}),
    ):
        np.savez(path, **changed)
        with pytest.raises(InputError) as refused:
            load_sense_table(path, key="k")
        assert "\n" not in str(refused.value), name
    path.write_bytes(b"no archive")
    with pytest.raises(InputError, match="damaged or not a circuitsim sense table"):
        load_sense_table(path)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"current": np.array([0.0, 1e-5, 1e-6])}, "current must rise from point to point"),
        ({"drop": np.array([0.0, -1e-3, 2e-3])}, "drop must rise with the current, or stay"),
        ({"reported": np.zeros(2)}, r"reported \(2,\): expected one value per current \(3,\)"),
        ({"power": np.zeros(4)}, r"power \(4,\): expected one value per current"),
        ({"drop": None}, "current and drop go together"),
        ({"current": None, "drop": None}, "reported and power belong to points of current"),
        ({"noise": -1.0}, "noise = -1 V: expected a standard deviation"),
    ],
)
def test_impossible_tables_are_refused(changes, sentence):
    with pytest.raises(InputError, match=sentence):
        dataclasses.replace(TABLE, **changes)


def test_dynamics_of_another_shape_are_refused():
    for values in (np.zeros((3, 2)), np.full((2, 3), np.inf)):
        with pytest.raises(InputError, match=r"settling has shape .*: expected finite values of shape \(2, 3\)"):
            dataclasses.replace(DYNAMICS, settling=values)


def test_a_table_of_an_earlier_version_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "t.npz"
    save_sense_table(path, TABLE)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    about = json.loads(str(arrays["about"][()]))
    np.savez(path, **{**arrays, "about": np.array(json.dumps({**about, "schema": 3}))})
    with pytest.raises(InputError, match="it does not say of which text of its circuit it was made: calibrate the arr"):
        load_sense_table(path)
