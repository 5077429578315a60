"""Read a tile: matrix products, and a few operations on each output."""

from typing import Annotated, Any

import array_api_compat
import numpy as np

from circuitsim.behavioral.banded_read import banded_levels, read_bands, read_bands_and_slope
from circuitsim.behavioral.charge_tile import ChargeTile
from circuitsim.behavioral.compiled_read import read_bands_compiled
from circuitsim.behavioral.features import fitted_functions, scaled_inputs
from circuitsim.behavioral.gated_tile import GatedTile
from circuitsim.behavioral.level_tile import LevelTile
from circuitsim.behavioral.sense import sensed_outputs, settle
from circuitsim.behavioral.string_tile import StringTile
from circuitsim.behavioral.switched_read import SwitchedTile, read_switched
from circuitsim.behavioral.tile import Factor, Tile
from circuitsim.errors import InputError
from circuitsim.spec import check_argument

AnyTile = Annotated[Tile | SwitchedTile | ChargeTile, "what circuitsim.program returns"]

_BLOCK = 256  # vectors at a time: intermediate results stay in the processor's cache
# A level acts on itself through the residual currents. For 32 x 28 sinh cells (v0 = 0.25 V, 0.4 V, 5 ohm) and binary
# inputs the currents after 0, 1, 2, 3 repetitions are 1.2e-4, 4.7e-6, 2e-7, 1e-8 rms of full scale from the fixed
# point; the model's error is 1.7e-4.
ITERATIONS = 2


def mvm(tile: AnyTile, v_in: Any) -> Any:
    """Return the column currents of a batch of inputs, or the charges of capacitors.

    Args:
        tile: The programmed tile.
        v_in: Source voltages (batch, rows) [V], of the tile's array namespace, dtype and device; 0 or 1 where inputs
            switch gates, or k / (n − 1) for the k-th of n `driver.gate_levels`.

    Returns:
        Column currents (batch, cols) [A], positive into the sense amplifier, where the inputs lie; `sensed_outputs`
        gives what amplifiers that are circuits make of them. Of 1c cells the charges [C] that a read moves into it.

    Raises:
        InputError: The shape, namespace or device does not fit, or an input that switches gates is neither 0 nor 1, or
            selects none of their levels.

    Valid for: inputs within `tile.v_range`; nothing else is checked here, a product takes microseconds.
    """
    check_shape(tile, v_in)
    if isinstance(tile, SwitchedTile):
        return read_switched(tile, v_in)
    if isinstance(tile, ChargeTile):
        return _affine(tile, v_in)
    i_out, slope = _at_constant_resistance(tile, v_in)
    return i_out if tile.sense is None else settle(tile, i_out, tile.sense, slope=slope)


def tile_outputs(tile: AnyTile, v_in: Any) -> Any:
    """Return what the sense amplifiers of a tile put out (batch, cols): the currents of `mvm` where they are ideal.

    Arguments and errors as `mvm`; the output of a circuit is in the unit of its table.
    """
    i_out = mvm(tile, v_in)
    return sensed_outputs(tile, i_out) if isinstance(tile, Tile) else i_out


def own_array(tile: AnyTile) -> Any:
    """Return an array of a tile: its inputs are of the same namespace, dtype and device."""
    if isinstance(tile, StringTile):
        return tile.law
    return tile.base if isinstance(tile, GatedTile | LevelTile) else tile.w


def _at_constant_resistance(tile: Tile, v_in: Any) -> tuple[Any, Any]:
    """Return the column currents (batch, cols) [A] behind `tile.r_sense`, and their slope where amplifiers need it.

    The slope (batch, cols) [S] is what one volt at the sense nodes adds to the residual currents; else None.
    """
    if tile.form.linear:
        return _affine(tile, v_in), None
    if tile.bands is not None and isinstance(tile.w, np.ndarray) and isinstance(v_in, np.ndarray):
        return read_bands_compiled(tile, tile.bands, v_in, sloped_by_port=tile.sense is not None)
    batch = v_in.shape[0]
    if batch <= _BLOCK:
        return _nonlinear(tile, v_in)
    starts = range(0, batch, _BLOCK)
    parts = [_nonlinear(tile, v_in[start : min(start + _BLOCK, batch), :]) for start in starts]
    xp = array_api_compat.array_namespace(v_in)
    i_out = xp.concat([part for part, _ in parts], axis=0)
    return i_out, None if tile.sense is None else xp.concat([slope for _, slope in parts], axis=0)


