"""Axes that a design draws together: one dimension `sample`, whose every value is a draw of all of them."""

import inspect
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from circuitsim.campaign.campaign_file import AxisRange
from circuitsim.campaign.designs import placed, unit_draws
from circuitsim.campaign.measures import MeasureCall, load_function
from circuitsim.campaign.statistics_file import DesignTable
from circuitsim.errors import InputError
from circuitsim.spec import ArraySpec

SAMPLE = "sample"
"""Dimension of drawn places."""


def drawn_values(
    design: DesignTable,
    ranges: Sequence[tuple[tuple[str, ...], AxisRange]],
    seed: int,
    base: ArraySpec,
    calls: Mapping[str, MeasureCall],
) -> list[list[Any]]:
    """Draw the values of each axis that is a range without n.

    Args:
        design: How.
        ranges: Keys and range of each axis, in the order of the file.
        seed: Seed of the campaign.
        base: The array, which says where a key takes whole numbers alone.
        calls: Measures, which say the same of their arguments.

    Raises:
        InputError: A range of whole numbers has other ends, or there are more axes than the design draws.
    """
    unit = unit_draws(design.kind, design.points, len(ranges), seed)
    columns = []
    for k, (keys, axis) in enumerate(ranges):
        whole = any(is_whole(key, base, calls) for key in keys)
        if whole and (axis.start % 1 or axis.stop % 1 or (axis.scale == "log" and min(axis.start, axis.stop) < 1)):
            raise InputError(
                f"axes.{keys[0]}: from = {axis.start:g}, to = {axis.stop:g}: expected whole numbers, above 0 for 'log'"
            )
        columns.append(placed(unit[:, k], axis.start, axis.stop, log=axis.scale == "log", whole=whole))
    return columns


def is_whole(key: str, base: ArraySpec, calls: Mapping[str, MeasureCall]) -> bool:
    """Tell whether a key of an axis takes whole numbers alone."""
    if key == "seed":
        return True
    section, _, name = key.partition(".")
    if section == "measures":
        measure, _, argument = name.partition(".")
        known = inspect.signature(load_function(calls[measure])).parameters if measure in calls else {}
        return argument in known and _takes_whole(known[argument].annotation)
    fields = getattr(type(getattr(base, section, None)), "model_fields", {})
    return name in fields and _takes_whole(fields[name].annotation)


def _takes_whole(kind: Any) -> bool:
    inner = {each for part in _parts(kind) for each in (part, typing.get_origin(part))}
    return int in inner and float not in inner


def _parts(kind: Any) -> list[Any]:
    """Return a type and those of which it is made."""
    return [kind, *(part for each in typing.get_args(kind) for part in _parts(each))]
