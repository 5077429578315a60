"""What a certificate states of a network's own tiles: the load of their columns is far below what the array allows."""

import numpy as np

from circuitsim.calibration import check_certificate, worst_inputs
from circuitsim.network import ProgrammedNetwork, tile_conductances
from circuitsim.results import Certificate, LayerTiles, TileModel, column_load
from circuitsim.spec import checked
from circuitsim.spice import Progress


@checked
def own_tiles(
    programmed: ProgrammedNetwork,
    model: TileModel,
    certificate: Certificate,
    *,
    search_inputs: bool = False,
    rng: np.random.Generator | None = None,
    progress: Progress | None = None,
) -> tuple[LayerTiles, ...]:
    """Return the column load of each layer's tiles, and the worst error that is known for it.

    Differential weights leave half of the cells near g_min, so that their columns carry little.

    Args:
        programmed: The network on arrays of the model.
        model: The model.
        certificate: Its certificate.
        search_inputs: Also seek the worst inputs of each tile, one or two seconds each at 64 × 64.
        rng: Generates the random starts of that search; None: a generator with seed 0.
        progress: Called with (finished, total) after each tile searched.

    Raises:
        InputError: The certificate belongs to another model.
        NotConvergedError: The array solver did not reach its tolerance.
    """
    check_certificate(model, certificate)
    rng = np.random.default_rng(0) if rng is None else rng
    own = {name: layer for name, layer in programmed.layers.items() if layer.layer.tied_to not in programmed.layers}
    total, finished, layers = sum(len(layer.places) for layer in own.values()), 0, []
    for name, layer in own.items():
        load, found = 0.0, []
        for place in layer.places:
            g = tile_conductances(layer.layer, place, programmed.spec, w_max=layer.w_max)
            load = max(load, column_load(g, model.spec.device.g_max))
            if search_inputs:
                found.append(worst_inputs(model, g, rng=rng, full_scale=certificate.full_scale).error)
                finished += 1
                if progress is not None:
                    progress(finished, total)
        worst = certificate.tile_error(load).worst
        layers.append(LayerTiles(name, len(layer.places), load, worst, max(found, default=None)))
    return tuple(layers)
