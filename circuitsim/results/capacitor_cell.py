"""A charge-domain cell as characterization found it: a capacitor behind a resistance between two lines."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial import chebyshev

from circuitsim.results.content_digest import content_digest
from circuitsim.results.provenance import Provenance
from circuitsim.spec import by_value


@by_value
@dataclass(frozen=True)
class CapacitorCell:
    """The linear network of a cell, for every programmed capacitance.

    Between bit line and source line lies a capacitor c in series with a resistance, which charges with the time
    constant τ; each line carries a capacitance to ground besides.

    Attributes:
        coefficients: (4, n) Chebyshev coefficients over the programmed range of c [F], τ [s], and the capacitances from
            bit line and source line to ground [F].
        g_range: Smallest and largest programmed capacitance [F].
        bound: Largest error of an admittance on held-out capacitances, voltages and frequencies, relative to the
            largest of the same frequency.
        provenance: Origin.
    """

    coefficients: np.ndarray
    g_range: tuple[float, float]
    bound: float
    provenance: Provenance

    def parts(self, g: np.ndarray) -> np.ndarray:
        """Return c [F], τ [s], and both capacitances to ground [F] of cells (4, …) programmed to g [F]; 0 is open."""
        low, high = self.g_range
        unit = (2 * np.asarray(g, dtype=float) - low - high) / (high - low) if high > low else np.zeros(np.shape(g))
        values = np.array([chebyshev.chebval(unit, row) for row in self.coefficients])
        return np.where(np.asarray(g) > 0, values, 0.0)

    @property
    def digest(self) -> str:
        """SHA-256 of everything on which the charges of the cell depend."""
        return content_digest((self.coefficients, self.g_range))

    def times(self, factor: float) -> "CapacitorCell":
        """Return the cell with `factor` times the capacitance between its lines, behind the same resistance."""
        scale = np.array([factor, factor, 1.0, 1.0])[:, None]  # τ is the resistance times c
        return replace(self, coefficients=self.coefficients * scale)
