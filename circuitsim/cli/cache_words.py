"""What `circuitsim doctor` says of the cache: how many cells and tables of blocks it keeps, and how large they are."""

from typing import Any

from circuitsim.resources import surface_cache, table_cache


def cache_report() -> tuple[dict[str, Any], str]:
    """Return the state of the cache for machines, and in a sentence."""
    from circuitsim.characterization import cache_limit, cache_size

    folder, tables, limit = surface_cache(), table_cache(), cache_limit()
    (count, size), (table_count, table_size) = cache_size(folder), cache_size(tables)
    content = {"folder": str(folder), "surfaces": count, "bytes": size, "limit_bytes": limit}
    content |= {"table_folder": str(tables), "tables": table_count, "table_bytes": table_size}
    most = f"of at most {limit / 1e6:g} MB"
    return content, (
        f"Cache: {count} cells, {size / 1e6:.1f} MB {most}, in {folder}; {table_count} tables of blocks, "
        f"{table_size / 1e6:.1f} MB {most}, in {tables}."
    )
