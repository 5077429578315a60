"""What is known of a measure before it runs: an array that it cannot measure is refused at the plan."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from circuitsim import levels, truth
from circuitsim.calibration.experiments import MATRIX_KINDS
from circuitsim.campaign.array_measures import causes_of_cells, check_constant_inputs, check_product
from circuitsim.campaign.measures import MeasureCall, load_function
from circuitsim.errors import InputError
from circuitsim.spec import ArraySpec, shown


def check_measurable(call: MeasureCall, spec: ArraySpec) -> None:
    """Refuse an array that a measure of circuitsim cannot measure, as far as its specification shows it.

    Functions of the user's are not looked at.

    Raises:
        InputError: The measure would fail at every point with this array; names the measure and why.
    """
    check = None if call.shipped is None else _CHECKS.get(call.shipped)
    if check is None:
        return
    parameters = inspect.signature(load_function(call)).parameters
    arguments = {key: each.default for key, each in parameters.items()} | dict(call.arguments)
    try:
        check(spec, arguments)
        matrix = arguments.get("matrix", MATRIX_KINDS[0])
        if matrix not in MATRIX_KINDS:
            raise InputError(f"matrix = {shown(matrix)}: expected one of {', '.join(MATRIX_KINDS)}")
    except InputError as error:
        raise InputError(f"measures.{call.name}: {error}") from None


def _read(spec: ArraySpec, arguments: Mapping[str, Any]) -> None:
    levels.check_can(spec, arguments["level"])


def _energy(spec: ArraySpec, arguments: Mapping[str, Any]) -> None:
    check_constant_inputs(spec)
    levels.check_can(spec, arguments["level"])


def _noise(spec: ArraySpec, arguments: Mapping[str, Any]) -> None:
    causes_of_cells(spec, arguments["after"])
    levels.check_can(spec, arguments["level"])


def _error_of_ideal(spec: ArraySpec, arguments: Mapping[str, Any]) -> None:
    check_product(spec)
    levels.check_can(spec, "nodal")


def _error_against_ngspice(spec: ArraySpec, arguments: Mapping[str, Any]) -> None:
    levels.check_can(spec, "ngspice")
    if arguments["level"] == "ideal":
        check_product(spec)
    else:
        levels.check_can(spec, "nodal")


def _settling(spec: ArraySpec, arguments: Mapping[str, Any]) -> None:
    levels.check_can_in_time(spec, arguments["level"])
    if arguments["band"] is None:
        truth.half_lsb(spec)


def _certificate(spec: ArraySpec, arguments: Mapping[str, Any]) -> None:
    levels.check_can(spec, "behavioral")
    levels.check_can(spec, arguments["truth"])


_CHECKS: dict[str, Callable[[ArraySpec, Mapping[str, Any]], None]] = {
    "read": _read,
    "energy": _energy,
    "noise": _noise,
    "error_of_ideal": _error_of_ideal,
    "error_against_ngspice": _error_against_ngspice,
    "settling": _settling,
    "certificate": _certificate,
}
