"""Tiles of one product: the linear arrays of many sets of conductances, solved together."""

from collections.abc import Callable

import numpy as np

from circuitsim.behavioral.grades import TileForm
from circuitsim.behavioral.residual import reference_conductance
from circuitsim.behavioral.tile import Tile
from circuitsim.behavioral.tile_parts import SWEEP_TOLERANCE, inputs_about_rest, linear_responses, tile_wires
from circuitsim.behavioral.tile_source import TileSource
from circuitsim.nodal.array import MOST_PASSES
from circuitsim.nodal.many_arrays import output_matrices
from circuitsim.results import TileModel


def one_product_tiles(model: TileModel, form: TileForm, g: np.ndarray, put: Callable) -> list[Tile]:
    """Return the tiles of conductances g (tiles, rows, cols) [S]; `put` makes a matrix one of their namespace."""
    v_low, v_high = inputs_about_rest(model, form.inputs)
    v_ref, wires = model.spec.sense.v_ref, tile_wires(model)
    g_ref = reference_conductance(model.current_surface, g, v_low, v_high, v_ref)
    w, settled = output_matrices(wires, g_ref, tol=SWEEP_TOLERANCE, most=MOST_PASSES)
    for k in np.flatnonzero(~settled):
        w[k] = linear_responses(wires, g_ref[k], np.eye(wires.rows))[0]
    tiles = []
    for conductances, matrix in zip(g, w, strict=True):
        source = TileSource(model, conductances, form)
        offset = None if v_ref == 0 else put(-v_ref * matrix.sum(0))
        admittance = None if model.sense is None else source.w_port
        tiles.append(
            Tile(
                grade=model.grade, form=form, rows=wires.rows, cols=wires.cols, v_range=model.v_range, v_ref=v_ref,
                v_scale=max(-v_low, v_high), w=put(matrix), offset=offset, port_admittance=admittance,
                r_sense=wires.r_sense, sense=model.sense, source=source,
            )
        )  # fmt: skip
    return tiles
