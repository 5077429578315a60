"""Train a small part of a network whose arrays stay as they were programmed: adapters, or a few layers."""

import copy
from collections.abc import Collection

import numpy as np
from torch import nn

from circuitsim.errors import InputError
from circuitsim.evaluation.products import BehavioralProduct
from circuitsim.network import fit_ranges, program
from circuitsim.network.torch import MatrixTiles, TorchNetwork, adapted_tiles, layers_on_tiles
from circuitsim.periphery import Periphery
from circuitsim.spec import Count, checked
from circuitsim.training.trained_tile import TrainingTiles


@checked
def add_adapters(
    module: nn.Module,
    layers: str | Collection[str],
    rank: Count,
    *,
    on_tiles: bool = False,
    images: np.ndarray | None = None,
) -> nn.Module:
    """Return a copy of a module on tiles with low-rank corrections A·B beside layers, which alone are trained.

    The weights on the tiles and trims of columns are frozen, and the programmed conductances stay. A digital correction
    costs rank · (inputs + outputs) multiply-accumulates a vector, which `repr` of the module states; it begins at 0.
    The parameters to be given to an optimizer are those that `requires_grad`.

    Args:
        module: A module that `convert_module` made.
        layers: Names of layers on tiles, as `layer_ranges` lists them; "" is a module that is one layer.
        rank: Number of columns of A and of rows of B.
        on_tiles: A and B take tiles of their own, with DAC and ADC; False: they are digital.
        images: (images, …) calibration images that the ranges of such tiles are learnt from.

    Raises:
        InputError: A name is no layer on tiles, a layer has an adapter, several groups or no smaller rank, images are
            missing with on_tiles, or given without, or none of them reaches an adapter.

    Source: E. J. Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", ICLR 2022.
    """
    if on_tiles == (images is None):
        need = "needs images, from which ranges are learnt" if on_tiles else "takes no images: it has no ranges"
        raise InputError(f"on_tiles = {on_tiles} {need}")
    copied = copy.deepcopy(module)
    found = {tiles.layer: (tiles, weights.dtype) for tiles, weights in layers_on_tiles(copied)}
    wanted = (layers,) if isinstance(layers, str) else tuple(layers)
    for name in wanted:
        if name not in found:
            raise InputError(
                f"layers name {name!r}, which is no layer on tiles; there are {', '.join(map(repr, found))}"
            )
    if not wanted:
        raise InputError("layers is empty: expected one name or more")
    train_only(copied, ())
    for name in wanted:
        tiles, dtype = found[name]
        adapter = adapted_tiles(tiles, rank, analog=on_tiles, dtype=dtype)
        adapter.train(module.training)
        for own in (adapter.down, adapter.up):
            next(own.parameters(recurse=False)).requires_grad_(True)
    if images is not None:
        _learn_own_ranges(copied, frozenset(found), images)
    return copied


@checked
def train_only(module: nn.Module, layers: str | Collection[str]) -> list[nn.Parameter]:
    """Freeze a module but for the layers named, as for fine-tuning the last one; return what is trained.

    Ranges stay as `learn_ranges` left them. Trims of the layers named go on being learnt where `trim_columns` lets
    them; all others are held.

    Args:
        module: The module, which is changed.
        layers: Names of modules in it, with everything in them.

    Raises:
        InputError: A name is no module, or none in it has weights.
    """
    wanted, modules = (layers,) if isinstance(layers, str) else tuple(layers), dict(module.named_modules())
    for name in wanted:
        if name not in modules:
            raise InputError(f"layers name {name!r}, which is no module; it has {', '.join(map(repr, modules))}")
    tiles = [each for each in modules.values() if isinstance(each, MatrixTiles)]
    ranges = {id(each) for one in tiles for each in (one.activation_max, one.full_scale)}
    held = {id(each) for one in tiles for each in (one.column_gain, one.column_offset) if not each.requires_grad}
    named = [each for name in wanted for each in modules[name].parameters()]
    chosen = {id(each): each for each in named if id(each) not in ranges | held}
    if wanted and not chosen:
        raise InputError(f"layers name {', '.join(map(repr, wanted))}, without a weight to train")
    for each in module.parameters():
        if id(each) not in ranges:
            each.requires_grad_(False)
    for each in chosen.values():
        each.requires_grad_(True)
    return list(chosen.values())


def _learn_own_ranges(module: nn.Module, known: frozenset[str], images: np.ndarray) -> None:
    """Set the ranges of layers that are not among the known ones; those of the others stay."""
    own = [tiles for tiles, _ in layers_on_tiles(module) if tiles.layer not in known]
    made_by = own[0].product
    if not isinstance(made_by, TrainingTiles):
        raise InputError("the tiles of the module are not those of convert_module: expected a module that it made")
    spec, around = own[0].spec, own[0].tables
    tables = Periphery(
        dac=around.dac if spec.driver.block is not None else None,  # an ideal one follows from the specification
        sense=around.sense,
        adc=around.adc,
    )
    programmed = program(TorchNetwork(module), spec, BehavioralProduct(made_by.model), tables=tables)
    ranges = fit_ranges(programmed, images)
    for tiles in own:
        if tiles.layer not in ranges:
            raise InputError(f"no image reaches layer {tiles.layer!r}: expected images that reach every adapter")
        tiles.set_range(ranges[tiles.layer])
