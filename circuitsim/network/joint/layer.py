"""Read all tiles of a layer together, compiled: the tensor is driven before it is cut, nothing in between is stored."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from circuitsim.network.converting import layer_adc
from circuitsim.network.driven_tensor import Drive, InputCounts, drive_tensor, driven_size, input_counts
from circuitsim.network.finishes import Finish
from circuitsim.network.joint.finish_kernels import WIDE, WrittenOutput, windows_of
from circuitsim.network.joint.form import JointForm
from circuitsim.network.joint.kernels import PAIRS, TERMS, JointArrays, read_joined, room
from circuitsim.network.layer_range import LayerRange, column_steps
from circuitsim.network.linear import LinearLayer
from circuitsim.network.mapping import Differential, scheme_of
from circuitsim.network.parallel import in_threads
from circuitsim.network.product import JointRead
from circuitsim.network.programming import ProgrammedLayer
from circuitsim.network.rooms import Rooms
from circuitsim.network.tiling import TilePlace
from circuitsim.network.vector_places import VectorPlaces
from circuitsim.nodal.lane_products import GROUP, OUTPUTS
from circuitsim.nodal.lanes import WIDTH
from circuitsim.periphery import Periphery, ideal_stages
from circuitsim.spec import ArraySpec, by_value, input_unit

_MOST_BITS = 16  # of an ADC whose codes float32 rounds as float64 does
_WHOLE = {4: 1.5 * 2.0**23, 8: 1.5 * 2.0**52}  # a sum with these is a whole number, by bytes of the type


@by_value
@dataclass(frozen=True)
class JointLayer:
    """A layer whose tiles are read together.

    Attributes:
        layer: The layer.
        arrays: Its tiles.
        cols: (tiles,) columns of each that are converted.
        drive: What makes inputs of activations.
        unit: Current that the number 1 stands for in the matrices, unless columns have an LSB of their own: the ADC's
            LSB where there is one [A].
        top: Largest code of the ADC; 0 without conversion.
        scale: Factor from differences of codes to products.
        biases: (groups, outputs).
        rest: Voltage of a row without input [V].
        dtype: Type that is computed with.
    """

    layer: LinearLayer
    arrays: JointArrays
    cols: np.ndarray
    drive: Drive
    unit: float
    top: float
    scale: float
    biases: np.ndarray
    rest: float
    dtype: np.dtype


@by_value
@dataclass(frozen=True)
class JointReading:
    """The output tensor of a layer, bias included, with its counts.

    Attributes:
        out: The tensor; for a contraction products (vectors, groups, outputs).
        vectors: Number of vectors.
        reads, conversions, adc_clipped: As in `LayerReading`.
        i_max: Largest column current before the ADC [A].
        inputs: What the activations were.
    """

    out: np.ndarray
    vectors: int
    reads: int
    conversions: int
    adc_clipped: int
    i_max: float
    inputs: InputCounts


def joint_layer(
    programmed: ProgrammedLayer, spec: ArraySpec, known: LayerRange, tables: Periphery
) -> JointLayer | None:
    """Return the form in which the tiles of a layer are read together; None where they are read one by one.

    Inputs are voltages of ideal DACs, a read for each sign; weights of one scale are pairs of columns behind an ideal
    ADC, or none; and every tile has a `JointForm` and holds one part of one matrix.
    """
    if known.input_scales is not None:
        return None  # a value of the tensor lies on rows of several tiles
    forms = [_form_of(read) for read in programmed.reads]
    plain = spec.driver.input_code == "amplitude" and spec.driver.gate_levels is None and input_unit(spec) == "V"
    ideal = tables.sense is None and tables.adc is None and spec.driver.block is None
    adc = layer_adc(spec, tables, known.full_scale)
    ideal = ideal and ideal_stages(replace(tables, adc=adc)) == ("dac", "sense", "adc")
    mapping = spec.mapping
    signed = mapping.inputs in ("two_phase", "unsigned") and mapping.scale in (None, "layer")
    paired = signed and type(scheme_of(spec)) is Differential
    if not (plain and ideal and paired) or (spec.adc.bits or 0) > _MOST_BITS:
        return None
    alike = {_kind(form) for form in forms if form is not None}
    if any(form is None for form in forms) or len(alike) != 1 or not all(map(_is_plain, programmed.places)):
        return None
    stated = [form for form in forms if form is not None]
    device = spec.device
    step = (device.g_max - device.g_min) * spec.driver.v_read
    unit = step if adc is None else adc.lsb
    groups, _, outputs = programmed.layer.weights.shape
    bias, dtype = programmed.layer.bias, stated[0].dtype
    return JointLayer(
        layer=programmed.layer,
        arrays=_arrays(programmed.places, stated, unit, known),
        cols=np.array([place.cols for place in programmed.places]),
        drive=Drive(known.activation_max, spec.driver.v_read, tables.dac, stated[0].v_scale),
        unit=unit,
        top=0.0 if adc is None else 2.0**adc.bits - 1,
        scale=unit * programmed.w_max * known.activation_max / step * known.gain,
        biases=np.zeros((groups, outputs), dtype) if bias is None else bias.reshape(groups, outputs).astype(dtype),
        rest=stated[0].v_ref,
        dtype=dtype,
    )


def read_jointly(
    joint: JointLayer,
    x: np.ndarray,
    places: VectorPlaces,
    rooms: Rooms,
    *,
    finish: Finish | None = None,
    n_jobs: int = 1,
) -> JointReading | None:
    """Read a layer with a tensor that fits it; return None where the tensor holds numbers that are not finite.

    Args:
        joint: The layer.
        x: Its input, float32 or float64, images along the first axis; vectors (vectors, groups, inputs) for a
            contraction.
        places: Of its vectors in tensors of this shape.
        rooms: Memory for the scaled inputs and the output tensor.
        finish: What follows, which fits the output's shape; None: nothing.
        n_jobs: Number of threads, −1 for all cores.
    """
    counts = input_counts(x, places, joint.drive.activation_max)
    if not (np.isfinite(counts.squares).all() or np.isfinite(x).all()):  # squares are finite only where numbers are
        return None
    phases, driven = _driven(joint, x, places, rooms, negative=counts.negative)
    kind, written = joint.dtype.type, _written(joint, places, rooms, finish, alone=n_jobs == 1)
    bottom = kind(0.0 if finish is not None and finish.rectify else -np.inf)
    reads, found, boundaries, groups = [], [], [], -(-places.vectors // GROUP)
    converter = np.array([joint.top, _WHOLE[joint.dtype.itemsize], joint.top + 0.5, -0.5], joint.dtype)

    def part(k: int, parts: int) -> None:
        begin, end = k * groups // parts, (k + 1) * groups // parts
        counted, seen = np.zeros(len(joint.cols), np.int64), np.zeros(3)
        read_joined(
            begin, end, places.vectors, driven, len(driven) // len(phases), phases, *places.bases, places.offsets,
            *places.outs, places.stride, *joint.arrays, converter, kind(joint.scale), joint.biases, bottom,
            written.ring, written.out, written.windows, written.row(), written.finished, counted, seen,
            *rooms.beside(joint.layer.name, k, partial(room, joint.arrays, joint.biases.shape[1])),
        )  # fmt: skip
        reads.append(counted)
        found.append(seen)
        boundaries.append(begin * GROUP)

    in_threads(part, n_jobs)
    written.finish_images_of_two_parts(boundaries)
    total, extremes = np.sum(reads, axis=0), np.array(found)
    return JointReading(
        out=written.finished.reshape(written.shape),
        vectors=places.vectors,
        reads=int(total.sum()),
        conversions=int(total @ joint.cols) if joint.top else 0,
        adc_clipped=int(extremes[:, 2].sum()),
        i_max=float(max(extremes[:, 1].max(), -extremes[:, 0].min())) * joint.unit,
        inputs=counts,
    )


def _driven(
    joint: JointLayer, x: np.ndarray, places: VectorPlaces, rooms: Rooms, *, negative: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights of the phases, and the scaled inputs of all, flat."""
    signs = (1.0, -1.0) if negative else (1.0,)
    size = driven_size(x.shape, places)
    driven = rooms.driven(joint.layer.name, len(signs) * size, joint.dtype)
    for k, sign in enumerate(signs):
        drive_tensor(x, places, joint.drive, sign, driven[k * size : (k + 1) * size])
    return np.array(signs, joint.dtype), driven


