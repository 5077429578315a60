"""A calibrated model of a tile: everything needed to turn conductances into matrices."""

from dataclasses import dataclass

from circuitsim.results.surface import CellSurface
from circuitsim.spec import ArraySpec


@dataclass(frozen=True)
class TileModel:
    """The behavioral model of one array, independent of what is programmed into it.

    Attributes:
        spec: The array it models.
        surface: Its characterized cell.
        grade: Form evaluated for each read: 1 one matrix product, 2 P7, 3 P12.
        v_range: Inputs it was built for [V].
    """

    spec: ArraySpec
    surface: CellSurface
    grade: int
    v_range: tuple[float, float]
