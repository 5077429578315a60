"""From the file of a campaign to its points: every combination of the axes that meets the constraints."""

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeGuard

from pydantic import BaseModel

from circuitsim.campaign.axis_files import located_axis
from circuitsim.campaign.axis_keys import check_keys
from circuitsim.campaign.campaign_file import LARGEST_SEED, AxisRange, CampaignFile, axis_values
from circuitsim.campaign.constraints import Constraint, read_constraint
from circuitsim.campaign.drawn_axes import SAMPLE, drawn_values
from circuitsim.campaign.measure_sources import forget_modules
from circuitsim.campaign.measures import MeasureCall, check_complete, find_measure, with_argument
from circuitsim.errors import InputError, SpecError
from circuitsim.presets import is_preset, preset_spec
from circuitsim.spec import ArraySpec, load_spec, parse_spec, shown
from circuitsim.units import parse_quantity

MOST_POINTS = 10_000_000
_KEPT = 10_000  # specifications in memory while combinations are listed
_TAKEN = {"replicate", "measure", "state", "point", "place", SAMPLE, "value", "low", "high", "count", "axis", "first"}
_TAKEN |= {"first_half", "total", "total_half", "design_rows"}  # names in datasets of results, estimates and indices
_UNIT = re.compile(r"\[(ohm|°C|[SVAFmsJC]|[^\[\]\s]*[·/][^\[\]\s]*)\]")


@dataclass(frozen=True)
class CampaignAxis:
    """An axis of a campaign.

    Attributes:
        keys: Keys that take its values: "section.key", "measures.NAME.ARGUMENT" or "seed".
        name: Name of its dimension in tables: last word of the first key, or the whole key where two would be alike.
        values: Values as they are given to the keys.
        labels: The same for tables: numbers without suffixes, and texts for lists and tables.
        unit: SI unit; empty where there is none.
        scale: "linear" or "log" where a design draws it; else empty.
        drawn: Axes that a design draws together, each with one value for every draw; empty for an axis of its own.
    """

    keys: tuple[str, ...]
    name: str
    values: tuple[Any, ...]
    labels: tuple[Any, ...]
    unit: str
    scale: str = ""
    drawn: tuple["CampaignAxis", ...] = ()


