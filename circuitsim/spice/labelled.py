"""Waveforms as a labelled data set, and as a NetCDF file."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from circuitsim.errors import InputError
from circuitsim.results.atomic_files import atomic
from circuitsim.results.solution_files import netcdf_bytes
from circuitsim.spec import checked
from circuitsim.spice.result import RawResult

if TYPE_CHECKING:
    import xarray as xr

# What stands first in an analysis and counts its points -> name of the axis, unit.
_AXES = {
    "time": ("time", "s"),
    "frequency": ("frequency", "Hz"),
    "v-sweep": ("v_sweep", "V"),
    "i-sweep": ("i_sweep", "A"),
    "res-sweep": ("r_sweep", "ohm"),
    "temp-sweep": ("temperature", "degC"),
}
_CURRENT = re.compile(r"i\(.*\)|.*#branch")
_VOLTAGE = re.compile(r"v\(.*\)")  # of anything else, such as @m1[gm], ngspice does not say the unit


@checked
def labelled_waveforms(raw: RawResult) -> "xr.Dataset":
    """Label the vectors of the last analysis of a run, of a session or of a co-simulation.

    Returns:
        One variable a vector, by the name that ngspice gives it, over the axis `time` [s], `frequency` [Hz], `v_sweep`
        [V], `i_sweep` [A], `r_sweep` [ohm], `temperature` [degC], or `point` where nothing is swept. The attribute
        `units` is V of "v(out)" and A of "i(vin)" and "vin#branch"; others, such as "@m1[gm]", have none, because
        ngspice does not say it. Attributes name the simulator, its options and the
        digest of the deck.
    """
    import xarray as xr  # takes 0.4 s, and most runs need no labels

    first = raw.variables[0].removeprefix("v(").removesuffix(")")  # raw files take any sweep for a voltage
    axis, unit = _AXES.get(first, ("point", "1"))
    points = raw.data[:, 0] if first in _AXES else np.arange(len(raw.data))
    data = xr.Dataset(coords={axis: (axis, np.real(points), {"units": unit})})
    for name in raw.variables[1 if first in _AXES else 0 :]:
        unit = "A" if _CURRENT.fullmatch(name) else "V" if _VOLTAGE.fullmatch(name) else None
        about = {} if unit is None else {"units": unit}
        data[name] = (axis, raw[name], about)
    data.attrs = {
        "analysis": raw.plots[-1].name,
        "simulator": f"ngspice {raw.simulator.version}",
        "options": json.dumps(raw.options),
        "deck_digest": raw.deck_digest,
    }
    return data


@checked
def save_waveforms(path: str | Path, raw: RawResult) -> Path:
    """Write `labelled_waveforms` as a NetCDF file.

    Raises:
        InputError: The file cannot be written, or the waveforms are complex, which NetCDF has no type for.
    """
    if np.iscomplexobj(raw.data):
        raise InputError(
            f"{path}: the vectors of an analysis in frequency are complex: expected real ones, for example a transient"
        )
    content = netcdf_bytes(labelled_waveforms(raw))
    with atomic(Path(path)) as file:
        file.write_bytes(content)
    return Path(path)
