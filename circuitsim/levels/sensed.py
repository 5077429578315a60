"""The nodal level with sense amplifiers that are circuits: the exact array, joined to their table."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from circuitsim import blocks, characterization, nodal
from circuitsim.devices import programmable_range
from circuitsim.levels.cell_surface import surface_of
from circuitsim.nodal import PreparedArray
from circuitsim.periphery import check_sense_range, drop_and_slope, report
from circuitsim.results import SenseTable, Solution, content_digest
from circuitsim.spec import ArraySpec, by_value


@by_value
@dataclass(frozen=True)
class SensedArray:
    """An array at the nodal level with the table of its sense amplifiers.

    Attributes:
        spec: The array with its circuit in [sense].
        array: The same array with ideal sense amplifiers, prepared for column voltages of the whole table.
        sense: The table, from `characterize`.
    """

    spec: ArraySpec
    array: PreparedArray
    sense: SenseTable

    @property
    def g(self) -> np.ndarray:
        """(rows, cols) programmed conductances [S]."""
        return self.array.g


def behind_the_circuit(spec: ArraySpec) -> ArraySpec:
    """Return the array with ideal sense amplifiers at the same v_ref."""
    return spec.replace(sense={"kind": type(spec.sense).DEFAULT_KIND})


def sensed_range(spec: ArraySpec, sense: SenseTable, v_range: tuple[float, float] | None) -> tuple[float, float]:
    """Return the voltages that rows and columns may take [V]: the inputs, and v_ref plus the drops of the table.

    Args:
        spec: The array.
        sense: The table of its sense amplifiers.
        v_range: Range of the inputs [V]; None: from v_ref by v_read to the side that the amplifier's polarity takes.
    """
    assert sense.current is not None and sense.drop is not None
    v_ref, v_read = spec.sense.v_ref, spec.driver.v_read
    low, high = v_range or ((v_ref - v_read, v_ref) if sense.current[-1] <= 0 else (v_ref, v_ref + v_read))
    return min(low, v_ref + float(sense.drop[0])), max(high, v_ref + float(sense.drop[-1]))


def prepare_sensed(
    spec: ArraySpec, g: ArrayLike, sense: SenseTable, v_range: tuple[float, float] | None
) -> SensedArray:
    """Prepare an array whose columns its sense amplifiers move; the cell is characterized for those voltages too.

    Args:
        spec: The array, with its inputs on the bit lines.
        g: Conductances (rows, cols) [S].
        sense: The table of its amplifiers.
        v_range: Range of the inputs [V]; None: as in `sensed_range`.

    Raises:
        InputError, SpecError, OutsideRangeError, SimulatorError: As `levels.prepare`.
    """
    ideal, wide = behind_the_circuit(spec), sensed_range(spec, sense, v_range)
    surface = surface_of(ideal, v_range=wide)
    array = nodal.prepare(ideal, g, surface, v_range=wide, g_range=programmable_range(spec))
    assert isinstance(array, PreparedArray)
    return SensedArray(spec, array, sense)


def read_sensed(array: SensedArray, x: ArrayLike, *, nodes: bool = False) -> Solution:
    """Solve the array together with the column voltage of its amplifiers, and return what they put out.

    Raises:
        OutsideRangeError: A current lies outside the table.
        InputError, NotConvergedError: As `nodal.read_with_sense`.
    """
    sense = array.sense
    assert sense.current is not None
    low, high = float(sense.current[0]), float(sense.current[-1])

    def drop(current: np.ndarray) -> np.ndarray:
        # An iteration may pass outside the table; there the column stays, so that the cells stay in their surface.
        return drop_and_slope(sense, np.clip(current, low, high))[0]

    solved = nodal.read_with_sense(array.array, np.asarray(x), drop, nodes=nodes)
    check_sense_range(sense, solved.out)
    given = {**solved.provenance.given, "sense": content_digest((sense.current, sense.drop, sense.reported))}
    return replace(
        solved,
        out=report(sense, solved.out),
        quantity="voltage",
        unit=sense.unit,
        i_sense=solved.out,
        provenance=replace(solved.provenance, spec_digest=array.spec.digest, given=given),
    )


def sense_table_of(spec: ArraySpec) -> SenseTable | None:
    """Return the table of an array's sense amplifiers; None where they are ideal."""
    return None if blocks.block_of(spec, "sense") is None else characterization.characterize(spec).sense
