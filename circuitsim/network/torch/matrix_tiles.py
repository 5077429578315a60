"""The tiles of one matrix of a torch module: weights and vectors in, products out, differentiable."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np
import torch
from torch import nn

from circuitsim.errors import InputError
from circuitsim.network.converting import equivalent_currents, layer_adc
from circuitsim.network.crosstalk import layer_places
from circuitsim.network.layer_range import check_module_range, column_steps
from circuitsim.network.linear import LinearLayer, as_numpy
from circuitsim.network.mapping import largest_weight
from circuitsim.network.network import LayerProduct
from circuitsim.network.programming import tile_numbers
from circuitsim.network.reading import LayerRange
from circuitsim.network.tiling import TilePlace
from circuitsim.network.torch.compiled_edges import Edge, NumbersThrough, RowsThrough, edge_is_plain
from circuitsim.network.torch.converter_draws import DrawnConverters
from circuitsim.network.torch.driven_rows import check_not_negative, drive_rows
from circuitsim.network.torch.low_rank import LowRank
from circuitsim.network.torch.programmed_weights import ConductancesThrough
from circuitsim.network.torch.straight_through import ConvertedThrough
from circuitsim.periphery import Periphery
from circuitsim.results import ConverterTable
from circuitsim.spec import ArraySpec

_COLLAPSED = 1e-12  # of a range: nothing that is converted is so small


class TensorTile(Protocol):
    """A tile that is read with conductances and voltages as tensors, and can be differentiated by both."""

    def read(self, g: torch.Tensor, v_in: torch.Tensor, *, training: bool) -> torch.Tensor:
        """Return the column currents (batch, cols) [A] of g (rows, cols) [S], float64, and v_in (batch, rows) [V]."""
        ...


TensorProduct = Callable[[TilePlace], TensorTile]
"""Function that returns the tile of a place; the tile may keep what it programmed last."""

ReadPlace = Callable[[TilePlace, TensorTile, torch.Tensor], torch.Tensor]
"""Function of a place, its tile and conductances that returns products (vectors, groups of it, outputs of it)."""


class MatrixTiles(nn.Module):
    """The tiles that hold one matrix of a module, and the ranges of its inputs and of its ADCs.

    Attributes:
        layer: Its name in the network.
        shape: (groups, inputs, outputs) of its weights.
        activation_max: Activation that is driven at v_read, a parameter; nan until ranges are set.
        full_scale: Current of the ADC's largest code [A], a parameter; nan without an ADC of this kind.
        gain: Digital factor on the products.
        column_steps: (tiles, columns) LSB of each column in use relative to that of `full_scale`.
        column_gain, column_offset: (groups, outputs) digital gain and offset [network's units] of each output, behind
            the sum over tiles and the adapter; parameters, see `training.trim_columns`.
        converters: Draws what converters do at random at reads in training; None: nothing.
        through: Computes the products in place of the tiles while a network runs the module; None: nothing does.
        keeps_current: Whether reads in training gather `largest_current`, for `training.current_penalty`.
        largest_current: Largest |column current| since it was last taken [A], which can be differentiated.
        w_max: Weight that takes the whole range, held while cells are trained; None: the largest present one.
        adapter: Low-rank correction that is added to the products; None: there is none.
    """

    gain: torch.Tensor
    column_steps: torch.Tensor

    def __init__(
        self,
        layer: str,
        shape: tuple[int, int, int],
        spec: ArraySpec,
        product: TensorProduct,
        tables: Periphery,
        converters: DrawnConverters | None = None,
    ) -> None:
        """Lay the matrix out; the ranges are still unknown."""
        super().__init__()
        self.layer, self.shape, self.spec, self.tables, self.product = layer, shape, spec, tables, product
        self.places = layer_places(layer, shape, spec)
        self.tiles = [product(place) for place in self.places]
        self.activation_max = nn.Parameter(torch.tensor(math.nan, dtype=torch.float64), requires_grad=False)
        self.full_scale = nn.Parameter(torch.tensor(math.nan, dtype=torch.float64), requires_grad=False)
        self.register_buffer("gain", torch.tensor(1.0, dtype=torch.float64))
        widest = max(place.cols for place in self.places)
        self.register_buffer("column_steps", torch.ones(len(self.places), widest, dtype=torch.float64))
        self.column_gain = nn.Parameter(torch.ones(shape[0], shape[2], dtype=torch.float64), requires_grad=False)
        self.column_offset = nn.Parameter(torch.zeros(shape[0], shape[2], dtype=torch.float64), requires_grad=False)
        self.converters, self.keeps_current = converters, False
        self.through: LayerProduct | None = None
        self.largest_current: torch.Tensor | None = None
        self.w_max: float | None = None
        self.adapter: LowRank | None = None

    def extra_repr(self) -> str:
        """Say how many tiles hold what, and how they are differentiated."""
        groups, inputs, outputs = self.shape
        how = "" if not self.tiles else f", {self.tiles[0]!r}"
        return f"{groups} x {inputs} x {outputs} on {len(self.places)} tiles{how}"

    @property
    def known(self) -> LayerRange:
        """The ranges as numbers."""
        full_scale = float(self.full_scale.detach())
        scale = None if math.isnan(full_scale) else full_scale
        known = LayerRange(float(self.activation_max.detach()), scale, float(self.gain))
        if scale is None or not self.steps_differ:
            return known
        steps = zip(self.places, self.column_steps.tolist(), strict=True)
        scales = tuple(tuple(scale * step for step in each[: place.cols]) for place, each in steps)
        return replace(known, column_scales=scales)

    @property
    def steps_differ(self) -> bool:
        """Whether tiles or columns have ADC ranges of their own."""
        return bool((self.column_steps != 1.0).any())

    @property
    def is_trimmed(self) -> bool:
        """Whether outputs have gains and offsets of their own."""
        return bool((self.column_gain != 1.0).any() or (self.column_offset != 0.0).any())

    def set_range(self, known: LayerRange) -> None:
        """Take over ranges, as `fit_ranges` gives them; those of tiles and columns keep their ratio to `full_scale`.

        Raises:
            InputError: Ranges of columns are not those of its tiles, or tiles have input ranges of their own.
        """
        cols = [place.cols for place in self.places]
        check_module_range(self.layer, known, cols)
        with torch.no_grad():
            self.column_steps.fill_(1.0)
            for index, count in enumerate(cols):
                if (steps := column_steps(known, index)) is not None:
                    self.column_steps[index, :count] = torch.as_tensor(steps)
            self.activation_max.fill_(known.activation_max)
            self.full_scale.fill_(math.nan if known.full_scale is None else known.full_scale)
            self.gain.fill_(known.gain)

    def linear_layer(self, weights: torch.Tensor) -> LinearLayer:
        """Return the layer with its present weights (groups, inputs, outputs)."""
        return LinearLayer(self.layer, "MatMul", weights.detach().cpu().double().numpy())

    def forward(self, weights: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """Return products (vectors, groups, outputs) of vectors with weights, what an adapter adds included.

        Args:
            weights: (groups, inputs, outputs).
            x: (vectors, groups, inputs).

        Raises:
            InputError: A value is not finite, or ranges are unknown or have collapsed; names the layer.
        """
        if torch.onnx.is_in_onnx_export():
            raise InputError("export_onnx writes the weights of layers on tiles; expected it in place of torch.onnx")
        y = self._products(self.linear_layer(weights), weights, x)
        # Trimmed together, so that an adapter that is folded into the weights meets the same gain.
        return self._trimmed(y if self.adapter is None else y + self.adapter(x))

    def _products(self, layer: LinearLayer, weights: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """Return what the tiles compute, or a network in their place."""
        if self.through is not None:
            found = self.through(layer, x.detach().cpu().double().numpy())
            return torch.as_tensor(np.asarray(as_numpy(found)), dtype=x.dtype, device=x.device)
        self._check(layer, x)
        return self._read(layer, weights, x)

    def _trimmed(self, y: torch.Tensor) -> torch.Tensor:
        """Return products with the digital gain and offset of each output."""
        if not (self.column_gain.requires_grad or self.is_trimmed):
            return y
        return y * self.column_gain.to(y.dtype) + self.column_offset.to(y.dtype)

    def _check(self, layer: LinearLayer, x: torch.Tensor) -> None:
        """Refuse what would turn the outputs into numbers without meaning."""
        for what, finite in (
            ("an input", math.isfinite(float(x.detach().sum()))),
            ("a weight", bool(np.isfinite(layer.weights).all())),
        ):
            if not finite:
                raise InputError(f"layer {self.layer!r}: {what} is not finite")
        for name, value, used in (
            ("activation_max", float(self.activation_max.detach()), True),
            ("full_scale", float(self.full_scale.detach()), self._converts),
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
        drawn = self.converters if self.training else None
        tables = self.tables if drawn is None else drawn.table()
        adc = layer_adc(self.spec, tables, float(self.full_scale.detach()) if self._converts else None)
        w_max, y = self.w_max or largest_weight(layer.weights), None
        read = None if drawn is not None else self._compiled(x, adc, w_max)
        read = read or self._composed(layer, x, replace(tables, adc=adc), w_max, drawn)
        for place, tile in zip(self.places, self.tiles, strict=True):
            g = ConductancesThrough.apply(weights, layer, place, self.spec, w_max)
            part = read(place, tile, g)
            if len(self.places) == 1:
                y = part
                break
            y = part.new_zeros(len(x), self.shape[0], self.shape[2]) if y is None else y
            y[:, place.group_part, slice(*place.outputs)] += part
        assert y is not None  # every layer has a tile
        return y if float(self.gain) == 1.0 else y * float(self.gain)

    def _compiled(self, x: torch.Tensor, adc: ConverterTable | None, w_max: float) -> ReadPlace | None:
        """Return the read of a tile with compiled edges; None off the CPU, for learnt ranges, and edges not plain."""
        dac, spec = self.tables.dac, self.spec
        learns = self.activation_max.requires_grad or self.full_scale.requires_grad
        sensed = self.tables.sense is not None or self.steps_differ
        if learns or sensed or x.device.type != "cpu" or not edge_is_plain(spec, self.places, dac, adc):
            return None
        check_not_negative(x, spec, self.layer)
        negative = bool(x.numel()) and float(x.detach().min()) < 0.0
        v_read, activation_max = spec.driver.v_read, float(self.activation_max)
        edge = Edge(
            signs=(1.0, -1.0) if negative else (1.0,),
            activation_max=activation_max,
            v_read=v_read,
            v_ref=spec.sense.v_ref,
            dac_top=0 if dac is None else 2**dac.bits - 1,
            adc_top=0 if adc is None else 2**adc.bits - 1,
            lsb=1.0 if adc is None else adc.lsb,
            scale=w_max * activation_max / ((spec.device.g_max - spec.device.g_min) * v_read),
        )

        def read(place: TilePlace, tile: TensorTile, g: torch.Tensor) -> torch.Tensor:
            # A slice costs as much as its whole tensor on the way back.
            whole = x.shape[1] == 1 and place.inputs == (0, x.shape[2])
            part = x.reshape(x.shape[0], -1) if whole else x[:, place.group, slice(*place.inputs)]
            v = RowsThrough.apply(part, edge)
            i_out = self._currents(place, tile, g, v.reshape(-1, place.rows), edge.v_ref)
            return NumbersThrough.apply(i_out, edge)[:, None]

        return read

    def _composed(
        self, layer: LinearLayer, x: torch.Tensor, tables: Periphery, w_max: float, drawn: DrawnConverters | None
    ) -> ReadPlace:
        """Return the read of a tile whatever its converters and mapping."""
        learns = self.activation_max.requires_grad
        activation_max = self.activation_max.to(x) if learns else float(self.activation_max)
        rows = drive_rows(x, self.spec, activation_max, tables.dac, self.layer, drawn)

        def read(place: TilePlace, tile: TensorTile, g: torch.Tensor) -> torch.Tensor:
            v = _on_rows(place, rows.v)
            v_in = v.reshape(-1, place.rows)
            coded = v_in if rows.v_coded is rows.v else _on_rows(place, rows.v_coded).reshape(-1, place.rows)
            v_sum = coded.sum(dim=1) - place.rows * self.spec.sense.v_ref
            i_out = self._currents(place, tile, g, v_in, rows.rest)
            i_out = self._converted(place, i_out, g, tables, drawn)
            # Products of activations relative to full scale, which may be learnt.
            y = tile_numbers(layer, place, self.spec, i_out, v_sum, w_max=w_max, v_per_unit=rows.full_scale)
            y = y.reshape(*v.shape[:2], place.groups, -1) * activation_max
            return sum(
                (phase * weight for phase, weight in zip(y, rows.weights, strict=True)),
                torch.zeros((), device=y.device),
            )

        return read

    def _converted(
        self, place: TilePlace, out: torch.Tensor, g: torch.Tensor, tables: Periphery, drawn: DrawnConverters | None
    ) -> torch.Tensor:
        """Return the currents [A] that the codes of outputs (reads, columns in use) stand for."""
        adc = tables.adc
        if drawn is not None:
            out = drawn.sensed(tables.sense, out, g[:, place.col_part])
        if adc is not None:
            steps = self.column_steps[self.places.index(place), : place.cols].to(out.dtype)
            given = out / steps if self.steps_differ else out
            given = given if drawn is None else given + drawn.noise(adc, given)
            full_scale = self.full_scale if self._converts else None
            out = ConvertedThrough.apply(given, full_scale, replace(adc, noise=0.0))
            out = out * steps if self.steps_differ else out
        return equivalent_currents(tables.sense, out)

    def _currents(
        self, place: TilePlace, tile: TensorTile, g: torch.Tensor, v_in: torch.Tensor, rest: float
    ) -> torch.Tensor:
        """Return the currents (reads, columns in use) [A] of v_in (reads, rows in use) [V], other rows at rest."""
        before, after = place.first_row, self.spec.array.rows - place.first_row - place.rows
        if before or after:
            v_in = nn.functional.pad(v_in, (before, after), value=rest)
        i_out = tile.read(g, v_in, training=self.training)
        if place.cols < self.spec.array.cols:
            i_out = i_out[:, place.col_part]
        if self.keeps_current and self.training and torch.is_grad_enabled():
            largest, known = equivalent_currents(self.tables.sense, i_out).abs().amax(), self.largest_current
            self.largest_current = largest if known is None else torch.maximum(known, largest)
        return i_out


def _on_rows(place: TilePlace, v: torch.Tensor) -> torch.Tensor:
    """Return the voltages (phases, vectors, rows in use) of (phases, vectors, all groups, all inputs · rows each)."""
    if place.groups == 1:
        first, last = (end * place.rows_per_input for end in place.inputs)
        return v[:, :, place.group, first:last]
    numbers = place.on_rows(np.arange(v.shape[2] * v.shape[3]).reshape(v.shape[2:]))
    return v.reshape(*v.shape[:2], -1)[..., torch.as_tensor(numbers, device=v.device)]
