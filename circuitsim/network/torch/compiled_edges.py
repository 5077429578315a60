"""The compiled edges of a tile as functions that torch differentiates."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from circuitsim.network.inputs import ROUNDING
from circuitsim.network.mapping import Differential, scheme_of
from circuitsim.network.tiling import TilePlace
from circuitsim.network.torch.edge_kernels import drive_inputs, due_to_currents, due_to_inputs, pair_numbers
from circuitsim.results import ConverterTable
from circuitsim.spec import ArraySpec


@dataclass(frozen=True)
class Edge:
    """What the compiled edges need of a layer's converters.

    Attributes:
        signs: Sign of each phase.
        activation_max: Activation at full scale.
        v_read, v_ref: Voltage at full scale above that of 0, and that of 0 [V].
        dac_top, adc_top: Largest codes; 0 without a converter.
        lsb: Of the ADC [A]; 1 without one.
        scale: Products of numbers per ampere.
    """

    signs: tuple[float, ...]
    activation_max: float
    v_read: float
    v_ref: float
    dac_top: int
    adc_top: int
    lsb: float
    scale: float


def edge_is_plain(
    spec: ArraySpec, places: tuple[TilePlace, ...], dac: ConverterTable | None, adc: ConverterTable | None
) -> bool:
    """Tell whether the edges of a layer can be compiled: ideal converters, pairs of columns, a row for each input."""
    ideal = all(table is None or (table.inl is None and not table.block) for table in (dac, adc))
    mapped = type(scheme_of(spec)) is Differential and spec.mapping.scale in (None, "layer")
    alone = all(place.groups == place.rows_per_input == 1 for place in places)
    return ideal and mapped and alone and spec.mapping.inputs != "differential"


class RowsThrough(torch.autograd.Function):
    """Voltages (phases, vectors, inputs) [V] of activations (vectors, inputs); see `drive_rows`."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, edge: Edge) -> torch.Tensor:
        """Drive each phase."""
        ctx.edge, top = edge, edge.dac_top
        x = x.contiguous()
        ctx.save_for_backward(x)
        driven = torch.empty(len(edge.signs), *x.shape, dtype=x.dtype)
        at_most = max(top, 1)
        drive_inputs(
            x.detach().numpy().reshape(-1), np.array(edge.signs), at_most / edge.activation_max, top,
            edge.v_read / at_most, edge.v_ref, driven.numpy().reshape(len(edge.signs), -1),
        )  # fmt: skip
        return driven

    @staticmethod
    def backward(ctx: Any, *grad_outputs: torch.Tensor) -> Any:
        """Straight through inside the range."""
        (x,), edge = ctx.saved_tensors, ctx.edge
        due, signs = torch.empty_like(x), np.array(edge.signs)
        by_volt = grad_outputs[0].contiguous().numpy().reshape(len(signs), -1)
        limit, slope = edge.activation_max * (1.0 + ROUNDING), edge.v_read / edge.activation_max
        due_to_inputs(x.detach().numpy().reshape(-1), signs, limit, slope, by_volt, due.numpy().reshape(-1))
        return due, None


class NumbersThrough(torch.autograd.Function):
    """Products (vectors, outputs) of currents (phases · vectors, 2 · outputs) [A]: ADC, differences, sum of phases."""

    @staticmethod
    def forward(ctx: Any, i_out: torch.Tensor, edge: Edge) -> torch.Tensor:
        """Convert, subtract and add."""
        ctx.edge, phases = edge, len(edge.signs)
        given = i_out.contiguous().reshape(phases, -1, i_out.shape[1])
        y = torch.empty(given.shape[1], i_out.shape[1] // 2, dtype=i_out.dtype)
        scale = edge.scale * edge.lsb
        pair_numbers(given.detach().numpy(), np.array(edge.signs), 1.0 / edge.lsb, edge.adc_top, scale, y.numpy())
        ctx.save_for_backward(given)
        return y

    @staticmethod
    def backward(ctx: Any, *grad_outputs: torch.Tensor) -> Any:
        """Straight through inside the ADC's range."""
        (given,), edge = ctx.saved_tensors, ctx.edge
        due = torch.empty_like(given)
        low, high = (-0.5 * edge.lsb, (edge.adc_top + 0.5) * edge.lsb) if edge.adc_top else (-np.inf, np.inf)
        by_number = grad_outputs[0].contiguous().numpy()
        due_to_currents(by_number, given.detach().numpy(), low, high, np.array(edge.signs), edge.scale, due.numpy())
        return due.reshape(-1, due.shape[2]), None
