"""Keep the programmed tiles of a network on disk, a file for each layer, so that the next run reads them.

The name of a file is a digest of everything on which the tiles depend. A file is complete or absent, and one that
cannot be believed is made again.
"""

import hashlib
import json
import math
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np

from circuitsim import __version__, behavioral, nodal
from circuitsim.characterization import cache_limit, cached
from circuitsim.errors import InputError
from circuitsim.resources import tile_cache
from circuitsim.results import TileModel
from circuitsim.results.sealed_files import read_sealed, write_sealed
from circuitsim.spec import checked

KIND, SCHEMA = "circuitsim tiles of a layer", 1
_ALIGNED = 64  # bytes, as NumPy aligns arrays
_OVERHEAD = 4096  # bytes of a file beside its arrays, at most


@dataclass(frozen=True)
class KeptLayer:
    """What became of the tiles of a layer.

    Attributes:
        name: Name of the layer.
        tiles: Their number.
        found: They were read, and not programmed.
        kept: The next run finds them.
        size: Bytes of their file.
    """

    name: str
    tiles: int
    found: bool
    kept: bool
    size: int


@dataclass(frozen=True)
class TileStore:
    """A folder of programmed tiles.

    Attributes:
        folder: The folder.
        limit: Bytes that it keeps; tiles that were not used for longest go first, but none of this run.
        layers: What became of each layer of this run, in order.
    """

    folder: Path
    limit: int
    layers: list[KeptLayer] = field(default_factory=list)


@checked
def tile_store() -> TileStore:
    """Return the store of programmed tiles in the cache; `CIRCUITSIM_TILES_MB` limits it, 2000 MB if absent.

    Raises:
        InputError: The variable is not a number of megabytes.
    """
    return TileStore(tile_cache(), cache_limit("tiles"))


def check_storable(model: TileModel, namespace: str) -> None:
    """Refuse a store for tiles that it cannot keep.

    Raises:
        InputError: They are of capacitors, or not of NumPy.
    """
    if model.spec.array.cell == "1c":
        raise InputError(
            "a store keeps no tiles of capacitors (array.cell = '1c'), which are programmed as fast as they are read; "
            "leave it out"
        )
    if namespace != "numpy":
        raise InputError(f"a store keeps tiles of NumPy, not of {namespace}; leave it out")


def kept_tiles(
    store: TileStore,
    name: str,
    model: TileModel,
    matrices: Sequence[np.ndarray],
    dtype: str,
    make: Callable[[], list[behavioral.AnyTile]],
) -> list[behavioral.AnyTile]:
    """Return the tiles of a layer from the store, or program them and keep them.

    Where the tiles of this run would fill the store beyond its limit they are not kept: to make room for them would
    remove those that this run needs again.

    Args:
        store: The store, which notes what became of the layer.
        name: Name of the layer.
        model: The model of the tiles.
        matrices: Conductances (rows, cols) [S] of each.
        dtype: Type of their matrices.
        make: Programs them.
    """
    key = _key(model, matrices, dtype)
    taken, outcome = sum(layer.size for layer in store.layers if layer.kept), {"found": False, "kept": False, "size": 0}

    def load(path: Path) -> list[behavioral.AnyTile]:
        tiles = _read(path, key, model, matrices)
        outcome.update(found=True, kept=True, size=path.stat().st_size)
        return tiles

    def save(path: Path, tiles: list[behavioral.AnyTile]) -> None:
        arrays = _content([behavioral.tile_content(tile) for tile in tiles])
        outcome["size"] = sum(array.nbytes for array in arrays.values()) + _OVERHEAD
        if taken + outcome["size"] <= store.limit:
            write_sealed(path, KIND, SCHEMA, {}, arrays, key=key)
            outcome["kept"] = True

    path = store.folder / f"{key}.npz"
    tiles = cached(path, load=load, make=make, save=save, limit=store.limit, again="programming")
    store.layers.append(KeptLayer(name, len(tiles), **outcome))
    return tiles


def _key(model: TileModel, matrices: Sequence[np.ndarray], dtype: str) -> str:
    """Return the digest of everything on which tiles depend: the model, its conductances, and what computes them."""
    about = [KIND, SCHEMA, model.digest, repr(behavioral.model_form(model)), dtype, _programs(), platform.machine()]
    digest = hashlib.sha256(json.dumps(about).encode())
    for g in matrices:
        digest.update(f"{g.shape}{g.dtype.str}".encode())
        digest.update(g.tobytes())
    return digest.hexdigest()


@cache
def _programs() -> list[str]:
    """Return the versions of the programs that program tiles; of this one its text, which may change between them."""
    text = hashlib.sha256()
    for room in (behavioral, nodal):
        for path in sorted(Path(str(room.__file__)).parent.glob("*.py")):
            text.update(path.read_bytes())
    return [__version__, text.hexdigest(), *(version(name) for name in ("numpy", "scipy", "numba"))]


def _content(contents: Sequence[tuple[Any, list[np.ndarray]]]) -> dict[str, np.ndarray]:
    """Lay the arrays of tiles one after the other in one block, which takes less time than many arrays in a file."""
    pieces, tiles, at = [], [], 0
    for plain, arrays in contents:
        places = []
        for array in arrays:
            order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
            places.append([array.dtype.str, list(array.shape), order, at])
            padding = -array.nbytes % _ALIGNED
            pieces += [np.frombuffer(array.tobytes(order), np.uint8), np.zeros(padding, np.uint8)]
            at += array.nbytes + padding
        tiles.append([plain, places])
    text = json.dumps(tiles, allow_nan=False).encode()
    return {"block": np.concatenate(pieces), "tiles": np.frombuffer(text, np.uint8)}


def _read(path: Path, key: str, model: TileModel, matrices: Sequence[np.ndarray]) -> list[behavioral.AnyTile]:
    _, arrays = read_sealed(path, KIND, SCHEMA, lambda name: name in ("block", "tiles"), key=key)
    block, tiles = arrays["block"], json.loads(arrays["tiles"].tobytes())
    if len(tiles) != len(matrices):
        raise InputError(f"{path}: damaged: it holds {len(tiles)} tiles, expected {len(matrices)}")
    return [
        behavioral.restored_tile(model, g, plain, [_piece(block, *place) for place in places])
        for g, (plain, places) in zip(matrices, tiles, strict=True)
    ]


def _piece(block: np.ndarray, kind: str, shape: list[int], order: Literal["C", "F"], at: int) -> np.ndarray:
    dtype = np.dtype(kind)
    end = at + dtype.itemsize * math.prod(shape)
    return block[at:end].view(dtype).reshape(shape, order=order)
