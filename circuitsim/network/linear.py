"""A layer with constant weights: its matrices, and the conversion between tensors and its input and output vectors."""

import math
from dataclasses import dataclass
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.errors import InputError
from circuitsim.network.contraction import Contraction
from circuitsim.spec import by_value, checked

_DLPACK_CPU = 1  # DLPack's device number for host memory


@dataclass(frozen=True)
class Window:
    """Sliding window of a convolution; one entry per spatial axis.

    Attributes:
        kernel: Size of the kernel [samples].
        strides, dilations: Steps between windows and between the samples of a window [samples].
        pads: Number of zeros before and after each axis, (begin, end) pairs; None if `auto_pad` sets them.
        auto_pad: ONNX's "SAME_UPPER" or "SAME_LOWER", which pad according to the input; "" if `pads` is used.
    """

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    pads: tuple[tuple[int, int], ...] | None
    auto_pad: str = ""


@by_value
@dataclass(frozen=True)
class LinearLayer:
    """A product of a tensor with constant weights.

    Attributes:
        name: Name of the node.
        op: "Gemm", "MatMul", "Conv" or "Einsum".
        weights: (groups, inputs, outputs) one matrix per group; groups is 1 except for grouped convolutions and stacks
            of matrices.
        bias: (groups · outputs,) added digitally after the product; None without a bias.
        window: The convolution's window; None for others.
        input_bound: Largest |input| that the previous node allows (1 after tanh); None without a bound.
        contraction: Which axes meet the weights; None where the last axis of the input does, and for convolutions.
        tied_to: Name of the earlier layer with the same weights, on whose tiles this one is read; "": it has its own.
    """

    name: str
    op: str
    weights: np.ndarray
    bias: np.ndarray | None = None
    window: Window | None = None
    input_bound: float | None = None
    contraction: Contraction | None = None
    tied_to: str = ""


@checked
def float_product(layer: LinearLayer, activations: np.ndarray) -> np.ndarray:
    """Multiply vectors (vectors, groups, inputs) by the layer's weights in float64: (vectors, groups, outputs)."""
    return np.einsum("vgi,gio->vgo", activations, layer.weights, optimize=True)


@checked
def as_numpy(array: Any) -> np.ndarray:
    """Return an array of any namespace and device as a NumPy array of the same dtype, without a copy if possible."""
    if isinstance(array, np.ndarray):
        return array
    if not hasattr(array, "__dlpack_device__"):
        raise InputError(f"array is of type {type(array).__name__}: expected an array of NumPy or the array API")
    if array.__dlpack_device__()[0] != _DLPACK_CPU:
        array = array_api_compat.to_device(array, "cpu")
    return np.from_dlpack(array)


@checked
def input_vectors(layer: LinearLayer, x: np.ndarray) -> np.ndarray:
    """Cut a tensor into the vectors that the layer's matrices multiply.

    Args:
        layer: The layer.
        x: (…, inputs) for Gemm and MatMul; (batch, channels, *space) for Conv; the axes of the contraction otherwise.

    Returns:
        (vectors, groups, inputs), float64; for Conv one vector per image and output pixel (im2col).

    Raises:
        InputError: The tensor does not have the axes, or the inputs, of the layer.
    """
    groups, inputs, _ = layer.weights.shape
    if not _fits(layer, x.shape):
        raise InputError(
            f"layer {layer.name!r} ({layer.op}) reads a tensor of shape {x.shape}, which does not fit its weights of "
            f"{groups} x {inputs} inputs; expected images of the size that the network was made for"
        )
    if layer.contraction is not None:
        return layer.contraction.vectors(x)
    if layer.window is None:
        return np.asarray(x, dtype=float).reshape(-1, groups, inputs)
    patches = _patches(np.asarray(x, dtype=float), layer.window)  # (batch, channels, samples, *out)
    patches = np.moveaxis(patches, (1, 2), (-2, -1))
    return patches.reshape(-1, groups, inputs)


@checked
def output_tensor(layer: LinearLayer, y: np.ndarray, x_shape: tuple[int, ...]) -> np.ndarray:
    """Add the bias to products (vectors, groups, outputs); return the node's output for an input of `x_shape`."""
    if layer.contraction is not None:
        return layer.contraction.tensor(y, x_shape)
    channels = y.shape[1] * y.shape[2]
    if layer.bias is not None:
        y = y.reshape(-1, channels) + layer.bias
    if layer.window is None:
        return y.reshape(*x_shape[:-1], channels)
    out = output_size(layer.window, x_shape[2:])
    return np.moveaxis(y.reshape(x_shape[0], *out, channels), -1, 1)


def _fits(layer: LinearLayer, shape: tuple[int, ...]) -> bool:
    """Tell whether a tensor of a shape can be cut into vectors of the layer."""
    groups, inputs, _ = layer.weights.shape
    if layer.contraction is not None:
        return layer.contraction.fits(shape)
    if layer.window is None:
        return len(shape) >= 1 and shape[-1] == groups * inputs
    kernel = layer.window.kernel
    return len(shape) == 2 + len(kernel) and shape[1] * math.prod(kernel) == groups * inputs


def output_size(window: Window, size: tuple[int, ...]) -> tuple[int, ...]:
    """Return the size of a convolution's output [pixels] for an input of `size` pixels, one entry per spatial axis."""
    return tuple(
        (length + begin + end - (k - 1) * dilation - 1) // stride + 1
        for length, (begin, end), k, stride, dilation in zip(
            size, window_pads(window, size), window.kernel, window.strides, window.dilations, strict=True
        )
    )


def window_pads(window: Window, size: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Return the number of zeros before and after each spatial axis of an input of `size` pixels."""
    if window.pads is not None:
        return window.pads
    pads = []
    for length, k, stride, dilation in zip(size, window.kernel, window.strides, window.dilations, strict=True):
        total = max((-(-length // stride) - 1) * stride + (k - 1) * dilation + 1 - length, 0)
        small, large = total // 2, total - total // 2
        pads.append((small, large) if window.auto_pad == "SAME_UPPER" else (large, small))
    return tuple(pads)


def _patches(x: np.ndarray, window: Window) -> np.ndarray:
    """Rearrange (batch, channels, *space) to (batch, channels, samples of the kernel, *out)."""
    size = x.shape[2:]
    out = output_size(window, size)
    x = np.pad(x, ((0, 0), (0, 0), *window_pads(window, size)))
    samples = []
    for offset in np.ndindex(*window.kernel):
        cuts = tuple(
            slice(o * dilation, o * dilation + (n - 1) * stride + 1, stride)
            for o, n, stride, dilation in zip(offset, out, window.strides, window.dilations, strict=True)
        )
        samples.append(x[(slice(None), slice(None), *cuts)])
    return np.stack(samples, axis=2)
