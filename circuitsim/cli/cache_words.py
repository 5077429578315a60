"""`circuitsim cache`, and what `circuitsim doctor` says of the cache: how much it keeps, where, and at most."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from circuitsim.cli.choices import one_of
from circuitsim.cli.output import Json, print_result
from circuitsim.resources import surface_cache, table_cache, tile_cache

_FOLDERS: dict[str, tuple[Callable[[], Path], str, str]] = {
    "cells": (surface_cache, "cells", "characterizations"),
    "tables": (table_cache, "tables of blocks", "characterizations"),
    "tiles": (tile_cache, "layers of programmed tiles", "tiles"),
}
"""Of each word of --clear: the folder, what it holds, and whose limit it has."""


def cache(
    clear: Annotated[
        list[str] | None,
        typer.Option(
            "--clear",
            parser=one_of("--clear"),
            metavar="WORD",
            help="Remove cells, tables, tiles or all before listing; may be given several times. circuitsim makes them"
            " again when it needs them.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List what the cache keeps: characterized cells, tables of blocks, programmed tiles; or clear it."""
    from circuitsim.characterization import clear_cache

    words = _FOLDERS if "all" in (clear or ()) else dict.fromkeys(clear or ())
    removed = {word: clear_cache(_FOLDERS[word][0]()) for word in words}
    content, said = cache_report()
    content["removed"] = {word: {"entries": count, "bytes": size} for word, (count, size) in removed.items()}
    lines = [
        f"Removed: {_counted(count, _FOLDERS[word][1])}, {size / 1e6:.1f} MB."
        for word, (count, size) in removed.items()
    ]
    print_result(content, "\n".join([*lines, said]), as_json)


def cache_report() -> tuple[dict[str, Any], str]:
    """Return the state of the cache for machines, and in a sentence."""
    from circuitsim.characterization import cache_limit, cache_size

    cells, tables, tiles = (cache_size(folder()) for folder, _, _ in _FOLDERS.values())
    content = {"folder": str(surface_cache()), "surfaces": cells[0], "bytes": cells[1], "limit_bytes": cache_limit()}
    content |= {"table_folder": str(table_cache()), "tables": tables[0], "table_bytes": tables[1]}
    content |= {"tile_folder": str(tile_cache()), "tile_layers": tiles[0], "tile_bytes": tiles[1]}
    content |= {"tile_limit_bytes": cache_limit("tiles")}
    said = [
        f"{_counted(count, named)}, {size / 1e6:.1f} MB of at most {cache_limit(kind) / 1e6:g} MB, in {folder()}"
        for (folder, named, kind), (count, size) in zip(_FOLDERS.values(), (cells, tables, tiles), strict=True)
    ]
    return content, f"Cache: {'; '.join(said)}."


def _counted(count: int, named: str) -> str:
    """Say how many of what a folder holds, one of it in the singular."""
    first, *rest = named.split()
    return " ".join([str(count), first.removesuffix("s") if count == 1 else first, *rest])
