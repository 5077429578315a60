"""What the results of an inference say of scores, of what ran where, of the certificate, and of settling."""

import dataclasses
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from circuitsim.errors import HostWarning, NotConvergedError, SettlingWarning
from circuitsim.evaluation.measured_cost import AnyProduct
from circuitsim.evaluation.own_tiles import own_tiles
from circuitsim.evaluation.packing import layer_packing
from circuitsim.evaluation.products import BehavioralProduct
from circuitsim.evaluation.settling import network_settling, settling_model
from circuitsim.network import Inference, LayerRange, ProgrammedNetwork, has_classes
from circuitsim.periphery import Periphery
from circuitsim.results import SettlingModel
from circuitsim.spec import ArraySpec, output_unit

if TYPE_CHECKING:
    from circuitsim.network.onnx import OnnxNetwork

MAPPED = 1e-3
"""Difference of exactly computed arrays from the float network, see `float_difference`, that is worth a warning.

Half precision rounds to 5e-4; where everything is in float32 the difference is below 1e-5."""
TINY = 1e-6
"""Largest output below which rounding decides: far below 0 onnxruntime gives a Sigmoid in multiples of 3e-8."""


def score_content(results: dict[str, Inference]) -> dict[str, Any]:
    """Return the scores of each form, and how far the outputs on arrays are from those of the float network."""
    exact, score = results["float"].logits.astype(float), results["float"].score
    size = float(np.sqrt(np.mean(exact**2))) or 1.0
    classes = has_classes(results["float"].logits)
    return {
        "task": None if score is None else score.task,
        **{
            name: {form: None if each.score is None else getattr(each.score, name) for form, each in results.items()}
            for name in ("accuracy", "rmse", "r2", "metric")
        },
        "difference_from_float": {
            form: float(np.sqrt(np.mean((results[form].logits - exact) ** 2))) / size for form in ("ideal", "array")
        },
        "same_class_as_float": (
            float(np.mean(results["array"].classes == results["float"].classes))
            if classes and (score is None or score.accuracy is not None)
            else None
        ),
    }


def what_ran(network: "OnnxNetwork", images: np.ndarray, spec: ArraySpec, mapped: float) -> dict[str, Any]:
    """Return which output was computed from which inputs, and what is not on arrays."""
    return {
        "output": {"name": network.output, "of": list(network.outputs)},
        "inputs": {each.name: each.axis for each in network.inputs},
        "images_at_once": network.at_once(images),
        "digital_layers": list(spec.mapping.digital or ()),
        "mapping_difference": mapped,
        "on_host": network.on_host,
        "digital_products": [dataclasses.asdict(part) for part in network.digital],
    }


def on_arrays(programmed: ProgrammedNetwork, array: Inference, *, read: bool) -> dict[str, Any]:
    """Return what the layers on arrays did, how groups share tiles, and what stands around the arrays.

    Args:
        programmed: The network on its tiles.
        array: Its inference.
        read: Whether shared tiles are read for their crosstalk, see `layer_packing`.
    """
    spec, reached = programmed.spec, {each.name for each in array.layers}
    return {
        "layers": [dataclasses.asdict(layer) for layer in array.layers],
        "unreached_layers": [name for name in programmed.layers if name not in reached],
        "packing": [dataclasses.asdict(each) for each in layer_packing(programmed, read=read)],
        "array_size": list(spec.shape),
        "input_code": spec.driver.input_code,
        "output_unit": output_unit(spec),
        "tables": _circuit_names(programmed.tables),
    }


def certified_errors(programmed: ProgrammedNetwork, product: AnyProduct, search_inputs: bool) -> dict[str, Any]:
    """Return what the certificate states of the array in general, and of the network's own tiles."""
    certificate = product.certificate if isinstance(product, BehavioralProduct) else None
    if certificate is None or not isinstance(product, BehavioralProduct):
        return {"certificate": None, "tiles": None}
    general = {
        "typical_rms": certificate.typical.rms,
        "largest_drawn": certificate.typical.max,
        "worst": None if certificate.worst is None else certificate.worst.error,
        f"full_scale_{certificate.unit}": certificate.full_scale,
        "reached": certificate.reached,
        "relative_to": certificate.relative_to,
    }
    tiles = own_tiles(programmed, product.model, certificate, search_inputs=search_inputs)
    return {"certificate": general, "tiles": [dataclasses.asdict(layer) for layer in tiles]}


def store_content(product: AnyProduct) -> dict[str, Any] | None:
    """Return what became of programmed tiles that were to be kept; None where none were."""
    store = product.store if isinstance(product, BehavioralProduct) else None
    if store is None:
        return None
    return {
        "folder": str(store.folder),
        "limit_bytes": store.limit,
        "layers": [dataclasses.asdict(layer) for layer in store.layers],
    }


def warn_of_the_host(network: "OnnxNetwork", mapped: float, largest: float) -> None:
    """Warn of products that the host computes, and of arrays that differ from the float network though they are exact.

    Args:
        network: The network.
        mapped: Largest difference of arrays that compute exactly, see `float_difference`.
        largest: Largest |output| of the float network.
    """
    weighted = [f"{part.name!r} ({part.op}): {part.reason}" for part in network.digital if part.weighted]
    if weighted:
        sentence = f"{'; '.join(weighted)}: computed on the host without errors, so the array looks better than it is"
        warnings.warn(sentence, HostWarning, stacklevel=3)
    if mapped > MAPPED:
        why = ": it rounds in between (half precision, QuantizeLinear), and small errors of the arrays may hide or grow"
        if largest < TINY:
            why = (
                f", {largest:.2g}: that is near the rounding of float32, as of a Sigmoid far below 0; compare "
                "the tensor before it: --output NAME"
            )
        sentence = f"arrays that compute exactly differ from the float network by {mapped:.2g} of its largest output"
        warnings.warn(sentence + why, HostWarning, stacklevel=3)


def settling_content(
    programmed: ProgrammedNetwork, ranges: Mapping[str, LayerRange], stored: SettlingModel | None = None
) -> dict[str, Any]:
    """Return the read time that the network needs, the slowest column of each layer, and the error of the model.

    Args:
        programmed: The network on arrays.
        ranges: Ranges of its layers.
        stored: A settling model, used where it belongs to these arrays; None, or another: one is fitted.
    """
    fits = stored is not None and stored.provenance.spec_digest == programmed.spec.digest
    if stored is not None and not fits:
        warnings.warn(
            "the stored settling model belongs to another specification than the network's arrays: it is fitted again",
            SettlingWarning,
            stacklevel=3,
        )
    try:
        settling = stored if stored is not None and fits else settling_model(programmed.spec)
        layers = network_settling(programmed, settling, ranges=ranges)
    except NotConvergedError as error:  # what was computed before is not lost
        warnings.warn(f"how columns settle was not found: {error}", SettlingWarning, stacklevel=3)
        return {"failed": str(error)}
    return {
        "needed_s": max(layer.time for layer in layers),
        "t_read_s": programmed.spec.driver.t_read,
        "layers": [dataclasses.asdict(layer) for layer in layers],
        "model_stored": fits,
        "model_error_rms": settling.error,
        "model_late": settling.late,
        "model_reads": list(settling.reads),
    }


def _circuit_names(found: Periphery) -> dict[str, str | None]:
    """Return the circuit of each part, None where it is ideal."""
    parts = {"dac": found.dac, "sense": found.sense, "adc": found.adc}
    return {name: None if table is None else table.block or None for name, table in parts.items()}
