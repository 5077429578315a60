"""Exact array solver: the circuit of the netlist, solved with the characterized cell."""

from circuitsim.nodal.abilities import SIMULATES
from circuitsim.nodal.array import TOLERANCE, PreparedArray, prepare
from circuitsim.nodal.compensation import Compensation, compensate
from circuitsim.nodal.gated import GatedArray, prepare_gated, read_gated
from circuitsim.nodal.linear import (
    LinearArray,
    NodeVoltages,
    Transfer,
    linear_network,
    solve,
    solve_adjoint,
    transfer,
)
from circuitsim.nodal.power import PowerBreakdown, power_breakdown
from circuitsim.nodal.reading import effective_matrix, read
from circuitsim.nodal.sense import read_with_sense
from circuitsim.nodal.sensitivity import Sensitivity, sensitivity
from circuitsim.nodal.surface import cell_current, cell_current_and_slopes, ohmic, slope_in_g
from circuitsim.nodal.transient import StepResponse, step_response

__all__ = [
    "SIMULATES",
    "TOLERANCE",
    "Compensation",
    "GatedArray",
    "LinearArray",
    "NodeVoltages",
    "PowerBreakdown",
    "PreparedArray",
    "Sensitivity",
    "StepResponse",
    "Transfer",
    "cell_current",
    "cell_current_and_slopes",
    "compensate",
    "effective_matrix",
    "linear_network",
    "ohmic",
    "power_breakdown",
    "prepare",
    "prepare_gated",
    "read",
    "read_gated",
    "read_with_sense",
    "sensitivity",
    "slope_in_g",
    "solve",
    "solve_adjoint",
    "step_response",
    "transfer",
]
