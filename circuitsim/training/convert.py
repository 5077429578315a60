"""Put a torch module on calibrated tiles, with ranges learnt from images."""

from collections.abc import Collection, Mapping

import numpy as np
import torch
from torch import nn

from circuitsim.calibration import judged_model
from circuitsim.errors import InputError
from circuitsim.evaluation.products import BehavioralProduct
from circuitsim.network import LayerRange, RangePer, fit_ranges, program
from circuitsim.network.torch import (
    ConverterDraws,
    TorchNetwork,
    layers_on_tiles,
    on_tiles,
    trimmable_layers,
)
from circuitsim.periphery import Periphery
from circuitsim.results import Certificate, TileModel
from circuitsim.spec import Count, checked
from circuitsim.training.draws import DrawnCells, TrainingDraws
from circuitsim.training.trained_tile import TrainingTiles


@checked
def convert_module(
    module: nn.Module,
    model: TileModel,
    certificate: Certificate | None,
    *,
    images: np.ndarray | None = None,
    ranges: Mapping[str, LayerRange] | None = None,
    gradient: str = "frozen",
    every: Count = 1,
    draws: TrainingDraws | None = None,
    tables: Periphery | None = None,
    converter_draws: ConverterDraws | None = None,
    adc_per: RangePer = "layer",
    digital: Collection[str] = (),
    uncertified: bool = False,
) -> nn.Module:
    """Return a copy of a module whose products with weights run on calibrated tiles, to be trained through them.

    Linear, Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, MultiheadAttention, LSTM and GRU are put on tiles, with
    the mapping, tiling, ranges, DAC and ADC that the same network has as an ONNX file. Weights stay in the network's
    units and keep their names. DAC, ADC and clipping are differentiated straight through, 0 where they clip;
    for the tiles see `TrainingTiles`. Run as `eval()` the module reads tiles programmed with its present weights.

    Args:
        module: The module; its type of numbers, float32 or float64, is that of the matrices too.
        model: A calibrated model of the tiles.
        certificate: Its certificate, from `circuitsim.calibrate`.
        images: (images, …) calibration images that ranges are learnt from; None: `ranges` are given.
        ranges: Ranges by the layer's name, in place of images.
        gradient: "frozen" or "exact" derivative by the conductances.
        every: Tiles are programmed again at every so many-th step.
        draws: Deviations of the cells, drawn at each read in training; None: none.
        tables: Tables of the circuits around the tiles, from `circuitsim.characterize`; None: there are none. Sense
            amplifiers are those of the model, which has one product then.
        converter_draws: Noise of these tables, drawn at each read in training; None: training is without it.
        adc_per: What has an ADC range of its own, see `network.fit_ranges`; for ranges learnt from images.
        digital: Names of modules in it that stay digital.
        uncertified: Take a model without a certificate; its error is then unknown.

    Raises:
        InputError: There is no certificate, neither images nor ranges are given or both, a module cannot be converted,
            ranges lack a layer or name another, `adc_per` or `converter_draws` have no effect, or the sense amplifiers
            are not those of the model.
        SpecError: The array takes no inputs that are differentiated.

    Warns:
        MissedTargetWarning: The model misses its target.

    Source: arXiv 2506.00004, that training with Gaussian noise alone does not protect networks from what wires take.
    """
    if certificate is None and not uncertified:
        raise InputError(
            "certificate is None: training through a model of unknown error; expected the certificate that "
            "circuitsim.calibrate returns with the model, or uncertified = True"
        )
    if (images is None) == (ranges is None):
        raise InputError(f"images and ranges are {'both' if ranges is not None else 'neither'} given: expected one")
    judged = judged_model(model, certificate)
    kind = next((each.dtype for each in module.parameters() if each.is_floating_point()), torch.float32)
    if kind not in (torch.float32, torch.float64):
        raise InputError(f"the module computes in {kind}: expected float32 or float64")
    if model.sense != (None if tables is None else tables.sense):
        raise InputError(
            "tables.sense is not the table of sense amplifiers that the model was calibrated with; expected model.sense"
        )
    if ranges is not None and adc_per != "layer":
        raise InputError(f"adc_per = {adc_per!r} has no effect on ranges that are given; expected 'layer'")
    drawn = None if draws is None else DrawnCells(draws, judged)
    tiles = TrainingTiles(judged, gradient, every, kind, drawn)
    around = {"tables": tables, "converter_draws": converter_draws}
    converted = on_tiles(module, model.spec, tiles, digital=digital, **around)
    if ranges is None:
        network, product = TorchNetwork(converted), BehavioralProduct(judged, certificate=certificate)
        assert images is not None  # one of them is given
        ranges = fit_ranges(program(network, model.spec, product, tables=tables), images, adc_per=adc_per)
    _set_ranges(converted, ranges)
    return converted


def _set_ranges(module: nn.Module, ranges: Mapping[str, LayerRange]) -> None:
    names = [tiles.layer for tiles, _ in layers_on_tiles(module)]
    if missing := [name for name in names if name not in ranges]:
        raise InputError(
            f"ranges lack the layer {missing[0]!r}, or no image reaches it; expected {', '.join(map(repr, names))}"
        )
    if unknown := [name for name in ranges if name not in names]:
        raise InputError(f"ranges name {unknown[0]!r}, which is no layer on tiles; there are {', '.join(names)}")
    for tiles, _ in layers_on_tiles(module):
        tiles.set_range(ranges[tiles.layer])


@checked
def layer_ranges(module: nn.Module) -> dict[str, LayerRange]:
    """Return the present ranges of the layers on tiles by their names, for `network.evaluate`."""
    return {tiles.layer: tiles.known for tiles, _ in layers_on_tiles(module)}


@checked
def learn_ranges(module: nn.Module, *, learnt: bool = True) -> list[nn.Parameter]:
    """Let the ranges of inputs and ADCs be learnt, or hold them; return their parameters, for an optimizer.

    A range of activations is in the network's units, one of an ADC in ampere: give them step sizes of their own. The
    ADC of a layer that has none, or a circuit with its own range, is not among them. Ranges of tiles or columns keep
    their ratio to that of the layer, which is learnt.

    Source: S. K. Esser et al., "Learned Step Size Quantization", ICLR 2020.
    """
    found = []
    for tiles, _ in layers_on_tiles(module):
        found.append(tiles.activation_max)
        if tiles.known.full_scale is not None:
            found.append(tiles.full_scale)
    for parameter in found:
        parameter.requires_grad_(learnt)
    return found


@checked
def trim_columns(module: nn.Module, *, learnt: bool = True) -> list[nn.Parameter]:
    """Let the digital gain and offset of each output column be learnt, or hold them; return them, for an optimizer.

    They act behind the ADC on the sum over a layer's tiles and its adapter, an offset in the network's units;
    evaluation of a `TorchNetwork` has them. The tiles of an adapter have none of their own. `plain` and `export_onnx`
    keep them beside the weights, as Mul and Add behind the layer, because folded into weights a gain would move the
    conductances.

    Raises:
        InputError: A layer on tiles is neither a Linear nor a convolution; names it.
    """
    found = [each for tiles in trimmable_layers(module) for each in (tiles.column_gain, tiles.column_offset)]
    for parameter in found:
        parameter.requires_grad_(learnt)
    return found
