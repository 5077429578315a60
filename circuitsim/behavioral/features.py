"""What every read of a tile starts from: scaled inputs, and the functions of them that are fitted to the array."""

from typing import Any

from circuitsim.behavioral.tile import InputFunction, Tile


def scaled_inputs(tile: Tile, v_in: Any) -> Any:
    """Return (v_in − v_ref) / v_scale."""
    return v_in * (1.0 / tile.v_scale) if tile.v_ref == 0 else (v_in - tile.v_ref) * (1.0 / tile.v_scale)


def fitted_functions(tile: Tile, s: Any) -> tuple[list[Any], list[Any]]:
    """Return the fitted functions f and h of `Tile` at scaled inputs (batch, rows), each of that shape."""
    square = s * s
    before, after = ([_evaluated(c, s, square) for c in functions] for functions in tile.functions)
    return before, after


def _evaluated(coefficients: InputFunction, s: Any, square: Any) -> Any:
    """s²·(c[0] + c[1]·s + …), with s² at hand."""
    value = s * coefficients[-1]
    for c in coefficients[-2:0:-1]:
        value += c
        value = value * s
    value += coefficients[0]
    return value * square
