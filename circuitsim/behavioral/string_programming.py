"""Program a tile of strings: the laws of their cells turned around, voltage over current; no array is solved.

In a string of 1t1r cells the transistor lies beside the device: a row at 1 leaves the device alone, a row at 0 bypasses
it. The voltage of a selected cell is fitted by powers of the current, relative to itself, because it is next to
nothing where all rows are selected and almost the whole bias where one is. Each cell is taken at the height that it has
where the voltage falls evenly down the string; what lifts it from there matters to bypassed cells alone.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev

from circuitsim.behavioral.bands import band_edges
from circuitsim.behavioral.grades import StringForm
from circuitsim.behavioral.lane_columns import Put, filled
from circuitsim.behavioral.string_balance import BypassLaw
from circuitsim.behavioral.string_tile import StringTile
from circuitsim.errors import OutsideRangeError
from circuitsim.nodal.surface import cell_law
from circuitsim.results import CellSurface
from circuitsim.spec import WireGrid
from circuitsim.units import format_quantity, percent

_SAMPLES = 12  # voltages at which the law of a selected cell is fitted
_NODES = 12  # conductances at which these laws are fitted, and between which they are interpolated
_HEIGHTS, _CURRENTS = 5, 3  # points at which the law of a bypassed cell is fitted
HEIGHTS = 1e-2
"""Largest relative change of a selected cell's current from the lowest to the highest place of its string.

A ninth of it is the error of the tile's currents: 6 rows, 27 and 125 °C, 1e-4 to 3e-2."""
_STEPS = 5  # of Newton's method for the voltage of a bypassed cell, which is nearly a resistor


