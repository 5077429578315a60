"""What others use in place of an array: the ideal product, and three closed forms for resistive wires.

All of them are one matrix, i_out = v_in @ w, for ohmic cells, row drivers on the left and sense amplifiers at the
bottom. A cell with a transistor takes part with its conductance over the range of the inputs.

The closed forms share one idea, a ladder whose cells all see the voltage at its far end: the wire's voltage at cell n
then is to the driver's as (1 + r Σ_{k beyond n} (k − n)·g_k) to (1 + r Σ_k (k + 1)·g_k), and a driver's resistance adds
r_out·Σ g_k to the latter. They differ in the conductances that they put there.
"""

import numpy as np

from circuitsim.spec import WireGrid


def ideal(wires: WireGrid, g: np.ndarray) -> np.ndarray:
    """The plain product: no wires, no driver, no sense resistance.

    Args:
        wires: Resistances of an array with drivers on the left and sense amplifiers at the bottom [ohm].
        g: Cell conductances (rows, cols) [S].

    Returns:
        (rows, cols) [S].
    """
    del wires
    return g


def jeong(wires: WireGrid, g: np.ndarray) -> np.ndarray:
    """Each cell in series with what its wires would drop if all cells drew its current; arguments as in `ideal`.

    1/w = 1/g + A + B, with A = Σ over the row segments up to the cell of r · (cells beyond), B likewise down the
    column.

    Source: Jeong, Zidan, Lu, Parasitic Effect Analysis in Memristor-Array-Based Neuromorphic Systems, IEEE Trans.
    Nanotechnol. 17, 184 (2018), in the per-cell form that public comparisons of such models use.
    """
    rows, cols = g.shape
    r_row, r_col = _ends(wires)
    along_row = np.cumsum(r_row * np.arange(cols, 0, -1), axis=1)
    along_col = np.cumsum((r_col * np.arange(1, rows + 1)[:, None])[::-1], axis=0)[::-1]
    series = along_row + along_col + wires.r_driver * cols + wires.r_sense * rows
    return g / (1.0 + g * series)


def dmr(wires: WireGrid, g: np.ndarray) -> np.ndarray:
    """Every row takes the mean column's ladder, every column the mean row's; arguments as in `ideal`.

    w = a_i · g · b_j, b from the mean conductance of each column, a from that of each row.

    Source: the model called DMR in public comparisons; formula as stated above, derived anew. Its paper was not seen.
    """
    by_col = np.broadcast_to(g.mean(axis=0), g.shape)
    by_row = np.broadcast_to(g.mean(axis=1)[:, None], g.shape)
    return g * _along_rows(wires, by_col) * _along_cols(wires, by_row)


def alpha_beta(wires: WireGrid, g: np.ndarray) -> np.ndarray:
    """Every row and column takes the ladder of its own conductances; arguments as in `ideal`.

    w = α_ij · g · β_ij.

    Source: the model called αβ in public comparisons; formula as stated above, derived anew. Its paper was not seen.
    """
    return g * _along_rows(wires, g) * _along_cols(wires, g)


def _along_rows(wires: WireGrid, g: np.ndarray) -> np.ndarray:
    """Share of the drive that reaches each cell (rows, cols) along its row wire, driven on the left."""
    r_row, _ = _ends(wires)
    beyond = np.cumsum(g[:, ::-1], axis=1)[:, ::-1]  # conductance at and beyond each cell: what its segment carries
    drops = np.cumsum((r_row * beyond)[:, ::-1], axis=1)[:, ::-1]  # from the driver's end of a segment to the far end
    after = np.concatenate([drops[:, 1:], np.zeros((len(g), 1))], axis=1)
    return (1.0 + after) / (1.0 + drops[:, :1] + wires.r_driver * beyond[:, :1])


def _along_cols(wires: WireGrid, g: np.ndarray) -> np.ndarray:
    """The same along the column wires, towards the sense amplifiers at the bottom."""
    _, r_col = _ends(wires)
    upright = WireGrid(
        r_row=np.concatenate([r_col[::-1].T, np.full((g.shape[1], 1), np.inf)], axis=1),
        r_col=wires.r_col,
        r_driver=wires.r_sense,
    )
    return _along_rows(upright, g[::-1].T).T[::-1]


def _ends(wires: WireGrid) -> tuple[np.ndarray, np.ndarray]:
    """Segment towards the driver, and towards the sense amplifier, of each cell (rows, cols) [ohm]."""
    r_row, r_col = wires.r_row[:, :-1], wires.r_col[1:]
    if not (np.isfinite(r_row).all() and np.isfinite(r_col).all()):
        raise ValueError("peer models need drivers on the left and sense amplifiers at the bottom of whole wires")
    return r_row, r_col


MODELS = {"ideal": ideal, "jeong": jeong, "dmr": dmr, "alpha beta": alpha_beta}
