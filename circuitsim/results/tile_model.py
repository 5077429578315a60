"""A calibrated model of a tile: everything needed to turn conductances into matrices."""

import hashlib
import json
from dataclasses import dataclass

from circuitsim.results.surface import CellSurface
from circuitsim.spec import ArraySpec


@dataclass(frozen=True)
class TileModel:
    """The behavioral model of one array, independent of what is programmed into it.

    Attributes:
        spec: The array it models.
        surface: Its characterized cell.
        grade: Form evaluated for each read: 1 one matrix product, 2 six, 3 nine.
        v_range: Inputs it was built for [V].
    """

    spec: ArraySpec
    surface: CellSurface
    grade: int
    v_range: tuple[float, float]

    @property
    def digest(self) -> str:
        """SHA-256 of all that decides what the model answers."""
        surface = self.surface
        numbers = (self.grade, self.v_range, surface.g_range, surface.g_scale, surface.u_max, surface.m_range)
        content = hashlib.sha256(json.dumps([self.spec.digest, numbers]).encode())
        content.update(surface.forward.tobytes())
        content.update(surface.reverse.tobytes())
        return content.hexdigest()
