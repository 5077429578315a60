"""A calibrated model of a tile: everything needed to turn conductances into matrices."""

import hashlib
import json
from dataclasses import dataclass

from circuitsim.results.surface import CellSurface
from circuitsim.spec import ArraySpec


@dataclass(frozen=True)
class TileModel:
    """The behavioral model of one array, independent of what is programmed into it.

    `behavioral.program(model, g)` turns it and a matrix of conductances into a `Tile`, whose reads are matrix products.

    | field | shape and unit | meaning |
    |---|---|---|
    | spec | | the array: wires, driver and sense resistances, v_ref |
    | surface | | the current of its cell as characterized by ngspice |
    | grade | | how much of the cells' nonlinearity a tile keeps, and so its price; the table is `behavioral.GRADES` |
    | v_range | (lower, upper) [V] | inputs that it is built for |
    """

    spec: ArraySpec
    surface: CellSurface
    grade: int
    v_range: tuple[float, float]

    @property
    def digest(self) -> str:
        """SHA-256 of everything that the model's answers depend on."""
        surface = self.surface
        numbers = (self.grade, self.v_range, surface.g_range, surface.g_scale, surface.u_max, surface.m_range)
        content = hashlib.sha256(json.dumps([self.spec.digest, numbers]).encode())
        content.update(surface.forward.tobytes())
        content.update(surface.reverse.tobytes())
        return content.hexdigest()
