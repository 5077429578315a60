"""A torch module with layers on tiles as a network: everything that reads, judges or counts a network takes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from circuitsim.errors import InputError
from circuitsim.network.linear import LinearLayer, float_product
from circuitsim.network.network import LayerProduct
from circuitsim.network.torch.conversion import layers_on_tiles


@dataclass(frozen=True, eq=False)
class TorchNetwork:
    """A module that `convert_module` made, as a `network.Network`: from one tensor of images to one of outputs.

    `network.program`, `fit_ranges` and `evaluate` take it, so that a trained module is judged on the certified tile
    without a file in between. The layers are in the order of the module's parts.

    Attributes:
        module: The module, on any device; it is run there as `eval()` leaves it, and left as it was. Layers on arrays
            are computed where the tiles of the product lie, and return.
    """

    module: nn.Module

    @property
    def layers(self) -> tuple[LinearLayer, ...]:
        """The layers on tiles with their present weights."""
        return tuple(tiles.linear_layer(weights) for tiles, weights in layers_on_tiles(self.module))

    @property
    def beside(self) -> dict[str, int]:
        """Multiply-accumulates of a vector that digital adapters take beside layers, by the layer's name."""
        adapters = {tiles.layer: tiles.adapter for tiles, _ in layers_on_tiles(self.module)}
        return {name: each.operations for name, each in adapters.items() if each is not None and each.digital}

    def run(self, images: np.ndarray, product: LayerProduct) -> np.ndarray:
        """Return the outputs (images, …) for images (images, …); `product` computes the products of each layer."""
        first = next((each for each in self.module.parameters() if each.is_floating_point()), torch.zeros(()))
        with self._through(product), torch.no_grad():
            try:
                found = self.module(torch.as_tensor(np.asarray(images), dtype=first.dtype, device=first.device))
            except RuntimeError as error:
                shape = tuple(images.shape)
                raise InputError(f"the module does not take images of shape {shape}: {_first_line(error)}") from error
        if not isinstance(found, torch.Tensor):
            raise InputError(f"the module returned a {type(found).__name__}: expected one tensor of outputs")
        return found.cpu().numpy()

    def run_float(self, images: np.ndarray) -> np.ndarray:
        """Return the outputs (images, …) of the float network, without arrays."""
        return self.run(images, float_product)

    @contextmanager
    def _through(self, product: LayerProduct) -> Iterator[None]:
        """Let `product` compute in place of the tiles, the module in `eval()`."""
        training = {each: each.training for each in self.module.modules()}
        tiles = [each for each, _ in layers_on_tiles(self.module)]
        self.module.eval()
        for each in tiles:
            each.through = product
        try:
            yield
        finally:
            for each in tiles:
                each.through = None
            for each, was in training.items():
                each.training = was


def _first_line(error: RuntimeError) -> str:
    return str(error).splitlines()[0]
