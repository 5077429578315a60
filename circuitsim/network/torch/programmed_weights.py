"""Weights as conductances that can be differentiated, whatever the mapping scheme."""

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from circuitsim.network.linear import LinearLayer
from circuitsim.network.mapping import Scheme, scheme_of
from circuitsim.network.programming import own_scale, tile_conductances, tile_weights
from circuitsim.network.tiling import TilePlace
from circuitsim.spec import ArraySpec


class ConductancesThrough(torch.autograd.Function):
    """Conductances (rows, cols) [S], float64, of the weights of a tile, mapped on the CPU, where the weights lie.

    The derivative of a cell by its weight is the slope of the mapping scheme on the side of the weight's sign; slices
    of a weight count with their slope from 0 to the largest weight, straight through their rounding. The weight that
    takes the whole range is held.
    """

    @staticmethod
    def forward(
        ctx: Any, weights: torch.Tensor, layer: LinearLayer, place: TilePlace, spec: ArraySpec, w_max: float
    ) -> torch.Tensor:
        """Map the weights (groups, inputs, outputs), which `layer` holds too."""
        ctx.layer, ctx.place, ctx.spec, ctx.w_max = layer, place, spec, w_max
        ctx.kind = {"dtype": weights.dtype, "device": weights.device}
        return torch.as_tensor(tile_conductances(layer, place, spec, w_max=w_max), device=weights.device)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: torch.Tensor) -> Any:
        """Return what the weights are due."""
        layer, place, spec = ctx.layer, ctx.place, ctx.spec
        on_cells = grad_outputs[0].detach().cpu().numpy()[place.row_part, place.col_part]
        given, scale = tile_weights(layer, place), own_scale(layer, place, spec)
        slopes = _slopes(scheme_of(spec))
        each = len(slopes[0])
        of_columns = [on_cells[:, column : each * given.shape[1] : each] for column in range(each)]
        rising, falling = (
            sum(cells * slope for cells, slope in zip(of_columns, slopes_of_sign, strict=True) if slope)
            for slopes_of_sign in slopes
        )
        due = np.where(given >= 0.0, rising, falling)
        due /= ctx.w_max if scale is None else scale
        return torch.as_tensor(_on_weights(due, layer, place), **ctx.kind), None, None, None, None


@lru_cache(maxsize=16)
def _slopes(scheme: Scheme) -> tuple[np.ndarray, np.ndarray]:
    """Return dg/dw (columns of an output,) [S] of a positive and of a negative weight, the largest weight being 1."""
    ends = scheme.conductances(np.array([[1.0], [0.0], [-1.0]]), w_max=1.0)[:, : scheme.columns_per_output]
    return ends[0] - ends[1], ends[1] - ends[2]


def _on_weights(due: np.ndarray, layer: LinearLayer, place: TilePlace) -> np.ndarray:
    """Put what the cells of a tile are due (rows in use, outputs of all groups) back onto (groups, inputs, outputs)."""
    if due.size == layer.weights.size and place.groups == place.rows_per_input == 1:
        return due[None]
    found = np.zeros(layer.weights.shape)
    if place.groups == place.rows_per_input == 1:
        found[place.group, slice(*place.inputs), slice(*place.outputs)] = due
        return found
    # A layer of numbers, one for each weight, tells which weight lies where, and with which sign.
    numbers = np.arange(1.0, found.size + 1.0).reshape(found.shape)
    at = tile_weights(replace(layer, weights=numbers), place)
    used = at != 0.0
    np.add.at(found.reshape(-1), np.abs(at[used]).astype(int) - 1, due[used] * np.sign(at[used]))
    return found
