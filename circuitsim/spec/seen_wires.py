"""Wires as cells and sources see them: what two specifications draw differently may be one network."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from circuitsim.spec.array import ArraySpec
from circuitsim.spec.geometry import StrapSpec
from circuitsim.spec.layout import drawn_specs

_ROUNDING = 1e-12  # relative: of sums in another order
_SOURCE = "source"
_Node = int | str


@dataclass(frozen=True)
class _Lines:
    """All wires of one kind.

    Attributes:
        r: (lines, n + 1) segments [ohm], see `WireGrid`.
        r_end: Between each used end and its source [ohm].
        strap: The strap above each.
        series: The cells lie between the segments, and both ends have sources of their own.
    """

    r: np.ndarray
    r_end: tuple[float, float]
    strap: StrapSpec | None = None
    series: bool = False


def same_wires(one: ArraySpec, other: ArraySpec, *, at_rest: bool) -> bool:
    """Tell whether cells and sources see the same resistances between them in two arrays of one layout.

    A segment that carries no current, an end on the other side of a wire of one cell, and a strap between two points of
    one voltage are drawn and not seen. Capacitances to ground are not compared.

    Args:
        one, other: The arrays, equal but for their wires.
        at_rest: Leave out wires that lead to gates alone, into which no current flows at rest.
    """
    for each, its in zip(drawn_specs(one), drawn_specs(other), strict=True):
        for left, right in zip(_kinds(each, at_rest), _kinds(its, at_rest), strict=True):
            if not _same_lines(left, right):
                return False
    return True


def held_by_sources(spec: ArraySpec, line: Literal["row", "col", "bl"]) -> bool:
    """Tell whether ideal sources hold every node of one kind of wires.

    Args:
        spec: The array.
        line: "row": the wires along rows; "col": those that are sensed; "bl": the bit lines beside them.
    """
    if spec.array.input_line == "string" or (spec.sense if line == "col" else spec.driver).block is not None:
        return False
    for wires in (each.wires for each in drawn_specs(spec)):
        r_end = wires.r_sense if line == "col" else wires.r_driver
        r = {"row": wires.r_row, "col": wires.r_col.T, "bl": None if wires.r_bl is None else wires.r_bl.T}[line]
        if r is None or any(set(_nodes(own, r_end)[1:-1]) != {_SOURCE} for own in np.unique(r, axis=0)):
            return False
    return True


def _kinds(spec: ArraySpec, at_rest: bool) -> Iterator[_Lines]:
    wires, series = spec.wires, spec.array.input_line == "string"
    driver, sense = wires.r_driver, wires.r_sense
    if spec.array.input_line == "bl" or not at_rest:
        yield _Lines(wires.r_row, (driver, driver), wires.strap_row)
    yield _Lines(wires.r_col.T, (driver if series else sense, sense), wires.strap_col, series)
    if wires.r_bl is not None:
        yield _Lines(wires.r_bl.T, (driver, driver))


def _same_lines(one: _Lines, other: _Lines) -> bool:
    if (one.r_end, one.strap) == (other.r_end, other.strap) and np.array_equal(one.r, other.r):
        return True
    if one.series:  # between cells in series every segment is seen
        return one.r_end == other.r_end and np.allclose(one.r, other.r, rtol=_ROUNDING, atol=0)
    pairs = {(a.tobytes(), b.tobytes()): (a, b) for a, b in zip(one.r, other.r, strict=True)}
    return all(_same(_seen(a, one), _seen(b, other)) for a, b in pairs.values())


@dataclass(frozen=True)
class _Seen:
    """One wire without what is not seen.

    Attributes:
        cells: Node of each cell: that of the first cell on it, or the source.
        conductances: Between pairs of nodes [S].
        strap: Nodes below its vias and their places; empty: no strap is seen.
    """

    cells: tuple[_Node, ...]
    conductances: dict[frozenset[_Node], float]
    strap: tuple[object, ...]


def _same(one: _Seen, other: _Seen) -> bool:
    if (one.cells, one.strap, one.conductances.keys()) != (other.cells, other.strap, other.conductances.keys()):
        return False
    return all(abs(g / other.conductances[pair] - 1) <= _ROUNDING for pair, g in one.conductances.items())


def _seen(r: np.ndarray, lines: _Lines) -> _Seen:
    """Return one wire as it is seen; both ends have one source."""
    nodes = _nodes(r, lines.r_end[0])
    found: dict[frozenset[_Node], float] = {}
    for ends, segment in zip(pairwise(nodes), r.tolist(), strict=True):
        if np.isfinite(segment) and segment > 0:
            _join(found, *ends, 1 / segment)
    for place in (0, len(r)) if lines.r_end[0] > 0 else ():
        if _is_used(r, place):
            _join(found, _SOURCE, nodes[place], 1 / lines.r_end[0])
    strap = _strap(nodes, r, lines.strap)
    for end in {nodes[0], nodes[-1]} - set(nodes[1:-1]) - {_SOURCE} if not strap else ():
        _take_out(found, end)
    return _Seen(tuple(nodes[1:-1]), found, strap)


def _is_used(r: np.ndarray, end: int) -> bool:
    """Tell whether an end of a wire, its first place or its last, is connected: else its segment is infinite."""
    return bool(np.isfinite(r[min(end, len(r) - 1)]))


def _nodes(r: np.ndarray, r_end: float) -> list[_Node]:
    """Return the node of each place along a wire, its ends and its cells; 0 ohm joins two of them into one."""
    last = len(r)
    groups = [0, *np.cumsum(r != 0).tolist()]
    held = {groups[place] for place in (0, last) if r_end == 0 and _is_used(r, place)}
    names: dict[int, _Node] = {}
    for place in [*range(1, last), 0, last]:  # cells name their node
        names.setdefault(groups[place], place if 0 < place < last else f"end {place > 0}")
    return [_SOURCE if group in held else names[group] for group in groups]


def _strap(nodes: list[_Node], r: np.ndarray, strap: StrapSpec | None) -> tuple[object, ...]:
    """Return the nodes below the vias of a strap and their places; empty if they are one node."""
    if strap is None:
        return ()
    last = len(r)
    used = [place for place in (0, last) if _is_used(r, place)]
    places = sorted({*used, *range(strap.every, last, strap.every)})
    below = tuple(nodes[place] for place in places)
    return (strap.r, strap.r_via, below, tuple(places)) if len(set(below)) > 1 else ()


def _join(found: dict[frozenset[_Node], float], one: _Node, other: _Node, conductance: float) -> None:
    if one != other:
        pair = frozenset((one, other))
        found[pair] = found.get(pair, 0.0) + conductance


def _take_out(found: dict[frozenset[_Node], float], node: _Node) -> None:
    """Replace a node that no cell touches by the resistance of what is in series through it."""
    pairs = [pair for pair in found if node in pair]
    values = [found.pop(pair) for pair in pairs]
    if len(pairs) == 2:
        others = [next(iter(pair - {node})) for pair in pairs]
        _join(found, others[0], others[1], values[0] * values[1] / sum(values))
