"""The core needs neither onnx nor torch: a hand-made network runs on arrays where none of them is installed."""

import os
import subprocess
import sys
from pathlib import Path

import circuitsim

SCRIPT = """
import sys
from dataclasses import dataclass

OPTIONAL = {"onnx", "onnxruntime", "torch"}


class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in OPTIONAL:
            raise ModuleNotFoundError(f"{name} is blocked by this test", name=name)


sys.meta_path.insert(0, Blocked())

import numpy as np

from circuitsim import network
from circuitsim.network import LinearLayer, float_product, input_vectors, output_tensor
from circuitsim.spec import parse_spec


@dataclass(frozen=True)
class Perceptron:
    layers: tuple[LinearLayer, ...]

    def run(self, images, product):
        first, last = self.layers
        hidden = np.tanh(output_tensor(first, product(first, input_vectors(first, images)), images.shape))
        return output_tensor(last, product(last, input_vectors(last, hidden)), hidden.shape)

    def run_float(self, images):
        return self.run(images, float_product)


rng = np.random.default_rng(0)
first = LinearLayer("first", "MatMul", rng.normal(size=(1, 15, 13)), rng.normal(size=13))
last = LinearLayer("last", "MatMul", rng.normal(size=(1, 13, 4)))
perceptron = Perceptron((first, last))
spec = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 10, "cols": 9, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 0.0, "r_col": 0.0},
        "driver": {"v_read": 0.2},
    }
)
images = rng.normal(size=(20, 15))
labels = network.evaluate_float(perceptron, images).classes
assert network.float_difference(perceptron, spec, images).max() < 1e-12
eight = spec.replace(driver={"dac_bits": 8}, adc={"bits": 8})
ideal = network.evaluate_ideal(perceptron, eight, images, labels, calibration_images=images)
assert [layer.tiles for layer in ideal.layers] == [8, 2], ideal.layers
assert ideal.accuracy > 0.8, ideal.accuracy
try:
    network.load_network("digits.onnx")
except Exception as error:
    print(type(error).__name__)
assert not OPTIONAL & set(sys.modules)
print("ran")
"""


def test_a_hand_made_network_runs_without_onnx_and_torch():
    environment = os.environ | {"PYTHONPATH": str(Path(circuitsim.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    refusal, last = done.stdout.split()
    assert refusal in ("ModuleNotFoundError", "MissingExtraError")
    assert last == "ran"
