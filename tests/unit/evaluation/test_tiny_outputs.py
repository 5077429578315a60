"""Outputs so small that they are rounding alone: a Sigmoid far below 0."""

import importlib.util
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from circuitsim.errors import HostWarning
from circuitsim.evaluation import infer_files

SCRIPT = Path(__file__).parents[3] / "validation" / "real_networks" / "run.py"


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """Logits about −17.5, where onnxruntime gives a Sigmoid in steps of 3e-8."""
    w = np.random.default_rng(0).uniform(-0.25, 0.25, (64, 64)).astype(np.float32)
    tensors = [numpy_helper.from_array(w, "w"), numpy_helper.from_array(np.float32([-17.5]), "b")]
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["h"]),
        helper.make_node("Add", ["h", "b"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["y"]),
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size]) for name, size in (("x", 64), ("y", 64))
    ]
    graph = helper.make_graph(nodes, "tiny", ends[:1], ends[1:], tensors)
    file = tmp_path_factory.mktemp("tiny") / "net.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)
    return file


def test_the_table_compares_what_a_sigmoid_reads_and_says_so(network):
    found = importlib.util.spec_from_file_location("real_networks", SCRIPT)
    script = importlib.util.module_from_spec(found)
    found.loader.exec_module(script)
    row = script.examine(network, {}, False, script.array())
    assert row.difference < 1e-6
    assert script.shown(row).endswith("before Sigmoid")


def test_infer_names_the_rounding_of_tiny_outputs_as_the_cause(network, make_model, tmp_path):
    data = tmp_path / "images.npz"
    np.savez(data, images=np.random.default_rng(1).uniform(0, 1, (20, 64)).astype(np.float32))
    with pytest.warns(HostWarning, match="largest output, .*e-0[78]: that is near the rounding of float32"):
        infer_files(make_model(grade=1), network, data, out=tmp_path / "out")
