"""Resistance and capacitance per segment of a wire, from its geometry."""

from typing import Self

from pydantic import Field, model_validator

from circuitsim.spec.base import Part, Quantity, Whole
from circuitsim.spec.dimensions import Length, PositiveResistance, Resistivity

EPSILON_0 = 8.8541878128e-12  # F/m, CODATA 2018


class StrapSpec(Part):
    """A metal line above a wire, connected to it by vias at every few cells and at the used ends."""

    every: Whole = Field(ge=1, description="Number of cells between vias")
    r: PositiveResistance = Field(description="Resistance of the strap per cell pitch [ohm]")
    r_via: PositiveResistance = Field(description="Resistance of one via stack [ohm]")


class WireGeometry(Part):
    """A straight wire of rectangular cross-section; one segment is one cell pitch long."""

    width: Length = Field(description="Width of the wire [m]")
    thickness: Length = Field(description="Thickness of the metal [m]")
    pitch: Length = Field(description="Length of a segment, cell to cell [m]")
    resistivity: Resistivity = Field(description="Resistivity at wire.t_ref_c, barrier and scattering included [ohm m]")
    height: Length | None = Field(
        default=None, description="Dielectric thickness below the wire [m]; absent: no capacitance"
    )
    spacing: Length | None = Field(default=None, description="Gap to the wires on both sides [m]; absent: no neighbors")
    permittivity: Quantity = Field(default=3.9, ge=1, description="Relative permittivity of the dielectric [1]")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.spacing is not None and self.height is None:
            raise ValueError("spacing is given but height is not: the capacitance needs both")
        return self

    @property
    def r(self) -> float:
        """Resistance of a segment [ohm]."""
        return self.resistivity * self.pitch / (self.width * self.thickness)

    @property
    def c(self) -> float | None:
        """Capacitance of a segment to the plane below and to its neighbors, all at ground [F]; None without a height.

        Valid for: 0.3 < width/height < 30, 0.3 < thickness/height < 30, 0.5 < spacing/height < 10 (about 10 %).
        Source: T. Sakurai, K. Tamaru, IEEE Trans. Electron Devices 30, 183 (1983), the empirical formulas for a single
        line and for three lines above a plane.
        """
        if self.height is None:
            return None
        w, t = self.width / self.height, self.thickness / self.height
        plane = 1.15 * w + 2.80 * t**0.222
        sides = 0.0
        if self.spacing is not None:
            sides = 2 * (0.03 * w + 0.83 * t - 0.07 * t**0.222) * (self.spacing / self.height) ** -1.34
        return EPSILON_0 * self.permittivity * (plane + sides) * self.pitch