def _affine(tile: Tile | ChargeTile, v_in: Any) -> Any:
    """Return the one product of a linear tile (batch, cols)."""
    out = v_in @ tile.w
    return out if tile.offset is None else out + tile.offset


def voltage_tile(tile: AnyTile, purpose: str) -> Tile:
    """Return a tile whose inputs are voltages and whose outputs are currents; refuse any other, and say for what.

    Raises:
        InputError: The tile's inputs switch gates, its outputs are charges, or it is no tile.
    """
    if isinstance(tile, ChargeTile):
        raise InputError(
            f"cannot {purpose} a tile of capacitors (array.cell = '1c'), whose outputs are charges: expected a model "
            "of cells that carry a current"
        )
    if isinstance(tile, SwitchedTile):
        line = "string" if isinstance(tile, StringTile) else "wl"
        raise InputError(
            f"cannot {purpose} a tile whose inputs switch gates (array.input_line = {line!r}): expected a model of an "
            "array with input_line = 'bl'"
        )
    check_argument("tile", tile, Annotated[Tile, "what circuitsim.program returns"])
    return tile


def column_levels(tile: Tile, v_in: Any) -> list[Any]:
    """Return the level (batch, cols) of each column, 0 near the middle of its range, in each band of rows.

    Columns of a tile without bands have one level; those of a tile of one product have none, and no list.
    """
    check_shape(tile, v_in)
    if tile.form.linear:
        return []
    if tile.bands is not None:
        return banded_levels(tile, v_in)
    return [_level(tile, _features(tile, v_in))]


def check_shape(tile: AnyTile, v_in: Any) -> None:
    """Refuse inputs that are no array of numbers (batch, rows)."""
    if not isinstance(tile, Tile | SwitchedTile | ChargeTile):
        check_argument("tile", tile, AnyTile)
    values: Any = v_in
    if not array_api_compat.is_array_api_obj(v_in) or isinstance(v_in, np.ma.MaskedArray):
        raise InputError(f"v_in is of type {type(values).__name__}: expected an array of the tile's namespace")
    if isinstance(values, np.ndarray) and values.dtype.kind not in "biuf":
        raise InputError(f"v_in has values of type {values.dtype.name}: expected real numbers")
    _check_place(own_array(tile), v_in)
    if len(values.shape) != 2 or values.shape[1] != tile.rows:
        raise InputError(f"v_in has shape {tuple(values.shape)}: expected (batch, rows) = (batch, {tile.rows})")


def _check_place(own: Any, v_in: Any) -> None:
    """Refuse inputs of another array library or device than a tile: what moves them would not be told."""
    if isinstance(own, np.ndarray) and isinstance(v_in, np.ndarray):
        return
    if array_api_compat.array_namespace(own) is not array_api_compat.array_namespace(v_in):
        raise InputError(
            f"v_in is of type {type(v_in).__module__}.{type(v_in).__name__}: expected an array of the tile's "
            f"namespace, {type(own).__module__}.{type(own).__name__}"
        )
    there, here = array_api_compat.device(own), array_api_compat.device(v_in)
    if there != here:
        raise InputError(f"v_in lies on {here}: expected {there}, where the tile's matrices are")


def _nonlinear(tile: Tile, v_in: Any) -> tuple[Any, Any]:
    if tile.bands is not None:
        return (read_bands(tile, v_in), None) if tile.sense is None else read_bands_and_slope(tile, v_in)
    features = _features(tile, v_in)
    t = _level(tile, features)
    factors = _factors(tile.currents, features)
    if tile.sense is None:
        return _horner(factors, t), None
    slope = _horner([power * factor for power, factor in enumerate(factors)][1:], t)
    return _horner(factors, t), slope * tile.port_level


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
    s = scaled_inputs(tile, v_in)
    before, after = fitted_functions(tile, s)
    return xp.concat([*before, s, xp.ones_like(s[:, :1]), *after], axis=1)


def _horner(factors: list[Any], t: Any) -> Any:
    """Σ_b factors[b]·t^b."""
    value = factors[-1]
    for factor in factors[-2::-1]:
        value = value * t
        value += factor
    return value
