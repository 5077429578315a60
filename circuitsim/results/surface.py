"""Current of one cell as a smooth function with an error bound."""

from dataclasses import dataclass, field, replace

import numpy as np

from circuitsim.results.content_digest import content_digest
from circuitsim.results.provenance import Provenance
from circuitsim.spec import FrozenMapping, by_value


@by_value
@dataclass(frozen=True)
class SeriesTransistor:
    """Current of the transistor in series with a device, i(v_mid, v_sl) from ngspice, at fixed gate voltage.

    With U = v_mid − v_sl and m = min(v_mid, v_sl) the current is i = U · k(|U|, m), on the box of the cell's voltages.

    Attributes:
        forward: (n_u, n_m) Chebyshev coefficients of k for U ≥ 0 [S].
        reverse: (n_u, n_m) coefficients of k for U < 0 [S].
    """

    forward: np.ndarray
    reverse: np.ndarray


@by_value
@dataclass(frozen=True)
class CellSurface:
    """Current of one cell i(g, v_bl, v_sl) from ngspice, at fixed gate voltage and temperature.

    With U = v_bl − v_sl and m = min(v_bl, v_sl), the current from bit line to source line is

        i = (g + g_parallel) · U · k(t, |U|, m),   t = g / (g + g_scale), or ln g where g_scale = 0,

    where g is the chord conductance of the device, whatever the device stores, and k is a tensor product of Chebyshev
    polynomials on the box t(g_range) × [0, u_max] × m_range, with each coordinate mapped to [−1, 1]. Forward (U ≥ 0)
    and reverse current have separate tensors: the second derivative of a MOSFET jumps at U = 0, and the error of one
    polynomial across it is four orders of magnitude larger.

    Where the transistor saturates, the current of a cell bends within kT/q of a voltage that depends on g and m, and no
    polynomial follows. Such a surface has a second form, which `transistor` states: the tensors are those of the device
    alone, which does not depend on m, and the voltage between the two is where both carry the same current.

    Attributes:
        forward: (n_t, n_u, n_m) coefficients of k for U ≥ 0, dimensionless.
        reverse: (n_t, n_u, n_m) coefficients of k for U < 0, dimensionless.
        g_range: Range of conductances in which the surface holds [S]; g = 0 (an open cell, no current) is also allowed.
        g_scale: Scale of the conductance coordinate [S]; 0: it is ln g, for decades of a transistor's state.
        u_max: Largest |U| [V].
        m_range: Range of the smaller of the two voltages [V].
        bound: Largest error on held-out points, forward and reverse, relative to `i_max`.
        i_max: Largest |i| among the characterized points within the input range [A].
        provenance: Origin: deck, simulator, options. Its `spec_digest` is None, because a surface belongs to a cell and
            not to an array; `deck_digest` covers the cell, its files, its bias points and its temperature.
        cell: The keys of the cell that was characterized, from `spec.cell_keys`; empty for a function that belongs to
            no specification, such as `nodal.ohmic`. The mapping is frozen.
        two_states: The device has two states, the ends of g_range: the surface holds for no conductance between them.
        g_parallel: Conductance of what is beside the device, the bypass of a cell in a string [S]; 0 in all other
            cells. With it k hardly depends on g, over decades of g.
        bound_over_g: Largest error on held-out points, relative to (g + g_parallel) · u_max; of a cell of little
            conductance it says more than `bound`. None: not known.
        transistor: The transistor in series with the device that the tensors describe, g_parallel being 0; None: the
            tensors describe the whole cell.
    """

    forward: np.ndarray
    reverse: np.ndarray
    g_range: tuple[float, float]
    g_scale: float
    u_max: float
    m_range: tuple[float, float]
    bound: float
    i_max: float
    provenance: Provenance
    cell: dict[str, str] = field(default_factory=FrozenMapping)
    two_states: bool = False
    g_parallel: float = 0.0
    bound_over_g: float | None = None
    transistor: SeriesTransistor | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "cell", FrozenMapping(self.cell))

    @property
    def digest(self) -> str:
        """SHA-256 of everything on which the currents of the surface depend."""
        numbers = (self.g_range, self.g_scale, self.g_parallel, self.u_max, self.m_range)
        series = () if self.transistor is None else (self.transistor,)
        return content_digest((self.forward, self.reverse, *numbers, *series))

    def times(self, factor: float) -> "CellSurface":
        """Return the surface of a cell that carries `factor` times the current at all voltages."""
        series = self.transistor
        if series is not None:
            series = SeriesTransistor(series.forward * factor, series.reverse * factor)
        return replace(self, forward=self.forward * factor, reverse=self.reverse * factor, transistor=series)
