"""A low-rank correction beside the tiles of a matrix, and how it leaves the tiles: folded in, or as layers of its own.

Source: E. J. Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", ICLR 2022.
"""

from typing import Any

import torch
from torch import nn

from circuitsim.errors import InputError


class LowRank(nn.Module):
    """Products (vectors, 1, outputs) of vectors (vectors, 1, inputs) with a matrix A·B of low rank.

    Attributes:
        down, up: A (inputs, rank) and B (rank, outputs) as layers without bias, digital or on tiles of their own.
    """

    def __init__(self, down: nn.Module, up: nn.Module, rank: int) -> None:
        """Take both layers."""
        super().__init__()
        self.down, self.up, self.rank = down, up, rank

    @property
    def digital(self) -> bool:
        """Whether both layers are torch's own."""
        return type(self.down) is nn.Linear

    @property
    def operations(self) -> int:
        """Multiply-accumulates of a vector that the correction takes."""
        return sum(getattr(each, "weight").numel() for each in (self.down, self.up))  # noqa: B009

    def extra_repr(self) -> str:
        """Say what the correction costs."""
        where = "digital" if self.digital else "on tiles"
        return f"rank {self.rank}, {self.operations} multiply-accumulates a vector, {where}"

    def matrix(self) -> torch.Tensor:
        """Return A·B (inputs, outputs)."""
        first, last = (getattr(each, "weight").t() for each in (self.down, self.up))  # noqa: B009
        return first @ last

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Multiply by A, then by B."""
        return self.up(self.down(x))


class WithLowRank(nn.Module):
    """A layer of torch's own and its correction, whose two products stand in an ONNX file under the name `adapter`."""

    def __init__(self, layer: nn.Module, adapter: nn.Sequential) -> None:
        """Take the layer and the two products."""
        super().__init__()
        self.layer, self.adapter = layer, adapter

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add both."""
        return self.layer(x) + self.adapter(x)


def beside(bare: nn.Module, correction: LowRank, name: str) -> nn.Module:
    """Return a layer of torch's own with the correction of its tiles beside it.

    Raises:
        InputError: The layer multiplies inside, as attention and recurrent layers do.
    """
    first, last = (getattr(each, "weight").detach().clone() for each in (correction.down, correction.up))  # noqa: B009
    rank, of = correction.rank, {"dtype": first.dtype}
    made: tuple[Any, Any]
    if isinstance(bare, nn.Linear):
        made = nn.Linear(bare.in_features, rank, bias=False, **of), nn.Linear(rank, bare.out_features, bias=False, **of)
    elif isinstance(bare, nn.Conv1d | nn.Conv2d):
        window = {"stride": bare.stride, "padding": bare.padding, "dilation": bare.dilation}
        window["padding_mode"] = bare.padding_mode
        kind: Any = type(bare)
        made = (
            kind(bare.in_channels, rank, bare.kernel_size, bias=False, **window, **of),
            kind(rank, bare.out_channels, 1, bias=False, **of),
        )
    elif isinstance(bare, nn.ConvTranspose1d | nn.ConvTranspose2d):
        window = {"stride": bare.stride, "padding": bare.padding, "output_padding": bare.output_padding}
        kind, pointwise = type(bare), nn.Conv1d if isinstance(bare, nn.ConvTranspose1d) else nn.Conv2d
        made = (
            pointwise(bare.in_channels, rank, 1, bias=False, **of),
            kind(rank, bare.out_channels, bare.kernel_size, dilation=bare.dilation, bias=False, **window, **of),
        )
        last = last.t()  # a transposed kernel has its inputs first
    else:
        raise InputError(
            f"layer {name!r}: its adapter acts inside a {type(bare).__name__} and cannot stand beside it; expected "
            "adapters of Linear or convolutions, or plain(module), which adds them to the weights and can be exported"
        )
    for layer, weight in zip(made, (first, last), strict=True):
        layer.weight = nn.Parameter(weight.reshape(layer.weight.shape))
    return WithLowRank(bare, nn.Sequential(*made)).train(bare.training)


def folded_weights(
    parameters: dict[str, nn.Parameter], corrected: list[tuple[torch.Tensor, LowRank]]
) -> dict[str, nn.Parameter]:
    """Return the parameters of a layer with A·B added to its weights.

    The matrices of a layer are its weights in another order, so that the derivative of Σ matrix · (A·B) by the weights
    is A·B in their order.

    Args:
        parameters: Parameters of the layer by name, of which those in a matrix carry derivatives.
        corrected: Matrices (1, inputs, outputs) computed from them, each with its correction.
    """
    total = torch.stack([(matrix[0] * each.matrix().detach()).sum() for matrix, each in corrected]).sum()
    carrying = {name: each for name, each in parameters.items() if each.requires_grad}
    found = torch.autograd.grad(total, list(carrying.values()), allow_unused=True)
    due = {name: each for name, each in zip(carrying, found, strict=True) if each is not None}
    return {name: nn.Parameter(each.detach() + due[name]) if name in due else each for name, each in parameters.items()}
