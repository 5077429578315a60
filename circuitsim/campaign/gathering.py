"""From a store to one labelled dataset, and to a table: every point, with its state."""

import csv
import io
import json
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from circuitsim.campaign.estimates import campaign_estimates, estimates_table
from circuitsim.campaign.leases import live_coordinators
from circuitsim.campaign.manifest import CampaignList, load_list
from circuitsim.campaign.parquet_tables import parquet_bytes, require_parquet
from circuitsim.campaign.run_logs import read_logs
from circuitsim.campaign.sensitivity import FEWEST_ROWS, campaign_sensitivity, sensitivity_table
from circuitsim.campaign.stopping import StopWatch, stop_state
from circuitsim.campaign.store import CampaignStore, failed_keys, finished_keys, open_store, read_content, read_result
from circuitsim.errors import CampaignStatisticsWarning, InputError, MissingExtraError
from circuitsim.results import CampaignSensitivity
from circuitsim.results.atomic_files import atomic, write_text
from circuitsim.results.solution_files import netcdf_bytes
from circuitsim.spec import checked

if TYPE_CHECKING:
    import xarray as xr

STATES = ("excluded", "open", "done", "failed", "stopped")
"""States of a point, by the number in the dataset; "stopped": its place had enough replicates before it."""
_SPARSE = 8  # times as many places as points above which the dataset is a list of points


@dataclass(frozen=True)
class CampaignStatus:
    """How far a campaign is.

    Attributes:
        name: Its title.
        total, done, failed: Number of points, of those with a result, and of those that failed; without those that a
            rule on replicates has stopped.
        at_work: Number of coordinators at work.
        others: Number of results in the store that belong to other campaigns, or to earlier versions.
        seconds: Mean processor time of a point [s]; None: none was measured.
        reasons: Reasons of failures, the most frequent first, with their numbers.
        warned: The same of warnings.
        stopped: Number of points that are not needed, because an interval was narrow enough before them.
        wide: Number of places whose interval is wider than the rule asks for after all their replicates.
    """

    name: str
    total: int
    done: int
    failed: int
    at_work: int
    others: int
    seconds: float | None
    reasons: tuple[tuple[str, int], ...]
    warned: tuple[tuple[str, int], ...]
    stopped: int = 0
    wide: int = 0


@checked
def campaign_status(store: str | Path) -> CampaignStatus:
    """Say how far the campaign of a store is, from names of files and the logs of its runs.

    Where replicates stop by a rule, the results that decide are read besides.

    Raises:
        InputError: There is no store, or no campaign in it.
    """
    opened = open_store(store)
    listing = load_list(opened)
    every, finished, failures = set(listing.keys), finished_keys(opened), failed_keys(opened)
    watch = StopWatch(opened, listing)
    stopped = stop_state(watch, finished, failures - finished).stopped
    own = {key for key, over in zip(listing.keys, stopped.tolist(), strict=True) if not over}
    failed = failures & own - finished
    seconds, warned = read_logs(opened, own)
    reasons = Counter(sorted(str(read_content(opened.failure(key)).get("reason")) for key in failed))
    return CampaignStatus(
        listing.name,
        len(own),
        len(finished & own),
        len(failed),
        live_coordinators(opened),
        len(finished - every),
        seconds,
        tuple(reasons.most_common()),
        warned,
        len(every - own),
        len(watch.wide),
    )


