"""Memory that layers write to chunk after chunk: the system would clear new pages for every one of them."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Rooms:
    """Arrays by use and layer.

    Attributes:
        kept: The arrays of earlier chunks.
        made: What parts of reads write meanwhile, by layer and part.
        taken: Layers whose output of this chunk lies in `kept`; a layer that is met again gets a new array.
    """

    kept: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)
    made: dict[tuple[str, int], tuple[np.ndarray, ...]] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def next_chunk(self) -> "Rooms":
        """Return the same arrays for a chunk, after which outputs of earlier ones are no longer read."""
        return Rooms(self.kept, self.made)

    def driven(self, layer: str, size: int, dtype: np.dtype) -> np.ndarray:
        """Return room for the scaled inputs of a layer, used until its next read."""
        return self._of("driven", layer, size, dtype)

    def planes(self, layer: str, size: int, dtype: np.dtype) -> np.ndarray:
        """Return room for outputs of a layer before they are finished, used until its next read."""
        return self._of("planes", layer, size, dtype)

    def beside(self, layer: str, part: int, make: Callable[[], tuple[np.ndarray, ...]]) -> tuple[np.ndarray, ...]:
        """Return what a part of a layer's read writes meanwhile, which `make` makes for the first chunk."""
        if (layer, part) not in self.made:
            self.made[layer, part] = make()
        return self.made[layer, part]

    def out(self, layer: str, size: int, dtype: np.dtype) -> np.ndarray:
        """Return room for the output of a layer, used until the end of the chunk."""
        if layer in self.taken:
            return np.empty(size, dtype)
        self.taken.add(layer)
        return self._of("out", layer, size, dtype)

    def _of(self, use: str, layer: str, size: int, dtype: np.dtype) -> np.ndarray:
        if (use, layer) not in self.kept or len(self.kept[use, layer]) < size:
            self.kept[use, layer] = np.empty(size, dtype)
        return self.kept[use, layer][:size]
