"""The network trained on MNIST: its gradients against differences, its file, and the accuracy that was kept."""

import gzip
import importlib.util
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.evaluation import network_shapes, workload
from circuitsim.network import load_network

FOLDER = Path(__file__).parents[3] / "validation" / "mnist_cnn"


@pytest.fixture(scope="module")
def script():
    found = importlib.util.spec_from_file_location("train_mnist_cnn", FOLDER / "train.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def loss(script, parameters, images, labels):
    logits = script.forward(parameters, images)[0]
    log_share = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    wanted = np.full(log_share.shape, 0.05 / script.CLASSES)
    wanted[np.arange(len(labels)), labels] += 0.95
    return -float((wanted * log_share).sum()) / len(labels)


def test_gradients_are_those_of_the_loss(script):
    rng = np.random.default_rng(1)
    parameters = [p.astype(float) for p in script.initial(rng)]
    images, labels = rng.random((3, 28, 28)), np.array([1, 5, 7])
    slopes = script.gradients(parameters, images, labels, smoothing=0.05)
    for parameter, slope in zip(parameters, slopes, strict=True):
        for place in (tuple(0 for _ in parameter.shape), tuple(rng.integers(n) for n in parameter.shape)):
            ends = []
            for step in (1e-6, -2e-6):
                parameter[place] += step
                ends.append(loss(script, parameters, images, labels))
            parameter[place] += 1e-6
            assert_allclose(slope[place], (ends[0] - ends[1]) / 2e-6, rtol=1e-4, atol=1e-8)


def test_the_file_computes_what_the_script_trained(script, tmp_path):
    parameters = script.initial(np.random.default_rng(2))
    (tmp_path / "net.onnx").write_bytes(script.to_onnx(parameters).SerializeToString())
    images = np.random.default_rng(3).random((4, 28, 28)).astype(np.float32)
    wanted = script.forward(parameters, images)[0]
    assert_allclose(load_network(tmp_path / "net.onnx").run_float(images[:, None]), wanted, rtol=1e-4, atol=1e-5)


def test_files_of_the_data_base_are_read_gzipped_or_not(script, tmp_path):
    content = bytes([0, 0, 8, 3]) + struct.pack(">3i", 2, 2, 2) + bytes(range(8))
    for name, data in (("plain", content), ("packed", gzip.compress(content))):
        (tmp_path / name).write_bytes(data)
        assert script.read_idx(tmp_path / name).tolist() == [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]


def test_the_kept_network_is_small_and_was_tested(script):
    result = json.loads((FOLDER / "result.json").read_text())
    assert (result["trained_on"], result["tested_on"]) == (script.TRAINED, script.TESTED) == (8000, 2000)
    assert result["test_accuracy"] >= 0.98
    assert (FOLDER / "mnist_cnn.onnx").stat().st_size < 300_000
    found = network_shapes(load_network(FOLDER / "mnist_cnn.onnx"), np.zeros((1, 1, 28, 28)))
    sizes = [(layer.groups, layer.inputs, layer.outputs, layer.vectors) for layer in found]
    assert sizes == [(s.groups, s.inputs, s.outputs, s.vectors) for s in workload("mnist-cnn").layers]
