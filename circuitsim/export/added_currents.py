"""Which arrays a simulator of matrix products can take."""

from circuitsim.errors import SpecError
from circuitsim.spec import ArraySpec


def check_adds_currents(spec: ArraySpec, target: str) -> None:
    """Refuse an array whose columns are no sums of its cells' currents.

    Raises:
        SpecError: The cells of a column are in series.
    """
    if spec.array.input_line == "string":
        raise SpecError(
            f"array.input_line = 'string': {target} adds the currents of the cells of a column, and a string adds "
            "their resistances; expected 'bl' or 'wl'"
        )
