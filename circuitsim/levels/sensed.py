"""The nodal level with sense amplifiers that are circuits: the exact array, joined to their table."""

from numpy.typing import ArrayLike

from circuitsim import blocks, characterization
from circuitsim.chain import SensedArray, exact_array, sensed_range
from circuitsim.devices import programmable_range
from circuitsim.levels.cell_surface import surface_of
from circuitsim.results import SenseTable
from circuitsim.spec import ArraySpec, check_conductances, with_ideal


def prepare_sensed(
    spec: ArraySpec, g: ArrayLike, sense: SenseTable, v_range: tuple[float, float] | None, *, drawn: bool = False
) -> SensedArray:
    """Prepare an array whose columns its sense amplifiers move; the cell is characterized for those voltages too.

    Args:
        spec: The array, with its inputs on the bit lines.
        g: Conductances (rows, cols) [S].
        sense: The table of its amplifiers.
        v_range: Range of the inputs [V]; None: as in `sensed_inputs`.
        drawn: As in `levels.prepare`.

    Raises:
        InputError, SpecError, OutsideRangeError, SimulatorError: As `levels.prepare`.
    """
    g_range = programmable_range(spec, drawn=drawn)
    reach = None
    if drawn:
        reach = characterization.stepped_conductances(spec, check_conductances(spec, g, g_range=g_range))
    wide = sensed_range(spec, sense, v_range)
    surface = surface_of(with_ideal(spec, "sense"), v_range=wide, g_range=reach)
    off = characterization.skipped_cell(with_ideal(spec, "sense"), v_range=wide, g_range=reach)
    array = exact_array(spec, g, surface, off=off, sense=sense, v_range=v_range, g_range=g_range)
    assert isinstance(array, SensedArray)
    return array


def sense_table_of(spec: ArraySpec) -> SenseTable | None:
    """Return the table of an array's sense amplifiers; None where they are ideal."""
    return None if blocks.block_of(spec, "sense") is None else characterization.characterize(spec).sense
