"""Read noise of arrays whose inputs switch gates: conductances that differ from one read to the next.

A column between its bit line and its source line is a network of two terminals. A cell of conductance g that sees the
share a of the bias adds p · i · a to the current per relative change of g, where i is its current at that voltage:
Tellegen's theorem, with the voltage of the cell once in the read and once in the network of its differential
conductances. Near the bias a cell's current follows u^p, its differential one drops p times as much, and both together
give a^(2p).

The shares follow from the currents of the rows that are on, in bands of rows: nominal currents, brought to the current
that the column really carries, through the resistances of both lines.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.behavioral.bands import band_edges
from circuitsim.behavioral.residual import short
from circuitsim.nodal.grid import end_resistances
from circuitsim.nodal.surface import cell_law
from circuitsim.results import TileModel
from circuitsim.spec import by_value

_BANDS = 4
_LEAST = 1e-6  # ohm, of a segment: it keeps lines of no resistance regular
_STEP = 1e-3  # of the bias, over which the exponent of a cell is taken


@by_value
@dataclass(frozen=True, kw_only=True)
class GatedNoise:
    """Read noise of a tile's cells as it appears in the tile's currents. NumPy arrays.

    With x @ current = s and the share a_b = 1 − (x @ drop_b) · i_out / s of the bias that the cells of band b see,

        variance = Σ_b a_b^(4·exponent) · (x_b @ variance_b)       of the currents [A²].

    | field | shape and unit | meaning |
    |---|---|---|
    | variance | (rows, cols) [A²] | of the output, by each row that is on, without drops |
    | current | (rows, cols) [A] | of each row that is on, without drops |
    | drop | (bands, rows, cols) | share of the bias that cells of a band lose per row that is on, without drops |
    | exponent | (cols,) | p of the column's cells, weighted by their currents |
    | leak | (cols,) [A] | of the column with all rows off |
    | edges | | first row of each band, and the number of rows |
    """

    variance: np.ndarray
    current: np.ndarray
    drop: np.ndarray
    exponent: np.ndarray
    leak: np.ndarray
    edges: tuple[int, ...]


def gated_noise(model: TileModel, g: np.ndarray, sigma: np.ndarray) -> GatedNoise:
    """Return the read noise of the tile of a model with `array.input_line` "wl".

    Args:
        model: The model.
        g: Conductances (rows, cols) [S].
        sigma: Standard deviation of each (rows, cols) [S].
    """
    spec, on, off = model.spec, short(model.current_surface), model.off
    (v_ref, v_bias), (rows, cols) = spec.drive_range, spec.shape
    v_read = v_bias - v_ref

    def law(cell: Any, share: float) -> np.ndarray:
        """Return currents and currents per change of the conductance (2, rows, cols) at a share of the bias."""
        found = cell_law(cell, g, np.full(g.shape, v_ref + share * v_read), np.full(g.shape, v_ref))
        return np.array([found[0], found[3]])

    current, per_g = law(on, 1.0)
    leak = np.zeros(cols) if off is None else law(short(off), 1.0)[0].sum(axis=0)
    below = law(on, 1.0 - _STEP)[0]
    own = np.log(current / np.where(current > 0, below, 1.0), where=current > 0, out=np.zeros_like(g))
    p = own / -np.log1p(-_STEP)
    weight = np.maximum(current, np.finfo(float).tiny)
    variance = (sigma * per_g) ** 2
    edges = band_edges(rows, min(_BANDS, rows))
    resistance = _shared(model)  # (cols, rows, rows)
    seen = [
        np.einsum("ij,jik->jk", share / share.sum(axis=0), resistance[:, first:last])
        for first, last in itertools.pairwise(edges)
        for share in (variance[first:last] + np.finfo(float).tiny,)
    ]
    return GatedNoise(
        variance=variance,
        current=current,
        drop=np.array([part.T * current / v_read for part in seen]),
        exponent=(p * weight).sum(axis=0) / weight.sum(axis=0),
        leak=leak,
        edges=edges,
    )


def gated_sigma(noise: GatedNoise, x: Any, i_out: Any) -> Any:
    """Return the standard deviation (batch, cols) [A] of currents of inputs x (batch, rows), 0 or 1."""
    xp, device = array_api_compat.array_namespace(x), array_api_compat.device(i_out)

    def put(array: np.ndarray) -> Any:
        return xp.asarray(np.ascontiguousarray(array), dtype=i_out.dtype, device=device)

    nominal = x @ put(noise.current)
    nothing = nominal <= 0.0
    scale = xp.where(nothing, xp.zeros_like(nominal), (i_out - put(noise.leak)) / xp.where(nothing, 1.0, nominal))
    total = 0.0 * nominal
    for band, (first, last) in enumerate(itertools.pairwise(noise.edges)):
        share = 1.0 - (x @ put(noise.drop[band])) * scale
        share = xp.where(share < 0.0, xp.zeros_like(share), share)
        total = total + (x[:, first:last] @ put(noise.variance[first:last])) * share ** put(4.0 * noise.exponent)
    return xp.sqrt(total)


def _shared(model: TileModel) -> np.ndarray:
    """Return how much the drop of each cell rises per current of each other one (cols, rows, rows) [ohm].

    Both lines of a column count: the bit line from its drivers, the source line from its sense nodes.
    """
    wires = model.spec.wires
    assert wires.r_bl is not None  # inputs switch gates
    r_bl = wires.r_bl.astype(float)
    r_bl[[0, -1]] += wires.r_driver
    return _of_line(r_bl) + _of_line(end_resistances(wires)[1])


def _of_line(r: np.ndarray) -> np.ndarray:
    """Return the resistances (cols, rows, rows) [ohm] of a line (rows + 1, cols) whose ends are held."""
    g = 1.0 / np.maximum(r.T, _LEAST)  # 0 where a line is cut
    laplacian = np.zeros((len(g), g.shape[1] - 1, g.shape[1] - 1))
    place = np.arange(g.shape[1] - 1)
    laplacian[:, place, place] = g[:, :-1] + g[:, 1:]
    laplacian[:, place[1:], place[:-1]] = laplacian[:, place[:-1], place[1:]] = -g[:, 1:-1]
    return np.linalg.inv(laplacian)
