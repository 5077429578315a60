"""A calibrated model of a tile, which turns conductances into matrices."""

import hashlib
import json
from dataclasses import dataclass

from circuitsim.errors import InputError
from circuitsim.results.any_cell import AnyCell
from circuitsim.results.capacitor_cell import CapacitorCell
from circuitsim.results.content_digest import content_digest
from circuitsim.results.missed_target import MissedTarget
from circuitsim.results.sense_table import SenseTable
from circuitsim.results.surface import CellSurface
from circuitsim.spec import ArraySpec

TILE_REVISION = 4
"""What the grades mean: another number for other currents of the same model."""


@dataclass(frozen=True)
class TileModel:
    """The behavioral model of one array, independent of its programmed conductances.

    `behavioral.program(model, g)` combines it with a matrix of conductances into a `Tile`, whose reads are matrix
    products.

    | field | shape and unit | meaning |
    |---|---|---|
    | spec | | the array: wires, driver and sense resistances, v_ref; not the circuits of its drivers and ADCs |
    | surface | | the current of its cell at input 1 as characterized by ngspice: its gate is on, in strings off; |
    | | | of 1c cells their capacitor |
    | grade | | what a tile keeps of its cells; it sets the cost, see `behavioral.grades_for` |
    | v_range | (lower, upper) | range of the inputs [V]; (0, 1) where they switch gates |
    | off | | the cell at input 0, where inputs switch gates: it leaks, in strings it is bypassed; else None |
    | between | | the cells at the `driver.gate_levels` between input 0 and input 1, the lowest first; else none |
    | sense | | table of the sense amplifiers where they are a circuit; None: they are ideal, behind `sense.r_in` |
    | missed | | the target that its certificate misses, told wherever a tile is programmed; None: none is known |
    """

    spec: ArraySpec
    surface: AnyCell
    grade: int
    v_range: tuple[float, float]
    sense: SenseTable | None = None
    off: CellSurface | None = None
    missed: MissedTarget | None = None
    between: tuple[CellSurface, ...] = ()

    @property
    def current_surface(self) -> CellSurface:
        """`surface` of cells that carry a current at rest.

        Raises:
            InputError: The cells are capacitors.
        """
        if isinstance(self.surface, CapacitorCell):
            raise InputError(
                "the model is of array.cell = '1c', whose cells carry no current at rest: expected a model of cells "
                "that do"
            )
        return self.surface

    @property
    def digest(self) -> str:
        """SHA-256 of everything on which the outputs of the model depend."""
        surface = self.surface
        if isinstance(surface, CapacitorCell):
            numbers = (TILE_REVISION, self.grade, self.v_range, surface.digest)
            return hashlib.sha256(json.dumps([self.spec.digest, numbers]).encode()).hexdigest()
        numbers = (
            TILE_REVISION,
            self.grade,
            self.v_range,
            surface.g_range,
            surface.g_scale,
            surface.g_parallel,
            surface.u_max,
            surface.m_range,
        )
        content = hashlib.sha256(json.dumps([self.spec.digest, numbers]).encode())
        content.update(surface.forward.tobytes())
        content.update(surface.reverse.tobytes())
        if surface.transistor is not None:
            content.update(content_digest(surface.transistor).encode())
        if self.off is not None:
            content.update(self.off.digest.encode())
        for law in self.between:
            content.update(law.digest.encode())
        if self.sense is not None:
            content.update(content_digest((self.sense.current, self.sense.drop, self.sense.reported)).encode())
        return content.hexdigest()
