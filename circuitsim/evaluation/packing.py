"""How a network fills its tiles, and what groups on one tile do to each other."""

import warnings

import numpy as np

from circuitsim.behavioral import ChargeTile
from circuitsim.errors import CrosstalkWarning
from circuitsim.evaluation.counted_product import CountedRead
from circuitsim.evaluation.products import MatrixRead, NodalProduct
from circuitsim.network import (
    ProgrammedLayer,
    ProgrammedNetwork,
    ReadTile,
    TilePlace,
    allowed_crosstalk,
    as_numpy,
    equivalent_currents,
    expected_crosstalk,
    tile_numbers,
)
from circuitsim.results import LayerPacking
from circuitsim.spec import ArraySpec, checked
from circuitsim.units import format_quantity

_OUTPUTS = 4  # of each group, whose largest products of both signs are read


@checked
def layer_packing(programmed: ProgrammedNetwork, *, read: bool = True) -> tuple[LayerPacking, ...]:
    """Return how each layer fills its tiles; where groups share tiles, read one to find their crosstalk.

    The tile with the most groups is read as it was programmed, at the level of its product, without converters. Each
    group is read alone and with all others at full scale, its own inputs all on, and on where a weight is positive or
    negative. Capacitors are read by the array solver where their model knows settled charges alone: a read that ends
    before has crosstalk which wires alone do not let expect.

    Args:
        programmed: The network on its tiles.
        read: Find the crosstalk; False: only what the wires let expect.

    Warns:
        CrosstalkWarning: More crosstalk was found than `mapping.crosstalk` allows.
    """
    spec, found = programmed.spec, []
    cells = spec.array.rows * spec.array.cols
    for name, layer in programmed.layers.items():
        if layer.layer.tied_to in programmed.layers:
            continue
        fullest = max(layer.places, key=lambda place: place.groups)
        packed = fullest.groups > 1
        each = LayerPacking(
            name=name,
            tiles=len(layer.places),
            groups=fullest.groups,
            utilization=sum(place.cells for place in layer.places) / (len(layer.places) * cells),
            expected=expected_crosstalk(layer.places, spec) if packed and spec.array.cell != "1c" else None,
            found=_crosstalk(programmed, layer, fullest) if packed and read else None,
            allowed=allowed_crosstalk(spec) if packed else None,
        )
        found.append(each)
        if each.found is not None and each.allowed is not None and each.found > each.allowed:
            warnings.warn(
                f"layer {name!r}: groups on one tile change the products of others by up to {each.found:.2%} of the "
                f"largest, and {each.allowed:.2%} is allowed: {_advice(spec)}",
                CrosstalkWarning,
                stacklevel=3,
            )
    return tuple(found)


def _advice(spec: ArraySpec) -> str:
    if spec.array.cell != "1c":
        return "reduce mapping.crosstalk"
    end = format_quantity(spec.driver.t_read, "s")
    return f"charges have not settled at driver.t_read = {end}; expected longer reads, or mapping.crosstalk = 0"


def _crosstalk(programmed: ProgrammedNetwork, layer: ProgrammedLayer, place: TilePlace) -> float:
    """Return the largest change of a product by the neighbours, relative to the largest that the weights allow."""
    matrices = layer.layer.weights[place.group_part, slice(*place.inputs), slice(*place.outputs)]
    largest = max(float(np.maximum(sign * matrices, 0.0).sum(axis=1).max()) for sign in (1, -1))
    if largest == 0.0:
        return 0.0
    some = np.moveaxis(matrices[:, :, :_OUTPUTS], 2, 0)
    own = np.concatenate([np.ones((1, *matrices.shape[:2])), some > 0.0, some < 0.0])  # (patterns, groups, inputs)
    alone = np.eye(place.groups)[:, None, :, None] * own  # (groups, patterns, groups, inputs)
    among = alone + (1.0 - np.eye(place.groups))[:, None, :, None]
    difference = _products(programmed, layer, place, among) - _products(programmed, layer, place, alone)
    which = np.arange(place.groups)
    return float(np.abs(difference[which, :, which]).max()) / largest


def _products(
    programmed: ProgrammedNetwork, layer: ProgrammedLayer, place: TilePlace, shares: np.ndarray
) -> np.ndarray:
    """Read shares of full scale (…, groups, inputs) on a tile: products (…, groups, outputs), 1 being full scale."""
    spec, read = programmed.spec, _with_unsettled(layer.reads[layer.places.index(place)], place)
    rest, high = spec.drive_range if spec.array.input_line == "bl" else (0.0, 1.0)
    whole = np.zeros((*shares.shape[:-2], *layer.layer.weights.shape[:2]))
    whole[..., place.group_part, slice(*place.inputs)] = shares
    lines = np.zeros((*whole.shape, place.rows_per_input))
    lines[..., 0] = whole
    rows = place.on_rows(lines.reshape(*whole.shape[:-1], -1)).reshape(-1, place.rows)
    v_in = np.full((len(rows), spec.array.rows), rest)
    v_in[:, place.row_part] = rest + rows * (high - rest)
    i_out = equivalent_currents(programmed.tables.sense, as_numpy(read(v_in))[:, place.col_part])
    v_sum = rows.sum(axis=1) * spec.driver.v_read
    y = tile_numbers(layer.layer, place, spec, i_out, v_sum, w_max=layer.w_max, v_per_unit=spec.driver.v_read)
    return y.reshape(*shares.shape[:-2], place.groups, -1)


def _with_unsettled(read: ReadTile, place: TilePlace) -> ReadTile:
    """Return the array solver's read of capacitors whose model knows settled charges alone; other reads as they are."""
    own = read.read if isinstance(read, CountedRead) else read
    if not isinstance(own, MatrixRead) or not isinstance(own.tile, ChargeTile) or not own.tile.form.settled:
        return read
    model = own.product.model
    return NodalProduct(model.spec, model.surface)(place, own.g)
