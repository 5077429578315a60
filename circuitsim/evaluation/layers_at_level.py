"""Some layers of a network at a level of their own, such as ngspice, the others faster."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from circuitsim.errors import InputError
from circuitsim.evaluation.level_product import TileLevel, level_product
from circuitsim.evaluation.measured_cost import AnyProduct, EnergyOptions
from circuitsim.network import Network, ReadTile, TilePlace
from circuitsim.results import TileModel
from circuitsim.spec import ArraySpec


@dataclass(frozen=True)
class LayersAtLevel:
    """Programs and reads the tiles of the layers named with one product, all others with another one.

    Attributes:
        chosen: The product of the layers named.
        others: The product of all other layers.
        names: Names of the layers.
    """

    chosen: AnyProduct
    others: AnyProduct
    names: frozenset[str]

    def check_array(self, spec: ArraySpec) -> None:
        """Refuse an array that one of the products refuses."""
        self.chosen.check_array(spec)
        self.others.check_array(spec)

    def __call__(self, place: TilePlace, g: np.ndarray, /) -> ReadTile:
        """Return the function that reads conductances g (rows, cols) [S]."""
        return (self.chosen if place.layer in self.names else self.others)(place, g)


def layers_at_level(
    product: AnyProduct,
    arrays: TileModel | ArraySpec,
    network: Network,
    layers: Sequence[str],
    digital: Sequence[str] | None,
    level: TileLevel | None,
    energy: EnergyOptions | None,
) -> LayersAtLevel:
    """Return the product that reads the layers named at `level`, and all others at the level by default.

    Args:
        product: The product of `level`.
        arrays: A model, by which the other layers are read, or a specification, whose array solver reads them.
        network: The network.
        layers: Names of its layers.
        digital: Names of those that stay digital.
        level: The level.
        energy: How energy is computed, which counts the reads of one level alone.

    Raises:
        InputError: The choice has no effect, names no layer of the network, or energy is asked for beside it.
    """
    if not layers:
        raise InputError("layers = [] has no effect: no layer is named; expected names, or None for all layers")
    usual = "behavioral" if isinstance(arrays, TileModel) else "nodal"
    if level in (None, usual):
        others = "nodal or ngspice" if usual == "behavioral" else "ngspice, or nodal with a calibrated model"
        raise InputError(
            f"layers = {list(layers)!r} has no effect at level = {usual!r}, which reads all; expected level {others}"
        )
    names = [layer.name for layer in network.layers]
    if wrong := [name for name in layers if name not in names]:
        few = ", ".join(map(repr, names[:12]))
        raise InputError(f"layers names {wrong[0]!r}, which is no layer of the network; expected some of {few}")
    tied = {layer.name: layer.tied_to for layer in network.layers if layer.tied_to}
    if wrong := [name for name in layers if name in tied]:
        raise InputError(f"layers names {wrong[0]!r}, which lies on the tiles of {tied[wrong[0]]!r}; name that one")
    if wrong := [name for name in layers if name in (digital or ())]:
        raise InputError(f"layers names {wrong[0]!r}, which stays digital: no level reads it; expected one on arrays")
    if energy is not None:
        raise InputError(f"layers = {list(layers)!r} and energy: reads are counted at one level; expected one of both")
    return LayersAtLevel(product, level_product(arrays, None), frozenset(layers))
