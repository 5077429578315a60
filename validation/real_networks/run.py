"""Networks that others publish: what of each file runs on arrays, and how far ideal arrays are from onnxruntime.

    python validation/real_networks/run.py FILE.onnx … [--shape INPUT=1,3,64,64] [--whole]

Images are drawn, uniform from 0 to 1 (whole numbers below 32 for inputs of integers): they check the mapping, not an
accuracy. Of several outputs the first of real numbers counts. Where a Sigmoid writes it, what the Sigmoid reads is
compared, and the table says so: far below 0 its output in float32 is rounding alone. A file that is refused stands in
the table with the sentence that refuses it. Exit code 1: no file ran, a difference is above 1e-5 of the largest output,
or a file ended in a traceback.
"""

import argparse
import resource
import sys
import time
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

import circuitsim as cs
from circuitsim.errors import CircuitsimError
from circuitsim.network import float_difference, image_records, load_network
from circuitsim.network.onnx.interface import OnnxInput

LARGEST = 1e-5
"""Allowed difference, relative to the largest output."""
IMAGES = 2
REAL = (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT16)
SIDES = {4: (3, 64, 64), 3: (64, 64), 2: (64,), 1: ()}
"""Lengths that axes without one take, by the number of axes; the first axis counts images."""


@dataclass(frozen=True)
class Row:
    """What was found of a file: layers and nodes by where they run, difference, seconds of CPU, peak memory.

    `said`: why a file is refused, or which tensor is compared in place of its output.
    """

    file: str
    on_arrays: int
    on_host: int
    weighted_on_host: int
    difference: float
    cpu_s: float
    peak_mb: float
    said: str = ""


def array() -> cs.ArraySpec:
    """The array whose tiles compute exactly: 256 x 256 cells without wires."""
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": 256, "cols": 256, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
            "wire": {"r_row": 0.0, "r_col": 0.0},
            "driver": {"v_read": 0.2},
        }
    )


def lengths(each: OnnxInput, given: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
    """Lengths of all axes of an input: those given, those the file states, and `SIDES` for the others."""
    if each.name in given:
        return given[each.name]
    stated = each.shape or (None,)
    usual = (1, *SIDES.get(len(stated), (8,) * (len(stated) - 1)))
    return tuple(own or other for own, other in zip(stated, usual, strict=True))


def drawn(each: OnnxInput, given: dict[str, tuple[int, ...]], whole: bool, rng: np.random.Generator) -> np.ndarray:
    """Images of an input, each as a whole input if `whole`, or where the file takes one at a time."""
    shape = lengths(each, given)
    size = (
        (IMAGES, *shape) if whole or each.batch is not None else (IMAGES, *shape[: each.axis], *shape[each.axis + 1 :])
    )
    if each.type.kind in "iu":
        return rng.integers(0, 32, size).astype(each.type)
    return rng.random(size).astype(each.type)


def chosen(file: Path) -> tuple[str | None, str]:
    """Name of the tensor to compare and what the table says of it; None for the only output.

    That is the first output of real numbers, or what a Sigmoid that writes it reads.
    """
    graph = onnx.load(file, load_external_data=False).graph
    real = [each.name for each in graph.output if each.type.tensor_type.elem_type in REAL]
    if not real:
        return None, ""
    before = [node.input[0] for node in graph.node if node.op_type == "Sigmoid" and real[0] in node.output]
    if before:
        return before[0], "before Sigmoid"
    return (real[0] if len(real) > 1 else None), ""


def examine(file: Path, given: dict[str, tuple[int, ...]], whole: bool, spec: cs.ArraySpec) -> Row:
    """Run a file on exact arrays and return its row."""
    start, found = time.process_time(), None
    try:
        output, said = chosen(file)
        network = load_network(file, output=output)
        rng = np.random.default_rng(0)
        fields = {each.name: drawn(each, given, whole, rng) for each in network.inputs}
        images = next(iter(fields.values())) if len(fields) == 1 else image_records(fields)
        difference = float(float_difference(network, spec, images).max())
        weighted = sum(part.weighted for part in network.digital)
        found = (len(network.layers), sum(network.on_host.values()), weighted, difference, said)
    except CircuitsimError as error:
        found = (0, 0, 0, np.nan, str(error))
    except Exception:  # whatever it is, the table says so and the exit code tells it
        found = (0, 0, 0, np.inf, traceback.format_exc(limit=-1).replace("\n", " "))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Row(str(file), *found[:4], time.process_time() - start, peak, found[4])


def shown(row: Row) -> str:
    """A line of the table."""
    if not np.isfinite(row.difference):
        return f"{Path(row.file).name:34} {'TRACEBACK' if row.difference == np.inf else 'refused'}: {row.said}"
    return (
        f"{Path(row.file).name:34} {row.on_arrays:6d} {row.on_host:6d} {row.weighted_on_host:9d} "
        f"{row.difference:10.1e} {row.cpu_s:7.2f} {row.peak_mb:8.0f}  {row.said}"
    ).rstrip()


def shape_given(text: str) -> tuple[str, tuple[int, ...]]:
    """Read INPUT=1,3,64,64."""
    name, _, sizes = text.rpartition("=")
    return name, tuple(int(size) for size in sizes.split(","))


def main() -> int:
    """Print the table, and write it where --csv says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--shape", action="append", default=[], type=shape_given, metavar="INPUT=N,N")
    parser.add_argument("--whole", action="store_true", help="each image is a whole input, batch axis included")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{'file':34} {'arrays':>6} {'host':>6} {'weighted':>9} {'difference':>10} {'CPU s':>7} {'peak MB':>8}")
    rows, spec = [], array()
    for file in options.files:
        rows.append(examine(file, dict(options.shape), options.whole, spec))
        print(shown(rows[-1]), flush=True)
    ran = [row for row in rows if np.isfinite(row.difference)]
    worst = max((row.difference for row in ran), default=0.0)
    above = sum(not row.difference <= LARGEST for row in ran)
    broken = sum(row.difference == np.inf for row in rows)
    print(
        f"{len(ran)} ran, {len(rows) - len(ran) - broken} refused, {broken} with a traceback; largest difference "
        f"{worst:.1e}, {above} above {LARGEST:g}"
    )
    return 1 if above or broken or not ran else 0


if __name__ == "__main__":
    sys.exit(main())
