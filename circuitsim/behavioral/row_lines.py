"""The row wires of an array for solving rows with given columns: chains of segments, or lines with straps."""

from dataclasses import dataclass

import numpy as np

from circuitsim.behavioral.field_kernels import eliminate_chains, sum_inverses
from circuitsim.nodal.grid import end_resistances
from circuitsim.nodal.straps import line_conductances
from circuitsim.spec import WireGrid

_MERGED, _BROKEN = 1e-5, 1e12  # ohm


@dataclass(frozen=True, eq=False)
class RowLines:
    """Conductances between the cells of each row and its source.

    A 0 ohm segment counts as 10 µΩ and a broken one as 1 TΩ: no cell's current changes, and every pivot is finite.

    Attributes:
        link: (rows, cols + 1) of the segments, driver included [S].
        matrix: (rows, cols, cols) current that leaves each cell's node per volt at each, the source at 0 V [S]; None
            where rows are chains of `link` alone.
        feed: (rows, cols) current into each cell's node per volt at the source [S].
    """

    link: np.ndarray
    matrix: np.ndarray | None
    feed: np.ndarray

    def leaving(self, v_row: np.ndarray, source: np.ndarray) -> np.ndarray:
        """Return the currents (rows, cols, many) [A] that wires take from nodes at v_row, sources at (many,) [V]."""
        if self.matrix is not None:
            return self.matrix @ v_row - self.feed[:, :, None] * source
        away = np.zeros(v_row.shape)
        away[:, 0] += self.link[:, 0, None] * (v_row[:, 0] - source)
        away[:, -1] += self.link[:, -1, None] * (v_row[:, -1] - source)
        along = self.link[:, 1:-1, None] * (v_row[:, :-1] - v_row[:, 1:])
        away[:, :-1] += along
        away[:, 1:] -= along
        return away

    def solved(self, load: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return the voltages (rows, cols, many) [V] for currents `right` into the nodes [A], sources at 0 V.

        Args:
            load: (rows, cols) or (rows, cols, many) conductances from the nodes [S].
            right: (rows, cols, many).
        """
        if self.matrix is None:
            return solve_chain(load, self.link, right)
        each, found = np.arange(self.matrix.shape[1]), np.empty(right.shape)
        for a, matrix in enumerate(self.matrix):
            if load.ndim == 2:
                found[a] = np.linalg.solve(matrix + np.diag(load[a]), right[a])
                continue
            many = np.repeat(matrix[None], right.shape[2], axis=0)
            many[:, each, each] += load[a].T
            found[a] = np.linalg.solve(many, right[a].T[:, :, None])[:, :, 0].T
        return found

    def summed(self, load: np.ndarray, weight: np.ndarray, push: np.ndarray) -> np.ndarray:
        """Return Σ_a weight[a, j]·(voltage at node j of row a per ampere into its node l)·push[a, l] as (cols, cols).

        Args:
            load: (rows, cols) conductances from the nodes [S].
            weight, push: (rows, cols).
        """
        out = np.zeros((load.shape[1], load.shape[1]))
        if self.matrix is None:
            sum_inverses(load, self.link, weight, push, out)
            return out
        for matrix, here, left, right in zip(self.matrix, load, weight, push, strict=True):
            out += left[:, None] * np.linalg.inv(matrix + np.diag(here)) * right
        return out


def lines_of_rows(wires: WireGrid) -> RowLines:
    """Return the row wires of an array."""
    r_row, _ = end_resistances(wires)
    link = 1.0 / np.clip(r_row, _MERGED, _BROKEN)
    if wires.strap_row is not None:
        r_row = np.maximum(wires.r_row, _MERGED)
        return RowLines(link, *line_conductances(r_row, wires.r_driver, wires.strap_row))
    return chains_of_rows(link)


def chains_of_rows(link: np.ndarray) -> RowLines:
    """Return row wires that are chains of segments `link` (rows, cols + 1), end resistances included [S]."""
    feed = np.zeros((len(link), link.shape[1] - 1))
    feed[:, 0] += link[:, 0]
    feed[:, -1] += link[:, -1]
    return RowLines(link, None, feed)


def solve_chain(load: np.ndarray, link: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve many chains of nodes at once: load·v + Σ link·(v − v of the neighbor, 0 beyond the ends) = right.

    Args:
        load: (chains, nodes) or (chains, nodes, many) conductances from the nodes [S].
        link: (chains, nodes + 1) conductances of the segments, those beyond both end nodes included [S].
        right: (chains, nodes, many) currents into the nodes [A].

    Returns:
        (chains, nodes, many) node voltages v [V].
    """
    v, behind = right.copy(), (load if load.ndim == 3 else load[:, :, None]).copy()
    eliminate_chains(behind, np.ascontiguousarray(link), np.empty_like(behind), v)
    return v
