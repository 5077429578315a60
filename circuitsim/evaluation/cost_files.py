"""Count a network on arrays, or compute its energy, and write the results to files."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from circuitsim.errors import InputError
from circuitsim.evaluation.circuit_tables import circuit_tables
from circuitsim.evaluation.cost_content import cost_content, count_content, write_cost, write_rows
from circuitsim.evaluation.counting import count_shapes
from circuitsim.evaluation.drawn_reads import DRAWN, drawn_power
from circuitsim.evaluation.image_files import read_images
from circuitsim.evaluation.layer_shapes import LayerShape, network_shapes, sample_images
from circuitsim.evaluation.level_product import TileLevel, level_product
from circuitsim.evaluation.network_costs import check_shared_adcs, network_cost
from circuitsim.evaluation.own_costs import OwnCosts
from circuitsim.evaluation.products import BehavioralProduct, NodalProduct
from circuitsim.evaluation.standing_converter import standing_converter
from circuitsim.evaluation.workloads import Workload, workload, workload_names
from circuitsim.network import load_network
from circuitsim.network.fitting_array import check_network_array
from circuitsim.periphery import Periphery
from circuitsim.results import TileModel
from circuitsim.results.atomic_files import write_text
from circuitsim.spec import ArraySpec, Count, checked, cited_parts

if TYPE_CHECKING:
    from circuitsim.network.onnx import OnnxNetwork

_FEW = 4  # images of a data file that are run to learn how many vectors a layer takes


@checked
def count_files(
    network: str | Path,
    arrays: TileModel | ArraySpec,
    *,
    data: Path | None = None,
    output: str | None = None,
    batch_axis: int | None = None,
    out: Path,
) -> dict[str, Any]:
    """Count what an inference of a network needs, from shapes alone, and write results.json and counts.csv.

    Args:
        network: ONNX file, or the name of a workload, see `workload`.
        arrays: The specification of the arrays, or a calibrated model, whose specification counts.
        data: Images of the size of an inference, as `infer_files` takes them; None: drawn ones.
        output, batch_axis: Of an ONNX file, as in `infer_files`.
        out: Folder of the files.

    Returns:
        The content of results.json.

    Raises:
        InputError: The network cannot be read or is no workload, or does not state the size of its inputs.
        SpecError: The layers of a network cannot lie on these arrays.
    """
    spec = arrays.spec if isinstance(arrays, TileModel) else arrays
    check_network_array(spec)
    subject, spec = _subject(network, spec, data, {"output": output, "batch_axis": batch_axis})
    count = count_shapes(subject.layers, spec, tables=_resolutions(spec))
    content = {**_about(subject, spec), **count_content(count), "csv": str(out / "counts.csv")}
    write_rows(out / "counts.csv", [dataclasses.asdict(layer) for layer in count.layers])
    write_text(out / "results.json", json.dumps(content, indent=2) + "\n")
    return content


@checked
def energy_files(
    network: str | Path,
    arrays: TileModel | ArraySpec,
    *,
    level: TileLevel | None = None,
    data: Path | None = None,
    output: str | None = None,
    batch_axis: int | None = None,
    costs: OwnCosts | None = None,
    converter: str | None = None,
    columns_per_adc: Count = 1,
    rng: np.random.Generator,
    out: Path,
) -> dict[str, Any]:
    """Compute energy, time and area of an inference from shapes alone, and write results.json and energy.csv.

    Args:
        network, data, output, batch_axis, out: As in `count_files`.
        arrays: A calibrated model of the arrays, or their specification, whose power the array solver computes.
        level: How arrays are read for their power, as in `level_product`.
        costs: The user's energies; None: published ones.
        converter: A shipped converter that stands for an ideal ADC, see `standing_converter`; None: none does.
        columns_per_adc: Columns that an ADC converts one after the other.
        rng: Draws weights and inputs.

    Returns:
        The content of results.json.

    Raises:
        InputError, SpecError, OutsideRangeError, SimulatorError: As `count_files`, `level_product` and `network_cost`.
    """
    spec = arrays.spec if isinstance(arrays, TileModel) else arrays
    check_network_array(spec)
    check_shared_adcs(spec, columns_per_adc)
    subject, spec = _subject(network, spec, data, {"output": output, "batch_axis": batch_axis})
    product = level_product(arrays, level)
    if isinstance(product, BehavioralProduct):
        sense = product.model.sense
    else:
        sense = product.sense if isinstance(product, NodalProduct) else None
    tables = circuit_tables(spec, sense=sense)
    count = count_shapes(subject.layers, spec, tables=tables)
    power = drawn_power(subject.layers, spec, product, tables=tables, rng=rng)
    cost = network_cost(
        count,
        spec,
        power,
        tables=tables,
        own=costs,
        converter=None if converter is None else standing_converter(spec, converter),
        columns_per_adc=columns_per_adc,
        drawn=DRAWN,
    )
    content = {**_about(subject, spec), **cost_content(cost), "csv": str(out / "energy.csv")}
    write_cost(out / "energy.csv", cost)
    write_text(out / "results.json", json.dumps(content, indent=2) + "\n")
    return content


def _subject(
    network: str | Path, spec: ArraySpec, data: Path | None, of_file: dict[str, Any]
) -> tuple[Workload, ArraySpec]:
    """Return a network as shapes, a workload by its name or the layers of an ONNX file, and the arrays that it needs.

    Digital layers that only other outputs of the file need are left out of the specification, as in `network.program`.
    """
    name = str(network)
    if name in workload_names():
        if data is not None:
            raise InputError(f"data has no effect on the workload {name!r}, whose sizes are given; leave it out")
        for key, value in of_file.items():
            if value is not None:
                raise InputError(f"{key} = {value!r} has no effect on the workload {name!r}; leave it out")
        return workload(name), spec
    if not name.endswith(".onnx") and not Path(name).exists():
        raise InputError(f"network = {name!r}: expected an ONNX file, or a workload: {', '.join(workload_names())}")
    onnx = load_network(Path(name), **of_file)
    if data is None:
        images = sample_images(onnx, np.random.default_rng(0))
    else:
        given = read_images(data, [each.name for each in onnx.inputs])[0]
        images = given[: (onnx.at_once(given) or _FEW)]
    shapes = network_shapes(onnx, images)
    inference = "an image of the file" if data is not None else _of_drawn(onnx, images, shapes, spec)
    digital = [layer for layer in spec.mapping.digital or () if layer not in onnx.elsewhere]
    spec = spec if len(digital) == len(spec.mapping.digital or ()) else spec.replace(mapping={"digital": digital})
    return Workload(Path(name).name, inference, shapes, name), spec


def _of_drawn(network: "OnnxNetwork", images: np.ndarray, shapes: tuple[LayerShape, ...], spec: ArraySpec) -> str:
    """Say what an inference of drawn images is, and which layers read both signs only because these have both."""
    said = "an image of the size that the network states"
    if spec.mapping.inputs != "two_phase" or images.dtype.names is not None or images.min(initial=0.0) >= 0.0:
        return said
    positive = network_shapes(network, np.abs(images))
    signed = [one.name for one, other in zip(shapes, positive, strict=True) if one.signed and not other.signed]
    if not signed:
        return said
    return f"{said}, drawn with both signs, for which {', '.join(signed)} is read in two phases (yours: --data FILE)"


def _resolutions(spec: ArraySpec) -> Periphery | None:
    """Return tables of the array's circuits where the counts need them: a driver whose word sets the width of codes."""
    return circuit_tables(spec) if spec.driver.block is not None else None


def _about(subject: Workload, spec: ArraySpec) -> dict[str, Any]:
    return {
        "network": subject.name,
        "inference": subject.inference,
        "source": subject.source,
        "array": [spec.array.rows, spec.array.cols],
        "mapping": spec.mapping.weights,
        "input_code": spec.driver.input_code,
        **cited_parts(spec),
    }
