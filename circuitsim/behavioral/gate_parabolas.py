"""What every column of gated cells is to a tile: its lines, and each of its cells as a parabola of the column's drop.

The shared resistances come from the wires alone. What the moments leave of the wires at a cell (`LineMoments.own`) is a
resistance in series with it, which carries the cell's own current: it is there whenever the row is on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev

from circuitsim.behavioral.column_balance import Lines
from circuitsim.behavioral.grades import GatedForm
from circuitsim.behavioral.line_resistance import LineMoments, column_resistances, line_moments
from circuitsim.behavioral.row_law_kernels import evaluate_rows
from circuitsim.errors import InputError
from circuitsim.nodal.surface import cell_law, unit_conductance, unit_nodes
from circuitsim.nodal.surface_chords import row_laws
from circuitsim.results import CellSurface
from circuitsim.spec import WireGrid

_TERMS = (12, 20, 32)  # in u of the cells of a row, tried in this order
_ROUNDING = 1e-12  # last terms [of the largest] after which more change nothing
_POINTS = 5  # voltages at which a cell's parabola is fitted
_MARGIN = 1.08  # drops that cells are fitted for, against those with all rows on
_LEAST = 0.02  # of v_read: smallest voltage across a cell that is fitted for
_SINGLE = 2e3  # condition of the wires up to which float32 is within some 1e-5 of full scale
_FLOOR = 1e-3  # of v_read: smallest drop that is fitted for


@dataclass(frozen=True)
class GatedColumn:
    """What all columns share.

    Attributes:
        form: What the tile keeps: a column of few rows has fewer bands, and one without resistance none.
        v_read, v_ref: Bias above the sense nodes, and their voltage [V].
        moments: The shared resistances; None: there are none.
        share: (rows,) part of the drop that lies on the source line.
    """

    form: GatedForm
    v_read: float
    v_ref: float
    moments: LineMoments | None
    share: np.ndarray

    @property
    def own(self) -> np.ndarray:
        """(rows, 1) resistance in series with each cell [ohm]."""
        return np.zeros((len(self.share), 1)) if self.moments is None else self.moments.own[:, None]

    def current(self, cell: CellSurface, g: np.ndarray, u: np.ndarray) -> np.ndarray:
        """Return the currents of cells (rows, cols, …) [A] behind own resistances, with voltages u across both [V]."""
        own, share, beside = (a.reshape(*a.shape, *[1] * (u.ndim - 2)) for a in (self.own, self.share[:, None], g))
        w = share * (self.v_read - u) + self.v_ref
        if cell.transistor is None and u.ndim > 2:
            current, slope = self._by_rows(cell, g, u)
        else:
            current, slope, _, _ = cell_law(cell, beside, u + w, w)
        return current / (1.0 + own * slope)  # to first order: it takes a thousandth of the voltage

    def _by_rows(self, cell: CellSurface, g: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what `cell_law` does at voltages (rows, cols, points) [V]: currents and slopes in v_bl.

        Along a row the source line follows u: what a surface with thousands of terms says there, two dozen terms in g
        and a few in u say to rounding.
        """
        low, high = float(u.min()), float(u.max())
        middle, half = 0.5 * (low + high), 0.5 * max(high - low, 1e-3 * self.v_read)
        laws = []
        for count in (*_TERMS, max(_TERMS[-1], sum(cell.forward.shape[1:]))):
            at = middle + half * unit_nodes(count)
            series = np.linalg.inv(chebyshev.chebvander(unit_nodes(count), count - 1))
            w = self.share[:, None] * (self.v_read - at) + self.v_ref
            laws = [law @ series.T for law in row_laws(cell, at, w)]
            if all(np.abs(law[:, :, -2:]).max() <= _ROUNDING * np.abs(law).max() for law in laws):
                break
        in_t = chebyshev.chebvander(unit_conductance(cell, g), len(cell.forward) - 1)
        at, beside = (u - middle) / half, np.where(g > 0, g + cell.g_parallel, 0.0)
        current, slope = np.empty_like(u), np.empty_like(u)
        value, steep = (np.ascontiguousarray(law) for law in laws)
        evaluate_rows(value, steep, in_t, beside, at, current, slope)
        return current, slope

    def drop(self, slopes: np.ndarray) -> np.ndarray:
        """Return the drops (rows, cols) [V] of ohmic cells (rows, cols) [S]."""
        if self.moments is None:
            return np.zeros_like(slopes)
        basis = self.moments.basis
        system = self.moments.inverse + np.einsum("kp,kj,kq->jpq", basis, slopes, basis, optimize=True)
        driven = self.v_read * (basis.T @ slopes).T
        return basis @ np.linalg.solve(system, driven[..., None])[..., 0].T

    def lowest(self, most: np.ndarray, voltage: np.ndarray) -> np.ndarray:
        """Return the smallest voltages (rows, cols) [V] that cells are fitted for.

        Args:
            most: Their drops with all rows on [V].
            voltage: Typical ones across them [V].
        """
        most = np.maximum(_MARGIN * most, _FLOOR * self.v_read)  # a column of open cells has no drop
        return np.minimum(np.maximum(self.v_read - most, _LEAST * self.v_read), voltage)


