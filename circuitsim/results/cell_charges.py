"""Charges of one cell, or of a part of it, as smooth functions of its voltages, with an error bound."""

from dataclasses import dataclass

import numpy as np

from circuitsim.results.content_digest import content_digest
from circuitsim.results.provenance import Provenance
from circuitsim.results.surface import CellSurface
from circuitsim.spec import by_value


@by_value
@dataclass(frozen=True)
class CellCharges:
    """Charge that each terminal of a cell takes up, from ngspice, at fixed gate voltage and temperature.

    The current into a terminal is its current at rest plus dq/dt of its charge q(g, v_bl, v_sl), which is a tensor
    product of Chebyshev polynomials in the coordinates of `CellSurface`: the conductance coordinate t = g / (g +
    g_scale), |U| with U = v_bl − v_sl, and m = min(v_bl, v_sl). Charges of MOSFETs are continuous at U = 0, their
    capacitances jump there, so that each side has its tensors. What the terminals do not take, the bulk takes. The
    charge at U = 0 and the lowest m counts as 0.

    Attributes:
        forward: (3, n_t, n_u, n_m) coefficients for U ≥ 0 of the charges into bit line, source line and gate [C].
        reverse: The same for U < 0.
        g_range: Range of the conductances [S].
        g_scale: Scale of the conductance coordinate [S].
        v_range: Range of both voltages [V]: that of m, and |U| reaches its width.
        c_max: Largest capacitance |dq/dv| among the characterized points [F].
        bound: Largest error of a capacitance on held-out points, relative to `c_max`. It includes capacitances that are
            no slope of a charge, as those of a node within the cell behind a nonlinear resistance are.
        lag: Time constant with which the cell takes up its charge [s], the largest at the characterized points. The
            charge is that of a cell at rest; an array that settles within many times `lag` does not tell the two apart.
        provenance: Origin: deck, simulator, options.
    """

    forward: np.ndarray
    reverse: np.ndarray
    g_range: tuple[float, float]
    g_scale: float
    v_range: tuple[float, float]
    c_max: float
    bound: float
    lag: float
    provenance: Provenance

    @property
    def digest(self) -> str:
        """SHA-256 of everything on which the charges depend."""
        return content_digest((self.forward, self.reverse, self.g_range, self.g_scale, self.v_range))


@by_value
@dataclass(frozen=True)
class CellPart:
    """What carries current and takes up charge between two nodes.

    Attributes:
        surface: Its current at rest; None: the ohmic i = g u.
        charges: Its charges; None: it has no capacitance.
    """

    surface: CellSurface | None
    charges: CellCharges | None


@by_value
@dataclass(frozen=True)
class SwitchedAccess:
    """Access transistor from gate off to gate on, from ngspice: current and charges over gate, drain and source.

    Values at the nodes of a grid: the gate over `gate_range`, |U| of drain over source from 0 V to the width of
    `v_range`, equally spaced in asinh(|U|/u_scale), and the smaller voltage over `v_range`. Between the nodes cubic
    splines follow the logarithm of the conductance, which a gate that is off changes by many decades, down to
    `k_floor`, and the charges.

    Attributes:
        gate_range: Gate voltages at the first and the last node [V], beyond those of gate off and gate on.
        v_range: Range of drain and source voltage [V].
        u_scale: Scale of |U| [V].
        k: (2, gates, n_u, n_m) current over U [S], forward and reverse.
        k_floor: Conductance [S] that is nothing: what conducts less is right by as much.
        q: (2, gates, 3, n_u, n_m) charges of drain, source and gate [C], forward and reverse.
        c_max: Largest capacitance among the characterized points [F].
        current_bound: Largest error of the current at biases between the nodes, relative to the largest current there.
        leak_bound: Largest error of the current with the gate off, relative to this current and that of `k_floor`.
        bound: Largest error of a capacitance, relative to `c_max`; charges that a gate moves are better.
        provenance: Origin: deck, simulator, options.
    """

    gate_range: tuple[float, float]
    v_range: tuple[float, float]
    u_scale: float
    k: np.ndarray
    k_floor: float
    q: np.ndarray
    c_max: float
    current_bound: float
    leak_bound: float
    bound: float
    provenance: Provenance


@by_value
@dataclass(frozen=True)
class CellDynamics:
    """A cell in time: the whole cell as one part, or the device and its access transistor with the node between them.

    The node within a 1t1r cell is kept because it follows the lines with a delay of its own, which one set of charges
    for the whole cell could not describe.

    Attributes:
        upper: The whole cell, or the device between bit line and transistor.
        access: The transistor between device and source line, with its gate on; None: `upper` is the whole cell.
        cell: The keys of the cell that was characterized, from `spec.cell_keys`.
        switched: The transistor from gate off to gate on, where the input switches gates; `access` is None then.
    """

    upper: CellPart
    access: CellPart | None
    cell: dict[str, str]
    switched: SwitchedAccess | None = None

    @property
    def bound(self) -> float:
        """Largest error of a capacitance of a part, relative to its largest capacitance."""
        return max((part.charges.bound for part in self.parts if part.charges is not None), default=0.0)

    @property
    def lag(self) -> float:
        """Longest time constant that the parts leave out [s]."""
        return max((part.charges.lag for part in self.parts if part.charges is not None), default=0.0)

    @property
    def parts(self) -> tuple[CellPart, ...]:
        """The parts from bit line to source line."""
        return (self.upper,) if self.access is None else (self.upper, self.access)
