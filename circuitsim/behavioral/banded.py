"""The products of a tile whose columns have a level in each band of rows."""

import itertools
from collections.abc import Callable

import numpy as np

from circuitsim.behavioral.columns import Columns
from circuitsim.behavioral.expansion import Expansion, carry
from circuitsim.behavioral.field_types import Fields
from circuitsim.behavioral.row_levels import RowCorrection
from circuitsim.behavioral.tile import BandProducts

_NOTHING = 1e-300  # A²; keeps 0/0 out of a band whose cells carry no residual current


def band_products(
    fields: Fields,
    columns: Columns,
    expansion: Expansion,
    correction: RowCorrection,
    seen: np.ndarray,
    v_scale: float,
    put: Callable,
) -> BandProducts:
    """Carry residual currents to outputs and levels, and lay them out for reads.

    Args:
        fields, columns: The linear array.
        expansion: Its residual currents.
        correction: Effect of the levels that rows see, from `row_correction`.
        seen: (rows, cols) weights of these levels, from `seen_levels`.
        v_scale: Voltage above v_ref at s = 1 [V].
        put: Makes a matrix one of the tile's namespace, dtype and device.
    """
    edges, (bands, inputs, cols) = fields.edges, columns.mean.shape
    currents = carry(expansion.currents, fields.to_output)
    to_level = [part / columns.span.ravel() for part in carry(expansion.currents, fields.to_level)]
    exchange = _exchange(currents, to_level, edges, bands)
    level = to_level[0][1].reshape(inputs, bands, cols).swapaxes(0, 1) + v_scale * columns.mean / columns.span[:, None]
    start = to_level[0][0].sum(0).reshape(bands, cols) - columns.low / columns.span - columns.centre
    row_level = [level[band] @ seen[first:last].T for band, (first, last) in enumerate(itertools.pairwise(edges))]
    wide = np.concatenate([v_scale * fields.w + currents[0][1], *level, *row_level], axis=1)
    rest = np.concatenate([currents[0][0].sum(0), start.ravel(), (seen * start[columns.band]).sum(1)])
    parts = [_band(currents, correction, slice(*ends)) for ends in itertools.pairwise(edges)]
    flat, sloped, curved, apart, constants = zip(*parts, strict=True)
    return BandProducts(
        edges=edges,
        wide=put(wide),
        rest=put(rest[None]),
        flat=put(np.concatenate(flat)),
        sloped=put(np.concatenate(sloped)),
        curved=put(np.concatenate(curved)),
        apart=put(np.concatenate(apart)),
        functions=correction.functions,
        constants=put(np.stack(constants)),
        exchange=put(exchange),
    )


def _band(currents: list[np.ndarray], correction: RowCorrection, rows: slice) -> tuple[np.ndarray, ...]:
    """Return the matrices of one band's rows, and its constants."""
    flat, sloped, curved, cubic = (part[:, rows] for part in currents)
    unit, *fitted = correction.slopes[:, rows]
    square = np.tensordot([c.t2 for c in correction.functions], fitted, 1)
    return (
        np.concatenate([*flat[:1:-1], unit, *fitted]),  # the functions of a tile: the least important first
        sloped[1:].reshape(-1, unit.shape[1]),
        curved[1],
        np.concatenate(fitted),
        np.stack([part.sum(0) for part in (sloped[0], curved[0], cubic[0], unit, square)]),
    )


def _exchange(currents: list[np.ndarray], to_level: list[np.ndarray], edges: tuple[int, ...], bands: int) -> np.ndarray:
    """Fit the change of each band's level (axis 0) to the output current that a band (axis 1) adds: [1/A].

    Both follow from the same residual currents. Their ratio hardly depends on which cell of a band carries them, so the
    levels need no products of their own: least squares over the band's rows and all functions but 1 and s of t⁰, which
    the linear level contains.
    """
    rows, cols = currents[0].shape[1:]
    out = np.concatenate([currents[0][2:], *currents[1:]])
    level = np.concatenate([to_level[0][2:], *to_level[1:]]).reshape(len(out), rows, bands, cols)
    return np.stack(
        [
            np.einsum("fio,fibo->bo", out[:, first:last], level[:, first:last])
            / np.maximum((out[:, first:last] ** 2).sum((0, 1)), _NOTHING)
            for first, last in itertools.pairwise(edges)
        ],
        axis=1,
    )
