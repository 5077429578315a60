"""Where the places of a campaign lie, axis by axis, as columns of numbers that can be drawn."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from circuitsim.spec import by_value

if TYPE_CHECKING:
    import xarray as xr

_SAMPLE = "sample"  # number of a draw of a design, whose axes say where it is


@by_value
@dataclass(frozen=True)
class PlaceColumn:
    """An axis of more than one value.

    Attributes:
        name: Its name.
        label: The same with its unit.
        places: Value at each place; number of the value where values are words.
        names: Its different values in words, from the first on.
        words: The same where values are words; empty where they are numbers.
        log: Whether values are spread evenly by their ratios.
    """

    name: str
    label: str
    places: np.ndarray
    names: tuple[str, ...]
    words: tuple[str, ...]
    log: bool


def place_columns(table: "xr.Dataset") -> list[PlaceColumn]:
    """Return the axes of more than one value, flattened in the order of the places of `table["count"]`."""
    full = table["count"]
    drawn = any("drawn" in full[name].attrs for name in full.coords)
    return [
        _column(str(name), full)
        for name in full.coords
        if len(np.unique(full[name].values)) > 1 and not (drawn and name == _SAMPLE)
    ]


def _column(name: str, full: "xr.DataArray") -> PlaceColumn:
    coordinate = full[name]
    values = coordinate.broadcast_like(full).transpose(*full.dims).values.reshape(-1)
    unit = coordinate.attrs.get("units")
    label = f"{name} [{unit}]" if unit else name
    if not np.issubdtype(values.dtype, np.number):
        words = tuple(dict.fromkeys(str(value) for value in coordinate.values))
        places = np.array([words.index(str(value)) for value in values])
        return PlaceColumn(name, label, places, words, words, log=False)
    names = tuple(f"{value:.3g}" for value in dict.fromkeys(coordinate.values.tolist()))
    few, low, high = len(names) > 2, values.min(), values.max()
    log = coordinate.attrs.get("drawn") == "log" or bool(few and low > 0 and high / low > 50)
    return PlaceColumn(name, label, values, names, (), log)
