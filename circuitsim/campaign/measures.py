"""Which measures there are, and how a campaign finds and checks one: a table of names, or the user's own function."""

import importlib
import inspect
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from circuitsim.errors import InputError
from circuitsim.spec import shown
from circuitsim.spec.arguments import misfit

MEASURES_SCHEMA = 1
"""Raised when a measure of circuitsim begins to give other numbers, so that stored ones are not taken for them."""


@dataclass(frozen=True)
class Shipped:
    """A measure of circuitsim.

    Attributes:
        function: "module:function", loaded when it is needed.
        says: What it measures.
        feels: Which keys it depends on: those that a "read" feels (see `spec.unfelt`), also `driver.t_read` ("energy"),
            those of a read in time ("settling"), of a "network", or of a "layer": those, `driver.t_read` and, of
            pulses, `wire.c_row`.
    """

    function: str
    says: str
    feels: str = "read"


_ARRAYS, _MODELS = "circuitsim.campaign.array_measures", "circuitsim.campaign.model_measures"
_CELLS = "circuitsim.campaign.cell_measures"
MEASURES: dict[str, Shipped] = {
    "read": Shipped(f"{_ARRAYS}:drawn_read", "outputs and power of drawn reads, and what wires take from them"),
    "error_against_ngspice": Shipped(
        f"{_ARRAYS}:error_against_ngspice", "error of level nodal, or of the ideal product, against ngspice"
    ),
    "error_of_ideal": Shipped(f"{_ARRAYS}:error_of_ideal", "what wires and transistors take from the ideal product"),
    "energy": Shipped(f"{_ARRAYS}:read_energy", "energy of a drawn read, whole and per multiply-accumulate", "energy"),
    "noise": Shipped(f"{_ARRAYS}:cell_noise", "error of outputs by the statistics of the device"),
    "settling": Shipped(f"{_ARRAYS}:settling", "settling time of drawn reads in time", "settling"),
    "programming_yield": Shipped(
        f"{_CELLS}:programming_yield", "share of cells that programming leaves in a tolerance"
    ),
    "rare_current": Shipped(f"{_CELLS}:rare_current", "how rarely a current fails, by importance sampling"),
    "layer": Shipped(
        "circuitsim.campaign.layer_measures:layer_product",
        "error and energy with converters of a drawn layer, from input codes to output codes",
        "layer",
    ),
    "certificate": Shipped(f"{_MODELS}:certificate_numbers", "errors of the calibrated behavioral model"),
    "accuracy": Shipped(
        f"{_MODELS}:network_accuracy", "accuracy of an ONNX network on the calibrated array", "network"
    ),
}
"""Every measure of circuitsim, by the name that a campaign gives."""


@dataclass(frozen=True)
class MeasureCall:
    """A measure as a campaign uses it.

    Attributes:
        name: Name of the measure in the campaign.
        function: "module:function".
        shipped: Its name in `MEASURES`; None for a function of the user's.
        arguments: Arguments; paths are absolute.
        folder: Folder where the modules of the user's functions lie besides those installed.
    """

    name: str
    function: str
    shipped: str | None
    arguments: Mapping[str, Any]
    folder: str


def find_measure(name: str, function: str | None, arguments: Mapping[str, Any], folder: Path) -> MeasureCall:
    """Find a measure, and check its arguments.

    Args:
        name: Its name in the campaign.
        function: Name in `MEASURES` or "module:function"; None: `name`.
        arguments: What the campaign gives it.
        folder: Folder of the campaign file.

    Raises:
        InputError: There is no such measure, its module cannot be imported, or an argument is unknown, missing or of
            the wrong type.
    """
    wanted = name if function is None else function
    if ":" not in wanted and wanted not in MEASURES:
        raise InputError(
            f"measures.{name}: no measure {wanted!r}; expected one of {', '.join(MEASURES)}, or 'module:function'"
        )
    shipped = None if ":" in wanted else wanted
    path = wanted if shipped is None else MEASURES[wanted].function
    call = MeasureCall(name, path, shipped, dict(arguments), str(folder.resolve()))
    parameters = inspect.signature(load_function(call)).parameters
    kinds = {key: each for key, each in parameters.items() if key not in ("spec", "rng")}
    if not {"spec", "rng"} <= parameters.keys():
        raise InputError(f"measures.{name}: {wanted} takes no spec and rng: expected function(spec, rng, **arguments)")
    for key in arguments:
        if key not in kinds and not any(each.kind is each.VAR_KEYWORD for each in kinds.values()):
            raise InputError(
                f"measures.{name}.{key}: {wanted} has no such argument; expected some of {', '.join(kinds) or 'none'}"
            )
    resolved = {key: _resolved(call, key, value, kinds.get(key)) for key, value in arguments.items()}
    return MeasureCall(name, path, shipped, resolved, call.folder)


