"""The characterized cell of an array; an ohmic one needs none."""

from circuitsim import characterization
from circuitsim.devices import device_card
from circuitsim.errors import SpecError
from circuitsim.results import CellSurface
from circuitsim.spec import ArraySpec, checked


@checked
def surface_of(
    spec: ArraySpec, *, v_range: tuple[float, float] | None = None, g_range: tuple[float, float] | None = None
) -> CellSurface | None:
    """Characterize the cell of an array.

    Args:
        spec: The array.
        v_range: Range of the inputs [V]; None: v_ref to v_ref + v_read.
        g_range: Range of the conductances [S]; None: g_min to g_max.

    Returns:
        The cell surface; None for an ohmic device without a transistor, because a linear array needs no surface.

    Raises:
        SpecError: The cells are capacitors, which carry no current at rest.
        InputError: A user's device folder states `ohmic = true`, but the device is not ohmic in ngspice.
        SimulatorError, OutsideRangeError: As `characterization.cell`.
    """
    if spec.array.cell == "1c":
        raise SpecError(
            "array.cell = '1c': a capacitor carries no current at rest, which a surface states; expected a cell that "
            "does, or circuitsim.characterization.capacitor_cell(spec) for its charge"
        )
    ohmic = spec.array.cell == "1r" and device_card(spec).ohmic
    if not ohmic:
        return characterization.cell(spec, v_range=v_range, g_range=g_range)
    if spec.device.folder is not None:  # for the shipped cards, a test checks this
        characterization.check_ohmic(spec)
    return None
