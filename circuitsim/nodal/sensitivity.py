"""Derivatives of the column currents with respect to conductances and inputs, by one adjoint solve a vector."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from circuitsim.errors import InputError
from circuitsim.nodal.array import TOLERANCE
from circuitsim.nodal.gated import NodalArray, on_bit_lines
from circuitsim.nodal.linear import factorize
from circuitsim.nodal.reading import read
from circuitsim.nodal.surface import cell_law
from circuitsim.results import Solution
from circuitsim.spec import Count, Tolerance, by_value, check_inputs, checked, real_numbers


@by_value
@dataclass(frozen=True)
class Sensitivity:
    """Derivatives of a weighted sum of the outputs, L = Σ_b weights[b] · i_out[b].

    Attributes:
        g: (batch, rows, cols) dL/dg of each vector's part of L [unit of L per S]; their sum is the derivative of L.
        v_in: (batch, rows) dL/dv_in [unit of L per V].
        solution: The read that they hold at.
    """

    g: np.ndarray
    v_in: np.ndarray
    solution: Solution


@checked
def sensitivity(
    array: NodalArray, v_in: np.ndarray, weights: np.ndarray, *, tol: Tolerance = TOLERANCE, threads: Count = 1
) -> Sensitivity:
    """Differentiate weighted column currents with respect to every conductance and every input.

    Args:
        array: From `prepare`.
        v_in: Inputs (batch, rows) [V].
        weights: Weights of the column currents (batch, cols); for a loss, its derivative with respect to them.
        tol, threads: Of the read, see `read`.

    Raises:
        InputError: The shapes do not fit, or the input switches gates.
        OutsideRangeError, NotConvergedError: As `read`.

    Valid for: open cells too where they are ohmic; a characterized cell does not reach g = 0 and is given derivative 0.
    """
    array = on_bit_lines(array, "sensitivity")
    v_in = check_inputs(array.spec, v_in, name="v_in")
    solution = read(array, v_in, nodes=True, tol=tol, threads=threads)
    weights = real_numbers("weights", weights)
    if weights.shape != solution.out.shape:
        raise InputError(f"weights have shape {weights.shape}: expected (batch, cols) = {solution.out.shape}")
    assert solution.v_row is not None and solution.v_col is not None
    on_cells = (np.moveaxis(v, 0, -1) for v in (solution.v_row, solution.v_col))
    laws = np.array(cell_law(array.surface, array.g[:, :, None], *on_cells))
    if array.skips:
        asleep = (v_in == array.spec.sense.v_ref).T[:, None]
        on_cells = (np.moveaxis(v, 0, -1) for v in (solution.v_row, solution.v_col))
        off = np.zeros(1) if array.off is None else np.array(cell_law(array.off, array.g[:, :, None], *on_cells))
        laws = np.where(asleep, off, laws)
    _, along_bl, along_sl, along_g = (np.moveaxis(value, -1, 0) for value in laws)
    grid = array.factored.grid
    to_g, to_input = np.empty(along_g.shape), np.empty((len(weights), grid.rows))
    matrix, factor = array.factored.matrix, array.factored.factor
    for index, weight in enumerate(weights):
        if array.surface is not None:
            matrix = sparse.csr_matrix(grid.wires + grid.cells(along_bl[index], -along_sl[index]))
            factor = factorize(grid, matrix)
        # Potential of a node: what a current into it adds to L. The sense nodes' are the weights.
        potential = np.concatenate([np.zeros(grid.free + grid.rows), weight])
        if factor is not None:
            potential[: grid.free] = factor.solve(-(matrix.T @ potential)[: grid.free], trans="T")
        to_g[index] = (potential[grid.col_node] - potential[grid.row_node]) * along_g[index]
        to_input[index] = -(matrix.T @ potential)[grid.free : grid.free + grid.rows]
    return Sensitivity(to_g, to_input, solution)
