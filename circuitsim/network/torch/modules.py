"""Modules of torch whose products with weights are computed by tiles: linear layers and convolutions."""

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from circuitsim.network.torch.matrix_tiles import MatrixTiles

Ones = tuple[int, ...]


class LinearOnTiles(nn.Module):
    """A Linear on tiles; `weight` and `bias` are those of the plain module."""

    def __init__(self, source: nn.Linear, tiles: MatrixTiles) -> None:
        """Take over the parameters of a module."""
        super().__init__()
        self.weight, self.bias, self.tiles = source.weight, source.bias, tiles
        self.in_features, self.out_features = source.in_features, source.out_features

    def matrices(self) -> dict[MatrixTiles, torch.Tensor]:
        """Return the weights (groups, inputs, outputs) of its tiles."""
        return {self.tiles: self.weight.t()[None]}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (…, outputs) of x (…, inputs); the bias is added digitally."""
        y = self.tiles(self.weight.t()[None], x.reshape(-1, 1, self.in_features))
        y = y.reshape(*x.shape[:-1], self.out_features)
        return y if self.bias is None else y + self.bias


class ConvOnTiles(nn.Module):
    """A Conv1d or Conv2d on tiles, one vector a pixel of the output; parameters are those of the plain module."""

    def __init__(self, source: nn.Conv1d | nn.Conv2d, tiles: MatrixTiles) -> None:
        """Take over parameters and settings of a module."""
        super().__init__()
        self.weight, self.bias, self.tiles = source.weight, source.bias, tiles
        self.source = _settings(source)

    def matrices(self) -> dict[MatrixTiles, torch.Tensor]:
        """Return the weights (groups, inputs, outputs) of its tiles."""
        return {self.tiles: self._matrix()}

    def _matrix(self) -> torch.Tensor:
        groups = self.source["groups"]
        return self.weight.reshape(groups, len(self.weight) // groups, -1).transpose(1, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (images, channels, *pixels) of x (images, channels, *pixels)."""
        given, one = self.source, self.weight.dim() == 3
        if x.dim() == self.weight.dim() - 1:
            return self(x[None])[0]
        if given["padding_mode"] != "zeros":
            x = functional.pad(x, given["reversed_padding"], mode=given["padding_mode"])
        elif any(given["reversed_padding"]):
            x = functional.pad(x, given["reversed_padding"])
        kernel, stride, dilation = (_planar(given[key], 1, one) for key in ("kernel", "stride", "dilation"))
        planar = x[:, :, None] if one else x
        size = [
            (n - d * (k - 1) - 1) // s + 1
            for n, k, s, d in zip(planar.shape[2:], kernel, stride, dilation, strict=True)
        ]
        patches = functional.unfold(planar, kernel, dilation=dilation, stride=stride)
        vectors = patches.reshape(len(x), given["groups"], -1, math.prod(size)).permute(0, 3, 1, 2)
        y = self.tiles(self._matrix(), vectors.reshape(-1, *vectors.shape[2:]))
        y = y.reshape(len(x), math.prod(size), -1).transpose(1, 2)
        y = y if self.bias is None else y + self.bias[:, None]
        return y.reshape(len(x), -1, *(size[1:] if one else size))


class TransposedConvOnTiles(nn.Module):
    """A ConvTranspose1d or 2d on tiles: every pixel meets all kernels, and their overlaps are added digitally."""

    def __init__(self, source: nn.ConvTranspose1d | nn.ConvTranspose2d, tiles: MatrixTiles) -> None:
        """Take over parameters and settings of a module."""
        super().__init__()
        self.weight, self.bias, self.tiles = source.weight, source.bias, tiles
        self.source = _settings(source) | {"output_padding": source.output_padding, "padding": source.padding}

    def matrices(self) -> dict[MatrixTiles, torch.Tensor]:
        """Return the weights (groups, inputs, outputs) of its tiles."""
        return {self.tiles: self._matrix()}

    def _matrix(self) -> torch.Tensor:
        groups = self.source["groups"]
        return self.weight.reshape(groups, len(self.weight) // groups, -1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (images, channels, *pixels) of x (images, channels, *pixels)."""
        given, one = self.source, self.weight.dim() == 3
        if x.dim() == self.weight.dim() - 1:
            return self(x[None])[0]
        kernel, stride, dilation = (_planar(given[key], 1, one) for key in ("kernel", "stride", "dilation"))
        padding, beyond = (_planar(given[key], 0, one) for key in ("padding", "output_padding"))
        planar = x[:, :, None] if one else x
        pixels = planar.flatten(2).transpose(1, 2)  # (images, pixels, channels)
        matrix = self._matrix()
        y = self.tiles(matrix, pixels.reshape(-1, *matrix.shape[:2]))
        y = y.reshape(len(x), pixels.shape[1], -1).transpose(1, 2)
        size = [
            (n - 1) * s - 2 * p + d * (k - 1) + e + 1
            for n, k, s, d, p, e in zip(planar.shape[2:], kernel, stride, dilation, padding, beyond, strict=True)
        ]
        y = functional.fold(y, tuple(size), kernel, dilation=dilation, padding=padding, stride=stride)
        y = y if self.bias is None else y + self.bias[:, None, None]
        return y[:, :, 0] if one else y


def _settings(source: Any) -> dict[str, Any]:
    """Return what a convolution needs beside its parameters."""
    return {
        "kernel": source.kernel_size,
        "stride": source.stride,
        "dilation": source.dilation,
        "groups": source.groups,
        "padding_mode": source.padding_mode,
        "reversed_padding": tuple(source._reversed_padding_repeated_twice),
    }


def _planar(values: Ones, filled: int, one: bool) -> Ones:
    """Return the values of two axes; a convolution over one axis has a first one of a single pixel."""
    return (filled, *values) if one else tuple(values)
