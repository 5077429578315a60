"""Intervals of a layer's products: what its tiles give for inputs between two ends, with currents that may be off."""

from dataclasses import dataclass, replace

import numpy as np

from circuitsim.network.converting import equivalent_currents, layer_adc
from circuitsim.network.input_ranges import in_equal_ranges, input_scale
from circuitsim.network.inputs import encode
from circuitsim.network.layer_range import LayerRange, column_steps
from circuitsim.network.linear import LinearLayer, as_numpy
from circuitsim.network.product import ReadTile
from circuitsim.network.programming import ProgrammedLayer, tile_numbers
from circuitsim.network.pulse_reads import read_in_intervals
from circuitsim.network.tiling import TilePlace
from circuitsim.periphery import Periphery, convert_and_count, decode
from circuitsim.spec import ArraySpec, input_unit, resting_input

_ROUNDING = 2.0**-20
"""Of the largest product: what sums in another order, or in float32, may differ by."""

Ends = tuple[np.ndarray, np.ndarray]
"""Lower and upper ends, in the same shape."""


@dataclass(frozen=True)
class _Driven:
    """Inputs of a layer's rows at both ends.

    Attributes:
        low, high: (phases, vectors, groups, inputs) as driven.
        coded: The same as the codes represent them.
        weights: Weight of each phase in the digital sum.
        full_scale, rest, offset: As in `inputs.Phases`.
    """

    low: np.ndarray
    high: np.ndarray
    coded: Ends
    weights: tuple[float, ...]
    full_scale: float
    rest: float
    offset: float


def bounded_products(
    programmed: ProgrammedLayer,
    spec: ArraySpec,
    activations: Ends,
    known: LayerRange,
    errors: np.ndarray,
    *,
    tables: Periphery,
) -> Ends:
    """Return intervals of a layer's products on arrays whose tiles err by no more than `errors`.

    The column currents of a passive array rise with every input, and so do DAC and ADC. Hence each current lies between
    those of the lower and of the upper ends, give or take the error of the tile; digital sums follow by their signs.

    Args:
        programmed: The layer on its tiles.
        spec: The array; its inputs are on bit lines and not bit-serial.
        activations: (vectors, groups, inputs) ends, in the network's units.
        known: Ranges and gain of the layer.
        errors: (tiles,) largest |error| of the tiles' outputs [A].
        tables: What stands around the tiles.

    Returns:
        (vectors, groups, outputs) ends of the products without bias.
    """
    driven, sums = _driven(programmed, spec, activations, known, tables), programmed.weight_sums
    groups, _, outputs = programmed.layer.weights.shape
    low = np.zeros((len(activations[0]), groups, outputs))
    high = np.zeros_like(low)
    for index, (place, read, error) in enumerate(zip(programmed.places, programmed.reads, errors, strict=True)):
        part = (slice(None), place.group_part, slice(*place.outputs))
        tile = _tile_products(place, read, spec, driven, float(error), (programmed, known, tables), index)
        for weight, first, second in zip(driven.weights, *tile, strict=True):
            low[part] += weight * (first if weight > 0 else second).reshape(low[part].shape)
            high[part] += weight * (second if weight > 0 else first).reshape(low[part].shape)
    slack = _ROUNDING * max(np.abs(low).max(initial=0.0), np.abs(high).max(initial=0.0))
    first, second = _ordered((low - slack) * known.gain, (high + slack) * known.gain)
    middle = driven.offset * known.activation_max * (0.0 if sums is None else sums)
    return first - middle, second - middle


