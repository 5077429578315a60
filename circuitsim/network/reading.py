"""Read a layer on its tiles: DAC, tiles, ADC, digital sums."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.errors import InputError
from circuitsim.network.converting import equivalent_currents, layer_adc, network_tables, with_sense_noise
from circuitsim.network.input_ranges import in_equal_ranges, input_scale
from circuitsim.network.inputs import Phases, encode
from circuitsim.network.layer_range import LayerRange, column_steps
from circuitsim.network.linear import as_numpy
from circuitsim.network.parallel import over_tiles
from circuitsim.network.placed_arrays import beside_tiles
from circuitsim.network.product import ReadTile
from circuitsim.network.programming import ProgrammedLayer, tile_conductances, tile_numbers
from circuitsim.network.pulse_reads import read_in_intervals
from circuitsim.network.tiling import TilePlace
from circuitsim.periphery import Periphery, convert_and_count, decode, has_adc
from circuitsim.results import ConverterTable
from circuitsim.spec import ArraySpec, by_value, input_unit, resting_input


@dataclass(frozen=True)
class TileCurrents:
    """Currents of a tile for a batch of activations.

    Attributes:
        active: (phases, vectors) True where the tile was read; elsewhere all its rows are at rest and no current
            flows, apart from the leakage of gates that are off.
        v_sum: (reads,) sum over the rows of the voltages above v_ref that the codes represent [V], where the inputs
            were driven.
        i_out: (reads, columns in use) currents before the ADC [A], or outputs of sense amplifiers that are circuits, in
            the order of `active`, in the namespace and dtype of the product; in NumPy without any read.
    """

    active: np.ndarray
    v_sum: Any
    i_out: Any

    @property
    def reads(self) -> int:
        """Number of reads."""
        return self.v_sum.shape[0]


@by_value
@dataclass(frozen=True)
class LayerReading:
    """Products of a layer, with counts of reads and conversions.

    Attributes:
        y: (vectors, groups, outputs) products without bias, in the namespace and dtype of the tiles' currents.
        reads: Number of tile reads: one tile, one vector, one phase.
        conversions: Number of currents converted by ADCs.
        adc_clipped: Number of conversions outside the ADC's range.
        encoded: Number of activations encoded.
        inputs_clipped: Number of activations larger than activation_max.
        input_max: Largest |activation|.
        i_max: Largest column current before the ADC [A].
    """

    y: Any
    reads: int
    conversions: int
    adc_clipped: int
    encoded: int
    inputs_clipped: int
    input_max: float
    i_max: float


def read_layer(
    programmed: ProgrammedLayer,
    spec: ArraySpec,
    activations: np.ndarray,
    known: LayerRange,
    *,
    tables: Periphery | None = None,
    rng: np.random.Generator | None = None,
    n_jobs: int = 1,
) -> LayerReading:
    """Compute a layer's products on its tiles: DAC, tiles, ADC, digital sums, all where the tiles are.

    Args:
        programmed: The layer.
        spec: The array.
        activations: (vectors, groups, inputs) in the network's units.
        known: Ranges and gain of the layer.
        tables: What stands around the tiles; None: what the specification states of ideal parts.
        rng: Source of the noise of circuits; None: without noise.
        n_jobs: Number of tiles read at the same time, in threads; see `parallel.over_tiles`.

    Raises:
        InputError: As `encode` and `read_tiles`.
    """
    around = network_tables(spec, None) if tables is None else tables
    given = beside_tiles(programmed.reads, in_equal_ranges(programmed, known, activations))
    how = {"activation_max": known.activation_max, "layer": programmed.layer.name, "dac": around.dac, "rng": rng}
    phases = encode(given, spec, **how)
    currents = read_tiles(programmed, spec, phases, n_jobs=n_jobs)
    y, clipped = layer_products(programmed, spec, currents, phases, known, tables=around, rng=rng)
    read = [tile.i_out for tile in currents if tile.reads]
    return LayerReading(
        y=y,
        reads=sum(tile.reads for tile in currents),
        conversions=sum(math.prod(out.shape) for out in read) if has_adc(spec, around) else 0,
        adc_clipped=clipped,
        encoded=activations.size,
        inputs_clipped=phases.clipped,
        input_max=float(np.abs(activations).max(initial=0.0)),
        i_max=max((_largest(equivalent_currents(around.sense, out)) for out in read), default=0.0),
    )


def read_tiles(programmed: ProgrammedLayer, spec: ArraySpec, phases: Phases, *, n_jobs: int = 1) -> list[TileCurrents]:
    """Read all tiles of a layer.

    Args:
        programmed: The layer.
        spec: The array.
        phases: Driver voltages (phases, vectors, groups, inputs) [V]; all phases of a tile are read in one batch.
        n_jobs: Number of tiles read at the same time, in threads; see `parallel.over_tiles`.

    Returns:
        The currents of each tile, in the order of `programmed.places`.

    Raises:
        InputError: The product returned currents of another shape, or currents that are not finite.
    """
    tiles = []
    for place, read in zip(programmed.places, programmed.reads, strict=True):
        v = place.on_rows(phases.v)
        coded = v if phases.v_coded is phases.v else place.on_rows(phases.v_coded)
        tiles.append((place, read, spec, v, coded, phases.rest))
    return over_tiles(_read_tile, tiles, n_jobs)


def layer_products(
    programmed: ProgrammedLayer,
    spec: ArraySpec,
    currents: Sequence[TileCurrents],
    phases: Phases,
    known: LayerRange,
    *,
    tables: Periphery,
    rng: np.random.Generator | None = None,
) -> tuple[Any, int]:
    """Convert the currents of each tile, then sum columns, phases and tiles digitally.

    Args:
        programmed: The layer.
        spec: The array.
        currents: From `read_tiles`.
        phases: The inputs as driven.
        known: Ranges and gain of the layer.
        tables: What stands around the tiles.
        rng: Source of the noise of sense amplifiers and ADCs; None: without noise.

    Returns:
        (vectors, groups, outputs) products without bias, and the number of clipped conversions.
    """
    groups, _, outputs = programmed.layer.weights.shape
    shape = (currents[0].active.shape[1], groups, outputs)
    v_per_unit = phases.full_scale / known.activation_max
    adc = layer_adc(spec, tables, known.full_scale)
    adc = replace(adc, noise=0.0) if adc is not None and rng is None else adc
    y, total = None, 0
    for index, (place, tile) in enumerate(zip(programmed.places, currents, strict=True)):
        if not tile.reads:
            continue  # all rows are at v_ref in every phase
        converted = tile.i_out
        if rng is not None and tables.sense is not None:
            g = tile_conductances(programmed.layer, place, spec, w_max=programmed.w_max)[:, place.col_part]
            converted = with_sense_noise(tables.sense, converted, g.sum(axis=0), rng)
        if adc is not None:
            converted, clipped = _convert(adc, converted, column_steps(known, index), rng)
            total += clipped
        converted = equivalent_currents(tables.sense, converted)
        xp, kind = _kind(converted)
        v_sum = xp.asarray(tile.v_sum, **kind)
        products = tile_numbers(
            programmed.layer,
            place,
            spec,
            converted,
            v_sum,
            w_max=programmed.w_max,
            v_per_unit=v_per_unit / input_scale(known, index),
        )
        y = xp.zeros(shape, **kind) if y is None else y
        summed = _over_phases(products, tile.active, phases.weights)
        y[:, place.group_part, slice(*place.outputs)] += xp.reshape(summed, (summed.shape[0], place.groups, -1))
    y = np.zeros(shape) if y is None else y * known.gain
    if programmed.weight_sums is None:
        return y, total
    xp, kind = _kind(y)
    return y - xp.asarray(input_offset(programmed, phases, known), **kind), total


def input_offset(programmed: ProgrammedLayer, phases: Phases, known: LayerRange) -> np.ndarray | float:
    """Return the products (groups, outputs) of what is added to offset inputs; 0 for others."""
    sums = programmed.weight_sums
    if sums is not None and known.input_scales is not None:
        raise InputError(f"layer {programmed.layer.name!r}: offset inputs share one range; expected no input_scales")
    return 0.0 if sums is None else phases.offset * known.activation_max * sums


def _convert(
    adc: ConverterTable, currents: Any, steps: np.ndarray | None, rng: np.random.Generator | None
) -> tuple[Any, int]:
    """Return currents as codes stand for them, and how many are clipped; `steps` as of `column_steps`."""
    if steps is None:
        codes, clipped = convert_and_count(adc, currents, rng=rng)
        return decode(adc, codes), clipped
    xp, kind = _kind(currents)
    by_column = xp.asarray(steps, **kind)
    codes, clipped = convert_and_count(adc, currents / by_column, rng=rng)
    return decode(adc, codes) * by_column, clipped


def _read_tile(place: TilePlace, read: ReadTile, spec: ArraySpec, v: Any, v_coded: Any, rest: float) -> TileCurrents:
    """Read one tile with the inputs of its rows, driven and coded (phases, vectors, rows in use), see `Phases`."""
    still, pulsed = resting_input(spec), spec.driver.input_code == "pulse_width"
    xp, kind = _kind(v)
    chosen = xp.any(v != still, axis=2)
    active, driven = as_numpy(chosen), v[chosen]
    v_sum = xp.sum(driven if v_coded is v else v_coded[chosen], axis=1) - place.rows * still
    v_sum = v_sum if input_unit(spec) == "V" else v_sum * spec.driver.v_read
    expected = (driven.shape[0], spec.array.cols)
    if expected[0] == 0:
        return TileCurrents(active, v_sum, np.zeros((0, place.cols)))
    v_in = xp.full((expected[0], spec.array.rows), rest, **kind)
    v_in[:, place.row_part] = driven
    i_out = read_in_intervals(read, spec, v_in) if pulsed else read(v_in)
    if tuple(i_out.shape) != expected:
        raise InputError(
            f"the product returned currents of shape {tuple(i_out.shape)}, expected {expected} (batch, cols)"
        )
    xp = array_api_compat.array_namespace(i_out)
    if not bool(xp.all(xp.isfinite(i_out))):
        raise InputError(
            f"the product of layer {place.layer!r}, tile {place.index}, returned a value that is not finite"
        )
    return TileCurrents(active, v_sum, i_out[:, place.col_part])


def _over_phases(products: Any, active: np.ndarray, phase_weights: Sequence[float]) -> Any:
    """Return the weighted sum over phases (vectors, outputs) of products (reads, outputs) in the order of `active`."""
    xp, kind = _kind(products)
    outputs = products.shape[1]
    if not active.all():  # the zeros after the last read stand for the vectors without a read
        products = xp.concat([products, xp.zeros((1, outputs), **kind)], axis=0)
        position = np.where(active.ravel(), np.cumsum(active) - 1, np.count_nonzero(active))
        products = xp.take(products, xp.asarray(position, device=kind["device"]), axis=0)
    products = xp.reshape(products, (*active.shape, outputs))
    total = products[0, ...] * phase_weights[0]
    for phase, weight in enumerate(phase_weights[1:], start=1):
        total = total + products[phase, ...] * weight
    return total


def _kind(array: Any) -> tuple[Any, dict[str, Any]]:
    """Return the namespace of an array, and the arguments that create arrays of its dtype and device."""
    return array_api_compat.array_namespace(array), {
        "dtype": array.dtype,
        "device": array_api_compat.device(array),
    }


def _largest(i_out: Any) -> float:
    """Return the largest |current| [A]."""
    xp = array_api_compat.array_namespace(i_out)
    return float(xp.max(xp.abs(i_out)))
