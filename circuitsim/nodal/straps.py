"""Straps of wires: the points and segments that a strap adds to each line of a grid."""

from itertools import pairwise

import numpy as np

from circuitsim.spec.geometry import StrapSpec

LineSegments = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Start point, end point and resistance [ohm] of segments."""


def strapped_segments(
    points: np.ndarray, r: np.ndarray, r_end: float, strap: StrapSpec, first: int
) -> tuple[LineSegments, int]:
    """Return all segments of lines with straps, and the first number that is free for further points.

    A strap lies above its line. Vias join it to every `strap.every`-th cell, counted from the first end, and to the
    ends in use, before the resistance of the driver or sense amplifier.

    Args:
        points: (n + 2, lines) numbers of the points of each line: terminal, cells, terminal.
        r: (n + 1, lines) segments between them, without what lies behind the ends [ohm]; inf is open.
        r_end: Resistance between an end in use and its terminal [ohm].
        strap: The strap of each line.
        first: Number of the first further point.
    """
    found: list[tuple[int, int, float]] = []
    for line, own in zip(points.T.tolist(), r.T.tolist(), strict=True):
        added, first = _strapped_line(line, own, r_end, strap, first)
        found += added
    start, end, resistance = (np.array(part) for part in zip(*found, strict=True))
    return (start, end, resistance), first


def _strapped_line(
    points: list[int], r: list[float], r_end: float, strap: StrapSpec, first: int
) -> tuple[list[tuple[int, int, float]], int]:
    """Return the segments of one line, and the first number that is free afterwards."""
    points, last = list(points), len(points) - 1
    used = [end for end, segment in ((0, r[0]), (last, r[-1])) if segment != np.inf]
    segments = []
    for end in used if r_end > 0 else []:
        segments.append((points[end], first, r_end))
        points[end], first = first, first + 1
    segments += [(*ends, segment) for ends, segment in zip(pairwise(points), r, strict=True)]
    places = sorted({*used, *range(strap.every, last, strap.every)})
    above = dict(zip(places, range(first, first + len(places)), strict=True))
    segments += [(points[place], above[place], strap.r_via) for place in places]
    segments += [(above[j], above[k], strap.r * (k - j)) for j, k in pairwise(places)]
    return segments, first + len(places)


def line_conductances(r: np.ndarray, r_end: float, strap: StrapSpec) -> tuple[np.ndarray, np.ndarray]:
    """Reduce lines with straps to their cells and their terminal.

    Args:
        r: (lines, n + 1) segments above 0 ohm, without what lies behind the ends [ohm]; inf is open.
        r_end, strap: As in `strapped_segments`.

    Returns:
        (lines, n, n) current that leaves each cell's node per volt at each, with the terminal at 0 V, and (lines, n)
        current into it per volt at the terminal [S].
    """
    reduced = {own.tobytes(): _reduced(own, r_end, strap) for own in r}  # most lines are equal
    whole = np.array([reduced[own.tobytes()] for own in r])
    return whole[:, 1:, 1:], -whole[:, 1:, 0]


def _reduced(r: np.ndarray, r_end: float, strap: StrapSpec) -> np.ndarray:
    """Return the conductance matrix (n + 1, n + 1) of a line between its terminal, first, and its cells [S]."""
    kept = len(r)
    points = [0, *range(1, kept), 0]
    segments, count = _strapped_line(points, r.tolist(), r_end, strap, kept)
    matrix = np.zeros((count, count))
    for start, end, resistance in segments:
        if resistance != np.inf and start != end:
            both = np.ix_((start, end), (start, end))
            matrix[both] += np.array([[1.0, -1.0], [-1.0, 1.0]]) / resistance
    inner, across = matrix[kept:, kept:], matrix[kept:, :kept]
    return matrix[:kept, :kept] - across.T @ np.linalg.solve(inner, across)