@dataclass(frozen=True)
class CampaignSetup:
    """A campaign with everything resolved that its points share.

    Attributes:
        base: The specification that is varied.
        axes: Axes in the order of the file.
        measures: Measures by their names.
        constraints: Conditions between keys.
        seed: Seed where no axis gives it.
        replicates: Number of replicates.
        versions: Versions of the programs that every worker has to have, see `point_keys.program_versions`.
    """

    base: ArraySpec
    axes: tuple[CampaignAxis, ...]
    measures: Mapping[str, MeasureCall]
    constraints: tuple[Constraint, ...]
    seed: int
    replicates: int
    versions: Mapping[str, str]

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of values of each axis."""
        return tuple(len(axis.values) for axis in self.axes)


def set_up(campaign: CampaignFile, folder: Path, versions: Mapping[str, str]) -> CampaignSetup:
    """Resolve what all points of a campaign share, and check it.

    Args:
        campaign: The file.
        folder: Where its relative paths start.
        versions: Versions of the programs.

    Raises:
        InputError: A file, a key, a measure, an argument or a constraint cannot be used.
    """
    base = _base(campaign, folder)
    for table in campaign.measures.values():
        if table.function is not None and ":" in table.function:
            forget_modules(table.function, folder)
    calls = {
        name: find_measure(name, table.function, table.arguments, folder) for name, table in campaign.measures.items()
    }
    axes = tuple(located_axis(axis, folder) for axis in _axes(campaign, base, calls))
    for axis in axes:
        for each in axis.drawn or (axis,):
            check_keys(each.keys, each.values, base, calls)
    for call in calls.values():
        prefix = f"measures.{call.name}."
        check_complete(call, {key.removeprefix(prefix) for axis in axes for key in axis.keys if key.startswith(prefix)})
    constraints = tuple(read_constraint(text) for text in campaign.constraints)
    known = {key for axis in axes for key in axis.keys} | {"seed", "replicate"}
    for constraint in constraints:
        for key in sorted(constraint.keys - known):
            _value_of(base, key, f"constraint {shown(constraint.text)}")
    setup = CampaignSetup(base, axes, calls, constraints, campaign.seed, campaign.replicates, versions)
    if math.prod(setup.shape) * campaign.replicates * len(calls) > MOST_POINTS:
        raise InputError(
            f"the axes have {' x '.join(map(str, setup.shape))} values, with {campaign.replicates} replicates and "
            f"{len(calls)} measures: expected at most {MOST_POINTS:.0e} points"
        )
    return setup


def combinations(setup: CampaignSetup) -> Iterator[tuple[tuple[int, ...], ArraySpec]]:
    """Yield the index on each axis and the specification of every combination that meets the constraints.

    Raises:
        SpecError: A combination is no specification; names its values.
        InputError: No combination meets the constraints, or one cannot be computed.
    """
    own = {key for axis in setup.axes for key in axis.keys} | {"seed"}
    early = [each for each in setup.constraints if each.keys <= own]
    late = [each for each in setup.constraints if not each.keys <= own and "replicate" not in each.keys]
    found = False
    varied: dict[tuple[int, ...], ArraySpec] = {}  # seeds and arguments do not change the array
    for index in itertools.product(*(range(n) for n in setup.shape)):
        values = {"seed": setup.seed} | _given(setup, index, labels=True)
        if not all(each.holds(values) for each in early):
            continue
        place = array_place(setup, index)
        if place not in varied:
            if len(varied) >= _KEPT:
                varied.clear()
            varied[place] = varied_array(setup, index)
        spec = varied[place]
        if late and not all(each.holds(_all_values(each, spec, values)) for each in late):
            continue
        found = True
        yield index, spec
    if not found:
        raise InputError(f"no point meets {' and '.join(shown(each.text) for each in setup.constraints)}")


def array_at(setup: CampaignSetup, index: Sequence[int]) -> ArraySpec | None:
    """Return the specification at an index on each axis; None where it does not meet the constraints.

    Those that name `replicate` are for `meets`.

    Raises:
        SpecError: The values make no specification; names them.
        InputError: A constraint cannot be computed.
    """
    values = {"seed": setup.seed} | _given(setup, index, labels=True)
    several = [each for each in setup.constraints if "replicate" not in each.keys]
    if not all(each.holds(values) for each in several if each.keys <= values.keys()):
        return None
    spec = varied_array(setup, index)
    return spec if all(each.holds(_all_values(each, spec, values)) for each in several) else None


def varied_array(setup: CampaignSetup, index: Sequence[int]) -> ArraySpec:
    """Return the specification at an index on each axis.

    Raises:
        SpecError: The values make no specification; names them.
    """
    parts: dict[str, dict[str, Any]] = {}
    given = {key: value for key, value in _given(setup, index, labels=False).items() if _of_array(key)}
    for key, value in given.items():
        section, name, *inner = key.split(".")
        part = parts.setdefault(section, {})
        if inner:
            before = part.get(name) or getattr(getattr(setup.base, section), name) or {}
            stated = before.model_dump(exclude_unset=True) if isinstance(before, BaseModel) else before
            part[name] = {**stated, ".".join(inner): value}
        else:
            part[name] = value
    try:
        return setup.base.replace(**parts) if parts else setup.base
    except SpecError as error:
        where = ", ".join(f"{key} = {shown(value)}" for key, value in given.items())
        raise SpecError(f"point {where}: {error}") from None


def array_place(setup: CampaignSetup, index: Sequence[int]) -> tuple[int, ...]:
    """Return the part of an index on which the specification depends."""
    return tuple(k for k, axis in zip(index, setup.axes, strict=True) if any(map(_of_array, axis.keys)))


def measure_place(setup: CampaignSetup, name: str, index: Sequence[int]) -> tuple[int, ...]:
    """Return the part of an index on which the arguments of a measure depend."""
    prefix = f"measures.{name}."
    axes = zip(index, setup.axes, strict=True)
    return tuple(k for k, axis in axes if any(key.startswith(prefix) for key in axis.keys))


def measure_at(setup: CampaignSetup, name: str, index: Sequence[int]) -> MeasureCall:
    """Return a measure with the arguments that axes give it."""
    call, prefix = setup.measures[name], f"measures.{name}."
    for key, value in _given(setup, index, labels=False).items():
        if key.startswith(prefix):
            call = with_argument(call, key.removeprefix(prefix), value)
    return call


def seed_at(setup: CampaignSetup, index: Sequence[int]) -> int:
    """Return the seed at an index on each axis."""
    return int(_given(setup, index, labels=False).get("seed", setup.seed))


def meets(setup: CampaignSetup, spec: ArraySpec, index: Sequence[int], replicate: int) -> bool:
    """Tell whether a replicate meets the constraints that name `replicate`."""
    several = [each for each in setup.constraints if "replicate" in each.keys]
    values = {"seed": setup.seed, "replicate": replicate} | _given(setup, index, labels=True) if several else {}
    return all(each.holds(_all_values(each, spec, values)) for each in several)


def _given(setup: CampaignSetup, index: Sequence[int], *, labels: bool) -> dict[str, Any]:
    """Return the value of each key of the axes; for tables and constraints as numbers without suffixes."""
    pairs = [(each, k) for axis, k in zip(setup.axes, index, strict=True) for each in axis.drawn or (axis,)]
    return {key: (axis.labels if labels else axis.values)[k] for axis, k in pairs for key in axis.keys}


def _of_array(key: str) -> bool:
    return key != "seed" and not key.startswith("measures.")


def _base(campaign: CampaignFile, folder: Path) -> ArraySpec:
    if isinstance(campaign.base, str):
        return preset_spec(campaign.base) if is_preset(campaign.base) else load_spec(folder / campaign.base)
    try:
        return parse_spec(campaign.base)
    except SpecError as error:
        raise SpecError(f"base: {error}") from None


def _axes(campaign: CampaignFile, base: ArraySpec, calls: Mapping[str, MeasureCall]) -> tuple[CampaignAxis, ...]:
    keys = [tuple(part.strip() for part in name.split(",")) for name in campaign.axes]
    every = [key for some in keys for key in some]
    if twice := {key for key in every if every.count(key) > 1}:
        raise InputError(f"axes: {min(twice)} stands on two axes; expected one")
    last = [some[0].rpartition(".")[2] for some in keys]
    ranges = [(some, each) for some, each in zip(keys, campaign.axes.values(), strict=True) if _is_drawn(each)]
    columns = iter([] if campaign.design is None else drawn_values(campaign.design, ranges, campaign.seed, base, calls))
    axes, drawn, first = [], [], 0
    for some, short, axis in zip(keys, last, campaign.axes.values(), strict=True):
        values = next(columns) if _is_drawn(axis) else axis_values(axis)
        if "seed" in some:
            values = [_seed(value) for value in values]
        taken = last.count(short) > 1 or short in _TAKEN
        name, scale = some[0] if taken else short, axis.scale if isinstance(axis, AxisRange) else ""
        found = CampaignAxis(some, name, tuple(values), _labels(values), _unit(base, some[0]))
        if not _is_drawn(axis):
            axes.append(found)
            continue
        first = first if drawn else len(axes)
        drawn.append(replace(found, scale=scale))
    if drawn:
        every, numbers = tuple(key for each in drawn for key in each.keys), tuple(range(len(drawn[0].values)))
        axes.insert(first, CampaignAxis(every, SAMPLE, numbers, numbers, "", drawn=tuple(drawn)))
    return tuple(axes)


def _is_drawn(axis: Any) -> TypeGuard[AxisRange]:
    return isinstance(axis, AxisRange) and axis.n is None


def _seed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_SEED:
        raise InputError(f"axes.seed = {shown(value)}: expected whole numbers from 0 on")
    return value


def _labels(values: Sequence[Any]) -> tuple[Any, ...]:
    """Return values for tables: numbers where all are numbers or texts with suffixes, else texts."""
    if all(isinstance(value, bool) for value in values):
        return tuple(values)
    try:
        numbers = [parse_quantity(value) for value in values]
    except InputError:
        return tuple(value if isinstance(value, str) else str(value) for value in values)
    return tuple(values) if all(isinstance(value, int) for value in values) else tuple(numbers)


def _unit(base: ArraySpec, key: str) -> str:
    """Return the unit that the description of a key states: "Temperature [°C]"."""
    section, _, name = key.partition(".")
    fields = getattr(type(getattr(base, section, None)), "model_fields", {})
    found = _UNIT.search((fields[name].description or "") if name in fields else "")
    return found[1] if found else ""


def _all_values(constraint: Constraint, spec: ArraySpec, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of each key of a constraint: those of the point, others of its specification."""
    of = f"constraint {shown(constraint.text)}"
    return {key: values[key] if key in values else _value_of(spec, key, of) for key in constraint.keys}


def _value_of(spec: ArraySpec, key: str, where: str) -> Any:
    value: Any = spec
    for part in key.split("."):
        fields = getattr(type(value), "model_fields", None)
        known = part in fields if fields is not None else isinstance(value, Mapping) and part in value
        if not known:
            raise InputError(f"{where}: {key} is no key of the specification or of an axis")
        value = getattr(value, part) if fields is not None else value[part]
    return value