def _written(
    joint: JointLayer, places: VectorPlaces, rooms: Rooms, finish: Finish | None, *, alone: bool
) -> WrittenOutput:
    """Return the memory that a read writes to; a thread that reads alone needs few planes at a time."""
    name, size, windows = joint.layer.name, math.prod(places.shape), windows_of(finish, places.shape)
    shape = places.shape if finish is None else finish.shape_of(places.shape)
    finished = rooms.out(name, math.prod(shape), joint.dtype)
    each = size // max(shape[0], 1)
    ring = min(size, (GROUP // math.prod(places.shape[2:]) + 2) * each) if len(windows) and alone else size
    out = rooms.planes(name, ring + 2 * WIDTH + windows[WIDE], joint.dtype) if len(windows) else finished
    shape = (shape[0], math.prod(shape[1:])) if finish is not None and finish.flat else shape
    return WrittenOutput(out, ring, windows, finished, shape)


def _form_of(read: object) -> JointForm | None:
    return read.joint_form() if isinstance(read, JointRead) else None


def _kind(form: JointForm) -> tuple:
    """What tiles that are read together have in common."""
    counts = (len(form.currents), len(form.levels), form.repeats, *form.functions)
    return (form.v_ref, form.v_scale, form.dtype, *counts)


def _is_plain(place: TilePlace) -> bool:
    """Tell whether a tile holds one part of one matrix, a pair of columns for each output and a row for each input."""
    single = place.groups == place.rows_per_input == 1 and not place.reversed_rows
    return single and place.cols == 2 * (place.outputs[1] - place.outputs[0])


def _arrays(places: Sequence[TilePlace], forms: Sequence[JointForm], unit: float, known: LayerRange) -> JointArrays:
    """Lay out tiles as `JointArrays` says, their currents in `unit` [A], rows and columns in use alone."""
    before, after = forms[0].functions
    parts, factors, weights, functions, steps, at = [], [], [], [], [], 0
    for k, (place, form) in enumerate(zip(places, forms, strict=True)):
        blocks = -(-(place.outputs[1] - place.outputs[0]) // PAIRS)
        at_step = sum(map(len, steps))
        parts.append((place.group, *place.inputs, place.outputs[0], blocks, at, k * (before + after), at_step))
        own = column_steps(known, k)
        pieces = [_cropped(product, place, form, blocks) for product in (*form.currents, *form.levels)]
        if own is not None:
            steps.append(_in_blocks(own[None], blocks, fill=1.0).reshape(-1))
        per_unit = 1.0 / (unit if own is None else unit * _in_blocks(own[None], blocks, fill=1.0))
        scaled = [per_unit] * len(form.currents) + [1.0] * len(form.levels)
        factors.append([(first, matrix.shape[1]) for first, matrix in pieces])
        tile = np.concatenate([matrix * by for (_, matrix), by in zip(pieces, scaled, strict=True)], axis=1)
        weights.append(tile.reshape(-1).astype(form.dtype))
        functions += [table for table in (form.before, form.after) if table is not None]
        at += weights[-1].size
    terms = np.concatenate(functions) if before + after else np.zeros((0, TERMS))
    terms = np.pad(terms, ((0, 0), (0, max(TERMS - terms.shape[1], 0))))
    dtype, head = forms[0].dtype, forms[0]
    return JointArrays(
        np.array(parts), np.array(factors), np.concatenate(weights), terms.astype(dtype), before, after,
        len(head.currents), head.repeats, (np.concatenate(steps) if steps else np.zeros(0)).astype(dtype),
    )  # fmt: skip


def _cropped(product: tuple, place: TilePlace, form: JointForm, blocks: int) -> tuple[int, np.ndarray]:
    """Return the first feature of a factor among those of rows in use, and its matrix (blocks, features, OUTPUTS)."""
    first, last, matrix = product
    before, after = form.functions
    used = np.zeros(form.rows, bool)
    used[place.row_part] = True
    kept = np.concatenate([*[used] * (before + 1), [True], *[used] * after])
    matrix = np.asarray(matrix, dtype=float)[kept[first:last], place.col_part]
    return int(kept[:first].sum()), _in_blocks(matrix, blocks)


def _in_blocks(matrix: np.ndarray, blocks: int, *, fill: float = 0.0) -> np.ndarray:
    """Return (features, columns) as (blocks, features, OUTPUTS): a block's positive columns, then its negative ones."""
    pairs = matrix.shape[1] // 2
    both = np.full((len(matrix), 2, blocks * PAIRS), fill)
    both[:, 0, :pairs], both[:, 1, :pairs] = matrix[:, 0::2], matrix[:, 1::2]
    both = both.reshape(len(matrix), 2, blocks, PAIRS).transpose(2, 0, 1, 3)
    return np.ascontiguousarray(both).reshape(blocks, len(matrix), OUTPUTS)
