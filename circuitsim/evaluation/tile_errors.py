"""By how much each tile of a network may be off: by the certificate, per load, or as held against the truth."""

from dataclasses import replace
from typing import Literal

import numpy as np

from circuitsim.calibration import check_certificate
from circuitsim.errors import InputError
from circuitsim.evaluation.products import NodalProduct
from circuitsim.network import (
    LayerRange,
    ProgrammedNetwork,
    RecordedProduct,
    TileRead,
    as_numpy,
    evaluate,
    program,
    tile_conductances,
)
from circuitsim.results import Certificate, TileModel, column_load
from circuitsim.spec import checked

ErrorSource = Literal["certificate", "drawn_tiles", "own_tiles"]
"""Where the largest errors of tiles come from: what the certificate states per column load of every matrix, or of tiles
as networks make them; or the network's own tiles on calibration images, read by the array solver as well."""

BEYOND = 1.5
"""Times the largest error seen on some images that a tile is taken to have on others."""


@checked
def certified_tile_errors(
    programmed: ProgrammedNetwork, model: TileModel, certificate: Certificate, *, drawn: bool = False
) -> dict[str, np.ndarray]:
    """Return the largest error that the certificate states for the column load of each tile, (tiles,) [A] by layer.

    It is coefficient · load · full scale. No proof, but a statement that further reads can refute.

    Args:
        programmed: The network on tiles of the model.
        model: The model.
        certificate: Its certificate.
        drawn: Take the coefficient of tiles as networks make them, which were drawn, not that of every matrix that a
            search met.

    Raises:
        InputError: The certificate belongs to another model, or does not state that coefficient.
    """
    check_certificate(model, certificate)
    table = certificate.by_load
    coefficient = None if table is None else table.drawn if drawn else table.coefficient
    if coefficient is None or certificate.relative_to != "full scale":
        raise InputError(
            f"bounds = {'drawn_tiles' if drawn else 'certificate'!r}: the certificate states no error by column load; "
            "expected one made with search = 'full', for inputs that are voltages, or bounds = 'own_tiles'"
        )
    per_load, found = coefficient * certificate.full_scale, {}
    for name, layer in programmed.layers.items():
        tiles = (tile_conductances(layer.layer, place, programmed.spec, w_max=layer.w_max) for place in layer.places)
        found[name] = np.array([per_load * column_load(g, model.spec.device.g_max) for g in tiles])
    return found


@checked
def measured_tile_errors(
    programmed: ProgrammedNetwork, model: TileModel, images: np.ndarray, *, ranges: dict[str, LayerRange]
) -> dict[str, np.ndarray]:
    """Return `BEYOND` times the largest error of each layer's own tiles on images, (tiles,) [A] by layer.

    The array solver runs the images; the model reads every tile with the same inputs. All tiles of a layer get the
    largest error among them.

    Args:
        programmed: The network on tiles of the model.
        model: The model.
        images: (images, …) calibration images, not those whose bounds are wanted.
        ranges: Of the layers.

    Raises:
        InputError: The images do not fit the network, or reach no vector of a layer.
    """
    exact, records = NodalProduct(programmed.spec, model.surface, sense=model.sense), list[TileRead]()
    circuits = programmed.tables if programmed.spec.driver.block else replace(programmed.tables, dac=None)
    truth = program(programmed.network, programmed.spec, RecordedProduct(exact, records), tables=circuits)
    evaluate(truth, images, ranges=ranges, name="nodal")
    largest: dict[str, float] = {}
    for read in records:
        layer = programmed.layers[read.place.layer]
        out = as_numpy(layer.reads[read.place.index](read.v_in))
        error = float(np.abs(out - read.i_out)[:, read.place.col_part].max(initial=0.0))
        largest[read.place.layer] = max(largest.get(read.place.layer, 0.0), error)
    found = {}
    for name, layer in programmed.layers.items():
        shared = layer.layer.tied_to if layer.layer.tied_to in programmed.layers else name
        if shared not in largest:
            raise InputError(
                f"layer {name!r} was read for none of the {len(images)} calibration images, so that the error of its "
                "tiles is not known; expected more images, or bounds = 'certificate'"
            )
        found[name] = np.full(len(layer.places), BEYOND * largest[shared])
    return found
