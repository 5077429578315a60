"""Bands of rows: contiguous groups, as equal as the number of rows allows, in each of which a column has a level."""

import numpy as np

_FEWEST_ROWS = 4  # of a band: the mean over fewer cells is hardly more than the cell's own input


def band_limit(rows: int) -> int:
    """Return the largest number of bands that a column of `rows` cells is divided into, at least 1."""
    return max(1, rows // _FEWEST_ROWS)


def band_edges(rows: int, bands: int) -> tuple[int, ...]:
    """Return the first row of each band, and the number of rows behind the last one: (bands + 1) numbers."""
    return tuple(-(-rows * band // bands) for band in range(bands + 1))


def band_of_row(edges: tuple[int, ...]) -> np.ndarray:
    """Return the band (rows,) to which each row belongs."""
    return np.repeat(np.arange(len(edges) - 1), np.diff(edges))