@dataclass(frozen=True)
class _Bias:
    """What all strings share: the bias v_read above the sense nodes at v_ref [V], and the number of rows."""

    v_read: float
    v_ref: float
    rows: int

    @property
    def pitch(self) -> float:
        """Voltage of a cell where the bias falls evenly down the string [V]."""
        return self.v_read / self.rows

    @property
    def below(self) -> np.ndarray:
        """(rows, 1) voltage below each cell then [V]."""
        return self.pitch * np.arange(self.rows)[::-1, None]

    def current(self, cell: CellSurface, g: np.ndarray, u: np.ndarray, w: np.ndarray) -> np.ndarray:
        """Return the currents [A] of cells that see u, with w below them [V]."""
        return self.law(cell, g, u, w)[0]

    def law(self, cell: CellSurface, g: np.ndarray, u: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the currents of cells [A] and their slopes in the upper voltage [S]."""
        g, u, w = np.broadcast_arrays(g, u, w)
        return cell_law(cell, g, u + w + self.v_ref, w + self.v_ref)[:2]


def string_tile(
    on: CellSurface,
    off: CellSurface,
    g: np.ndarray,
    wires: WireGrid,
    *,
    grade: int,
    form: StringForm,
    v_read: float,
    v_ref: float,
    put: Put,
) -> StringTile:
    """Program checked conductances (rows, cols) [S], all above 0; see `programming.program`.

    Args:
        on, off: Cells of rows at 1, the device alone, and at 0, bypassed.
        g: Conductances (rows, cols) [S].
        wires: Segment resistances [ohm].
        grade, form: Grade of the model and what the tile keeps.
        v_read, v_ref: Bias of the strings above the sense nodes, and voltage of these [V].
        put: Turns an array into one of the tile's namespace, dtype and device.

    Raises:
        OutsideRangeError: The current of a selected cell depends on its height by more than `HEIGHTS`.
    """
    rows, cols = g.shape
    bias, segments = _Bias(v_read, v_ref, rows), wires.r_col.astype(float)
    _check_heights(bias, on, g)
    below = segments[1:]
    coefficients, i_unit = _selected(bias, on, g, form.powers)
    unit = i_unit / v_read  # a resistance of 1 in the tile's units [S]
    coefficients[..., 0] += below * unit
    counts, conductance = _bypassed(bias, off, g, below, i_unit)
    ends = np.array([segments[0] + wires.r_driver, np.full(cols, wires.r_sense)])
    edges = band_edges(rows, min(form.bands, rows))
    bands = list(itertools.pairwise(edges))
    maps = [[*np.moveaxis(coefficients[first:last], -1, 0), counts[first:last]] for first, last in bands]
    return StringTile(
        grade=grade,
        form=StringForm(form.powers, len(bands)),
        rows=rows,
        cols=cols,
        v_read=v_read,
        v_ref=v_ref,
        i_unit=i_unit,
        edges=edges,
        maps=tuple(put(np.concatenate([filled(part) for part in parts], axis=1)) for parts in maps),
        counts=put(filled(np.stack([counts[first:last].sum(axis=0) for first, last in bands]))),
        law=put(filled(np.concatenate([conductance, ends * unit]), with_last=True)),
    )


def _check_heights(bias: _Bias, on: CellSurface, g: np.ndarray) -> None:
    """Refuse strings whose selected cells depend on the voltage below them: their transistors conduct with gates at 0.

    The smallest conductance of the matrix shows it most. What lifts the lowest cell lowers the current beside its
    device.
    """
    least = g.min()
    lowest, highest = bias.current(on, least, np.full(2, bias.pitch), np.array([0.0, bias.v_read - bias.pitch]))
    change = abs(float(lowest / highest) - 1.0)
    if change > HEIGHTS:
        raise OutsideRangeError(
            f"sense.v_ref = {bias.v_ref:g} V: the transistors of a string conduct beside its selected devices, so that "
            f"the current of a cell of {format_quantity(least, 'S')} changes by {percent(change)} with the voltage "
            f"below it, and a tile of strings holds up to {percent(HEIGHTS)}: use a higher v_ref, or level = 'nodal'"
        )


def _selected(bias: _Bias, on: CellSurface, g: np.ndarray, powers: int) -> tuple[np.ndarray, float]:
    """Fit V/v_read of each cell by powers of the current over its unit; return (rows, cols, powers) and the unit.

    Laws vary smoothly with the conductance: some are fitted, each row at its own height, the others lie between them.
    """
    low, high = np.log(on.g_range)
    nodes = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
    share = 0.5 * (1.0 - np.cos(np.pi * (np.arange(_SAMPLES) + 0.5) / _SAMPLES))
    u = bias.v_read * np.append(share, 1.0)
    w = np.minimum(bias.below[:, :, None], bias.v_read - u)
    current = bias.current(on, np.exp(0.5 * (low + high + (high - low) * nodes))[:, None], u, w)
    full = current[..., -1]  # with the whole bias across it
    x = (current[..., :-1] / full[..., None])[..., None]
    basis = x ** np.arange(1, powers + 1) / share[:, None]
    q, r = np.linalg.qr(basis)
    fitted = np.linalg.solve(r, q.sum(axis=-2)[..., None])[..., 0]  # (rows, nodes, powers): V/v_read ≈ Σ c·x^p
    table = np.concatenate([np.log(full)[..., None], fitted], axis=-1)
    inverse = np.linalg.inv(chebyshev.chebvander(nodes, _NODES - 1))
    between = chebyshev.chebvander((2.0 * np.log(g) - low - high) / (high - low), _NODES - 1)
    found = (between @ inverse) @ table
    log_full = found[..., 0]
    i_unit = float(np.exp(log_full.mean()))
    exponents = np.arange(1, powers + 1)
    return found[..., 1:] * np.exp((log_full.mean() - log_full)[..., None] * exponents), i_unit


def _bypassed(
    bias: _Bias, off: CellSurface, g: np.ndarray, below: np.ndarray, i_unit: float
) -> tuple[np.ndarray, np.ndarray]:
    """Describe bypassed cells with the wire segments below them.

    Returns:
        (rows, cols) the resistance of each against that of its column's mean cell at the same height, and the
        conductance of that cell, the fields of `BypassLaw` (5, cols) in the tile's units.
    """
    u, mean, wire = np.full((1, 1), bias.pitch), g.mean(axis=0), below.mean(axis=0)
    own, typical = (u / bias.current(off, each, u, bias.below) for each in (g, mean[None]))
    i_most = bias.v_read / (typical + wire).sum(axis=0)  # with every cell bypassed (cols,)
    height = 0.5 * (1.0 - np.cos(np.pi * (np.arange(_HEIGHTS) + 0.5) / _HEIGHTS))
    part = (np.arange(_CURRENTS) + 0.5) / _CURRENTS
    middle = 0.5 * bias.pitch + (bias.v_read - bias.pitch) * height[:, None, None]  # of cells, none beyond the ends
    current = i_most * part[:, None]  # (currents, cols)
    drop = current * typical.mean(axis=0)
    for _ in range(_STEPS):
        drop = np.minimum(drop, bias.pitch)  # more than this no cell sees with all bypassed
        found, slope = bias.law(off, mean, drop, middle - 0.5 * drop)
        drop = drop - (found - current) / slope
    conductance = 1.0 / (drop / current + wire)
    h, c = (middle / bias.v_read - 0.5)[:, :, 0], part
    terms = np.stack(np.broadcast_arrays(1.0 + 0.0 * h * c, h + 0.0 * c, h * h + 0.0 * c, c + 0.0 * h, h * c), axis=-1)
    law = np.linalg.pinv(terms.reshape(-1, len(BypassLaw._fields))) @ conductance.reshape(-1, g.shape[1])
    law[3:] *= i_unit / i_most
    return (own + below) / (typical + wire), law * (bias.v_read / i_unit)
