"""Uses that an array does not allow: what describes them alone changes nothing."""

from collections.abc import Callable

from circuitsim.errors import SpecError
from circuitsim.levels import CAN_IN_TIME, check_converters
from circuitsim.network.fitting_array import check_network_array
from circuitsim.spec import ArraySpec, KeyUse, shown, unable


def obstacle_to(use: KeyUse, spec: ArraySpec) -> str:
    """Say why an array does not allow a use, as a clause; empty if it does.

    Args:
        use: What keys matter to, see `spec.USES`.
        spec: The array.
    """
    if use == "networks":
        return _refused(check_network_array, spec, "networks do not lie on arrays with")
    if use == "codes":
        return _refused(check_converters, spec, "no codes pass an array with")
    return _in_time(spec) if use == "time" else ""


def _refused(check: Callable[[ArraySpec], None], spec: ArraySpec, said: str) -> str:
    try:
        check(spec)
    except SpecError as error:
        return f"{said} {str(error).partition(': ')[0]}"
    return ""


def _in_time(spec: ArraySpec) -> str:
    if spec.technique.changes_size:
        return "[technique] draws other arrays than rows x cols, which no read in time takes"
    obstacles = [unable(spec, abilities) for abilities in CAN_IN_TIME.values()]
    first = obstacles[0]
    if first is None or None in obstacles:
        return ""
    return f"no read in time takes an array with {first[0]} = {shown(first[1])}"
