"""What a calibration says of itself: a missed target travels with the model, and what it leaves out is named."""

import json

import numpy as np
import pytest
from command_line import circuitsim as command

import circuitsim as cs
from circuitsim import calibration
from circuitsim.errors import MissedTargetWarning, OutsideRangeError
from circuitsim.report import certificate_in_words
from circuitsim.results import load_model, save_model

TEXT = """schema = 1
[array]
rows = 6
cols = 4
cell = "1t1r"
input_line = "wl"
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
r_row = 2.0
r_col = 2.0
r_bl = 2.0
[driver]
v_read = 0.2
"""


@pytest.fixture
def array(tmp_path):
    (tmp_path / "array.toml").write_text(TEXT)
    return cs.load_spec(tmp_path / "array.toml")


def test_a_model_carries_the_target_that_it_misses(array, tmp_path):
    model, certificate = cs.calibrate(
        array, rng=np.random.default_rng(0), truth="nodal", search="none", max_rms=1e-9, thorough=False
    )
    assert certificate.reached is False and model.missed == certificate.missed
    save_model(tmp_path, model)
    g, x = np.full((6, 4), 1e-5), np.ones((1, 6))
    with pytest.warns(MissedTargetWarning, match="where 1.0e-07 % rms was asked for"):
        cs.solve(array, g, x, "behavioral", model=load_model(tmp_path))
    with pytest.raises(OutsideRangeError, match=r"misses its target.*\(strict\)"):
        cs.solve(array, g, x, "behavioral", model=model, certificate=certificate, strict=True)


def test_what_is_left_out_is_named(array):
    found = calibration.calibrate(array, rng=np.random.default_rng(0), truth="nodal", search="structured").certificate
    words = certificate_in_words(found)
    assert found.budget is None and found.energy is None and found.by_load is None
    for sentence in (
        "The causes of the product's error, and",
        "on the command line --thorough",
        "The energy of a read",
    ):
        assert sentence in words
    assert "The worst error by column load: calibrate with search = 'full'" in words


def test_a_thorough_command_splits_the_error_of_gates(array, tmp_path):
    words = ("calibrate", "array.toml", "--truth", "nodal", "--search", "none", "--thorough", "-o", "out", "--json")
    done = command(*words, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not any("causes" in sentence for sentence in json.loads(done.stdout)["left_out"])
    stated = json.loads((tmp_path / "out" / "certificate.json").read_text())["certificate"]["budget"]
    assert {cause["name"] for cause in stated["causes"]} == {"cells", "wires", "driver", "sense"}
