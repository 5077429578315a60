"""Straps of wires: the points and segments that a strap adds to each line of a grid."""

from itertools import pairwise

import numpy as np

from circuitsim.spec.geometry import StrapSpec

Segments = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Start point, end point and resistance [ohm] of segments."""


def strapped_segments(
    points: np.ndarray, r: np.ndarray, r_end: float, strap: StrapSpec, first: int
) -> tuple[Segments, int]:
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
