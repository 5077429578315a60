"""Resistance that the cells of a column share: how far a current into one row lowers the voltage across another's cell.

With inputs on the gates a column is a circuit of its own: a bit line behind its drivers and a source line before its
sense nodes, joined by a cell in each row. A current that a cell takes at row l lowers the voltage between the two lines
at row k by (R_bl + R_sl)[k, l].
"""

from dataclasses import dataclass

import numpy as np

from circuitsim.behavioral.bands import band_edges
from circuitsim.errors import SpecError
from circuitsim.spec import WireGrid

_ROUNDS = 60  # of the fit of own resistances; its error falls by a constant factor each time
_WORST_CONDITION = 1e5  # of the shared resistances: reads in float32 lose five digits to it


@dataclass(frozen=True)
class LineMoments:
    """Resistances of a column as a few moments of its currents, in bands of rows, and one number for each row.

    R ≈ basis · shared · basisᵀ + diag(own), where the basis of each band holds Legendre polynomials of the position in
    the band. Along a wire R[k, l] is linear in k and in l on either side of k = l: two moments describe what bands do
    to each other exactly, and the kink within a band goes mostly into `own`.

    Attributes:
        edges: First row of each band, and the number of rows.
        moments: Polynomials in each band, of degree 0 to moments − 1.
        basis: (rows, bands · moments), dimensionless.
        shared: (bands · moments, bands · moments) [ohm].
        own: (rows,) resistance in series with each cell alone [ohm].
    """

    edges: tuple[int, ...]
    moments: int
    basis: np.ndarray
    shared: np.ndarray
    own: np.ndarray


def column_resistances(wires: WireGrid) -> tuple[np.ndarray, np.ndarray]:
    """Return R_bl and R_sl (rows, rows) [ohm] of the columns, end resistances included.

    Raises:
        SpecError: Segments differ between columns, or a line is interrupted or has no used end.
    """
    assert wires.r_bl is not None
    for name, r in (("r_bl", wires.r_bl), ("r_col", wires.r_col)):
        if not np.array_equal(r, np.broadcast_to(r[:, :1], r.shape)):
            raise SpecError(
                f"wire.{name} differs between columns: the behavioral model takes equal columns where inputs are on "
                "the gates; expected one value per row, or level = 'nodal'"
            )
    return _one_line(wires.r_bl[:, 0], wires.r_driver), _one_line(wires.r_col[:, 0], wires.r_sense)


def _one_line(segments: np.ndarray, r_end: float) -> np.ndarray:
    """Return the voltage at each row per current into each other row of one line (rows, rows) [ohm]."""
    if not np.isfinite(segments[1:-1]).all() or not np.isfinite(segments[[0, -1]]).any():
        raise SpecError("wire.r_bl or wire.r_col interrupts a column: expected finite segments between its cells")
    from_top = segments[0] + r_end + np.concatenate([[0.0], np.cumsum(segments[1:-1])])
    from_bottom = segments[-1] + r_end + np.concatenate([[0.0], np.cumsum(segments[-2:0:-1])])[::-1]
    if np.isinf(segments[-1]):
        return np.minimum.outer(from_top, from_top)
    if np.isinf(segments[0]):
        return np.minimum.outer(from_bottom, from_bottom)
    total = from_top[0] + from_bottom[0]
    if total == 0:
        return np.zeros((len(from_top), len(from_top)))
    return np.minimum.outer(from_top, from_top) * np.minimum.outer(from_bottom, from_bottom) / total


def line_moments(resistance: np.ndarray, bands: int, moments: int) -> LineMoments | None:
    """Fit the moments to resistances (rows, rows) [ohm], as many bands and moments as the rows and wires bear.

    Returns:
        The moments; None where the lines have no resistance.
    """
    rows = len(resistance)
    if not resistance.any():
        return None
    moments = min(moments, rows)
    bands = max(1, min(bands, rows // moments))
    for count, degree in ((bands, moments), (1, moments), (1, 1)):
        fitted = _fitted(resistance, band_edges(rows, count), degree)
        if np.linalg.cond(fitted.shared) < _WORST_CONDITION:
            return fitted
    return fitted  # one number cannot be ill-conditioned


def _fitted(resistance: np.ndarray, edges: tuple[int, ...], moments: int) -> LineMoments:
    """Fit basis · shared · basisᵀ to everything off the diagonal, and own to what is left on it."""
    basis = _basis(edges, moments)
    inverse = np.linalg.pinv(basis)
    own = np.zeros(len(resistance))
    for _ in range(_ROUNDS):
        shared = inverse @ (resistance - np.diag(own)) @ inverse.T
        own = np.diag(resistance) - np.einsum("kp,pq,kq->k", basis, shared, basis)
    shared = inverse @ (resistance - np.diag(own)) @ inverse.T
    return LineMoments(edges, moments, basis, 0.5 * (shared + shared.T), own)


def _basis(edges: tuple[int, ...], moments: int) -> np.ndarray:
    """Return Legendre polynomials (rows, bands · moments) of the position within each band, zero in the others."""
    basis = np.zeros((edges[-1], (len(edges) - 1) * moments))
    for band, (first, last) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        basis[first:last, band * moments : (band + 1) * moments] = moments_of(last - first, moments)
    return basis


def moments_of(rows: int, count: int) -> np.ndarray:
    """Return the first Legendre polynomials (rows, count) at the middles of equal cells between −1 and 1."""
    return np.polynomial.legendre.legvander((2 * np.arange(rows) + 1) / rows - 1, count - 1)
