"""The tiles of one matrix of a torch module: weights and vectors in, products out, differentiable."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np
import torch
from torch import nn

from circuitsim.errors import InputError
from circuitsim.network.converting import layer_adc
from circuitsim.network.crosstalk import layer_places
from circuitsim.network.linear import LinearLayer, as_numpy
from circuitsim.network.mapping import largest_weight
from circuitsim.network.network import LayerProduct
from circuitsim.network.programming import tile_numbers
from circuitsim.network.reading import LayerRange
from circuitsim.network.tiling import TilePlace
from circuitsim.network.torch.driven_rows import DrivenRows, drive_rows
from circuitsim.network.torch.programmed_weights import ConductancesThrough
from circuitsim.network.torch.straight_through import ConvertedThrough
from circuitsim.periphery import Periphery
from circuitsim.spec import ArraySpec

_COLLAPSED = 1e-12  # of a range: nothing that is converted is so small


class TensorTile(Protocol):
    """A tile that is read with conductances and voltages as tensors, and can be differentiated by both."""

    def read(self, g: torch.Tensor, v_in: torch.Tensor, *, training: bool) -> torch.Tensor:
        """Return the column currents (batch, cols) [A] of g (rows, cols) [S], float64, and v_in (batch, rows) [V]."""
        ...


TensorProduct = Callable[[TilePlace], TensorTile]
"""Function that returns the tile of a place; the tile may keep what it programmed last."""


class LayerTiles(nn.Module):
    """The tiles that hold one matrix of a module, and the ranges of its inputs and of its ADCs.

    Attributes:
        layer: Its name in the network.
        shape: (groups, inputs, outputs) of its weights.
        activation_max: Activation that is driven at v_read, a parameter; nan until ranges are set.
        full_scale: Current of the ADC's largest code [A], a parameter; nan without an ADC of this kind.
        gain: Digital factor on the products.
        through: Computes the products in place of the tiles while a network runs the module; None: nothing does.
        keeps_current: Whether reads in training gather `largest_current`, for `training.current_penalty`.
        largest_current: Largest |column current| since it was last taken [A], which can be differentiated.
    """

    def __init__(
        self,
        layer: str,
        shape: tuple[int, int, int],
        spec: ArraySpec,
        product: TensorProduct,
        tables: Periphery,
    ) -> None:
        """Lay the matrix out; the ranges are still unknown."""
        super().__init__()
        self.layer, self.shape, self.spec, self.tables = layer, shape, spec, tables
        self.places = layer_places(layer, shape, spec)
        self.tiles = [product(place) for place in self.places]
        self.activation_max = nn.Parameter(torch.tensor(math.nan, dtype=torch.float64), requires_grad=False)
        self.full_scale = nn.Parameter(torch.tensor(math.nan, dtype=torch.float64), requires_grad=False)
        self.register_buffer("gain", torch.tensor(1.0, dtype=torch.float64))
        self.through: LayerProduct | None = None
        self.keeps_current = False
        self.largest_current: torch.Tensor | None = None

    def extra_repr(self) -> str:
        """Say how many tiles hold what, and how they are differentiated."""
        groups, inputs, outputs = self.shape
        how = "" if not self.tiles else f", {self.tiles[0]!r}"
        return f"{groups} x {inputs} x {outputs} on {len(self.places)} tiles{how}"

    @property
    def known(self) -> LayerRange:
        """The ranges as numbers."""
        full_scale = float(self.full_scale)
        scale = None if math.isnan(full_scale) else full_scale
        return LayerRange(float(self.activation_max), scale, float(self.gain))

    def set_range(self, known: LayerRange) -> None:
        """Take over ranges, as `fit_ranges` gives them."""
        with torch.no_grad():
            self.activation_max.fill_(known.activation_max)
            self.full_scale.fill_(math.nan if known.full_scale is None else known.full_scale)
            self.gain.fill_(known.gain)

    def linear_layer(self, weights: torch.Tensor) -> LinearLayer:
        """Return the layer with its present weights (groups, inputs, outputs)."""
        return LinearLayer(self.layer, "MatMul", weights.detach().cpu().double().numpy())

    def forward(self, weights: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """Return products (vectors, groups, outputs) of x (vectors, groups, inputs) with weights (groups, inputs, outputs).

        Raises:
            InputError: A value is not finite, or ranges are unknown or have collapsed; names the layer.
        """
        if torch.onnx.is_in_onnx_export():
            raise InputError("export_onnx writes the weights of layers on tiles; expected it in place of torch.onnx")
        layer = self.linear_layer(weights)
        if self.through is not None:
            found = self.through(layer, x.detach().cpu().double().numpy())
            return torch.as_tensor(np.asarray(as_numpy(found)), dtype=x.dtype)
        self._check(layer, x)
        return self._read(layer, weights, x)

    def _check(self, layer: LinearLayer, x: torch.Tensor) -> None:
        """Refuse what would turn the outputs into numbers without meaning."""
        for what, finite in (
            ("an input", math.isfinite(float(x.detach().sum()))),
            ("a weight", bool(np.isfinite(layer.weights).all())),
        ):
            if not finite:
                raise InputError(f"layer {self.layer!r}: {what} is not finite")
        for name, value, used in (
            ("activation_max", float(self.activation_max), True),
            ("full_scale", float(self.full_scale), self._converts),
        ):
            if used and math.isnan(value):
                raise InputError(f"layer {self.layer!r} has no range of its own ({name}): expected images, or ranges")
            if used and not value > _COLLAPSED * (1.0 if name == "activation_max" else self.spec.device.g_max):
                raise InputError(
                    f"layer {self.layer!r}: its range {name} = {value:g} has collapsed; expected one above 0: learn "
                    "ranges more slowly"
                )

    @property
    def _converts(self) -> bool:
        """Whether an ADC takes its range from here."""
        return self.spec.adc.bits is not None and self.tables.adc is None

    def _read(self, layer: LinearLayer, weights: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """DAC, tiles, ADC, digital sums."""
        learns = self.activation_max.requires_grad
        activation_max = self.activation_max.to(x.dtype) if learns else float(self.activation_max)
        rows = drive_rows(x, self.spec, activation_max, self.tables.dac, self.layer)
        w_max, y = largest_weight(layer.weights), None
        for place, tile in zip(self.places, self.tiles, strict=True):
            g = ConductancesThrough.apply(weights, layer, place, self.spec, w_max)
            part = self._of_tile(layer, place, tile, g, rows, w_max=w_max, v_per_unit=rows.full_scale / activation_max)
            if len(self.places) == 1:
                y = part
                break
            y = part.new_zeros(len(x), self.shape[0], self.shape[2]) if y is None else y
            y[:, place.group_part, slice(*place.outputs)] += part
        assert y is not None  # every layer has a tile
        return y if float(self.gain) == 1.0 else y * float(self.gain)

    def _of_tile(
        self,
        layer: LinearLayer,
        place: TilePlace,
        tile: TensorTile,
        g: torch.Tensor,
        rows: DrivenRows,
        *,
        w_max: float,
        v_per_unit: float | torch.Tensor,
    ) -> torch.Tensor:
        """Return the products (vectors, groups of the tile, outputs of the tile)."""
        v = _on_rows(place, rows.v)
        phases, vectors, _ = v.shape
        v_in = v.reshape(phases * vectors, place.rows)
        v_sum = v_in.sum(dim=1) - place.rows * self.spec.sense.v_ref
        before, after = place.first_row, self.spec.array.rows - place.first_row - place.rows
        if before or after:
            v_in = nn.functional.pad(v_in, (before, after), value=rows.rest)
        i_out = tile.read(g, v_in, training=self.training)[:, place.col_part]
        if self.keeps_current and self.training and torch.is_grad_enabled():
            largest, known = i_out.abs().amax(), self.largest_current
            self.largest_current = largest if known is None else torch.maximum(known, largest)
        adc = layer_adc(self.spec, self.tables, float(self.full_scale) if self._converts else None)
        if adc is not None:
            i_out = ConvertedThrough.apply(i_out, self.full_scale if self._converts else None, replace(adc, noise=0.0))
        y = tile_numbers(layer, place, self.spec, i_out, v_sum, w_max=w_max, v_per_unit=v_per_unit)
        y = y.reshape(phases, vectors, place.groups, -1)
        total = y[0] if rows.weights[0] == 1.0 else y[0] * rows.weights[0]
        for phase, weight in zip(y[1:], rows.weights[1:], strict=True):
            total = total + phase * weight
        return total


def _on_rows(place: TilePlace, v: torch.Tensor) -> torch.Tensor:
    """Return the voltages (phases, vectors, rows in use) of (phases, vectors, all groups, all inputs · rows each)."""
    if place.groups == 1:
        first, last = (end * place.rows_per_input for end in place.inputs)
        return v[:, :, place.group, first:last]
    numbers = place.on_rows(np.arange(v.shape[2] * v.shape[3]).reshape(v.shape[2:]))
    return v.reshape(*v.shape[:2], -1)[..., torch.as_tensor(numbers)]
