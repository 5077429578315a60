"""Exact array solver: the circuit of the netlist, solved with the characterized cell."""

from circuitsim.nodal.array import TOLERANCE, PreparedArray, prepare
from circuitsim.nodal.linear import (
    LinearArray,
    NodeVoltages,
    Transfer,
    linear_network,
    solve,
    solve_adjoint,
    transfer,
)
from circuitsim.nodal.reading import effective_matrix, read
from circuitsim.nodal.surface import cell_current, cell_current_and_slopes, ohmic, slope_in_g

__all__ = [
    "TOLERANCE",
    "LinearArray",
    "NodeVoltages",
    "PreparedArray",
    "Transfer",
    "cell_current",
    "cell_current_and_slopes",
    "effective_matrix",
    "linear_network",
    "ohmic",
    "prepare",
    "read",
    "slope_in_g",
    "solve",
    "solve_adjoint",
    "transfer",
]
