"""One digital gain and offset for each output column of a layer, as a plain module that keeps them apart."""

import torch
from torch import nn


class TrimmedLayer(nn.Module):
    """A plain layer without bias, whose outputs are scaled and offset digitally.

    The gain stays beside the weights: folded into them it would move the conductances that the layer is trained for.

    Attributes:
        layer: The Linear or convolution.
        gain, offset: (channels, 1, …) of each output; the offset contains the bias.
    """

    def __init__(self, layer: nn.Module, gain: torch.Tensor, offset: torch.Tensor, *, pixels: int) -> None:
        """Take a layer, and gain and offset (channels,) of outputs with so many axes of pixels behind the channels."""
        super().__init__()
        shape = (-1, *([1] * pixels))
        self.layer = layer
        self.gain = nn.Parameter(gain.detach().reshape(shape).clone())
        self.offset = nn.Parameter(offset.detach().reshape(shape).clone())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the outputs of the layer, trimmed."""
        return self.layer(x) * self.gain + self.offset
