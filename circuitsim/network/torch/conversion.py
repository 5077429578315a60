"""Put the layers of a torch module on tiles, and take them off again."""

import copy
from collections.abc import Callable, Collection, Iterator
from typing import Any

import torch
from torch import nn

from circuitsim.errors import InputError
from circuitsim.network.converting import network_tables
from circuitsim.network.torch.attention import AttentionOnTiles
from circuitsim.network.torch.column_trim import TrimmedLayer
from circuitsim.network.torch.converter_draws import ConverterDraws, DrawnConverters
from circuitsim.network.torch.driven_rows import check_trainable
from circuitsim.network.torch.low_rank import LowRank, beside, folded_weights
from circuitsim.network.torch.matrix_tiles import MatrixTiles, TensorProduct
from circuitsim.network.torch.modules import ConvOnTiles, LinearOnTiles, TransposedConvOnTiles
from circuitsim.network.torch.recurrent_modules import RecurrentOnTiles
from circuitsim.periphery import Periphery
from circuitsim.spec import ArraySpec, checked

OnTiles = LinearOnTiles | ConvOnTiles | TransposedConvOnTiles | AttentionOnTiles | RecurrentOnTiles
Make = Callable[[str, tuple[int, int, int]], MatrixTiles]

# Their parameters of several axes scale or look up; no matrix multiplies by them.
_DIGITAL = (nn.Embedding, nn.EmbeddingBag, nn.LayerNorm, nn.RMSNorm, TrimmedLayer)
_SMALL = 1e-2  # of the usual drawn weights, at which a correction on tiles begins


@checked
def on_tiles(
    module: nn.Module,
    spec: ArraySpec,
    product: Any,
    *,
    tables: Periphery | None = None,
    converter_draws: ConverterDraws | None = None,
    digital: Collection[str] = (),
) -> nn.Module:
    """Return a copy of a module whose products with weights run on tiles.

    Args:
        module: The module; Linear, Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, MultiheadAttention, LSTM and GRU
            in it are put on tiles.
        spec: The array.
        product: A `TensorProduct`, which makes the tile of a place.
        tables: Tables of the circuits around the tiles, from `circuitsim.characterize`; None: there are none.
        converter_draws: What they do at random in training; None: nothing.
        digital: Names of modules in it that stay digital, with everything in them; "" is the module itself.

    Raises:
        InputError: A module with weights cannot be converted, `digital` names no module, or nothing is converted; names
            the module.
        SpecError: Inputs of the array are not differentiated, or layers cannot lie on it.
    """
    check_trainable(spec)
    names = dict(module.named_modules())
    for name in digital:
        if name not in names:
            raise InputError(f"digital names {name!r}, which is no module; it has {', '.join(map(repr, names))}")
    around = network_tables(spec, tables)
    drawn = None if converter_draws is None else DrawnConverters(converter_draws, spec, around)
    copied = _copied(module)
    converted = _converted(copied, "", _maker(spec, product, around, drawn), frozenset(digital), {})
    placed = [tiles.to(weights.device) for tiles, weights in layers_on_tiles(converted)]
    if not placed:
        raise InputError("the module has no layer that tiles can compute; expected one Linear or convolution or more")
    return converted


def _copied(module: nn.Module) -> nn.Module:
    try:
        return copy.deepcopy(module)
    except RuntimeError as error:  # torch copies no weight that is computed from others
        raise InputError(
            "the module cannot be copied: a weight is computed from others, as pruned or normalized ones are; expected "
            "plain parameters (torch.nn.utils.prune.remove and its like leave them)"
        ) from error


def layers_on_tiles(module: nn.Module) -> Iterator[tuple[MatrixTiles, torch.Tensor]]:
    """Yield the tiles of each layer in the order of the modules, with their weights (groups, inputs, outputs)."""
    for each in module.modules():
        if isinstance(each, OnTiles):
            yield from each.matrices().items()


def trimmable_layers(module: nn.Module) -> list[MatrixTiles]:
    """Return the tiles of layers whose outputs are columns, each once, in the order of the modules.

    Adapters on tiles are left out: the gain of their layer acts on what they add.

    Raises:
        InputError: A layer on tiles is neither a Linear nor a convolution; names it.
    """
    corrections = [each for each in module.modules() if isinstance(each, LowRank)]
    left_out = {inside for each in corrections for inside in each.modules()}
    layers = (each for each in module.modules() if isinstance(each, OnTiles) and each not in left_out)
    found = []
    for layer in layers:
        if not isinstance(layer, LinearOnTiles | ConvOnTiles):
            raise InputError(
                f"layer {next(iter(layer.matrices())).layer!r}: trims of columns have no counterpart in its plain "
                "module; expected Linear or Conv1d or Conv2d, or it among digital"
            )
        found.append(layer.tiles)
    return found


