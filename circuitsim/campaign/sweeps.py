"""Repeat a read for several values of any specification key, such as temperature, corner or wire resistance."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.campaign.points import Point, run_points
from circuitsim.errors import InputError
from circuitsim.levels import Level
from circuitsim.spec import ArraySpec

if TYPE_CHECKING:
    import xarray as xr


def sweep(
    spec: ArraySpec,
    g: ArrayLike,
    x: ArrayLike,
    key: str,
    values: Sequence[float | str | bool],
    *,
    level: Level = "ngspice",
    n_jobs: int = 2,
    folder: str | Path | None = None,
) -> "xr.DataArray":
    """Read an array for every value of one key, for example `"array.temperature_c"` or `"access.corner"`.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S].
        x: Inputs (batch, rows); see `netlist.crossbar`.
        key: Section and key of the specification, joined by a dot.
        values: Values of the key, in the order of the result.
        level: Level that reads the array, "ngspice" or "nodal".
        n_jobs: Number of values for which the array is read at the same time.
        folder: Where to keep a numbered run folder per value; None removes them after success.

    Returns:
        Outputs (currents [A] or charges [C]) with dimensions (key without its section), batch, col.

    Raises:
        SpecError: The key does not exist, or a value cannot be used.
        InputError: `key` is not of the form section.key, there are no values, the level is neither "ngspice" nor
            "nodal", or the outputs have different units.
        DecksFailedError: Some decks failed.
    """
    import xarray as xr  # takes 0.4 s to import; other campaigns do not need it

    section, point, name = key.partition(".")
    if not point or section not in type(spec).model_fields or not values:
        raise InputError(f"key = {key!r} with {len(values)} values, expected section.key such as 'array.temperature_c'")
    if level not in ("ngspice", "nodal"):
        raise InputError(f"level = {level!r}: expected 'ngspice' or 'nodal', each value would need its own model")
    specs = [spec.replace(**{section: {name: value}}) for value in values]
    g, x = np.asarray(g), np.asarray(x)

    def at(k: int) -> Point:
        return Point(specs[k], g, x, level)

    solutions = run_points(len(values), at, n_jobs=n_jobs, folder=folder)
    units = {solution.unit for solution in solutions}
    if len(units) > 1:
        raise InputError(
            f"key = {key!r}: outputs are in {' and '.join(sorted(units))}, expected one unit for all values"
        )
    out = np.stack([solution.out for solution in solutions])
    attributes = {"units": solutions[0].unit, "long_name": "output, positive into the sense amplifier", "key": key}
    scalar = all(np.ndim(value) == 0 for value in values)
    labels = list(values) if scalar else [str(value) for value in values]
    return xr.DataArray(out, dims=(name, "batch", "col"), coords={name: labels}, name="out", attrs=attributes)