@checked
def collect_campaign(store: str | Path) -> "xr.Dataset":
    """Gather the results of a campaign.

    Returns:
        A variable `MEASURE_RESULT` for each result, with `units`, over the axes of the campaign and the replicates; NaN
        where there is none. `MEASURE_state` says why: excluded by a constraint, open, done, failed, or stopped by the
        rule on replicates. Axes that a design drew are coordinates of its dimension `sample`. Where constraints exclude
        most of the product of the axes, the only dimension is `point`, and the axes are coordinates of it.

    Raises:
        InputError: There is no store or no campaign in it, a result is damaged, or one result has two units.
    """
    import xarray as xr  # takes 0.4 s to import

    opened = open_store(store)
    listing = load_list(opened)
    places, state, values, units = _gathered(opened, listing)
    sizes = (*(len(axis["labels"]) for axis in listing.axes), listing.replicates)
    flat = np.prod(sizes, dtype=float) > _SPARSE * max(len(places), 1)
    dims = ("point",) if flat else (*(axis["name"] for axis in listing.axes), "replicate")
    shape, where = ((len(places),), (np.arange(len(places)),)) if flat else (sizes, tuple(places.T))
    data = xr.Dataset(coords=_coordinates(listing, places, flat))
    for k, measure in enumerate(listing.measures):
        full = np.zeros(shape, dtype=np.int8)
        full[where] = state[:, k]
        meaning = {"flag_values": np.arange(len(STATES), dtype=np.int8), "flag_meanings": " ".join(STATES)}
        data[f"{measure}_state"] = (dims, full, {"long_name": f"state of {measure}", **meaning})
        for name in values[k]:
            table = np.full(shape, np.nan)
            table[where] = values[k][name]
            told = {"measure": measure, "result": name}
            attributes = {"units": units[k][name], "long_name": f"{name} of {measure}", **told}
            data[f"{measure}_{name}"] = (dims, table, attributes)
    data.attrs = {"title": listing.name, **{f"version_{name}": text for name, text in listing.versions.items()}}
    data.attrs["replicates"] = listing.replicates
    data.attrs["statistics"] = json.dumps(listing.statistics.model_dump(mode="json", by_alias=True))
    data.attrs["design"] = listing.design
    return data


@checked
def save_collected(
    store: str | Path, out: str | Path, *, tables: Literal["csv", "parquet"] = "csv"
) -> tuple[Path, Path]:
    """Write the results of a campaign as `results.nc` and `results.csv`, one line for each place and replicate.

    `statistics.csv` holds what the replicates of each place say together, see `campaign_estimates`; `sensitivity.csv`,
    for a design of kind "saltelli" and where SALib is installed, which axis matters, see `campaign_sensitivity`.

    Args:
        store: Folder of the results.
        out: Folder for the files.
        tables: Kind of the tables: "parquet" writes `results.parquet` and so on, with units in their metadata.

    Returns:
        Paths of the first two files.

    Raises:
        InputError: As `collect_campaign`, or a file cannot be written.
        MissingExtraError: Parquet is wanted, and pyarrow is not installed.
    """
    if tables == "parquet":
        require_parquet()
    labelled = Path(out) / "results.nc"
    data = collect_campaign(store)
    content = netcdf_bytes(data)
    with atomic(labelled) as temporary:
        temporary.write_bytes(content)
    opened = open_store(store)
    listing = load_list(opened)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(_lines(opened, listing))
    table = _save_table(Path(out), "results", text.getvalue(), tables, listing)
    _save_table(Path(out), "statistics", estimates_table(campaign_estimates(data)), tables, listing)
    if data.attrs["design"] == "saltelli":
        try:
            found = campaign_sensitivity(data)
        except MissingExtraError as error:
            warnings.warn(f"sensitivity.{tables} is not written: {error}", CampaignStatisticsWarning, stacklevel=3)
        else:
            _save_table(Path(out), "sensitivity", sensitivity_table(found), tables, listing)
            _tell_missing(found)
    return labelled, table


def _save_table(out: Path, name: str, text: str, kind: str, listing: CampaignList) -> Path:
    """Write a table as it is, or as Parquet; return its path."""
    path = out / f"{name}.{kind}"
    if kind == "csv":
        write_text(path, text)
        return path
    about = {"title": listing.name, **{f"version_{program}": each for program, each in listing.versions.items()}}
    content = parquet_bytes(text, about)
    with atomic(path) as temporary:
        temporary.write_bytes(content)
    return path


