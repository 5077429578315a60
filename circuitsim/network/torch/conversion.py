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
from circuitsim.network.torch.matrix_tiles import MatrixTiles, TensorProduct
from circuitsim.network.torch.modules import ConvOnTiles, LinearOnTiles, TransposedConvOnTiles
from circuitsim.network.torch.recurrent_modules import RecurrentOnTiles
from circuitsim.periphery import Periphery
from circuitsim.spec import ArraySpec, checked

OnTiles = LinearOnTiles | ConvOnTiles | TransposedConvOnTiles | AttentionOnTiles | RecurrentOnTiles
Make = Callable[[str, tuple[int, int, int]], MatrixTiles]

# Their parameters of several axes scale or look up; no matrix multiplies by them.
_DIGITAL = (nn.Embedding, nn.EmbeddingBag, nn.LayerNorm, nn.RMSNorm, TrimmedLayer)


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
    if not any(True for _ in layers_on_tiles(converted)):
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
    """Return the tiles of layers whose outputs are columns, each once, in the order of the modules."""
    layers = (each for each in module.modules() if isinstance(each, LinearOnTiles | ConvOnTiles))
    return [each.tiles for each in layers]


def weight_parameters(module: nn.Module) -> Iterator[nn.Parameter]:
    """Yield the parameters whose values lie in cells of tiles."""
    for each in module.modules():
        if isinstance(each, OnTiles):
            named = each.named_parameters()
            yield from (values for name, values in named if "weight" in name and values.dim() > 1)


@checked
def plain(module: nn.Module) -> nn.Module:
    """Return a copy of a module with its layers taken off the tiles: torch's own modules with the present weights.

    Gains and offsets of columns stay beside the weights, in a `TrimmedLayer` around the layer; ONNX has them as Mul and
    Add behind it.
    """
    return _plain(copy.deepcopy(module), {})


def _plain(module: nn.Module, known: dict[nn.Module, nn.Module]) -> nn.Module:
    if module in known:
        return known[module]
    known[module] = found = _taken_off(module) if isinstance(module, OnTiles) else module
    if found is module:
        for name, child in _children(module):
            setattr(module, name, _plain(child, known))
    return found


def _children(module: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return the children under all their names; `named_children` leaves out the further ones of a shared module."""
    return [(name, child) for name, child in module._modules.items() if child is not None]


def _taken_off(module: OnTiles) -> nn.Module:
    """Return the plain module, which shares the parameters."""
    source = module.plain_source
    assert isinstance(source, nn.Module)
    bare = copy.deepcopy(source)
    kept = dict(module.named_parameters())
    for name, _ in list(bare.named_parameters()):
        owner, _, last = name.rpartition(".")
        setattr(bare.get_submodule(owner), last, kept[name])
    if isinstance(bare, nn.RNNBase):
        bare.flatten_parameters()
    if isinstance(module, LinearOnTiles | ConvOnTiles) and module.tiles.is_trimmed:
        bare = _trimmed(bare, module.tiles)
    return bare.train(module.training)


def _trimmed(bare: Any, tiles: MatrixTiles) -> TrimmedLayer:
    """Return a plain layer with the gains and offsets of its tiles; its bias moves into the offsets."""
    kind = bare.weight.dtype
    gain, offset = (each.detach().to(kind).flatten() for each in (tiles.column_gain, tiles.column_offset))
    offset = offset if bare.bias is None else offset + bare.bias.detach()
    bare.register_parameter("bias", None)
    return TrimmedLayer(bare, gain, offset, pixels=bare.weight.dim() - 2)


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
