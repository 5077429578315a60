"""Read a tile: matrix products, and a few operations on each output."""

from typing import Annotated, Any

import array_api_compat
import numpy as np

from circuitsim.behavioral.tile import Factor, Polynomial, Tile
from circuitsim.errors import InputError
from circuitsim.spec import check_argument

_BLOCK = 256  # vectors at a time: intermediate results stay in the processor's cache
# A level acts on itself through the residual currents. For 32 x 28 sinh cells (v0 = 0.25 V, 0.4 V, 5 ohm) the currents
# after 0, 1, 2, 3 repetitions are 3e-4, 2e-5, 8e-7, 4e-8 rms of full scale from the fixed point; the model's error is
# 7e-5.
ITERATIONS = 2


def mvm(tile: Tile, v_in: Any) -> Any:
    """Return the column currents of a batch of inputs.

    Args:
        tile: The programmed tile.
        v_in: Source voltages (batch, rows) [V], of the tile's array namespace and dtype.

    Returns:
        Column currents (batch, cols) [A], positive into the sense amplifier.

    Raises:
        InputError: The shape does not fit.

    Valid for: inputs within `tile.v_range`; nothing is checked here, a product takes microseconds.
    """
    check_shape(tile, v_in)
    if tile.form.linear:
        i_out = v_in @ tile.w
        return i_out if tile.offset is None else i_out + tile.offset
    batch = v_in.shape[0]
    if batch <= _BLOCK:
        return _nonlinear(tile, v_in)
    starts = range(0, batch, _BLOCK)
    parts = [_nonlinear(tile, v_in[start : min(start + _BLOCK, batch), :]) for start in starts]
    return array_api_compat.array_namespace(v_in).concat(parts, axis=0)


def level(tile: Tile, v_in: Any) -> Any:
    """Return the level (batch, cols) of each column, 0 near the middle of its range; a tile of one product has none."""
    check_shape(tile, v_in)
    return _level(tile, _features(tile, v_in))


def check_shape(tile: Tile, v_in: Any) -> None:
    """Refuse inputs that are no array of numbers (batch, rows)."""
    if not isinstance(tile, Tile):
        check_argument("tile", tile, Annotated[Tile, "what circuitsim.program returns"])
    values: Any = v_in
    if not array_api_compat.is_array_api_obj(v_in) or isinstance(v_in, np.ma.MaskedArray):
        raise InputError(f"v_in is of type {type(values).__name__}: expected an array of the tile's namespace")
    if isinstance(values, np.ndarray) and values.dtype.kind not in "biuf":
        raise InputError(f"v_in has values of type {values.dtype.name}: expected real numbers")
    if len(values.shape) != 2 or values.shape[1] != tile.rows:
        raise InputError(f"v_in has shape {tuple(values.shape)}: expected (batch, rows) = (batch, {tile.rows})")


def _nonlinear(tile: Tile, v_in: Any) -> Any:
    features = _features(tile, v_in)
    t = _level(tile, features)
    return _horner(_factors(tile.currents, features), t)


def _level(tile: Tile, features: Any) -> Any:
    factors = _factors(tile.levels, features)
    t = factors[0]
    for _ in range(ITERATIONS if len(factors) > 1 else 0):
        t = _horner(factors, t)
    return t


def _factors(parts: tuple[Factor, ...], features: Any) -> list[Any]:
    """Return what multiplies each power of the level: (batch, cols), or (1, cols) for a constant."""
    return [p.matrix if p.last - p.first == 1 else features[:, p.first : p.last] @ p.matrix for p in parts]


def _features(tile: Tile, v_in: Any) -> Any:
    xp = array_api_compat.array_namespace(v_in)
    s = v_in * (1.0 / tile.v_scale) if tile.v_ref == 0 else (v_in - tile.v_ref) * (1.0 / tile.v_scale)
    square = s * s
    before, after = ([_polynomial(c, s, square) for c in functions] for functions in tile.functions)
    return xp.concat([*before, s, xp.ones_like(s[:, :1]), *after], axis=1)


def _polynomial(coefficients: Polynomial, s: Any, square: Any) -> Any:
    """s²·(c[0] + c[1]·s + …), with s² at hand."""
    value = s * coefficients[-1]
    for c in coefficients[-2:0:-1]:
        value += c
        value = value * s
    value += coefficients[0]
    return value * square


def _horner(factors: list[Any], t: Any) -> Any:
    """Σ_b factors[b]·t^b."""
    value = factors[-1]
    for factor in factors[-2::-1]:
        value = value * t
        value += factor
    return value
