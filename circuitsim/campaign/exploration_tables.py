"""An exploration as a labelled dataset, and as plain values for machines."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from circuitsim.results import Exploration, Finalist
from circuitsim.results.atomic_files import atomic, write_text
from circuitsim.results.solution_files import netcdf_bytes
from circuitsim.spec import checked

if TYPE_CHECKING:
    import xarray as xr

EXPLORATION_DATA, EXPLORATION_RESULTS = "exploration.nc", "exploration.json"


@checked
def exploration_data(found: Exploration) -> "xr.Dataset":
    """Return an exploration as a dataset.

    Returns:
        A variable `NAME_RESULT` over `point` for each result, with `units`; `front` and `violation`; the axes as
        coordinates. Over `finalist`: `finalist_point`, `finalist_state`, and `finer_NAME_RESULT` of the finer measures.
    """
    import xarray as xr  # takes 0.4 s to import

    data = xr.Dataset()
    for k, axis in enumerate(found.axes):
        attributes = {"key": ", ".join(axis.keys)} | ({"units": axis.unit} if axis.unit else {})
        labels = np.array(axis.labels)[found.index[:, k]]
        data = data.assign_coords({axis.name: ("point", labels, attributes)})
    for k, name in enumerate(found.results):
        attributes = {"units": found.units[name], "long_name": name}
        data[name.replace(".", "_")] = ("point", found.values[:, k], attributes)
    meaning = "how far the point is outside its limits, relative to them"
    data["violation"] = ("point", found.violation, {"units": "1", "long_name": meaning})
    data["front"] = ("point", found.front, {"long_name": "whether the point is on the front"})
    if found.finalists:
        data["finalist_point"] = ("finalist", np.array([each.point for each in found.finalists]))
        data["finalist_state"] = ("finalist", np.array([each.state for each in found.finalists]))
        for name in dict.fromkeys(name for each in found.finalists for name in (*each.finer, *each.others)):
            values = [each.finer.get(name, each.others.get(name, np.nan)) for each in found.finalists]
            attributes = {"units": found.units.get(name, ""), "long_name": f"{name} of the finalists"}
            data[f"finer_{name.replace('.', '_')}"] = ("finalist", np.array(values), attributes)
    data.attrs = {"title": found.name}
    return data


@checked
def exploration_content(found: Exploration) -> dict[str, Any]:
    """Return what matters of an exploration as plain values: its front, finalists, and what went wrong."""
    front = sorted(np.flatnonzero(found.front), key=lambda k: found.column(found.objectives[0].name)[k])
    return {
        "name": found.name,
        "space": {axis.name: list(axis.labels) for axis in found.axes},
        "places": found.size,
        "points": len(found.index),
        "budget": found.budget,
        "objectives": {each.name: "minimize" if each.sign > 0 else "maximize" for each in found.objectives},
        "limits": {each.name: {"at_least": each.low, "at_most": each.high} for each in found.limits},
        "units": found.units,
        "front": [point_content(found, int(k)) for k in front],
        "finalists": [_finalist(found, each) for each in found.finalists],
        "failed": [list(each) for each in found.failed],
        "refused": [list(each) for each in found.refused],
        "grid": None if found.grid is None else _grid(found),
    }


def point_content(found: Exploration, point: int) -> dict[str, Any]:
    """Return place and results of a point as plain values."""
    pairs = zip(found.axes, found.index[point], strict=True)
    values = zip(found.results, found.values[point], strict=True)
    return {
        "point": point,
        "place": {axis.name: axis.labels[k] for axis, k in pairs},
        "results": {name: float(value) for name, value in values},
    }


@checked
def save_exploration(found: Exploration, folder: str | Path) -> tuple[Path, Path]:
    """Write `exploration.nc`, all points with labels and units, and `exploration.json`, front and finalists.

    Returns:
        Paths of both files.

    Raises:
        InputError: A file cannot be written.
    """
    labelled, plain = Path(folder) / EXPLORATION_DATA, Path(folder) / EXPLORATION_RESULTS
    content = netcdf_bytes(exploration_data(found))
    with atomic(labelled) as temporary:
        temporary.write_bytes(content)
    write_text(plain, json.dumps(exploration_content(found), indent=2) + "\n")
    return labelled, plain


def _finalist(found: Exploration, one: Finalist) -> dict[str, Any]:
    off = {name: value - one.cheap[name] for name, value in one.finer.items()}
    return {
        **point_content(found, one.point),
        "finer": one.finer,
        "finer_minus_cheap": off,
        "others": one.others,
        "state": one.state,
        "why": one.why,
    }


def _grid(found: Exploration) -> dict[str, Any]:
    grid = found.grid
    assert grid is not None
    return {
        "points": grid.points,
        "front": grid.front,
        "found": grid.found,
        "share_measured": len(found.index) / max(grid.points, 1),
        "relative_hypervolume": grid.volume,
        "missed": [found.place(place) for place in grid.missed],
    }
