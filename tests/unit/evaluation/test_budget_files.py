"""`circuitsim budget` from files to files, and what it says."""

import csv
import json
from functools import partial

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from circuitsim.cli.budget import budget_in_words
from circuitsim.errors import InputError
from circuitsim.evaluation import budget_files


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """File of a 6–5–3 perceptron with Relu."""
    rng = np.random.default_rng(2)
    tensors = [
        numpy_helper.from_array(rng.normal(size=shape).astype(np.float32), name)
        for name, shape in (("w0", (6, 5)), ("w1", (5, 3)))
    ]
    nodes = [
        helper.make_node("Gemm", ["x", "w0"], ["h"], name="fc0"),
        helper.make_node("Relu", ["h"], ["r"], name="relu"),
        helper.make_node("Gemm", ["r", "w1"], ["y"], name="fc1"),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, n]) for name, n in (("x", 6), ("y", 3))]
    graph = helper.make_graph(nodes, "perceptron", ends[:1], ends[1:], initializer=tensors)
    file = tmp_path_factory.mktemp("network") / "perceptron.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), file)
    return file


@pytest.fixture(scope="module")
def model(make_model, make_spec):
    spec = make_spec(rows=6, cols=10).replace(adc={"bits": 4, "full_scale": "auto"})
    return make_model(grade=1, v_range=(0.0, 0.2), spec=spec)


@pytest.mark.filterwarnings("ignore::circuitsim.errors.ClippingWarning")
def test_tables_and_words(model, network, tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "data.npz", images=rng.uniform(0, 1, (40, 6)).astype(np.float32), labels=np.arange(40) % 3)
    read = partial(budget_files, model, network, tmp_path / "data.npz", calibration_images=8, images_scored=20)
    _, content = read(out=tmp_path / "out", max_loss=0.5)
    assert json.loads((tmp_path / "out" / "results.json").read_text()) == json.loads(json.dumps(content))
    assert (content["images"], content["causes"]) == (20, ["wires", "cells", "adc"])
    with (tmp_path / "out" / "budget.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header[:4] == ["kind", "name", "seed [1]", "accuracy [1]"] and len(rows) == 1 + 2 * 3 + 2 * 2
    for row, entry in zip(rows, content["entries"], strict=True):
        assert row[:2] == [entry["kind"], entry["name"]] and float(row[4]) == pytest.approx(entry["loss"])
        assert entry["score"] + entry["loss"] == pytest.approx(content["float"])
    first, table, *lines = budget_in_words(content)
    assert "of 20 images; causes: wires, cells, adc" in first and table.row_count == len(rows)
    said = "\n".join(lines)
    assert "placement: no layer has to stay digital, chosen on 10 images" in said and "10 other images" in said
    assert "on arrays (conversions: unknown) and 0 J digital (published machines, not verified)" in said
    assert read(out=tmp_path / "out", causes=["adc"])[1]["placement"] is None
    np.savez(tmp_path / "data.npz", images=np.zeros((40, 6), np.float32))
    with pytest.raises(InputError, match="has no labels"):
        read(out=tmp_path / "out")
