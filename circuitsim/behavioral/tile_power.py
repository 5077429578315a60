"""Power that the row drivers deliver into a tile, from the same linear array.

By reciprocity, a residual current n through a cell adds n·u to the power at the drivers' sources, where u is the
voltage across the cell in the linear array. So P = v·w_row·v + Σ_ij n_ij·u_ij, with n_ij a function of the scaled input
s and of the level t of the cell's column in the cell's band of rows, and u_ij one of s and that level t' of the linear
array: u = u0(s) + u1·t'. The products n·u0 and n·u1 are fitted like currents.
"""

import itertools
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.behavioral.charge_tile import ChargeTile
from circuitsim.behavioral.columns import Columns
from circuitsim.behavioral.field_types import Fields
from circuitsim.behavioral.product import AnyTile, check_shape, column_levels, mvm
from circuitsim.behavioral.residual import Residual
from circuitsim.behavioral.switched_read import SwitchedTile
from circuitsim.behavioral.tile import TilePower
from circuitsim.periphery import drop_and_slope

# Powers of s, 0 included, for each power of t. With 4 of s for t¹ and none for t² the power of 64 x 64 sinh cells (0.4
# V, 10 ohm, grade 4) was off by up to 1.0e-2 of the largest in place of 8e-4, and faint reads by all of theirs.
_POWERS = (6, 5, 4)


def linear_power(w_row: np.ndarray) -> TilePower:
    """Return the power of an array of constant conductances, from its input admittance (rows, rows) [S]."""
    none = np.zeros(0)
    return TilePower(w_row, none, (), (), none, none, edges=())


def residual_power(fields: Fields, columns: Columns, residual: Residual, v_scale: float) -> TilePower:
    """Return the power of the linear array and of the residual currents in it."""
    s, t, n = residual.s, residual.t, residual.current
    slope = (residual.voltage[..., -1:] - residual.voltage[..., :1]) / (t[-1] - t[0])
    powers = np.vander(s, min(_POWERS[0], len(s)), increasing=True)
    basis = [powers[:, None, :count] * t[:, None] ** q for q, count in enumerate(_POWERS)]
    inverse = np.linalg.pinv(np.concatenate(basis, axis=2).reshape(len(s) * len(t), -1))
    cuts = np.cumsum([part.shape[2] for part in basis])[:-1]

    def fit(table: np.ndarray) -> list[np.ndarray]:
        return np.split(np.moveaxis(table.reshape(*table.shape[:2], -1) @ inverse.T, 2, 0), cuts)

    even, *fixed = fit(n * (residual.voltage - slope * t))
    return TilePower(
        w_row=fields.w_row,
        even=even.sum(2),
        fixed=tuple(fixed),
        moved=tuple(fit(n * slope)),
        level=v_scale * columns.mean / columns.span[:, None],
        level_offset=-columns.low / columns.span - columns.centre,
        edges=fields.edges,
    )


def power(tile: AnyTile, v_in: Any) -> Any:
    """Return the power that the row drivers' sources deliver, heat in their output resistances included.

    Args:
        tile: The programmed tile.
        v_in: Source voltages (batch, rows) [V], of the tile's array namespace and dtype; 0 or 1 where inputs switch
            gates.

    Returns:
        (batch,) Σ_rows (v_in − v_ref)·i_row [W]; v_read·Σ_cols i_out where inputs switch gates. Of 1c cells the mean
        over `driver.t_read` of what drivers and sense references deliver together.

    Raises:
        InputError: The shape does not fit.

    Valid for: the power relative to v_ref, which is all power where v_ref = 0. Largest difference from the exact solver
    over structured matrices and inputs of 64 x 64 sinh cells with v0 = 0.25 V and 10 ohm wires, as a fraction of the
    largest power of the matrix: grades 2, 3 and 4 2.7e-3, 4.3e-4 and 3.0e-4 at 0.2 V, 9.4e-3, 2.3e-3 and 8.2e-4 at
    0.4 V; uniform matrices 3.1e-4, 7.8e-5 and 4.8e-5 at 0.2 V. Ohmic cells: within 1e-5. Grade 1 takes the cells as
    linear: 1e-3 for ohmic cells with a transistor, 1.7e-2 and 6.2e-2 for those sinh cells. Behind an amplifier that
    takes 25 mV of 0.2 V it is within 1.3 %. Capacitors: that of the array solver at grade 2; grade 1 lets each row
    charge by itself, within 2 % with the usual edge of 1 % of the read, 5 % with edges as long as rows take to charge.
    """
    check_shape(tile, v_in)
    xp = array_api_compat.array_namespace(v_in)
    if isinstance(tile, SwitchedTile):
        return tile.v_read * xp.sum(mvm(tile, v_in), axis=1)
    if isinstance(tile, ChargeTile):
        return _charging_power(tile, v_in)
    device, matrices = array_api_compat.device(v_in), tile.power

    def put(array: np.ndarray) -> Any:
        return xp.asarray(array, dtype=v_in.dtype, device=device)

    v = v_in - tile.v_ref
    total = xp.sum((v @ put(matrices.w_row)) * v, axis=1)
    if tile.sense is not None:
        # The voltage of an amplifier beyond r_sense·i takes power back, by reciprocity with the current of its column.
        current = mvm(tile, v_in)
        linear = v @ xp.asarray(tile.w, dtype=v_in.dtype, device=device)
        total = total - xp.sum(linear * (drop_and_slope(tile.sense, current)[0] - tile.r_sense * current), axis=1)
    if tile.form.linear:
        return total
    levels = column_levels(tile, v_in)
    s = v * (1.0 / tile.v_scale)
    powers = [xp.ones_like(s), s]
    while len(powers) < len(matrices.even):
        powers.append(powers[-1] * s)
    for even, power_of_s in zip(matrices.even, powers, strict=True):
        total = total + power_of_s @ put(even)
    for band, (first, last) in enumerate(itertools.pairwise(matrices.edges)):

        def summed(coefficients: np.ndarray, first: int = first, last: int = last) -> Any:
            terms = zip(powers, coefficients[:, first:last], strict=False)
            return sum((power_of_s[:, first:last] @ put(matrix) for power_of_s, matrix in terms), 0.0)

        t, t_linear = levels[band], s @ put(matrices.level[band]) + put(matrices.level_offset[band])
        across = 0.0
        for q in reversed(range(len(matrices.moved))):
            across = across * t + summed(matrices.moved[q]) * t_linear
            if q > 0:
                across = across + summed(matrices.fixed[q - 1])
        total = total + xp.sum(across, axis=1)
    return total


def _charging_power(tile: ChargeTile, v_in: Any) -> Any:
    xp, device = array_api_compat.array_namespace(v_in), array_api_compat.device(v_in)
    quadratic, linear = (xp.asarray(part, dtype=v_in.dtype, device=device) for part in tile.energy)
    v = v_in - tile.v_ref
    return (xp.sum((v @ quadratic) * v, axis=1) + v @ linear) / tile.t_read