def _tell_missing(found: Sequence[CampaignSensitivity]) -> None:
    """Warn of results that have no indices at some place."""
    names = [each.name for each in found if not np.isfinite(each.table["total"].values).all()]
    if names:
        warnings.warn(
            f"the table of sensitivities has no indices of {', '.join(names)} at some or all places: fewer than "
            f"{FEWEST_ROWS} rows of the design are complete, or the result does not vary",
            CampaignStatisticsWarning,
            stacklevel=4,
        )


_Gathered = tuple[np.ndarray, np.ndarray, list[dict[str, np.ndarray]], list[dict[str, str]]]


def _gathered(store: CampaignStore, listing: CampaignList) -> _Gathered:
    """Return places (points, axes + 1), states (points, measures), values and units by measure and name.

    A point here is a place on the axes with a replicate, whatever is measured there.
    """
    places, row = np.unique(listing.places[:, :-1], axis=0, return_inverse=True)
    row = row.reshape(-1)  # NumPy 2.0 returned a column
    state = np.zeros((len(places), len(listing.measures)), dtype=np.int8)
    values: list[dict[str, np.ndarray]] = [{} for _ in listing.measures]
    units: list[dict[str, str]] = [{} for _ in listing.measures]
    done, failed = finished_keys(store), failed_keys(store)
    stopped = stop_state(StopWatch(store, listing), done, failed - done).stopped
    for n, key in enumerate(listing.keys):
        k = int(listing.places[n, -1])
        found = "stopped" if stopped[n] else "done" if key in done else "failed" if key in failed else "open"
        state[row[n], k] = STATES.index(found)
        if found != "done":
            continue
        content = read_result(store, key)
        for name, value in content["values"].items():
            unit = units[k].setdefault(name, content["units"][name])
            if unit != content["units"][name]:
                raise InputError(
                    f"{listing.measures[k]}.{name} is in {unit} and {content['units'][name]}: expected one unit at all "
                    "points; make two campaigns of it"
                )
            values[k].setdefault(name, np.full(len(places), np.nan))[row[n]] = value
    return places, state, values, units


def _coordinates(listing: CampaignList, places: np.ndarray, flat: bool) -> dict[str, Any]:
    """Return the coordinates of the dataset: the axes as its dimensions, or along its only one."""
    found: dict[str, Any] = {}
    for k, axis in enumerate(listing.axes):
        dim = "point" if flat else axis["name"]
        for each in (axis, *axis.get("drawn", ())):
            labels = np.array(each["labels"])
            attributes = {"key": ", ".join(each["keys"])} | ({"units": each["unit"]} if each["unit"] else {})
            attributes |= {"drawn": each["scale"]} if "scale" in each else {}
            found[each["name"]] = (dim, labels[places[:, k]] if flat else labels, attributes)
    replicates = places[:, -1] if flat else np.arange(listing.replicates)
    found["replicate"] = ("point" if flat else "replicate", replicates)
    return found


def _lines(store: CampaignStore, listing: CampaignList) -> Iterator[list[Any]]:
    """Yield the heading of the table and its lines: axes, replicate, then state and numbers of each measure."""
    places, state, values, units = _gathered(store, listing)
    axes = [(k, each) for k, axis in enumerate(listing.axes) for each in (axis, *axis.get("drawn", ()))]
    head = [f"{axis['name']} [{axis['unit']}]" if axis["unit"] else axis["name"] for _, axis in axes]
    head.append("replicate")
    for k, measure in enumerate(listing.measures):
        head += [f"{measure} state", *(f"{measure} {name} [{unit}]" for name, unit in units[k].items())]
    yield head
    for n, place in enumerate(places):
        line = [axis["labels"][place[k]] for k, axis in axes]
        line.append(int(place[-1]))
        for k in range(len(listing.measures)):
            line.append(STATES[state[n, k]])
            line += ["" if np.isnan(table[n]) else repr(float(table[n])) for table in values[k].values()]
        yield line