def bounded_float_products(layer: LinearLayer, activations: Ends) -> Ends:
    """Return intervals of the products of a layer that stays digital; arguments as in `bounded_products`."""
    low, high = activations
    rising, falling = np.maximum(layer.weights, 0.0), np.minimum(layer.weights, 0.0)

    def sums(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return np.einsum("vgi,gio->vgo", first, rising) + np.einsum("vgi,gio->vgo", second, falling)

    return sums(low, high), sums(high, low)


def _driven(
    programmed: ProgrammedLayer, spec: ArraySpec, activations: Ends, known: LayerRange, tables: Periphery
) -> _Driven:
    """Encode both ends. The phase of the negative parts falls where activations rise."""
    given = {"activation_max": known.activation_max, "layer": programmed.layer.name, "dac": tables.dac}
    first, second = (encode(in_equal_ranges(programmed, known, end), spec, **given) for end in activations)
    return _Driven(
        *_ordered(first.v, second.v),
        _ordered(first.v_coded, second.v_coded),
        first.weights,
        first.full_scale,
        first.rest,
        first.offset,
    )


def _tile_products(
    place: TilePlace,
    read: ReadTile,
    spec: ArraySpec,
    driven: _Driven,
    error: float,
    around: tuple[ProgrammedLayer, LayerRange, Periphery],
    index: int,
) -> Ends:
    """Return the ends (phases, vectors, outputs) of what a tile adds to the products.

    A tile whose rows all rest is not read and adds exactly 0. Where that holds at the lower end alone, 0 and the read
    are both possible.
    """
    programmed, known, tables = around
    still = resting_input(spec)
    low, high = place.on_rows(driven.low), place.on_rows(driven.high)
    read_at = np.any((low != still) | (high != still), axis=2)
    always = np.any((low > still) | (high < still), axis=2)[read_at]
    products = np.zeros((2, *read_at.shape, place.groups * (place.outputs[1] - place.outputs[0])))
    if read_at.any():
        currents = [_currents(place, read, spec, v[read_at], driven.rest) for v in (low, high)]
        unit = 1.0 if input_unit(spec) == "V" else spec.driver.v_read
        sums = [(place.on_rows(v)[read_at].sum(axis=1) - place.rows * still) * unit for v in driven.coded]
        converted = _converted(spec, currents, error, (known, tables), column_steps(known, index))
        v_per_unit = driven.full_scale / (known.activation_max * input_scale(known, index))
        found = np.stack(_numbers(programmed, place, spec, converted, sums, v_per_unit=v_per_unit))
        found[0, ~always] = np.minimum(found[0, ~always], 0.0)
        found[1, ~always] = np.maximum(found[1, ~always], 0.0)
        products[:, read_at] = found
    return products[0], products[1]


def _currents(place: TilePlace, read: ReadTile, spec: ArraySpec, driven: np.ndarray, rest: float) -> np.ndarray:
    """Read a tile with inputs of its rows in use (reads, rows); return the columns in use (reads, columns) [A]."""
    v_in = np.full((len(driven), spec.array.rows), rest)
    v_in[:, place.row_part] = driven
    pulsed = spec.driver.input_code == "pulse_width"
    out = read_in_intervals(read, spec, v_in) if pulsed else read(v_in)
    return as_numpy(out).astype(float, copy=False)[:, place.col_part]


def _converted(
    spec: ArraySpec,
    currents: list[np.ndarray],
    error: float,
    around: tuple[LayerRange, Periphery],
    steps: np.ndarray | None,
) -> Ends:
    """Return the ends of the currents that the digital side takes, behind sense amplifiers and ADC."""
    (known, tables), (low, high) = around, _ordered(*currents)
    by_column = 1.0 if steps is None else steps
    ends = [low - error, high + error]
    if (adc := layer_adc(spec, tables, known.full_scale)) is not None:
        quiet = replace(adc, noise=0.0)
        ends = [decode(quiet, convert_and_count(quiet, end / by_column)[0]) * by_column for end in ends]
    first, second = (equivalent_currents(tables.sense, end) for end in ends)
    return _ordered(first, second)


def _numbers(
    programmed: ProgrammedLayer,
    place: TilePlace,
    spec: ArraySpec,
    currents: Ends,
    sums: list[np.ndarray],
    *,
    v_per_unit: float,
) -> Ends:
    """Return the ends of the products (reads, outputs); a scheme's numbers are linear in currents and inputs."""
    cols = currents[0].shape[1]

    def numbers(i_out: np.ndarray, v_sum: np.ndarray) -> np.ndarray:
        of = {"w_max": programmed.w_max, "v_per_unit": v_per_unit}
        return np.asarray(tile_numbers(programmed.layer, place, spec, i_out, v_sum, **of))

    of_current = numbers(np.eye(cols), np.zeros(cols))
    of_sum = numbers(np.zeros((1, cols)), np.ones(1))
    matrix = np.vstack([of_current, of_sum])
    low, high = (np.column_stack([i, v]) for i, v in zip(currents, _ordered(*sums), strict=True))
    rising, falling = np.maximum(matrix, 0.0), np.minimum(matrix, 0.0)
    return low @ rising + high @ falling, high @ rising + low @ falling


def _ordered(first: np.ndarray, second: np.ndarray) -> Ends:
    return np.minimum(first, second), np.maximum(first, second)
