"""Exact array solver: the circuit of the netlist, solved with the characterized cell."""

from circuitsim.nodal.abilities import SETTLES, SIMULATES
from circuitsim.nodal.array import MOST_PASSES, TOLERANCE, PreparedArray, terminal_matrices
from circuitsim.nodal.blocks import sweep_batch
from circuitsim.nodal.charge import ChargeArray, charge_outputs
from circuitsim.nodal.compensation import Compensation, compensate
from circuitsim.nodal.gated import GatedArray, NodalArray, vary
from circuitsim.nodal.linear import (
    LinearArray,
    NodeVoltages,
    Transfer,
    factorize,
    linear_array,
    solve_adjoint,
    solve_linear,
    transfer,
)
from circuitsim.nodal.power import PowerBreakdown, power_breakdown
from circuitsim.nodal.preparation import prepare
from circuitsim.nodal.reading import effective_matrix, read
from circuitsim.nodal.sense import read_with_sense
from circuitsim.nodal.sensitivity import Sensitivity, sensitivity
from circuitsim.nodal.surface import cell_current, cell_current_and_slopes, ohmic, slope_in_g
from circuitsim.nodal.transient import step_response
from circuitsim.nodal.varied_cells import VariedCells

__all__ = [
    "MOST_PASSES",
    "SETTLES",
    "SIMULATES",
    "TOLERANCE",
    "ChargeArray",
    "Compensation",
    "GatedArray",
    "LinearArray",
    "NodalArray",
    "NodeVoltages",
    "PowerBreakdown",
    "PreparedArray",
    "Sensitivity",
    "Transfer",
    "VariedCells",
    "cell_current",
    "cell_current_and_slopes",
    "charge_outputs",
    "compensate",
    "effective_matrix",
    "factorize",
    "linear_array",
    "ohmic",
    "power_breakdown",
    "prepare",
    "read",
    "read_with_sense",
    "sensitivity",
    "slope_in_g",
    "solve_adjoint",
    "solve_linear",
    "step_response",
    "sweep_batch",
    "terminal_matrices",
    "transfer",
    "vary",
]
