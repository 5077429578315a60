"""Choose the bias points at which a cell is characterized, and write the deck that sweeps them.

The deck has one cell per conductance, all between the same two sources. An index sweeps a list of bias points: the
tensor grids of the forward and the reverse side, the held-out points, and one point at full scale in each direction.
A device with two states has no other conductances: then there are two cells, and the held-out points are biases alone.
"""

from dataclasses import dataclass

import numpy as np

from circuitsim.characterization.chebyshev import nodes
from circuitsim.devices import has_two_states
from circuitsim.netlist import cell_text, index_deck
from circuitsim.netlist.cell import CellElement
from circuitsim.netlist.names import number
from circuitsim.nodal.surface import conductance_nodes
from circuitsim.spec import ArraySpec

HELD_OUT_G = 5
HELD_OUT_BIAS = 80


@dataclass(frozen=True)
class Sweep:
    """Bias points of one characterization.

    Attributes:
        grid: Nodes in (conductance, |U|, smaller voltage).
        g_scale: Scale of the conductance coordinate t = g / (g + g_scale) [S].
        g: (n_t + HELD_OUT_G,) conductances, those of the grid first [S]; with two states, each of them twice.
        u, m: (n_u · n_m,) |v_bl − v_sl| and min(v_bl, v_sl) on the tensor grid [V].
        v_bl, v_sl: (points,) forward grid, reverse grid, held-out, and the two full-scale points [V].
    """

    grid: tuple[int, int, int]
    g_scale: float
    g: np.ndarray
    u: np.ndarray
    m: np.ndarray
    v_bl: np.ndarray
    v_sl: np.ndarray

    @property
    def held_out(self) -> slice:
        """Indices of the held-out points."""
        return slice(2 * len(self.u), len(self.v_bl) - 2)


def plan(
    spec: ArraySpec,
    v_range: tuple[float, float],
    g_scale: float,
    grid: tuple[int, int, int],
    g_range: tuple[float, float] | None = None,
) -> Sweep:
    """Choose the bias points of a grid; every grid has the same held-out points.

    Args:
        spec: The array.
        v_range: Range of the voltages [V].
        g_scale: Scale of the conductance coordinate [S].
        grid: Nodes in (conductance, |U|, smaller voltage).
        g_range: Range of the conductances [S]; None: g_min to g_max.
    """
    low, high = v_range
    least, most = g_range or (spec.device.g_min, spec.device.g_max)
    u, m = (
        axis.ravel() for axis in np.meshgrid(nodes(grid[1], 0, high - low), nodes(grid[2], low, high), indexing="ij")
    )
    # Halton points fill the square of both voltages, including reverse currents; the first point is its corner.
    held_out_bl, held_out_sl = voltages_between(v_range, HELD_OUT_BIAS)
    if has_two_states(spec):
        grid, g = (2, *grid[1:]), np.array([most, least, most, least])
    else:
        # A range that reaches down to almost 0 S needs no decades of held-out points where there is no current.
        held_out = np.geomspace(max(least, spec.device.g_min / 10), most, HELD_OUT_G)
        g = np.concatenate([conductance_nodes(grid[0], (least, most), g_scale), held_out])
    return Sweep(
        grid=grid,
        g_scale=g_scale,
        g=g,
        u=u,
        m=m,
        v_bl=np.concatenate([m + u, m, held_out_bl, [high, low]]),
        v_sl=np.concatenate([m, m + u, held_out_sl, [low, high]]),
    )


def deck(
    spec: ArraySpec,
    stored: np.ndarray,
    v_bl: np.ndarray,
    v_sl: np.ndarray,
    *,
    v_gate: float | None = None,
    alone: CellElement | None = None,
) -> str:
    """Write the deck that sweeps cells over the bias points and saves `i(vs_k)` of each cell k.

    Args:
        spec: The array.
        stored: What each cell stores (cells,): conductances [S], or states in the unit of the card.
        v_bl, v_sl: Voltages of bit line and source line (points,) [V].
        v_gate: Gate voltage [V]; None: that of a selected row.
        alone: The part of the cell to sweep, as in `netlist.cell.cell_text`; None: the cell.
    """
    gate = (spec.v_gate if v_gate is None else v_gate) or 0.0
    head = [
        "* characterization of one cell",
        f"* {len(stored)} conductances, {len(v_bl)} bias points, gate {gate:g} V, {spec.array.temperature_c:g} degC",
        cell_text(spec, alone=alone).text.rstrip(),
        f".temp {number(spec.array.temperature_c)}",
    ]
    voltages = {"wl": np.full(len(v_bl), gate), "bl": v_bl, "sl": v_sl}
    body = []
    for k, value in enumerate(stored):
        body += [f"vs_{k} s_{k} sl 0", f"x_{k} bl wl s_{k} 0 cell g={number(value)}"]
    return index_deck(head, voltages, body, [f"i(vs_{k})" for k in range(len(stored))])


def voltages_between(v_range: tuple[float, float], count: int) -> np.ndarray:
    """Return Halton points (2, count) [V] that fill the square of both voltages, without its corner."""
    low, high = v_range
    return np.array([low + (high - low) * van_der_corput(count + 1, base)[1:] for base in (2, 3)])


def van_der_corput(count: int, base: int) -> np.ndarray:
    """Return the first points (count,) of the van der Corput sequence in 0 … 1; two prime bases make Halton points.

    They are those of `scipy.stats.qmc.Halton` without scrambling, whose import takes a tenth of a first read.
    """
    points, left, digit = np.zeros(count), np.arange(count), 1.0 / base
    while np.any(left):
        points += (left % base) * digit
        left, digit = left // base, digit / base
    return points