def gated_column(
    form: GatedForm, wires: WireGrid, g: np.ndarray, *, v_read: float, v_ref: float, single: bool = False
) -> GatedColumn:
    """Describe the columns of a tile.

    Args:
        form: What the tile may keep.
        wires: Segment resistances [ohm].
        g: Conductances (rows, cols) [S].
        v_read, v_ref: Bias of the bit lines above the sense nodes, and voltage of these [V].
        single: Whether the tile computes in float32.

    Raises:
        SpecError: The wires differ between columns or interrupt one.
        InputError: float32 would lose more than the model errs.
    """
    along_bl, along_sl = column_resistances(wires)
    form, moments = _borne(form, along_bl + along_sl)
    if single and not form.linear and moments is not None and moments.condition > _SINGLE:
        raise InputError(
            "dtype = 'float32': driver.r_out and sense.r_in are so much larger than a wire segment that its rounding "
            "would exceed the error of the model; expected 'float64'"
        )
    return GatedColumn(form, v_read, v_ref, moments, _source_line_share(along_bl, along_sl, g))


def borne_form(form: GatedForm, wires: WireGrid) -> GatedForm:
    """Return what a tile of this form keeps: a column of few rows has fewer bands, and one without resistance none."""
    along_bl, along_sl = column_resistances(wires)
    return _borne(form, along_bl + along_sl)[0]


def _borne(form: GatedForm, resistance: np.ndarray) -> tuple[GatedForm, LineMoments | None]:
    """Return what a tile of this form keeps, and the moments of its lines."""
    moments = line_moments(resistance, max(1, form.bands), max(1, form.moments))
    if moments is None or form.linear:
        return GatedForm(), moments
    return GatedForm(len(moments.edges) - 1, moments.moments), moments


def _source_line_share(along_bl: np.ndarray, along_sl: np.ndarray, g: np.ndarray) -> np.ndarray:
    """Return the part of the drop at each row that lies on the source line, for ohmic cells of the mean column."""
    mean = g.mean(axis=1)
    both = (along_bl + along_sl) @ mean
    return np.where(both > 0, along_sl @ mean / np.where(both > 0, both, 1.0), 0.0)


def cell_parabolas(
    column: GatedColumn, cell: CellSurface, g: np.ndarray, voltage: np.ndarray, lowest: np.ndarray
) -> list[np.ndarray]:
    """Fit the currents of cells by c0 + c1·e + c2·e² of e = u − voltage, three arrays (rows, cols) [A, A/V, A/V²]."""
    unit = np.cos(np.pi * (np.arange(_POINTS) + 0.5) / _POINTS)
    middle, half = 0.5 * (column.v_read + lowest), 0.5 * (column.v_read - lowest)
    values = column.current(cell, g, middle[..., None] + half[..., None] * unit) @ np.linalg.pinv(np.vander(unit, 3)).T
    curved, sloped, flat = np.moveaxis(values, -1, 0)  # of (u − middle) / half
    at, per_volt = (voltage - middle) / half, 1.0 / half
    return [flat + at * (sloped + at * curved), (sloped + 2.0 * at * curved) * per_volt, curved * per_volt**2]


def line_numbers(moments: LineMoments) -> Lines:
    """Return the wires as plain numbers."""
    bands, coupled = len(moments.edges) - 1, moments.coupled
    whole = moments.inverse.reshape(bands, moments.moments, bands, moments.moments)
    inverse = whole[:, :coupled, :, :coupled].reshape(bands * coupled, bands * coupled)
    gain = inverse[:, ::coupled].sum(axis=1).reshape(bands, coupled)
    lone = np.column_stack([1.0 / moments.lone, moments.mixed])
    return Lines(
        inverse=tuple(inverse[np.triu_indices(len(inverse))].tolist()),
        lone=tuple(map(tuple, lone.tolist())),
        gain=tuple(map(tuple, gain.tolist())),
    )
