"""Derivatives of an array's currents by its conductances, what wires do to other cells included.

With U_k;ab the voltage across cell (a, b) per volt at input k, and H_j;ab the current that output j gains per ampere of
further current from row node to column node there (the adjoint), the matrix W of the linear array obeys

    ∂W_kj / ∂g_ab = U_k;ab · H_j;ab,

of rank one in k and j. A loss with the derivative D_kj = ∂L/∂W_kj, which a batch gathers in one product, therefore has

    ∂L/∂g_ab = Σ_k U_k;ab · (Σ_j D_kj H_j;ab):

two products, whatever the batch, and no solve.

Source: S. W. Director, R. A. Rohrer, "The generalized adjoint network and network sensitivities", IEEE Transactions on
    Circuit Theory 16(3), 1969.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from circuitsim import nodal
from circuitsim.behavioral import reference_conductance
from circuitsim.behavioral.tile_parts import inputs_about_rest, tile_wires
from circuitsim.results import TileModel

_STEP = 1e-4  # relative, of a central difference of a smooth function of one conductance


@dataclass(frozen=True, eq=False)
class LinearResponses:
    """The responses of the linear array, for `∂L/∂g`.

    Attributes:
        voltage: (rows k, cells) U, per volt at input k.
        output: (cols j, cells) H, per ampere.
        slope: (cells,) derivative of the reference conductance by the conductance.
        shape: (rows, cols).
    """

    voltage: torch.Tensor
    output: torch.Tensor
    slope: torch.Tensor
    shape: tuple[int, int]

    def due(self, by_matrix: torch.Tensor) -> torch.Tensor:
        """Return ∂L/∂g (rows, cols), float64, of ∂L/∂W (rows, cols)."""
        gathered = by_matrix.to(self.output.dtype) @ self.output
        return ((self.voltage * gathered).sum(dim=0).double() * self.slope).reshape(self.shape)


def linear_response(
    model: TileModel, g: np.ndarray, dtype: torch.dtype, device: torch.device | str = "cpu"
) -> LinearResponses:
    """Return the responses of the linear array of a model at conductances g (rows, cols) [S], on a device."""
    (v_low, v_high), v_ref = inputs_about_rest(model), model.spec.sense.v_ref

    def reference(at: np.ndarray) -> np.ndarray:
        return reference_conductance(model.current_surface, at, v_low, v_high, v_ref)

    found = nodal.transfer(tile_wires(model), reference(g))
    difference = reference(g * (1 + _STEP)) - reference(g * (1 - _STEP))
    slope = np.where(g > 0, difference / np.where(g > 0, 2 * _STEP * g, 1.0), 0.0)
    across = (found.row_voltage - found.col_voltage).reshape(len(g), -1)
    return LinearResponses(
        torch.as_tensor(across, dtype=dtype, device=device),
        torch.as_tensor(found.output_per_current.reshape(g.shape[1], -1), dtype=dtype, device=device),
        torch.as_tensor(slope.ravel(), dtype=torch.float64, device=device),
        (g.shape[0], g.shape[1]),
    )


class MatrixThrough(torch.autograd.Function):
    """The matrix of a linear tile, whose derivative by the conductances is that of the whole array."""

    @staticmethod
    def forward(ctx: Any, g: torch.Tensor, matrix: torch.Tensor, responses: LinearResponses) -> torch.Tensor:
        """Return the matrix (rows, cols) [S] that belongs to g (rows, cols) [S]."""
        del g
        ctx.responses = responses
        return matrix.clone()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: torch.Tensor) -> Any:
        """Return what the conductances are due."""
        return ctx.responses.due(grad_outputs[0]), None, None


class CellsThrough(torch.autograd.Function):
    """Zeros (batch, cols) whose derivative by the conductances is that of the exact array's currents.

    Every vector takes one solve of the array and one adjoint one, on the CPU; derivatives return to the inputs' device.
    """

    @staticmethod
    def forward(ctx: Any, g: torch.Tensor, v_in: torch.Tensor, array: Any) -> torch.Tensor:
        """Return zeros of the shape of the currents of v_in (batch, rows) [V]."""
        ctx.array, ctx.v_in, ctx.device = array, v_in.detach().cpu().double().numpy(), v_in.device
        return v_in.new_zeros(len(v_in), g.shape[1])

    @staticmethod
    def backward(ctx: Any, *grad_outputs: torch.Tensor) -> Any:
        """Return what the conductances are due."""
        found = nodal.sensitivity(ctx.array, ctx.v_in, grad_outputs[0].detach().cpu().double().numpy())
        return torch.as_tensor(found.g.sum(axis=0), device=ctx.device), None, None
