"""Currents that row drivers deliver into a tile: what a DAC whose output resistance depends on the code has to feed.

The linear array gives i_row = v @ w_row. A residual current n of a cell adds n·u to the current of its own row's
driver, by reciprocity, where u is the voltage across the cell per volt at that driver. Sums of n·u over a row are
fitted as polynomials of the scaled input and of the columns' levels, as the power is. What residual currents do to the
drivers of other rows, through the columns, is left out. For 64 × 64 sinh cells (v0 = 0.25 V, 0.2 V, 2 ohm) the currents
are within 9e-4 of the largest one; with the linear array alone they are within 2e-2.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.behavioral.columns import column_voltages
from circuitsim.behavioral.field_types import Fields
from circuitsim.behavioral.fields import linear_fields
from circuitsim.behavioral.grades import INPUT_POINTS
from circuitsim.behavioral.guard import tell_missed
from circuitsim.behavioral.product import mvm
from circuitsim.behavioral.residual import reference_conductance, short, tabulate
from circuitsim.behavioral.tile import Tile
from circuitsim.behavioral.tile_parts import chebyshev_points, inputs_about_rest, tile_wires
from circuitsim.errors import InputError
from circuitsim.periphery import drop_and_slope
from circuitsim.results import TileModel
from circuitsim.spec import by_value, check_conductances, checked

_EVEN, _SLOPED = 6, 4  # powers of s, 0 included, at the middle level and in the slope
_LEVELS = 3


@by_value
@dataclass(frozen=True)
class RowCurrents:
    """The currents of row drivers, v = v_in − v_ref, s = v / v_scale, t the level of each column:

        i_row = v @ w_row + Σ_p s^p·even_p + Σ_p s^p·(t @ sloped_p) − e @ wᵀ
        t     = s @ level + level_offset + e·port_level

    with e the voltage of the sense nodes beyond r_sense·i. NumPy arrays.

    | field | shape and unit | |
    |---|---|---|
    | w_row, w | (rows, rows), (rows, cols) [S] | the linear array |
    | even | (powers, rows) [A] | residual currents with the columns at their middle level |
    | sloped | (powers, cols, rows) [A] | per unit of the level |
    | level, level_offset, port_level | (rows, cols), (cols,), (cols,) [1/V] | the level of each column |
    """

    w_row: np.ndarray
    w: np.ndarray
    even: np.ndarray
    sloped: np.ndarray
    level: np.ndarray
    level_offset: np.ndarray
    port_level: np.ndarray


@checked
def row_currents(model: TileModel, g: ArrayLike) -> RowCurrents:
    """Prepare the currents of the row drivers of an array; as `program`, which does not need them.

    Args:
        model: The model.
        g: Conductances (rows, cols) [S].

    Raises:
        InputError, OutsideRangeError: As `program`.

    Warns:
        MissedTargetWarning: As `program`.
    """
    tell_missed(model)
    spec, surface = model.spec, model.current_surface
    if spec.array.input_line != "bl":
        raise InputError(
            f"row currents with array.input_line = {spec.array.input_line!r}: expected 'bl', gates take no current"
        )
    g = check_conductances(spec, g, g_range=(0.0, np.inf))
    v_low, v_high = inputs_about_rest(model)
    v_ref, v_scale, wires = spec.sense.v_ref, max(-v_low, v_high), tile_wires(model)
    g_ref = reference_conductance(surface, g, v_low, v_high, v_ref)
    fields = linear_fields(wires, g_ref, 1)
    columns = column_voltages(fields, g_ref, v_low, v_high)
    s = chebyshev_points(v_low / v_scale, v_high / v_scale, INPUT_POINTS["analog"])
    residual = tabulate(
        short(surface), g, g_ref, wires, fields, columns,
        s=s, level=chebyshev_points(0.0, 1.0, _LEVELS), v_scale=v_scale, v_ref=v_ref, voltages=False,
    )  # fmt: skip
    own = _across_by_own_input(fields, g_ref)[:, :, None, None] * residual.current
    powers = np.vander(s, min(_EVEN, len(s)), increasing=True)
    even = powers.shape[1]
    basis = np.hstack([np.repeat(powers, _LEVELS, axis=0), np.repeat(powers[:, :_SLOPED], _LEVELS, axis=0)])
    basis[:, even:] *= np.tile(residual.t, len(s))[:, None]
    fitted = np.moveaxis(own.reshape(*g.shape, -1) @ np.linalg.pinv(basis).T, 2, 0)
    return RowCurrents(
        w_row=fields.w_row,
        w=fields.w,
        even=fitted[:even].sum(2),
        sloped=np.ascontiguousarray(fitted[even:].swapaxes(1, 2)),
        level=v_scale * columns.mean[0] / columns.span[0],
        level_offset=-columns.low[0] / columns.span[0] - columns.centre,
        port_level=fields.port_level[0] / columns.span[0],
    )


def read_rows(rows: RowCurrents, tile: Tile, v_in: np.ndarray) -> np.ndarray:
    """Return the currents (batch, rows) that drivers without resistance deliver at voltages (batch, rows) [V]: [A].

    Args:
        rows: From `row_currents`.
        tile: The tile of the same matrix, whose sense amplifiers move the columns.
        v_in: Voltages of the rows [V].

    Raises:
        InputError: The tile's matrices are no NumPy arrays: this computes with NumPy alone.

    Valid for: the range of inputs of the model; `Certificate.row_currents` states the error.
    """
    if not isinstance(tile.w, np.ndarray):
        raise InputError(
            f"the tile's matrices are {type(tile.w).__name__}: row currents need one programmed with xp = numpy"
        )
    v = v_in - tile.v_ref
    s = v / tile.v_scale
    current, t = v @ rows.w_row, s @ rows.level + rows.level_offset
    if tile.sense is not None:
        i_out = np.asarray(mvm(tile, v_in.astype(tile.w.dtype, copy=False)), dtype=float)
        extra = drop_and_slope(tile.sense, i_out)[0] - tile.r_sense * i_out
        current, t = current - extra @ rows.w.T, t + extra * rows.port_level
    power = np.ones_like(s)
    for p, even in enumerate(rows.even):
        current = current + power * even
        if p < len(rows.sloped):
            current = current + power * (t @ rows.sloped[p])
        power = power * s
    return current


def _across_by_own_input(fields: Fields, g: np.ndarray) -> np.ndarray:
    """Voltage (rows, cols) across each cell of the linear array per volt at the input of its own row [V/V]."""
    by_own = fields.moments.by_input  # inputs are independent where there is one band
    on_row = fields.row_lines.solved(g, (g * by_own)[:, :, None])[:, :, 0]
    return fields.alone + on_row - by_own
