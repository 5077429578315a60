"""One read, one check: conductances, inputs, cards and SPICE files are looked at once at every level."""

import json
import subprocess
import sys

import pytest

from circuitsim import levels
from circuitsim.results import TileModel
from circuitsim.results.model_files import save_model
from circuitsim.spec import parse_spec

SPEC = {
    "schema": 1,
    "array": {"rows": 16, "cols": 16, "cell": "1t1r"},
    "device": {"model": "rram_sinh", "g_min": "1u", "g_max": "100u"},
    "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8},
    "wire": {"r_row": 2.0, "r_col": 2.0},
    "driver": {"v_read": 0.2, "r_out": 50},
}

# A process that has read nothing yet solves once, counts calls of these functions and reads of the device models.
SCRIPT = """
import collections, json, pathlib, sys
import numpy as np
import circuitsim as cs
from circuitsim import levels
from circuitsim.devices import load
from circuitsim.resources import device_models_folder
from circuitsim.results.model_files import load_model
from circuitsim.spec import ArraySpec, check_conductances, check_inputs, parse_spec

level, given, model = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
counted = {
    check_conductances.__code__: "conductances checked",
    check_inputs.__code__: "inputs checked",
    load._load.__wrapped__.__code__: "cards loaded",
    ArraySpec.digest.func.__code__: "specifications hashed",
}
calls, reads = collections.Counter(), collections.Counter()


def called(frame, event, argument):
    if event == "call" and frame.f_code in counted:
        calls[counted[frame.f_code]] += 1


def opened(event, arguments):
    if event == "open" and str(arguments[0]).startswith(str(device_models_folder())):
        reads[str(pathlib.Path(arguments[0]).relative_to(device_models_folder()))] += 1


rng = np.random.default_rng(0)
options = {"model": load_model(model)} if level == "behavioral" else {}
spec = parse_spec(given)
g, x = rng.uniform(1e-6, 1e-4, spec.shape), rng.uniform(0, 0.2, (3, 16))
sys.addaudithook(opened)
sys.setprofile(called)
cs.solve(spec, g, x, level, **options)
sys.setprofile(None)
print(json.dumps({"calls": calls, "reads": reads}))
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    spec = parse_spec(SPEC)
    surface = levels.surface_of(spec)  # in the cache from now on, as after a user's first solve
    assert surface is not None
    return save_model(tmp_path_factory.mktemp("model"), TileModel(spec, surface, 3, (0.0, 0.2)))


@pytest.mark.parametrize("level", ["ngspice", "nodal", "behavioral"])
def test_a_solve_looks_at_everything_once(level, model):
    command = [sys.executable, "-c", SCRIPT, level, json.dumps(SPEC), str(model)]
    counts = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    calls, reads = counts["calls"], counts["reads"]
    assert calls["conductances checked"] == 1
    assert calls["inputs checked"] == 1
    assert calls["cards loaded"] == 2  # device and transistor
    assert calls["specifications hashed"] <= 2  # the array's, and that of the model
    assert reads
    assert not {path: count for path, count in reads.items() if count > 1}
