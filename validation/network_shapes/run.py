"""ResNet-18 and ResNet-50 as shapes with drawn weights: time and memory of an image on arrays, all wires included.

    python validation/network_shapes/run.py resnet50 --grade 1 --jobs 2

Weights are random (He), so that only times, tiles and memory are meant, never an accuracy. The tiles are those of the
demo's array, 64 x 64 1T1R cells with its wires, at the grade that is asked for; nothing is certified.
"""

import argparse
import json
import resource
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import circuitsim as cs
from circuitsim.evaluation import BehavioralProduct
from circuitsim.levels import surface_of
from circuitsim.network import evaluate, fit_ranges, load_network, program
from circuitsim.results import TileModel

SPEC = Path(cs.__file__).parent / "demo" / "array.toml"
SIDE = 224
BLOCKS = {"resnet18": (2, 2, 2, 2), "resnet50": (3, 4, 6, 3)}


class Drawing:
    """Nodes and weights of a network, added one after the other."""

    def __init__(self, seed: int) -> None:
        """Begin without nodes."""
        self.rng, self.nodes, self.tensors = np.random.default_rng(seed), [], []

    def tensor(self, values: np.ndarray) -> str:
        """Add a constant and return its name."""
        self.tensors.append(numpy_helper.from_array(values.astype(np.float32), f"w{len(self.tensors)}"))
        return self.tensors[-1].name

    def node(self, op: str, *inputs: str, **attributes: object) -> str:
        """Add a node and return its output."""
        self.nodes.append(helper.make_node(op, inputs, [f"{op}{len(self.nodes)}"], **attributes))
        self.nodes[-1].name = self.nodes[-1].output[0]
        return self.nodes[-1].output[0]

    def conv(self, x: str, channels: tuple[int, int], kernel: int, stride: int = 1, gain: float = 2.0) -> str:
        """Add a convolution whose outputs have about the power of its inputs."""
        deviation = np.sqrt(gain / (channels[0] * kernel**2))
        w = self.tensor(self.rng.normal(0, deviation, (channels[1], channels[0], kernel, kernel)))
        pad = kernel // 2
        return self.node("Conv", x, w, strides=[stride, stride], pads=[pad] * 4)


def residual_block(draw: Drawing, x: str, before: int, channels: int, stride: int, wide: bool) -> str:
    """Add a block: two 3 x 3 convolutions, or if `wide` 1 x 1, 3 x 3 and 1 x 1; the stride is in the first."""
    after = 4 * channels if wide else channels
    y = draw.node("Relu", draw.conv(x, (before, channels), 1 if wide else 3, stride))
    if wide:
        y = draw.node("Relu", draw.conv(y, (channels, channels), 3))
    y = draw.conv(y, (channels, after), 1 if wide else 3, gain=0.5)
    if stride != 1 or before != after:
        x = draw.conv(x, (before, after), 1, stride, gain=1.0)
    return draw.node("Relu", draw.node("Add", x, y))


def write_network(name: str, path: Path, seed: int = 0) -> None:
    """Write a residual network with drawn weights."""
    draw, wide, before = Drawing(seed), name == "resnet50", 64
    x = draw.node("Relu", draw.conv("x", (3, 64), 7, 2))
    x = draw.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for stage, blocks in enumerate(BLOCKS[name]):
        for block in range(blocks):
            channels = 64 * 2**stage
            x = residual_block(draw, x, before, channels, 2 if stage and not block else 1, wide)
            before = 4 * channels if wide else channels
    x = draw.node("Flatten", draw.node("GlobalAveragePool", x))
    draw.node("Gemm", x, draw.tensor(draw.rng.normal(0, before**-0.5, (before, 1000))))
    ends = [
        helper.make_tensor_value_info(each, TensorProto.FLOAT, shape)
        for each, shape in (("x", ["n", 3, SIDE, SIDE]), (draw.nodes[-1].output[0], ["n", 1000]))
    ]
    graph = helper.make_graph(draw.nodes, name, ends[:1], ends[1:], draw.tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


class Clock:
    """Seconds of the steps, of the wall and of the CPU."""

    def __init__(self) -> None:
        """Begin the first step."""
        self.steps: dict[str, dict[str, float]] = {}
        self.last = (time.perf_counter(), time.process_time())

    def __call__(self, step: str) -> None:
        """End a step and print it."""
        now = (time.perf_counter(), time.process_time())
        self.steps[step] = {"wall_s": now[0] - self.last[0], "cpu_s": now[1] - self.last[1], "peak_gb": peak_gb()}
        self.last = now
        print(f"{step:12}", "  ".join(f"{key} {value:.2f}" for key, value in self.steps[step].items()), flush=True)


def peak_gb() -> float:
    """Largest memory of the process so far [GB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def main() -> None:
    """Write the network, program it, learn ranges from one image and read another one; print times and memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", choices=BLOCKS)
    parser.add_argument("--grade", type=int, default=1, choices=(1, 2))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--dtype", default="float32", choices=("float32", "float64"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    clock, spec = Clock(), cs.load_spec(SPEC)
    surface = surface_of(spec)
    model = TileModel(spec, surface, options.grade, (0.0, spec.driver.v_read))
    clock("cell")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.onnx"
        write_network(options.network, file)
        network = load_network(file)
    clock("load")
    images = np.random.default_rng(1).random((2, 3, SIDE, SIDE), dtype=np.float32)
    programmed = program(network, spec, BehavioralProduct(model, dtype=options.dtype), n_jobs=options.jobs)
    clock("program")
    ranges = fit_ranges(programmed, images[:1], n_jobs=options.jobs)
    clock("ranges")
    found = evaluate(programmed, images[1:], ranges=ranges, n_jobs=options.jobs)
    clock("one image")
    tiles = sum(len(layer.places) for layer in programmed.layers.values())
    wanted = network.run_float(images[1:])
    apart = np.linalg.norm(found.logits - wanted) / np.linalg.norm(wanted)
    print(f"{options.network}: {tiles} tiles, outputs differ from float by {apart:.3f} rms (random weights)")
    if options.json is not None:
        options.json.write_text(
            json.dumps({"network": options.network, "tiles": tiles, "steps": clock.steps}, indent=2)
        )


if __name__ == "__main__":
    main()
