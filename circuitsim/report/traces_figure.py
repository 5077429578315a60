"""The waveforms of any transient: voltages above, currents below, over one time axis."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from circuitsim.errors import InputError
from circuitsim.report.style import SERIES, look, new_figure
from circuitsim.spec import checked
from circuitsim.units import one_prefix

if TYPE_CHECKING:
    import xarray as xr


@checked
def traces_figure(data: "xr.Dataset", vectors: Sequence[str] | None = None) -> Figure:
    """Draw waveforms from `spice.labelled_waveforms`, one panel for each unit.

    Args:
        data: Waveforms; points need not be equally spaced.
        vectors: Names of those to draw, at most seven of one unit; None: the first seven of each unit.

    Raises:
        InputError: A vector is not in the data set, there are too many of one unit, or none.
    """
    (axis,) = data.dims
    names = [str(name) for name in (data.data_vars if vectors is None else vectors)]
    if missing := [name for name in names if name not in data]:
        known = ", ".join(map(str, data.data_vars))
        raise InputError(f"vector {missing[0]!r}: expected one of {known}")
    by_unit: dict[str, list[str]] = {}
    for name in names:
        by_unit.setdefault(data[name].attrs.get("units", ""), []).append(name)
    if vectors is None:
        by_unit = {unit: some[: len(SERIES)] for unit, some in by_unit.items()}
    if not by_unit or any(len(some) > len(SERIES) for some in by_unit.values()):
        raise InputError(f"vectors: got {len(names)}, expected 1 to {len(SERIES)} of each unit")
    scale, unit = one_prefix(float(np.abs(data[axis].values).max()) or 1.0, data[axis].attrs["units"])
    with look():
        figure = new_figure(7.2, 2.0 * len(by_unit) + 0.5)
        panels = figure.subplots(len(by_unit), sharex=True, squeeze=False)[:, 0]
        for axes, (quantity, some) in zip(panels, by_unit.items(), strict=True):
            largest = float(max(np.abs(data[name].values).max() for name in some)) or 1.0
            step, prefixed = one_prefix(largest, quantity)
            for (colour, _), name in zip(SERIES, some, strict=False):
                axes.plot(data[axis].values / scale, data[name].values / step, color=colour, linewidth=1.1, label=name)
            axes.set_ylabel(f"[{prefixed}]" if quantity else "as ngspice gives it")
            axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=1.0)
        panels[-1].set_xlabel(f"{axis} [{unit}]")
    return figure
