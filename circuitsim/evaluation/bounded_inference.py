"""What the error of the model may do to each image: intervals of outputs, and whether a class can change."""

from typing import Any

import numpy as np

from circuitsim.errors import InputError
from circuitsim.evaluation.inference_table import ImageColumns
from circuitsim.evaluation.products import BehavioralProduct
from circuitsim.evaluation.tile_errors import BEYOND, ErrorSource, certified_tile_errors, measured_tile_errors
from circuitsim.network import LayerRange, OutputBounds, ProgrammedNetwork, check_bounded, has_classes, output_bounds
from circuitsim.spec import checked

_READ = 40  # calibration images that the array solver reads


@checked
def bounded_outputs(
    programmed: ProgrammedNetwork,
    product: BehavioralProduct,
    images: np.ndarray,
    *,
    source: ErrorSource,
    calibration_images: np.ndarray,
    ranges: dict[str, LayerRange],
) -> tuple[OutputBounds, dict[str, Any]]:
    """Return intervals that hold the outputs of the array solver, and what they say, for results.json.

    Args:
        programmed: The network, programmed by `product`.
        product: The model, with its certificate unless the source is its own tiles.
        images: (images, …).
        source: Where the largest error of each tile comes from.
        calibration_images: Images on which own tiles are held against the array solver, 40 at most.
        ranges: Of the layers.

    Raises:
        InputError: As `network.output_bounds`; or there is no certificate that the source needs, or it states no error
            by load.
    """
    check_bounded(programmed.network, programmed.spec, images)
    errors, origin = _tile_errors(programmed, product, source, calibration_images[:_READ], ranges)
    bounds = output_bounds(programmed, images, ranges=ranges, errors=errors)
    half = _half_widths(bounds)
    classes = has_classes(bounds.low)
    return bounds, {
        "errors_from": source,
        "origin": origin,
        "layers": [{"name": name, "largest_error": float(each.max())} for name, each in errors.items()],
        "unit": "A" if product.model.sense is None else product.model.sense.unit,
        "certain": float(bounds.certain.mean()) if classes else None,
        "certain_images": int(bounds.certain.sum()) if classes else None,
        "half_width_median": float(np.median(half)),
        "half_width_max": float(half.max()),
    }


def _tile_errors(
    programmed: ProgrammedNetwork,
    product: BehavioralProduct,
    source: ErrorSource,
    images: np.ndarray,
    ranges: dict[str, LayerRange],
) -> tuple[dict[str, np.ndarray], str]:
    """Return the largest error of each tile, and in a phrase where it comes from."""
    if source == "own_tiles":
        errors = measured_tile_errors(programmed, product.model, images, ranges=ranges)
        return errors, (
            f"{BEYOND:g} times the largest error of each layer's own tiles, held against the array solver on "
            f"{len(images)} calibration images"
        )
    certificate = product.certificate
    if certificate is None:
        raise InputError(f"bounds = {source!r} needs the certificate of the model; or take bounds = 'own_tiles'")
    drawn = source == "drawn_tiles"
    errors, table = certified_tile_errors(programmed, product.model, certificate, drawn=drawn), certificate.by_load
    assert table is not None  # `certified_tile_errors` has refused it
    stated = table.drawn if drawn else table.coefficient
    of = (
        f"1.5 times the largest of tiles drawn as networks make them; {table.fresh:.0%} of it met on fresh ones"
        if drawn
        else "with margin, all that a search over matrices of every load found"
    )
    return errors, f"the certificate's {stated:.2g} of full scale per unit of column load, times each tile's load: {of}"


def bound_columns(bounds: OutputBounds) -> ImageColumns:
    """Return the intervals as columns: the largest half width, whether the class is certain, ends of each output.

    Outputs of more than one axis have too many for a table.
    """
    columns: ImageColumns = {"half_width [1]": _half_widths(bounds).tolist()}
    if has_classes(bounds.low):
        columns["certain [1]"] = bounds.certain.astype(int).tolist()
    if bounds.low.ndim <= 2:
        flat = [end.reshape(len(end), -1) for end in (bounds.low, bounds.high)]
        for k in range(flat[0].shape[1]):
            columns |= {f"{name}_{k} [1]": end[:, k].tolist() for name, end in zip(("low", "high"), flat, strict=True)}
    return columns


def _half_widths(bounds: OutputBounds) -> np.ndarray:
    """(images,) half of the widest interval of an image's outputs."""
    return ((bounds.high.astype(float) - bounds.low) / 2).reshape(len(bounds.low), -1).max(axis=1)
