"""Matrices and inputs that are worst for some model: blocks, single rows and columns, one column unlike its neighbours.

A tile errs most where node voltages are far from what it assumes: where one column carries almost all current, half of
a column is driven and half at rest, one column's level differs from that of its neighbours, or the first columns pull
the rows down before a column is reached of which only a part is hot. Cells near the threshold of their transistor make
it err most between g_min and g_max, in columns unlike their neighbours, however few the rows. Patterns are written as
`Box` counts them: rows from the far end, columns from the drivers.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from circuitsim.calibration.box import Box
from circuitsim.calibration.level_inputs import last_level, levels_of_patterns
from circuitsim.spec import ArraySpec

Families = Literal["all", "few"]
_GOLDEN, _PLASTIC = 0.6180339887, 0.7548776662
_WINNING_GRADES = ("graded columns", "graded columns, by ratio", "graded unlike columns, by ratio")
LARGE = 96 * 96  # cells above which a search takes the few families: programming one of 128 × 128 takes half a second
LARGE_CHARGES = 32 * 32  # the same of capacitors, whose exact charges at 64 × 64 take a second


def structured_matrices(box: Box, families: Families) -> dict[str, np.ndarray]:
    """Return conductances (rows, cols) [S] by the name of their family, no two of them equal.

    Args:
        box: The box.
        families: "all", or "few" for those that were the worst of some model.
    """
    rows, cols = box.spec.shape
    pairs = box.spec.array.cell == "2t2r"
    every = dict(graded(box))
    patterns = dict(_winning(rows, cols)) | {name: every[name] for name in _WINNING_GRADES}
    if families == "all":
        patterns |= dict(_further(rows, cols)) | every
    if pairs:
        patterns |= dict(_hot_pairs(rows, cols))
    found: dict[bytes, tuple[str, np.ndarray]] = {}
    for name, pattern in patterns.items():
        g = box.conductances(pattern)
        found.setdefault(g.tobytes(), (name, g))
    return dict(found.values())


def affordable_families(spec: ArraySpec) -> Families:
    """Return the matrices that a search of this array takes unless it is told."""
    rows, cols = spec.shape
    return "few" if rows * cols > (LARGE_CHARGES if spec.array.cell == "1c" else LARGE) else "all"


def structured_inputs(box: Box) -> np.ndarray:
    """Return inputs (batch, rows) [V]: blocks from either end, single rows, halves; with both signs where allowed."""
    up = np.array(list(_driven(box.spec.array.rows)))
    if box.switched:
        rows = box.spec.array.rows
        singles = np.eye(rows) if box.spec.array.input_line == "string" else np.zeros((0, rows))  # one current in all
        blocks = np.array(list(_adjacent(rows))).reshape(-1, rows)
        up = up[(up != 0.5).all(axis=1)]
        if last_level(box.spec) > 1:
            return _distinct(box, np.concatenate(list(levels_of_patterns(box.spec, up, blocks))))
        up = np.concatenate([up, blocks, singles])
    signed = box.v_low < box.rest
    if signed:
        apart = np.where(up == 0.5, 0.0, 2 * up - 1)  # what was at rest is driven the other way
        up = np.concatenate([up, -up, apart, -apart])
    return _distinct(box, up)


def _distinct(box: Box, patterns: np.ndarray) -> np.ndarray:
    """Return the inputs (batch, rows) [V] of patterns, no two of them equal."""
    return np.array(list({v.tobytes(): v for v in box.inputs(patterns)}.values()))


def columns_of(cols: int) -> dict[str, int]:
    """Return the columns that stand for all: nearest to the drivers, in the middle, and last."""
    return {"first": 0, "middle": cols // 2, "last": cols - 1}


def _winning(rows: int, cols: int) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the families that were the worst of some model."""
    half = (rows + 1) // 2
    far = np.arange(rows) < half
    yield "all high", np.ones((rows, cols))
    for place, column in columns_of(cols).items():
        w = np.zeros((rows, cols))
        w[:, column] = 1
        yield f"hot column, {place}", w
        for end, on in (("far", far), ("near", ~far)):
            if place != "first":
                w = np.ones((rows, cols))
                w[on, column] = 0
                yield f"{end} half of a column low, {place}", w
            w = np.zeros((rows, cols))
            w[on] = 1
            w[:, column] = 1
            yield f"{end} rows and a column hot, {place}", w
    w = np.ones((rows, cols))
    w[:half, : cols // 4] = 0
    w[:half, cols // 4] = 0.1
    yield "stair", w
    yield "every other row and a column hot, last", _alternate(rows, cols, cols - 1)
    yield "first quarter of the columns hot, and the middle half of the next", _behind(rows, cols, 4, "middle half")
    yield "first half of the columns hot, and the near half of the next", _behind(rows, cols, 2, "near half")


def _further(rows: int, cols: int) -> Iterator[tuple[str, np.ndarray]]:
    """Yield what completes the families above, and the plain patterns."""
    half, middle = (rows + 1) // 2, (cols + 1) // 2
    far, left = np.arange(rows) < half, np.arange(cols) < middle
    first = 0
    yield "all low", np.zeros((rows, cols))
    for end, on in (("far", far), ("near", ~far)):
        w = np.ones((rows, cols))
        w[on, first] = 0
        yield f"{end} half of a column low, first", w
        yield f"{end} rows hot", np.outer(on, np.ones(cols))
    for side, on in (("first", left), ("last", ~left)):
        yield f"{side} columns hot", np.ones((rows, 1)) * on
    yield "hot row", np.outer(_line(rows, rows // 2), np.ones(cols))
    yield "low row", 1 - np.outer(_line(rows, rows // 2), np.ones(cols))
    yield "low column", 1 - np.outer(np.ones(rows), _line(cols, cols // 2))
    for parts, share in ((4, "quarter"), (2, "half")):
        for place in ("far half", "near half", "middle half", "ends"):
            yield f"first {share} of the columns hot, and the {place} of the next", _behind(rows, cols, parts, place)
    yield "every other row and a column hot, first", _alternate(rows, cols, first)
    yield "every other row and a column hot, middle", _alternate(rows, cols, cols // 2)
    i, j = np.indices((rows, cols))
    yield "checker", ((i + j) % 2).astype(float)
    yield "quarter block, far and first", (np.outer(far, left)).astype(float)
    yield "quarter block, near and last", (np.outer(~far, ~left)).astype(float)


def graded(box: Box) -> Iterator[tuple[str, np.ndarray]]:
    """Yield patterns (rows, cols), 0 to 1, of conductances from all of the range, evenly and by ratio.

    Places along the golden and the plastic ratio are far from each other and repeat nowhere.
    """
    rows, cols = box.spec.shape
    i, j = np.indices((rows, cols))
    shares = {
        "columns": (j + 0.5) / cols,
        "rows": (i + 0.5) / rows,
        "cells": (_PLASTIC * i + _GOLDEN * j + 0.5) % 1.0,
        "unlike columns": (_GOLDEN * j + 0.5) % 1.0 + 0.0 * i,
    }
    span = box.spec.device.g_min / box.spec.device.g_max
    for what, share in shares.items():
        yield f"graded {what}", share
        yield f"graded {what}, by ratio", (span ** (1.0 - share) - span) / (1.0 - span)


def _alternate(rows: int, cols: int, column: int) -> np.ndarray:
    """Make every other row hot, and one column."""
    w = np.outer(np.arange(rows) % 2, np.ones(cols))
    w[:, column] = 1
    return w


def _behind(rows: int, cols: int, parts: int, place: str) -> np.ndarray:
    """Load the rows by the first columns, and make the cells at one place of the column behind them hot as well."""
    position = np.arange(rows)
    places = {
        "far half": position < rows // 2,
        "near half": position >= rows // 2,
        "middle half": (position >= rows // 4) & (position < rows - rows // 4),
        "ends": (position < rows // 4) | (position >= rows - rows // 4),
    }
    w = np.outer(np.ones(rows), np.arange(cols) < cols // parts).astype(float)
    w[:, min(cols // parts, cols - 1)] = places[place]
    return w


def _hot_pairs(rows: int, cols: int) -> Iterator[tuple[str, np.ndarray]]:
    """Yield one hot pair of columns: cells of 2t2r share a row node."""
    for place, column in columns_of(cols).items():
        w = np.zeros((rows, cols))
        w[:, column - column % 2 : column - column % 2 + 2] = 1
        yield f"hot pair, {place}", w


def _driven(rows: int) -> Iterator[np.ndarray]:
    """Yield patterns of driven rows, 0 to 1; all at rest is one of them, because a tile may err there too."""
    position = np.arange(rows)
    yield np.zeros(rows)
    yield np.ones(rows)
    yield np.full(rows, 0.5)
    counts = [round(rows * k / 8) for k in range(1, 8)] + [1, 2, 4]
    for count in counts:
        yield (position < count).astype(float)
        yield (position >= rows - count).astype(float)
    yield ((position >= rows // 4) & (position < rows - rows // 4)).astype(float)
    yield ((position < rows // 4) | (position >= rows - rows // 4)).astype(float)
    yield _line(rows, rows // 2)
    yield (position % 2).astype(float)


def _adjacent(rows: int) -> Iterator[np.ndarray]:
    """Yield blocks of adjacent rows of every size, half a block apart: gated columns differ most from a tile there."""
    position, size = np.arange(rows), 2
    while size < rows:
        for first in range(0, rows - size + 1, size // 2):
            yield ((first <= position) & (position < first + size)).astype(float)
        size *= 2


def _line(count: int, index: int) -> np.ndarray:
    return (np.arange(count) == index).astype(float)
