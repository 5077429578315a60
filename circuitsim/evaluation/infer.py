"""Run a network file on a calibrated array and write the results to files."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from circuitsim.errors import InputError
from circuitsim.evaluation.bounded_inference import bound_columns, bounded_outputs
from circuitsim.evaluation.circuit_tables import circuit_tables
from circuitsim.evaluation.image_files import first_images, images_apart, whole_batches
from circuitsim.evaluation.inference_content import (
    certified_errors,
    on_arrays,
    score_content,
    settling_content,
    store_content,
    warn_of_the_host,
    what_ran,
)
from circuitsim.evaluation.inference_table import ImageColumns, write_inference_table
from circuitsim.evaluation.layers_at_level import LayersAtLevel, layers_at_level
from circuitsim.evaluation.level_product import TileLevel, level_product
from circuitsim.evaluation.measured_cost import AnyProduct, EnergyOptions, counting, measured_cost
from circuitsim.evaluation.products import BehavioralProduct, NgspiceProduct, NodalProduct
from circuitsim.evaluation.tile_errors import ErrorSource
from circuitsim.evaluation.tile_files import tile_store
from circuitsim.network import (
    LARGEST,
    LEAST_RMS,
    MEMORY,
    InputRangePer,
    LayerRange,
    Metric,
    ProgrammedNetwork,
    RangePer,
    RangeRule,
    check_bounded,
    evaluate,
    evaluate_float,
    evaluate_ideal,
    fit_ranges,
    float_difference,
    load_network,
    program,
)
from circuitsim.periphery import Periphery
from circuitsim.results import Certificate, SettlingModel, TileModel
from circuitsim.results.atomic_files import write_text
from circuitsim.spec import ArraySpec, checked, cited_parts

if TYPE_CHECKING:
    from circuitsim.network.onnx import OnnxNetwork

_LEVELS = {BehavioralProduct: "behavioral", NodalProduct: "nodal", NgspiceProduct: "ngspice"}


@checked
def infer_files(
    arrays: TileModel | ArraySpec,
    network_file: Path,
    data: Path,
    *,
    level: TileLevel | None = None,
    layers: Sequence[str] | None = None,
    images_scored: int | None = None,
    calibration_images: int | None = None,
    calibration_data: Path | None = None,
    output: str | None = None,
    batch_axis: int | None = None,
    digital: Sequence[str] | None = None,
    metric: Metric | None = None,
    out: Path,
    certificate: Certificate | None = None,
    strict: bool = False,
    max_error: float | None = None,
    search_inputs: bool = False,
    input_code: str | None = None,
    input_range: RangeRule = LARGEST,
    adc_range: RangeRule = LEAST_RMS,
    input_range_per: InputRangePer = "layer",
    adc_range_per: RangePer = "layer",
    settling: bool | SettlingModel = False,
    energy: EnergyOptions | None = None,
    bounds: ErrorSource | None = None,
    rng: np.random.Generator | None = None,
    dtype: str = "float64",
    device: str | None = None,
    keep_tiles: bool = False,
    memory: float = MEMORY,
    n_jobs: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Any]:
    """Run images through the float network, on ideal arrays, and on arrays at one level.

    The first images of the file, or those of another file, set the ranges of drivers and ADCs; they are not scored.

    Args:
        arrays: A calibrated model, whose specification gives tiles, DAC and ADC; or a specification, for levels without
            a model.
        network_file: ONNX file.
        data: .npz with `images` (images, ...), or with an array for each input of the network by its name, and
            optionally `labels`; or .npy of images. Labels are classes, one-hot classes, or numbers in the shape of the
            network's output; they decide the score, see `network.Score`.
        level: "behavioral", by default with a model; "nodal", by default with a specification, the array solver;
            "ngspice", one deck for each tile and phase, with ranges learnt by the array solver.
        layers: Names of the layers that are read at `level`; all others are read by the model, or with a specification
            by the array solver. None: all layers.
        images_scored: Number of images that are scored, from the first on; None: all.
        calibration_images: Number of images, from the first on, from which the ranges are learnt; None: 200, or half
            of the images if there are fewer than 400.
        calibration_data: File of the images from which the ranges are learnt; all images of `data` are then scored.
        output: Name of the output to compute, see `network.load_network`.
        batch_axis: Axis of the inputs along which the network takes several images, see `network.load_network`.
        digital: Names of layers that stay digital, as `mapping.digital`; None: as the specification has it.
        metric: Function of outputs and labels that gives the score; None: the score that fits the labels.
        out: Folder for results.json and inference.csv.
        certificate: Certificate of the model; reads outside it warn. None: inputs outside the model's range warn.
        strict: Refuse reads outside the certificate, and tiles above `max_error`.
        max_error: Largest error allowed among those found for matrices with the column load of a tile, as a fraction of
            full scale; a tile above it warns, or is refused if `strict`. Needs the certificate.
        search_inputs: Seek the worst inputs of each tile of the network. Needs the certificate.
        input_code: How codes become inputs, as `driver.input_code`; None: as the specification of the model has it.
        input_range, adc_range: What sets the ranges, as `inputs` and `adc` of `network.fit_ranges`; ideal arrays keep
            the rules of their own.
        input_range_per: What has an input range of its own, as `inputs_per` of `network.fit_ranges`; ideal arrays keep
            one for each layer.
        adc_range_per: What has an ADC range of its own, as `adc_per` of `network.fit_ranges`; ideal arrays keep one
            range for each layer.
        settling: Fit how columns settle, by the array solver, and say which read time the network needs; or take a
            model from `results.load_settling`.
        energy: Also compute energy, time and area of an inference from the reads of the images, and write energy.csv.
        bounds: Also bound the outputs that the error of the model allows, with the largest error of each tile from
            this source, see `bounded_outputs`; None: no bounds.
        rng: Source of the noise of drivers, sense amplifiers and ADCs that are circuits; None: without noise.
        dtype: Type that tiles of a model are computed with, "float64" or "float32", which takes about half the time and
            moves a code where a current lies within rounding of a threshold.
        device: Device of torch ("cuda", "cpu") on which layers on arrays are computed, ideal ones too, from drivers to
            digital sums; what lies between and the float network stay on the CPU. None: NumPy, compiled. A code may
            differ where a current lies within rounding of a threshold.
        keep_tiles: Keep programmed tiles of a model in the cache and take those that are there, see `tile_store`.
        memory: Bytes of the CPU that the images of a chunk may take, see `network.evaluate`.
        n_jobs: Number of threads that program and read the tiles of a layer; −1 for all cores.
        progress: Called with ("tiles programmed", tiles, all tiles) and ("images read", images, all images).

    Returns:
        The content of results.json: scores, differences from the float network relative to its outputs, what runs on
        arrays and on the host, statistics of each layer, what the certificate states in general and of the network's
        own tiles, digest of the model.

    Raises:
        InputError: A file cannot be read, the images or labels do not fit the network, no images are left to score, the
            certificate belongs to another model, `strict`, `max_error` or `search_inputs` is given without one, torch
            has no such device, or the outputs have no bounds.
        MissingExtraError: A device is given, and torch is not installed.
        SpecError: The layers of a network cannot lie on the model's array.
        OutsideRangeError: `strict` is True and the model misses its target, a read is outside the certificate, or a
            tile is above `max_error`.

    Warns:
        FewerImagesWarning: Fewer images than `images_scored` are left to score.
        HostWarning: The host multiplies by weights, or the arrays differ from the float network although they compute
            exactly.
        ClippingWarning: See `evaluate`.
        SettlingWarning: `settling` is True, and driver.t_read ends before the slowest column has settled, or how
            columns settle was not found.
        CrosstalkWarning: See `layer_packing`.
        MissedTargetWarning: The certificate of the model misses its target.
        OutsideCertificateWarning: A read is outside the certificate.
        WorstCaseWarning: A tile is above `max_error`, or without it far above typical errors, see `cs.solve`.
    """
    judged: dict[str, Any] = {"certificate": certificate, "strict": strict, "max_error": max_error}
    placed: dict[str, Any] = {"dtype": dtype, "device": device}
    product = level_product(arrays, level, **judged, **placed, store=tile_store() if keep_tiles else None)
    _check_errors(certificate, search_inputs, bounds, product, rng)
    network = load_network(network_file, output=output, batch_axis=batch_axis)
    spec = _as_asked(product.spec, digital, input_code)
    counted, calls = counting(product, spec, energy)
    if layers is not None:
        counted = layers_at_level(product, arrays, network, layers, spec.mapping.digital, level, energy)
    first, images, labels = images_apart(network, data, calibration_data, calibration_images)
    images, labels = first_images(images, labels, images_scored)
    _check_bounds(bounds, network, spec, images)
    mapped = _mapping_difference(network, spec, first, memory)
    float_net = evaluate_float(network, images, labels, metric=metric, memory=memory)
    how: dict[str, Any] = {"metric": metric, "memory": memory}
    given: dict[str, Any] = {"tables": _tables(spec, product, rng), "n_jobs": n_jobs}
    ideal = evaluate_ideal(network, spec, images, labels, calibration_images=first, **given, **how, **placed)
    tiles_told, images_told = (progress and partial(progress, step) for step in ("tiles programmed", "images read"))
    programmed = program(network, spec, counted, **given, progress=tiles_told)
    quick = program(network, spec, level_product(arrays, "nodal"), **given) if level == "ngspice" else programmed
    rules: dict[str, Any] = {"inputs": input_range, "adc": adc_range}
    rules |= {"inputs_per": input_range_per, "adc_per": adc_range_per}
    ranges = fit_ranges(quick, first, **rules, n_jobs=n_jobs, memory=memory)
    calls.clear()  # of the images that set the ranges
    array = evaluate(programmed, images, labels, ranges=ranges, rng=rng, n_jobs=n_jobs, **how, progress=images_told)
    reads = tuple(calls)  # without those that packing, bounds and searches make below
    warn_of_the_host(network, mapped, float(np.abs(float_net.logits).max(initial=0.0)))
    results = {"float": float_net, "ideal": ideal, "array": array}
    bounded, columns = _bounds(bounds, programmed, product, images, {"calibration_images": first, "ranges": ranges})
    write_inference_table(out / "inference.csv", results, labels, 0 if calibration_data else len(first), columns)
    content = {
        **score_content(results),
        **_images_used(images, first, calibration_data),
        **what_ran(network, images, spec, mapped),
        **on_arrays(programmed, array, read=level != "ngspice"),
        **certified_errors(programmed, product, search_inputs),
        "settling": _settling(programmed, ranges, settling),
        "energy": energy and measured_cost(programmed, array, reads, len(images), energy, out / "energy.csv"),
        "bounds": bounded,
        **_levels(product, counted),
        **{"model_digest": arrays.digest, **cited_parts(spec)},
        "csv": str(out / "inference.csv"),
    }
    write_text(out / "results.json", json.dumps(content, indent=2) + "\n")
    return content


def _as_asked(spec: ArraySpec, digital: Sequence[str] | None, input_code: str | None) -> ArraySpec:
    spec = spec if digital is None else spec.replace(mapping={"digital": list(digital)})
    return spec if input_code is None else spec.replace(driver={"input_code": input_code})


def _images_used(images: np.ndarray, first: np.ndarray, calibration_data: Path | None) -> dict[str, Any]:
    return {
        "images": len(images),
        "calibration_images": len(first),
        "calibration_data": None if calibration_data is None else str(calibration_data),
    }


def _mapping_difference(network: "OnnxNetwork", spec: ArraySpec, images: np.ndarray, memory: float) -> float:
    """Return how far arrays that compute exactly are from the float network, on the first images."""
    compared = images[: whole_batches(network.at_once(images))]
    return float(float_difference(network, spec, compared, memory=memory).max())


def _levels(product: AnyProduct, used: object) -> dict[str, Any]:
    """Return the level, and where only some layers are read at it, their names and the level of the others."""
    some = used if isinstance(used, LayersAtLevel) else None
    return {
        "level": _LEVELS[type(product)],
        "device": product.device if isinstance(product, BehavioralProduct) else None,
        "tile_store": store_content(product),
        "layers_at_level": None if some is None else sorted(some.names),
        "level_of_others": None if some is None else _LEVELS[type(some.others)],
    }


def _settling(
    programmed: ProgrammedNetwork, ranges: dict[str, LayerRange], asked: bool | SettlingModel
) -> dict[str, Any] | None:
    """Return what is said of settling; None where it is not asked for."""
    if asked is False:
        return None
    return settling_content(programmed, ranges, asked if isinstance(asked, SettlingModel) else None)


def _check_errors(
    certificate: Certificate | None,
    search_inputs: bool,
    bounds: ErrorSource | None,
    product: AnyProduct,
    rng: np.random.Generator | None,
) -> None:
    """Refuse errors that nothing states: a search without certificate, and bounds of an exact level or beside noise."""
    if search_inputs and certificate is None:
        raise InputError(
            "search_inputs = True needs the certificate of the model, which states the full scale of errors"
        )
    if bounds in ("certificate", "drawn_tiles") and certificate is None:
        raise InputError(f"bounds = {bounds!r} needs the certificate of the model, or take 'own_tiles'")
    if bounds is not None and not isinstance(product, BehavioralProduct):
        raise InputError(f"bounds = {bounds!r} has no effect at level = {_LEVELS[type(product)]!r}, which is exact")
    if bounds is not None and rng is not None:
        raise InputError(f"bounds = {bounds!r} holds without noise; expected bounds or noise, not both")


def _check_bounds(source: ErrorSource | None, network: "OnnxNetwork", spec: ArraySpec, images: np.ndarray) -> None:
    if source is not None:
        check_bounded(network, spec, images)


def _bounds(
    source: ErrorSource | None,
    programmed: ProgrammedNetwork,
    product: AnyProduct,
    images: np.ndarray,
    given: dict[str, Any],
) -> tuple[dict[str, Any] | None, ImageColumns]:
    """Return what bounds say and their columns; None and no columns where none are asked for."""
    if source is None or not isinstance(product, BehavioralProduct):
        return None, {}
    intervals, said = bounded_outputs(programmed, product, images, source=source, **given)
    return said, bound_columns(intervals)


def _tables(spec: ArraySpec, product: AnyProduct, rng: np.random.Generator | None) -> Periphery | None:
    """Return the tables of circuits around the tiles; refuse noise that nothing would draw."""
    own = product.model if isinstance(product, BehavioralProduct) else product
    sense = None if isinstance(own, NgspiceProduct) else own.sense
    tables = circuit_tables(spec, sense=sense)
    if rng is not None and tables is None:
        raise InputError(
            "rng has no effect: drivers, sense amplifiers and ADCs are ideal and have no noise; leave it out"
        )
    return tables
