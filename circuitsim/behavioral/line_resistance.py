"""Resistance that the cells of a column share: how far a current into one row lowers the voltage across another's cell.

With inputs on the gates a column is a circuit of its own: a bit line behind its drivers and a source line before its
sense nodes, joined by a cell in each row. A current that a cell takes at row l lowers the voltage between the two lines
at row k by (R_bl + R_sl)[k, l].
"""

import itertools
from dataclasses import dataclass

import numpy as np

from circuitsim.behavioral.bands import band_edges
from circuitsim.errors import SpecError
from circuitsim.nodal.straps import line_conductances
from circuitsim.spec import WireGrid

_ROUNDS = 60  # of the fit of own resistances; its error falls by a constant factor each time
_SEPARATE = 3  # moments of a band of which the last one can be separated
_JOINED = 1e-6  # ohm, of a segment of 0 ohm below a strap: nothing beside any other
_NEGLIGIBLE = 1e-9  # of the largest entry of C: a third moment that meets others by less is alone
_WORST_CONDITION = 1e9  # of C: reads in float64 lose as much of their sixteen digits


@dataclass(frozen=True)
class LineMoments:
    """Resistances of a column as a few moments of its currents, in bands of rows, and one number for each row.

    R ≈ basis · C · basisᵀ + diag(own), where the basis of each band holds polynomials of the position in the band.
    Along a uniform wire R[k, l] is linear in k and in l on either side of k = l: two moments describe what bands do to
    each other exactly, and the kink within a band goes into its third moment and `own`. The third polynomial is
    P_2 + mixed_0·P_0 + mixed_1·P_1, so that its moment meets no other one in C.

    Attributes:
        edges: First row of each band, and the number of rows.
        moments: Polynomials in each band, of degree 0 to moments − 1.
        coupled: The first moments of each band that C couples to those of other bands: all, or all but the third.
        basis: (rows, bands · moments), dimensionless.
        shared: (bands · coupled, bands · coupled) the part of C of these [ohm].
        lone: (bands,) the entry of C of each third moment [ohm]; empty where all are coupled.
        mixed: (bands, 2) see above; empty where all are coupled.
        own: (rows,) resistance in series with each cell alone [ohm].
    """

    edges: tuple[int, ...]
    moments: int
    coupled: int
    basis: np.ndarray
    shared: np.ndarray
    lone: np.ndarray
    mixed: np.ndarray
    own: np.ndarray

    @property
    def condition(self) -> float:
        """Largest over smallest resistance among the coupled moments: rounding grows by it."""
        return float(np.linalg.cond(self.shared))

    @property
    def inverse(self) -> np.ndarray:
        """C⁻¹ (bands · moments, bands · moments) [S]."""
        bands, count = len(self.edges) - 1, self.moments
        whole = np.zeros((bands, count, bands, count))
        inverse = np.linalg.inv(self.shared)
        whole[:, : self.coupled, :, : self.coupled] = (0.5 * (inverse + inverse.T)).reshape(
            bands, self.coupled, bands, self.coupled
        )
        if len(self.lone):
            whole[range(bands), -1, range(bands), -1] = 1.0 / self.lone
        return whole.reshape(bands * count, bands * count)


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
    along_bl, along_sl = _one_line(wires.r_bl[:, 0], wires.r_driver), _one_line(wires.r_col[:, 0], wires.r_sense)
    if wires.strap_col is not None:
        segments = np.maximum(wires.r_col[:, 0], _JOINED)
        along_sl = np.linalg.inv(line_conductances(segments[None], wires.r_sense, wires.strap_col)[0][0])
    return along_bl, along_sl


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
        if fitted.condition < _WORST_CONDITION:
            return fitted
    return fitted  # one number cannot be ill-conditioned


def _fitted(resistance: np.ndarray, edges: tuple[int, ...], moments: int) -> LineMoments:
    """Fit basis · C · basisᵀ to everything off the diagonal, and own to what is left on it."""
    basis = _basis(edges, moments)
    inverse = np.linalg.pinv(basis)
    own = np.zeros(len(resistance))
    for _ in range(_ROUNDS):
        whole = inverse @ (resistance - np.diag(own)) @ inverse.T
        own = np.diag(resistance) - np.einsum("kp,pq,kq->k", basis, whole, basis)
    whole = inverse @ (resistance - np.diag(own)) @ inverse.T
    whole = 0.5 * (whole + whole.T)
    if moments < _SEPARATE:
        return LineMoments(edges, moments, moments, basis, whole, np.zeros(0), np.zeros((0, 2)), own)
    return _separated(edges, basis, whole, own)


def _separated(edges: tuple[int, ...], basis: np.ndarray, whole: np.ndarray, own: np.ndarray) -> LineMoments:
    """Mix the third moment of each band with the others so that C does not couple it; leave it where bands share it."""
    bands = len(edges) - 1
    parts = whole.reshape(bands, _SEPARATE, bands, _SEPARATE)
    third = parts[:, -1].copy()  # (bands, other bands, moments)
    within = third[range(bands), range(bands)]
    third[range(bands), range(bands)] = 0.0
    lone = within[:, -1].copy()
    if np.abs(third).max() > _NEGLIGIBLE * np.abs(whole).max() or lone.min() <= 0:
        return LineMoments(edges, _SEPARATE, _SEPARATE, basis, whole, np.zeros(0), np.zeros((0, 2)), own)
    mixed = within[:, :-1] / lone[:, None]
    shared = parts[:, :-1, :, :-1].copy()
    shared[range(bands), :, range(bands)] -= mixed[:, :, None] * mixed[:, None, :] * lone[:, None, None]
    polynomials = basis.reshape(-1, bands, _SEPARATE).copy()
    polynomials[:, :, -1] += np.einsum("kbp,bp->kb", polynomials[:, :, :-1], mixed)
    size = bands * (_SEPARATE - 1)
    mixing = polynomials.reshape(len(basis), -1)
    return LineMoments(edges, _SEPARATE, _SEPARATE - 1, mixing, shared.reshape(size, size), lone, mixed, own)


def _basis(edges: tuple[int, ...], moments: int) -> np.ndarray:
    """Return Legendre polynomials (rows, bands · moments) of the position within each band, zero in the others."""
    basis = np.zeros((edges[-1], (len(edges) - 1) * moments))
    for band, (first, last) in enumerate(itertools.pairwise(edges)):
        basis[first:last, band * moments : (band + 1) * moments] = moments_of(last - first, moments)
    return basis


def moments_of(rows: int, count: int) -> np.ndarray:
    """Return the first Legendre polynomials (rows, count) at the middles of equal cells between −1 and 1."""
    return np.polynomial.legendre.legvander((2 * np.arange(rows) + 1) / rows - 1, count - 1)