def weight_parameters(module: nn.Module) -> Iterator[nn.Parameter]:
    """Yield the parameters whose values lie in cells of tiles."""
    for each in module.modules():
        if isinstance(each, OnTiles):
            # An adapter of a layer is digital, or has tiles of its own, which come by themselves.
            named = [pair for pair in each.named_parameters() if ".adapter." not in pair[0]]
            yield from (values for name, values in named if "weight" in name and values.dim() > 1)


@checked
def plain(module: nn.Module, *, fold: bool = True) -> nn.Module:
    """Return a copy of a module with its layers taken off the tiles: torch's own modules with the present weights.

    Gains and offsets of columns stay beside the weights, in a `TrimmedLayer` around the layer; ONNX has them as Mul and
    Add behind it.

    Args:
        module: The module.
        fold: Add the adapters of layers to their weights; False: leave each beside its layer, as two products.

    Raises:
        InputError: An adapter acts inside an attention or a recurrent layer, and fold = False.
    """
    return _plain(copy.deepcopy(module), {}, fold)


def _plain(module: nn.Module, known: dict[nn.Module, nn.Module], fold: bool) -> nn.Module:
    if module in known:
        return known[module]
    known[module] = found = _taken_off(module, fold) if isinstance(module, OnTiles) else module
    if found is module:
        for name, child in _children(module):
            setattr(module, name, _plain(child, known, fold))
    return found