def with_argument(call: MeasureCall, key: str, value: Any) -> MeasureCall:
    """Return a measure with another value of an argument, which an axis gives.

    Raises:
        InputError: As `find_measure`.
    """
    parameters = inspect.signature(load_function(call)).parameters
    if key in ("spec", "rng") or (
        key not in parameters and not any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    ):
        raise InputError(f"measures.{call.name}.{key}: {call.function} has no such argument")
    resolved = _resolved(call, key, value, parameters.get(key))
    return replace(call, arguments={**call.arguments, key: resolved})


def check_complete(call: MeasureCall, swept: set[str]) -> None:
    """Refuse a measure that lacks an argument, which an axis may give too.

    Raises:
        InputError: An argument without a default has no value.
    """
    for key, each in inspect.signature(load_function(call)).parameters.items():
        needed = each.default is each.empty and each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
        if needed and key not in call.arguments and key not in ("spec", "rng") and key not in swept:
            raise InputError(f"measures.{call.name}.{key} is missing: {call.function} has no default for it")


def load_function(call: MeasureCall) -> Callable[..., Mapping[str, tuple[float, str]]]:
    """Import the function of a measure.

    Raises:
        InputError: There is no such module or function, or importing it fails.
    """
    module, _, name = call.function.partition(":")
    path = list(sys.path)
    if call.shipped is None and call.folder not in path:
        sys.path.insert(0, call.folder)  # a module of the user's beside the campaign file
    try:
        found = getattr(importlib.import_module(module), name, None)
    except Exception as error:  # whatever the user's module raises
        raise InputError(
            f"measures.{call.name}: module {module!r} cannot be imported ({type(error).__name__}: {error})"
        ) from None
    finally:
        sys.path[:] = path
    if not inspect.isfunction(found):
        raise InputError(f"measures.{call.name}: {module!r} has no function {name!r}")
    return found


def checked_values(call_name: str, found: Any) -> dict[str, tuple[float, str]]:
    """Return what a measure returned, as numbers with units.

    Raises:
        InputError: It is not a mapping of names to (value, unit) with finite numbers.
    """
    if not isinstance(found, Mapping) or not found:
        raise InputError(f"measure {call_name} returned {shown(found)}: expected name -> (value, unit)")
    values = {}
    for name, pair in found.items():
        if not (isinstance(name, str) and name and isinstance(pair, tuple | list) and len(pair) == 2):
            raise InputError(f"measure {call_name} returned {shown(name)} -> {shown(pair)}: expected (value, unit)")
        value, unit = pair
        if misfit("", value, float) or not math.isfinite(value) or not isinstance(unit, str):
            raise InputError(
                f"measure {call_name} returned {name} = {shown(value)}, unit {shown(unit)}: expected a finite number "
                "and a text"
            )
        values[name] = (float(value), unit)
    return values


def _resolved(call: MeasureCall, key: str, value: Any, parameter: inspect.Parameter | None) -> Any:
    """Return an argument as the function takes it: a text becomes a path where the function wants one."""
    kind = None if parameter is None else parameter.annotation
    if (kind is Path or Path in get_args(kind)) and isinstance(value, str):
        place = (Path(call.folder) / value).resolve()
        if not place.is_file():
            raise InputError(f"measures.{call.name}.{key} = {value!r}: no such file ({place})")
        return place
    if kind not in (None, inspect.Parameter.empty) and not isinstance(kind, str):
        wrong = misfit(f"measures.{call.name}.{key}", value, kind)
        if wrong is not None:
            raise InputError(wrong)
    return value
