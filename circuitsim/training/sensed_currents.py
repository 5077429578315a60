"""What sense amplifiers that are circuits make of column currents, differentiated at the solution."""

from typing import Any

import numpy as np
import torch

from circuitsim import behavioral
from circuitsim.behavioral import Tile
from circuitsim.periphery import drop_and_slope
from circuitsim.results import SenseTable

_PASSES = 6  # over the coupling of columns; each leaves a small share of the one before


class SensedThrough(torch.autograd.Function):
    """Outputs (batch, cols) of sense amplifiers for currents (batch, cols) [A] behind a constant resistance.

    The settled currents I obey I + w·(drop(I) − r_sense·I) = I0, with w the admittance of the columns (see
    `behavioral.settle`), hence dI/dI0 = (1 + w·diag(slope − r_sense))⁻¹: its transpose is applied to what comes back.
    The slope of the residual currents of tiles of several products is left out. Currents are settled on the CPU, where
    that is compiled; outputs and derivatives return to their device.
    """

    @staticmethod
    def forward(ctx: Any, i_out: torch.Tensor, tile: Tile) -> torch.Tensor:
        """Settle and report."""
        sense = tile.sense
        assert sense is not None  # the caller asks only then
        settled = behavioral.settle(tile, i_out.detach().cpu().numpy(), sense)
        ctx.tile = tile
        ctx.save_for_backward(torch.as_tensor(settled, device=i_out.device))
        return torch.as_tensor(behavioral.reported_outputs(sense, settled), device=i_out.device)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: torch.Tensor) -> Any:
        """Return what the currents are due."""
        (settled,), tile, sense = ctx.saved_tensors, ctx.tile, ctx.tile.sense
        due = grad_outputs[0] * _gain(sense, settled)
        if sense.current is None or tile.w_port is None:
            return due, None
        extra = drop_and_slope(sense, settled)[1] - tile.r_sense
        own = np.diag(tile.w_port).copy()  # torch takes no array that cannot be written
        of = {"dtype": due.dtype, "device": due.device}
        others = torch.as_tensor(tile.w_port - np.diag(own), **of)
        steep = 1.0 + torch.as_tensor(own, **of) * extra
        found = due / steep
        for _ in range(_PASSES):
            found = (due - extra * (found @ others)) / steep
        return found, None


def _gain(sense: SenseTable, current: torch.Tensor) -> torch.Tensor | float:
    """Return by how much the output changes per ampere into an amplifier."""
    if sense.reported is None or sense.current is None:
        return sense.gain
    order = np.argsort(sense.current)
    points, slopes = sense.current[order], np.diff(sense.reported[order]) / np.diff(sense.current[order])
    at = np.clip(np.searchsorted(points, current.cpu().numpy(), side="right") - 1, 0, len(slopes) - 1)
    return torch.as_tensor(slopes[at], dtype=current.dtype, device=current.device)