def _children(module: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return the children under all their names; `named_children` leaves out the further ones of a shared module."""
    return [(name, child) for name, child in module._modules.items() if child is not None]


def _taken_off(module: OnTiles, fold: bool) -> nn.Module:
    """Return the plain module, which shares the parameters that no adapter changes."""
    source = module.plain_source
    assert isinstance(source, nn.Module)
    bare = copy.deepcopy(source)
    adapted = {tiles: tiles.adapter for tiles in module.matrices() if tiles.adapter is not None}
    kept = dict(module.named_parameters())
    if adapted and fold:
        kept = _folded(module, adapted)
    for name, _ in list(bare.named_parameters()):
        owner, _, last = name.rpartition(".")
        setattr(bare.get_submodule(owner), last, kept[name])
    if isinstance(bare, nn.RNNBase):
        bare.flatten_parameters()
    bare.train(module.training)
    found = bare
    if adapted and not fold:
        tiles, adapter = next(iter(adapted.items()))  # a layer that may have several is refused
        found = beside(bare, adapter, tiles.layer)
    if isinstance(module, LinearOnTiles | ConvOnTiles) and module.tiles.is_trimmed:
        found = _trimmed(found, bare, module.tiles).train(module.training)
    return found


def _folded(module: OnTiles, adapted: dict[MatrixTiles, LowRank]) -> dict[str, nn.Parameter]:
    """Return the parameters of a layer with its adapters added; which of them are trained stays as it was."""
    own = {name: each for name, each in module.named_parameters() if ".adapter." not in name}
    trained = {name: each.requires_grad for name, each in own.items()}
    for each in own.values():
        each.requires_grad_(True)
    with torch.enable_grad():
        matrices = module.matrices()
        found = folded_weights(own, [(matrices[tiles], adapter) for tiles, adapter in adapted.items()])
    for name, each in (*own.items(), *found.items()):
        each.requires_grad_(trained[name])
    return found


def _trimmed(layer: nn.Module, bare: Any, tiles: MatrixTiles) -> TrimmedLayer:
    """Return a layer with the gains and offsets of its tiles; the bias of the plain one in it becomes part of these."""
    kind = bare.weight.dtype
    gain, offset = (each.detach().to(kind).flatten() for each in (tiles.column_gain, tiles.column_offset))
    offset = offset if bare.bias is None else offset + bare.bias.detach()
    bare.register_parameter("bias", None)
    return TrimmedLayer(layer, gain, offset, pixels=bare.weight.dim() - 2)


def _maker(spec: ArraySpec, product: TensorProduct, tables: Periphery, drawn: DrawnConverters | None) -> Make:
    def make(name: str, shape: tuple[int, int, int]) -> MatrixTiles:
        return MatrixTiles(name, shape, spec, product, tables, drawn)

    return make


def _converted(
    module: nn.Module, name: str, make: Make, digital: frozenset[str], known: dict[nn.Module, nn.Module]
) -> nn.Module:
    """Return the module itself with what is in it converted, or what takes its place, one for a module used twice."""
    if name in digital:
        return module
    if module in known:
        return known[module]
    if (convert_one := _CONVERTERS.get(type(module))) is not None:
        _check_bare(module, name)
        found = convert_one(module, name, make)
        object.__setattr__(found, "plain_source", copy.deepcopy(module).to("meta"))
        known[module] = found.train(module.training)
        return found
    _check_known(module, name)
    known[module] = module
    for child_name, child in _children(module):
        of_child = f"{name}.{child_name}".lstrip(".")
        setattr(module, child_name, _converted(child, of_child, make, digital, known))
    return module


def adapted_tiles(tiles: MatrixTiles, rank: int, *, analog: bool, dtype: torch.dtype) -> LowRank:
    """Put a low-rank correction beside the tiles of a matrix, digital or on tiles of the same kind; return it.

    A begins with drawn numbers. B begins with zeros where it is digital; on tiles it begins with small drawn ones, from
    which the ranges of its ADCs can be learnt.

    Raises:
        InputError: The layer has an adapter already, or several groups, or no smaller rank.
    """
    groups, inputs, outputs = tiles.shape
    if tiles.adapter is not None:
        raise InputError(f"layer {tiles.layer!r} has an adapter already: expected a layer without one")
    if groups != 1:
        raise InputError(f"layer {tiles.layer!r} has {groups} groups: expected one, adapters take no others")
    if rank >= min(inputs, outputs):
        raise InputError(
            f"rank = {rank}: layer {tiles.layer!r} has {inputs} inputs and {outputs} outputs; expected less than both"
        )
    of = {"bias": False, "dtype": dtype}
    layers = nn.Linear(inputs, rank, **of), nn.Linear(rank, outputs, **of)
    with torch.no_grad():
        layers[1].weight.mul_(_SMALL if analog else 0.0)
    make = _maker(tiles.spec, tiles.product, tiles.tables, tiles.converters)
    down, up = (
        _converted(layer, f"{tiles.layer}.adapter.{name}".lstrip("."), make, frozenset(), {}) if analog else layer
        for layer, name in zip(layers, ("down", "up"), strict=True)
    )
    tiles.adapter = LowRank(down, up, rank).to(tiles.column_gain.device)
    return tiles.adapter


def _check_bare(module: nn.Module, name: str) -> None:
    """Refuse a module whose hooks, such as those that prune or normalize weights, tiles would not run."""
    if module._forward_hooks or module._forward_pre_hooks:
        raise InputError(
            f"module {name!r} ({type(module).__name__}) has forward hooks, which tiles do not run; remove them (after "
            "pruning by torch.nn.utils.prune.remove), or expected its name among digital"
        )


def _check_known(module: nn.Module, name: str) -> None:
    """Refuse a module that may multiply by weights of its own."""
    own = [key for key, each in module.named_parameters(recurse=False) if each.dim() > 1]
    own += list(getattr(module, "parametrizations", ()))
    if own and type(module) not in _DIGITAL:
        raise InputError(
            f"module {name!r} ({type(module).__name__}) has weights ({own[0]}) and cannot be put on tiles; expected "
            f"{', '.join(each.__name__ for each in _CONVERTERS)}, or its name among digital"
        )


def _linear(module: nn.Linear, name: str, make: Make) -> OnTiles:
    return LinearOnTiles(module, make(name, (1, module.in_features, module.out_features)))


def _conv(module: nn.Conv1d | nn.Conv2d, name: str, make: Make) -> OnTiles:
    groups = module.groups
    return ConvOnTiles(module, make(name, (groups, module.weight[0].numel(), module.out_channels // groups)))


def _conv_transpose(module: nn.ConvTranspose1d | nn.ConvTranspose2d, name: str, make: Make) -> OnTiles:
    groups = module.groups
    return TransposedConvOnTiles(module, make(name, (groups, module.in_channels // groups, module.weight[0].numel())))


def _attention(module: nn.MultiheadAttention, name: str, make: Make) -> OnTiles:
    if module.in_proj_weight is None:
        raise InputError(
            f"module {name!r} (MultiheadAttention) has keys or values of another size than its queries; expected equal "
            "sizes, or its name among digital"
        )
    size = module.embed_dim
    return AttentionOnTiles(module, make(name, (1, size, 3 * size)), make(f"{name}.out_proj", (1, size, size)))


def _recurrent(module: nn.LSTM | nn.GRU, name: str, make: Make) -> OnTiles:
    if module.proj_size:
        raise InputError(f"module {name!r} (LSTM) has proj_size = {module.proj_size}: expected 0, or it among digital")
    return RecurrentOnTiles(module, lambda matrix, shape: make(f"{name}.{matrix}".lstrip("."), shape))


_CONVERTERS: dict[type[nn.Module], Callable[[Any, str, Make], OnTiles]] = {
    nn.Linear: _linear,
    nn.Conv1d: _conv,
    nn.Conv2d: _conv,
    nn.ConvTranspose1d: _conv_transpose,
    nn.ConvTranspose2d: _conv_transpose,
    nn.MultiheadAttention: _attention,
    nn.LSTM: _recurrent,
    nn.GRU: _recurrent,
}
