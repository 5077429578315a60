"""What groups on one tile do to each other: what the wires let expect, and the tiles that keep it allowed."""

import bisect
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from circuitsim.network.inputs import rows_per_input
from circuitsim.network.mapping import Scheme, scheme_of
from circuitsim.network.tiling import Layout, TilePlace, most_groups, places
from circuitsim.spec import ArraySpec, WireGrid, checked

_ALLOWED = 0.03
"""Crosstalk where `mapping.crosstalk` is absent.

It is that of neighbours at full scale. Random inputs reach half of it at most and a sixth of it rms: 0.5 % here, less
than the 0.6 % rms that wires of 2 ohm leave of a tile of its own after the best gain, 128 x 128.
"""


@checked
def layer_places(layer: str, matrix_shape: tuple[int, int, int], spec: ArraySpec) -> tuple[TilePlace, ...]:
    """Return the tiles of a layer on arrays of a specification; of its weights only the shape counts.

    A layer smaller than the array lies near its drivers and sense amplifiers. Groups share tiles as far as rows,
    columns and `mapping.crosstalk` allow.

    Args:
        layer: Name of the layer.
        matrix_shape: (groups, inputs, outputs) of its weights.
        spec: The array: its size, wires, range of conductances and mapping are used.

    Raises:
        InputError: The array has fewer columns than one output takes.
    """
    scheme = scheme_of(spec)
    layout = Layout(
        1, rows_per_input(spec), at_last_row=spec.wire.col_sense != "top", at_last_col=spec.wire.row_drive == "right"
    )
    allowed = allowed_crosstalk(spec)
    most = most_groups(matrix_shape, spec.shape, scheme, layout) if allowed > 0.0 else 1
    wires = spec.wires if most > 1 else None

    def found(count: int) -> tuple[TilePlace, ...]:
        return places(layer, matrix_shape, spec.shape, scheme, replace(layout, groups_at_most=count))

    if wires is not None:
        counts = range(2, most + 1)
        most = 1 + bisect.bisect_right(counts, allowed, key=lambda n: _expected(found(n), spec, scheme, wires))
    return found(most)


@checked
def allowed_crosstalk(spec: ArraySpec) -> float:
    """Return the crosstalk that a specification allows between groups on one tile; 0: no groups share a tile."""
    return _ALLOWED if spec.mapping.crosstalk is None else spec.mapping.crosstalk


@checked
def expected_crosstalk(tiles: Sequence[TilePlace], spec: ArraySpec) -> float:
    """Say what the other groups on a tile can change in the products of one, relative to its largest product.

    The current of the neighbours through their cells of weight 0 flows in both columns of a pair and cancels there, but
    it raises the voltage of the columns, which takes current from the cells of the group: expected is the largest
    rise of a column at a row of the group, all neighbours at full scale, relative to v_read. Differential inputs have
    two rows of opposite weights, and only the difference of their rises counts. To this comes what a neighbour's row
    loses from one column of a pair to the other; on gates, as much again, because neighbours that are on load the
    columns of the group.

    Args:
        tiles: The tiles of a layer, from `layer_places`.
        spec: The array.

    Returns:
        The crosstalk of the worst group; 0 for tiles of one group, and for capacitors, whose settled charges do not
        depend on wires: only a read tells what those of a read that ends before are off.

    Valid for: ohmic cells and sense amplifiers of input resistance `sense.r_in`, for which it is an upper bound, since
        currents are those without wires. Cells whose slope exceeds their chord pass it in that ratio, by up to 1.3
        in a sinh law; the input resistance of a circuit is not included.
    """
    return _expected(tiles, spec, scheme_of(spec), spec.wires)


def _expected(tiles: Sequence[TilePlace], spec: ArraySpec, scheme: Scheme, wires: WireGrid) -> float:
    fullest = max(tiles, key=lambda place: place.groups)
    if fullest.groups == 1 or spec.array.cell == "1c":
        return 0.0
    zero = float(scheme.conductances(np.zeros((1, 1)), w_max=1.0).max())
    rise = _rise(fullest, wires)
    felt = rise if fullest.rows_per_input == 1 else np.abs(rise[::2] - rise[1::2])  # w and −w feel the same rise
    raised = zero * _largest_sum(felt, fullest.rows_per_input)
    if spec.array.input_line != "bl":  # a gate that is off carries nothing: the neighbours' cells load the columns too
        return raised + zero * _largest_sum(rise, fullest.rows_per_input)
    own_cells = fullest.cols // fullest.groups * spec.device.g_max
    loss = float(wires.r_row[:, 1:-1:2].max()) * (spec.array.cols * zero + own_cells)
    return raised + (fullest.groups - 1) * zero / (spec.device.g_max - spec.device.g_min) * loss


def _rise(place: TilePlace, wires: WireGrid) -> np.ndarray:
    """Transfer resistances (rows in use, rows in use) [ohm] from rows of other groups; 0 from those of the same one."""
    rows = place.rows // place.groups
    own = np.kron(np.eye(place.groups, dtype=bool), np.ones((rows, rows), dtype=bool))
    return np.where(own, 0.0, _transfer(wires)[place.row_part, place.row_part])


def _largest_sum(rise: np.ndarray, rows_per_input: int) -> float:
    """Largest sum over the inputs, each of which drives one of its rows."""
    return float(rise.reshape(len(rise), -1, rows_per_input).max(axis=2).sum(axis=1).max())


def _transfer(wires: WireGrid) -> np.ndarray:
    """Return how far a current into a row of a column raises the column at another row, (rows, rows) [ohm].

    Every segment counts with the largest resistance that it has in a column. Where the input is on gates, the drop of
    the bit lines is added.
    """
    total = _ladder(wires.r_col.max(axis=1), wires.r_sense)
    return total if wires.r_bl is None else total + _ladder(wires.r_bl.max(axis=1), wires.r_driver)


def _ladder(segments: np.ndarray, end: float) -> np.ndarray:
    """Transfer resistances of a wire of segments (rows + 1,) [ohm], with a resistance to ground at each used end."""
    up, down = end + np.cumsum(segments[:-1]), end + np.cumsum(segments[:0:-1])[::-1]
    above, below = np.minimum(up[:, None], up), np.minimum(down[:, None], down)
    if np.isinf(segments[0]):
        return below
    if np.isinf(segments[-1]):
        return above
    whole = end + end + segments.sum()
    return above * below / whole if whole > 0.0 else np.zeros_like(above)
