"""The products of a tile whose columns have one level each."""

from collections.abc import Callable

import numpy as np

from circuitsim.behavioral.columns import Columns, levels_across_columns
from circuitsim.behavioral.expansion import Expansion, carry
from circuitsim.behavioral.field_types import Fields
from circuitsim.behavioral.tile import Factor


def one_level_factors(
    fields: Fields, columns: Columns, expansion: Expansion, g_ref: np.ndarray, v_scale: float, put: Callable
) -> dict[str, tuple[Factor, ...]]:
    """Return the factors of each power of the level for the output currents and for the level itself, as of `Tile`.

    Args:
        fields, columns: The linear array, with one band of all rows.
        expansion: Its residual currents.
        g_ref: Its conductances (rows, cols) [S].
        v_scale: Voltage above v_ref at s = 1 [V].
        put: Makes a matrix one of the tile's namespace, dtype and device.
    """
    mix = levels_across_columns(fields, columns, g_ref, expansion.slope)
    currents = carry(expansion.currents, fields.to_output)
    levels = [(part / columns.span) @ mix.T for part in carry(expansion.levels, fields.to_level)]
    currents[0][1] += v_scale * fields.w
    levels[0][1] += v_scale * (columns.mean[0] / columns.span) @ mix.T
    levels[0][0, 0] -= mix @ (columns.low / columns.span + columns.centre)[0]  # the level of an array without inputs
    return {"currents": _lay_out(currents, expansion, put), "levels": _lay_out(levels, expansion, put)}


def _lay_out(carried: list[np.ndarray], expansion: Expansion, put: Callable) -> tuple[Factor, ...]:
    """Stack (functions, rows, outputs) of each power as features × outputs, in the features' order."""
    rows, outputs = carried[0].shape[1:]
    line = len(expansion.functions[0]) * rows  # where s begins
    factors = []
    for power, part in enumerate(carried):
        others, constant = part[2:].reshape(-1, outputs), part[0].sum(0)[None]
        if len(part) == 1:
            factors.append(Factor(line + rows, line + rows + 1, put(constant)))
        elif power == 0:
            first = line - len(others)
            matrix = np.concatenate([part[:1:-1].reshape(-1, outputs), part[1], constant])
            factors.append(Factor(first, first + len(matrix), put(matrix)))
        else:
            matrix = np.concatenate([part[1], constant, others])
            factors.append(Factor(line, line + len(matrix), put(matrix)))
    return tuple(factors)
