"""`infer_files(energy=…)` and the commands: counts of the images, energy of each layer, sentences of refusal."""

import json
import tomllib

import numpy as np
import onnx
import pytest
from command_line import circuitsim
from onnx import TensorProto, helper, numpy_helper

from circuitsim.demo.data import NETWORK
from circuitsim.evaluation import EnergyOptions, count_files, infer_files, inference_energy
from circuitsim.evaluation.products import NodalProduct
from circuitsim.network import fit_ranges, load_network, program
from circuitsim.spec import parse_spec

ARRAY = """\
schema = 1
[array]
rows = 64
cols = 64
cell = "1r"
[device]
model = "rram_ohmic"
g_min = "1u"
g_max = "100u"
[wire]
r_row = 0.5
r_col = 0.5
[driver]
v_read = 0.2
dac_bits = 8
[adc]
bits = 8
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "array.toml").write_text(ARRAY)
    images = np.random.default_rng(0).uniform(0.0, 1.0, (6, 64))
    np.savez(tmp_path / "images.npz", images=images, labels=np.arange(6))
    return tmp_path


def test_the_energy_of_images_agrees_with_the_array_solver(folder):
    spec = parse_spec(tomllib.loads(ARRAY))
    content = infer_files(
        spec, NETWORK, folder / "images.npz", calibration_images=3, energy=EnergyOptions(), out=folder / "out"
    )
    found, images = content["energy"], np.load(folder / "images.npz")["images"]
    network = load_network(NETWORK)
    ranges = fit_ranges(program(network, spec, NodalProduct(spec)), images[:3])
    exact = inference_energy(network, spec, None, images[3:], ranges=ranges)
    array = next(part for part in found["parts"] if part["part"] == "array")
    lows = [low for low, _ in array["by_layer_J"]]
    np.testing.assert_allclose(lows, [part.energy for part in exact.parts], rtol=1e-9)
    assert found["total"]["macs"] == exact.macs
    for layer, counted in zip(content["layers"], found["layers"], strict=True):
        assert (counted["reads"] * 3, counted["conversions"] * 3) == pytest.approx(
            (layer["reads"], layer["conversions"])
        )
    shapes = count_files(str(NETWORK), spec, out=folder / "count")
    assert all(found["total"][name] <= shapes["total"][name] for name in ("reads", "conversions", "additions"))
    assert (folder / "out" / "energy.csv").exists()


def depthwise(path):
    """A depthwise convolution, whose groups share a tile, and a fully connected layer; two outputs."""
    rng = np.random.default_rng(3)
    constants = {"k": rng.normal(size=(4, 1, 3, 3)), "w": rng.normal(size=(16, 3)), "u": rng.normal(size=(16, 2))}
    nodes = [
        helper.make_node("Conv", ["x", "k"], ["c"], name="dw", group=4),
        helper.make_node("Flatten", ["c"], ["f"], name="flat"),
        helper.make_node("MatMul", ["f", "w"], ["y"], name="fc"),
        helper.make_node("MatMul", ["f", "u"], ["z"], name="other"),
    ]
    tensor = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "depthwise",
        [tensor("x", TensorProto.FLOAT, [None, 4, 4, 4])],
        [tensor("y", TensorProto.FLOAT, [None, 3]), tensor("z", TensorProto.FLOAT, [None, 2])],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


def test_reads_that_judge_shared_tiles_are_none_of_the_inference(folder):
    depthwise(folder / "net.onnx")
    np.savez(folder / "planes.npz", images=np.random.default_rng(0).uniform(0.0, 1.0, (6, 4, 4, 4)))
    found = infer_files(
        parse_spec(tomllib.loads(ARRAY)),
        folder / "net.onnx",
        folder / "planes.npz",
        output="y",
        calibration_images=3,
        energy=EnergyOptions(),
        out=folder / "out",
    )
    assert found["packing"][0]["groups"] > 1
    for layer, counted in zip(found["layers"], found["energy"]["layers"], strict=True):
        assert counted["reads"] * found["images"] == pytest.approx(layer["reads"])


def test_one_of_several_outputs_is_counted(folder):
    depthwise(folder / "net.onnx")
    (folder / "digital.toml").write_text(ARRAY + '[mapping]\ndigital = ["other"]\n')
    done = circuitsim("count", "net.onnx", "digital.toml", "--output", "y", "--json", folder=folder)
    assert done.returncode == 0, done.stderr
    assert [layer["name"] for layer in json.loads(done.stdout)["layers"]] == ["dw", "fc"]
    refused = circuitsim("count", "digits", "array.toml", "--output", "y", folder=folder)
    assert refused.returncode == 2 and "output = 'y' has no effect on the workload 'digits'" in refused.stderr


def test_count_prints_and_writes(folder):
    done = circuitsim("count", "mobilenetv2", "array.toml", folder=folder)
    assert done.returncode == 0 and done.stderr == ""
    assert "2,800   60.5%" in done.stdout and "23 more layers are in the table file" in done.stdout
    content = json.loads((folder / "out/count/results.json").read_text())
    assert content["total"]["arrays"] == 2800 and len(content["layers"]) == 53


def test_energy_prints_parts_converters_and_machines_for_comparison(folder):
    done = circuitsim("energy", "digits", "array.toml", "--columns-per-adc", "8", folder=folder)
    assert done.returncode == 0
    for words in (
        "sum without converters",
        "survey, 50th percentile",
        "an ADC for 8 columns",
        "NorthPole",
        "not counted",
    ):
        assert words in done.stdout
    shown = done.stdout[done.stdout.index("energy of an inference") :]
    assert max(map(len, shown.splitlines())) <= 110
    assert (folder / "out/energy/energy.csv").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("count", "resnet19", "array.toml"), "network = 'resnet19': expected an ONNX file, or a workload: digits, "),
        (("count", "none.onnx", "array.toml"), "none.onnx: no such file"),
        (("count", "digits", "array.toml", "--data", "images.npz"), "data has no effect on the workload 'digits'"),
        (("energy", "digits", "array.toml", "--level", "behavioral"), "level = 'behavioral' needs a calibrated model"),
        (("energy", "digits", "array.toml", "--costs", "none.toml"), "none.toml: no such file, expected a TOML file"),
        (
            ("infer", "array.toml", str(NETWORK), "--data", "images.npz", "--columns-per-adc", "2"),
            "--columns-per-adc has no effect without --energy",
        ),
    ],
)
def test_what_cannot_be_used_is_one_sentence(folder, words, sentence):
    done = circuitsim(*words, folder=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"circuitsim: {sentence}") and len(done.stderr.splitlines()) == 1
