"""Repeat a read for several values of any specification key, such as temperature, corner or wire resistance."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.campaign.points import Point, run_points
from circuitsim.errors import InputError
from circuitsim.levels import Level
from circuitsim.spec import ArraySpec, checked, real_numbers, unfelt, with_values

if TYPE_CHECKING:
    import xarray as xr


@checked
def sweep(
    spec: ArraySpec,
    g: ArrayLike,
    x: ArrayLike,
    key: str,
    values: Sequence[Any],
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
        InputError: `key` is not of the form section.key, no read feels it (see `spec.unfelt`), there are no values, the
            level is neither "ngspice" nor "nodal" or does not take `folder`, or the outputs have different units.
        DecksFailedError: Some decks failed.
    """
    import xarray as xr  # takes 0.4 s to import; other campaigns do not need it

    if level not in ("ngspice", "nodal"):
        raise InputError(f"level = {level!r}: expected 'ngspice' or 'nodal', each value would need its own model")
    specs, name = with_values(spec, key, values), key.partition(".")[2]
    if all(unfelt(one, key) for one in specs):
        raise InputError(
            f"key = {key!r} describes {unfelt(spec, key)}, which the output of a read does not depend on: expected "
            "another key"
        )
    g, x = real_numbers("g", g), real_numbers("x", x)

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
    labels = [value.item() if isinstance(value, np.generic) else value for value in values]
    labels = labels if scalar else [str(value) for value in labels]
    return xr.DataArray(out, dims=(name, "batch", "col"), coords={name: labels}, name="out", attrs=attributes)
