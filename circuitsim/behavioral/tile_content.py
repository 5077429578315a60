"""A programmed tile as plain values and NumPy arrays, so that files can keep it without pickles."""

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from circuitsim.behavioral.column_balance import Lines
from circuitsim.behavioral.gated_tile import GatedTile
from circuitsim.behavioral.grades import GatedForm, StringForm, TileForm
from circuitsim.behavioral.level_tile import LevelTile
from circuitsim.behavioral.product import AnyTile
from circuitsim.behavioral.string_tile import StringTile
from circuitsim.behavioral.switched_read import SwitchedTile
from circuitsim.behavioral.tile import BandProducts, DistanceFunction, Factor, Tile
from circuitsim.behavioral.tile_source import TileSource
from circuitsim.errors import InputError
from circuitsim.results import TileModel

_PARTS = (
    *(Tile, Factor, BandProducts, DistanceFunction, TileForm),
    *(GatedTile, LevelTile, Lines, GatedForm, StringTile, StringForm),
)
_CLASSES: dict[str, Any] = {part.__name__: part for part in _PARTS}
_GIVEN = ("sense", "source")  # the model and the conductances state them


def tile_content(tile: AnyTile) -> tuple[Any, list[np.ndarray]]:
    """Return a tile as values for JSON, and the arrays to which they refer by number.

    What the tile's model and conductances state is left out, see `restored_tile`.

    Raises:
        InputError: Its arrays are not those of NumPy, or it is a tile of capacitors, which takes no time to program.
    """
    arrays: list[np.ndarray] = []
    if not isinstance(tile, Tile | SwitchedTile):
        raise InputError(f"a {type(tile).__name__} has no content for files: expected a tile of cells with currents")
    return _plain(tile, arrays), arrays


def restored_tile(model: TileModel, g: np.ndarray, content: Any, arrays: list[np.ndarray]) -> AnyTile:
    """Return the tile that `tile_content` took apart.

    Args:
        model: The model of the tile.
        g: The conductances (rows, cols) [S] that it was programmed with.
        content, arrays: From `tile_content`.

    Raises:
        InputError: The content is not that of a tile.
    """
    try:
        tile = _whole(content, arrays, model, g)
    except (KeyError, TypeError, ValueError, IndexError):
        raise InputError("the content is not that of a tile") from None
    if not isinstance(tile, Tile | SwitchedTile):
        raise InputError("the content is not that of a tile")
    return tile


def _plain(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, np.generic):  # unlike a number of Python, it decides the type of what it multiplies
        return {"scalar": value.dtype.str, "value": _plain(value.item(), arrays)}
    if isinstance(value, float) and not np.isfinite(value):
        return {"float": repr(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if is_dataclass(value) and type(value).__name__ in _CLASSES:
        kept = {each.name: getattr(value, each.name) for each in fields(value) if each.name not in _GIVEN}
        return {"part": type(value).__name__, "fields": {name: _plain(each, arrays) for name, each in kept.items()}}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {"part": type(value).__name__, "values": [_plain(each, arrays) for each in value]}
    if isinstance(value, tuple):
        return [_plain(each, arrays) for each in value]
    raise InputError(f"a tile holds a {type(value).__name__}: expected arrays of NumPy and numbers")


def _whole(content: Any, arrays: list[np.ndarray], model: TileModel, g: np.ndarray) -> Any:
    if isinstance(content, list):
        return tuple(_whole(each, arrays, model, g) for each in content)
    if not isinstance(content, dict):
        return content
    if "array" in content:
        return arrays[content["array"]]
    if "scalar" in content:
        return np.dtype(content["scalar"]).type(_whole(content["value"], arrays, model, g))
    if "float" in content:
        return float(content["float"])
    part = _CLASSES[content["part"]]
    if "values" in content:
        return part(*(_whole(each, arrays, model, g) for each in content["values"]))
    kept = {name: _whole(each, arrays, model, g) for name, each in content["fields"].items()}
    if part is Tile:
        kept |= {"sense": model.sense, "source": TileSource(model, g, kept["form"])}
    return part(**kept)
