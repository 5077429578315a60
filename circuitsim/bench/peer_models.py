"""Published models of an array: the ideal product, and three closed forms for resistive wires.

Each model is one matrix w, with i_out = v_in @ w, for ohmic cells, row drivers on the left and sense amplifiers at the
bottom. A cell with a transistor is represented by its conductance over the range of the inputs.

`dmr` and `alpha_beta` treat a wire as a ladder whose cells all see the voltage at its far end. With segments r, a
driver resistance r_out, and cells k = 0, 1, … counted from the driver, the wire voltage at cell n is

    v_n / v_driver = (1 + r Σ_{k>n} (k − n)·g_k) / (1 + r Σ_k (k + 1)·g_k + r_out Σ_k g_k).

The two models differ in the conductances g_k.
"""

import numpy as np

from circuitsim.spec import WireGrid


def ideal(wires: WireGrid, g: np.ndarray) -> np.ndarray:
    """Return the matrix of the ideal product: no wire, driver or sense resistance.

    Args:
        wires: Resistances of an array with drivers on the left and sense amplifiers at the bottom [ohm]; ignored here.
        g: Cell conductances (rows, cols) [S].

    Returns:
        Matrix w (rows, cols) [S].
    """
    del wires
    return g


def jeong(wires: WireGrid, g: np.ndarray) -> np.ndarray:
    """Put each cell in series with its wires, as if all cells drew the same current; arguments as in `ideal`.

    1/w = 1/g + A + B. A is the sum of resistance · (number of cells that it feeds) over the driver and the row
    segments up to the cell; B is the same sum along the column, down to the sense amplifier.

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
    """Use one ladder of mean conductances for all rows and one for all columns; arguments as in `ideal`.

    w_ij = g_ij · b_j · a_i. b_j is the ladder of a row with the mean conductance of each column, a_i that of a column
    with the mean conductance of each row.

    Source: the model called DMR in public comparisons. The formula was derived here; the original paper was not read.
    """
    by_col = np.broadcast_to(g.mean(axis=0), g.shape)
    by_row = np.broadcast_to(g.mean(axis=1)[:, None], g.shape)
    return g * _along_rows(wires, by_col) * _along_cols(wires, by_row)


def alpha_beta(wires: WireGrid, g: np.ndarray) -> np.ndarray:
    """Use for each row and column the ladder of its conductances; arguments as in `ideal`.

    w_ij = g_ij · α_ij · β_ij, with α from row i and β from column j.

    Source: the model called αβ in public comparisons. The formula was derived here; the original paper was not read.
    """
    return g * _along_rows(wires, g) * _along_cols(wires, g)


def _along_rows(wires: WireGrid, g: np.ndarray) -> np.ndarray:
    """Return the share of the driver voltage at each cell (rows, cols) of row wires driven on the left."""
    r_row, _ = _ends(wires)
    beyond = np.cumsum(g[:, ::-1], axis=1)[:, ::-1]  # conductance at and beyond each cell
    drops = np.cumsum((r_row * beyond)[:, ::-1], axis=1)[:, ::-1]  # from a segment to the far end
    after = np.concatenate([drops[:, 1:], np.zeros((len(g), 1))], axis=1)
    return (1.0 + after) / (1.0 + drops[:, :1] + wires.r_driver * beyond[:, :1])


def _along_cols(wires: WireGrid, g: np.ndarray) -> np.ndarray:
    """Return the same share along column wires, with the sense amplifiers at the bottom in place of drivers."""
    _, r_col = _ends(wires)
    upright = WireGrid(
        r_row=np.concatenate([r_col[::-1].T, np.full((g.shape[1], 1), np.inf)], axis=1),
        r_col=wires.r_col,
        r_driver=wires.r_sense,
    )
    return _along_rows(upright, g[::-1].T).T[::-1]


def _ends(wires: WireGrid) -> tuple[np.ndarray, np.ndarray]:
    """Return each cell's segment towards the driver and towards the sense amplifier, both (rows, cols) [ohm]."""
    r_row, r_col = wires.r_row[:, :-1], wires.r_col[1:]
    if not (np.isfinite(r_row).all() and np.isfinite(r_col).all()):
        raise ValueError("peer models need drivers on the left and sense amplifiers at the bottom of whole wires")
    return r_row, r_col


MODELS = {"ideal": ideal, "jeong": jeong, "dmr": dmr, "alpha beta": alpha_beta}
