"""Exact array solver: the circuit of the netlist, solved with the characterized cell."""

from circuitsim.nodal.linear import (
    LinearArray,
    NodeVoltages,
    Transfer,
    linear_network,
    solve,
    solve_adjoint,
    transfer,
)
from circuitsim.nodal.surface import cell_current, cell_current_and_slopes, contract, ohmic

__all__ = [
    "LinearArray",
    "NodeVoltages",
    "Transfer",
    "cell_current",
    "cell_current_and_slopes",
    "contract",
    "linear_network",
    "ohmic",
    "solve",
    "solve_adjoint",
    "transfer",
]
