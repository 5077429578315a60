"""The levels as the products of a network's tiles: frozen values that pickle."""

import importlib
from dataclasses import dataclass
from functools import partial
from typing import Any

import array_api_compat
import numpy as np

from circuitsim import behavioral, nodal
from circuitsim.network import ReadTile, TilePlace
from circuitsim.results import CellSurface, TileModel
from circuitsim.spec import ArraySpec


@dataclass(frozen=True)
class BehavioralProduct:
    """Programs each tile into a model's matrices and reads it by matrix products.

    Attributes:
        model: A calibrated model; its specification must be that of the network's tiles.
        dtype: "float64" or "float32", of the matrices and so of the currents.
        namespace: Module of the matrices' array namespace: "numpy", "torch", or another that follows the array API.
    """

    model: TileModel
    dtype: str = "float64"
    namespace: str = "numpy"

    def __call__(self, place: TilePlace, g: np.ndarray, /) -> ReadTile:
        """Return the function that reads conductances g (rows, cols) [S]."""
        del place  # every tile is the same array
        xp = importlib.import_module(self.namespace)
        return partial(_read_matrices, behavioral.program(self.model, g, dtype=self.dtype, xp=xp))


@dataclass(frozen=True)
class NodalProduct:
    """Prepares each tile for the array solver and reads it exactly.

    Attributes:
        spec: The array that every tile is.
        surface: Its characterized cell; None for ohmic 1R cells.
    """

    spec: ArraySpec
    surface: CellSurface | None = None

    def __call__(self, place: TilePlace, g: np.ndarray, /) -> ReadTile:
        """Return the function that reads conductances g (rows, cols) [S]."""
        del place
        return partial(_read_exactly, nodal.prepare(self.spec, g, self.surface))


def _read_matrices(tile: behavioral.Tile, v_in: np.ndarray) -> Any:
    if isinstance(tile.w, np.ndarray):
        return behavioral.mvm(tile, v_in.astype(tile.w.dtype, copy=False))
    xp, device = array_api_compat.array_namespace(tile.w), array_api_compat.device(tile.w)
    return behavioral.mvm(tile, xp.asarray(v_in, dtype=tile.w.dtype, device=device))


def _read_exactly(array: nodal.PreparedArray, v_in: np.ndarray) -> np.ndarray:
    return nodal.read(array, v_in).out
