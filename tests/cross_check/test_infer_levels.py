"""A network from a file at every level: ngspice, array solver and tile read the same arrays; the command chooses."""

import json

import numpy as np
import onnx
import pytest
from command_line import circuitsim
from numpy.testing import assert_allclose
from onnx import TensorProto, helper, numpy_helper

ARRAY = """
schema = 1
[array]
rows = 8
cols = 8
input_line = "{line}"
[device]
model = "rram_sinh"
g_min = "2u"
g_max = "100u"
[access]
model = "nmos_130"
w = "1u"
l = "0.13u"
v_gate = 1.8
[wire]
r_row = 3
r_col = 3
{wire}
[driver]
v_read = 0.2
{driver}
[adc]
bits = 7
"""
GATES = {"line": "wl", "wire": "r_bl = 3", "driver": "dac_bits = 2\ngate_levels = [0, 0.8, 1.2, 1.8]"}
LINES = {"line": "bl", "wire": "", "driver": "dac_bits = 6"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("levels")
    rng = np.random.default_rng(0)
    weights = {"w1": rng.normal(size=(8, 6)), "w2": rng.normal(size=(6, 3))}
    nodes = [
        helper.make_node("MatMul", ["x", "w1"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("MatMul", ["r", "w2"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, place / "net.onnx")
    images = rng.uniform(0, 1, (14, 8)).astype(np.float32)
    labels = np.argmax(np.maximum(images @ weights["w1"], 0) @ weights["w2"], axis=1)
    np.savez(place / "data.npz", images=images, labels=labels)
    for name, keys in (("lines", LINES), ("gates", GATES)):
        (place / f"{name}.toml").write_text(ARRAY.format(**keys), encoding="utf-8")
    return place


def run(folder, arrays, *words):
    given = ("infer", arrays, "net.onnx", "--data", "data.npz", "--calibration-images", "8", "--images", "4", *words)
    done = circuitsim(*given, "-o", "out", folder=folder)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "out" / "results.json").read_text()), done.stdout


@pytest.mark.parametrize("name", ["lines", "gates"])
def test_ngspice_and_the_array_solver_give_a_network_the_same_outputs(folder, name):
    exact, said = run(folder, f"{name}.toml")
    truth, told = run(folder, f"{name}.toml", "--level", "ngspice")
    assert (exact["level"], truth["level"]) == ("nodal", "ngspice")
    assert exact["images"] == 4 and exact["certificate"] is None
    assert "read by the array solver" in said and "read by ngspice" in told
    for layer, other in zip(exact["layers"], truth["layers"], strict=True):
        assert layer["full_scale"] == other["full_scale"]  # ranges are learnt by the array solver at both levels
        assert_allclose(layer["i_max"], other["i_max"], rtol=1e-6, atol=0)
    assert_allclose(exact["difference_from_float"]["array"], truth["difference_from_float"]["array"], rtol=1e-4, atol=0)


def test_one_layer_is_read_by_ngspice_and_the_others_by_the_array_solver(folder):
    exact, _ = run(folder, "lines.toml")
    name = exact["layers"][0]["name"]
    mixed, said = run(folder, "lines.toml", "--level", "ngspice", "--layers", name)
    assert mixed["layers_at_level"] == [name]
    assert f"arrays: {name} read by ngspice" in said
    for layer, other in zip(exact["layers"], mixed["layers"], strict=True):
        assert_allclose(layer["i_max"], other["i_max"], rtol=1e-6, atol=0)
    both = zip(exact["layers"], mixed["layers"], strict=True)
    same = [layer["i_max"] == other["i_max"] for layer, other in both]
    assert same == [False, True]  # ngspice rounds in its own way; the array solver repeats itself


def test_a_model_is_read_at_every_level(folder):
    done = circuitsim("calibrate", "lines.toml", "--truth", "nodal", "--quick", "-o", "cal", folder=folder)
    assert done.returncode == 0, done.stderr
    found = {level: run(folder, "cal/model.json", "--level", level)[0] for level in ("behavioral", "nodal")}
    assert found["behavioral"]["level"] == "behavioral"
    differences = [each["difference_from_float"]["array"] for each in found.values()]
    assert_allclose(differences[0], differences[1], rtol=0.05, atol=0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--level", "behavioral"), "level = 'behavioral' needs a calibrated model"),
        (("--strict",), "strict has no effect at level = 'nodal', which is exact"),
        (("--level", "spectre"), "level = 'spectre'"),
        (("--layers", "x"), "layers = ['x'] has no effect at level = 'nodal'"),
        (("--level", "ngspice", "--layers", "conv9"), "layers names 'conv9', which is no layer of the network"),
    ],
)
def test_what_a_level_cannot_use(folder, words, said):
    done = circuitsim("infer", "lines.toml", "net.onnx", "--data", "data.npz", "-o", "bad", *words, folder=folder)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
