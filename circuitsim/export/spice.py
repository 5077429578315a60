"""Export a calibrated tile as an ngspice sub-circuit, so that a system deck can contain a 128 x 128 array."""

from collections.abc import Callable, Iterator

import numpy as np

from circuitsim.behavioral import AnyTile, Tile, voltage_tile
from circuitsim.export.read_terms import read_terms
from circuitsim.export.terms import Sum, Terms, expression, nested_polynomial
from circuitsim.spec import PlainName, checked

_PORTS_PER_LINE = 12


@checked
def spice_macro(tile: AnyTile, *, name: PlainName = "tile", input_current: bool = True) -> str:
    """Write a tile as a sub-circuit.

    Ports: in_0 … connect to the ideal source of each row (the driver's output resistance is inside); out_0 … are the
    column ends at the sense amplifiers, which the deck must hold at v_ref; ref is 0 V of the array. Column currents
    flow out of out_j.

    Args:
        tile: The programmed tile, with NumPy arrays.
        name: Name of the sub-circuit.
        input_current: Include the input currents, which are those of the linear network. False saves rows² elements
            and leaves the inputs without current.

    Returns:
        Text of the sub-circuit with a header, as a file to `.include`.

    Raises:
        InputError: The tile's matrices are not NumPy arrays, its inputs switch gates, or the name is none.

    Valid for: static reads within the tile's range; the outputs are current sources, whatever their voltage.
    """
    tile = voltage_tile(tile, "export")
    terms = read_terms(tile)
    lines = [*_header(tile, terms, name), *_inputs(terms)]
    for part in (*terms.row_sums, *terms.sums):
        if part.matrices:
            lines += _sum(part)
    lines += [*_rows(terms), *_outputs(terms)]
    if input_current:
        lines += [
            f"g_r_{k}_{n} in_{k} ref x_{n} ref {float(terms.i_row[n, k] * terms.i_scale)!r}"
            for k in range(terms.rows)
            for n in np.flatnonzero(terms.i_row[:, k])
        ]
    return "\n".join([*lines, f".ends {name}", ""])


def _header(tile: Tile, terms: Terms, name: str) -> Iterator[str]:
    yield f"* {name}: {terms.rows} x {terms.cols} array, behavioral model of {tile.form.phrase}"
    yield f"* ports: in_0 ... in_{terms.rows - 1}, out_0 ... out_{terms.cols - 1}, ref"
    low, high = tile.v_range
    yield f"* valid: static reads, inputs {low:g} V to {high:g} V, outputs held at {tile.v_ref:g} V"
    ports = [f"in_{k}" for k in range(terms.rows)] + [f"out_{j}" for j in range(terms.cols)] + ["ref"]
    yield f".subckt {name} " + " ".join(ports[:_PORTS_PER_LINE])
    for start in range(_PORTS_PER_LINE, len(ports), _PORTS_PER_LINE):
        yield "+ " + " ".join(ports[start : start + _PORTS_PER_LINE])


def _inputs(terms: Terms) -> Iterator[str]:
    yield f"v_ref vref ref dc {terms.v_ref!r}"
    yield "v_one one ref dc 1"
    for k in range(terms.rows):
        yield f"e_x_{k} x_{k} ref in_{k} vref {1.0 / terms.v_scale!r}"
    for feature in terms.features:
        if feature.name != "x":
            for k in range(terms.rows):
                polynomial = nested_polynomial(feature, f"v(x_{k},ref)", zero="0", plus="+")
                yield f"b_{feature.name}_{k} {feature.name}_{k} ref v = {polynomial}"


def _sum(part: Sum) -> Iterator[str]:
    """Write one node per output, at which controlled sources add currents in 1 ohm."""
    for j, constant in enumerate(part.constant):
        node = f"{part.name}_{j}"
        yield f"r_{node} {node} ref 1"
        if constant != 0:
            yield f"g_{node}_one ref {node} one ref {float(constant)!r}"
        for feature, first, matrix in part.matrices:
            for k in np.flatnonzero(matrix[:, j]):
                yield f"g_{node}_{feature}_{first + k} ref {node} {feature}_{first + k} ref {float(matrix[k, j])!r}"


def _rows(terms: Terms) -> Iterator[str]:
    """Write the numbers of each row that follow from sums over all inputs."""
    for step in terms.row_steps:
        for k in range(terms.rows):
            product = expression(step, lambda name, k=k: f"v({name}_{k},ref)", plus="+")
            yield f"b_{step.name}_{k} {step.name}_{k} ref v = {product}"


def _outputs(terms: Terms) -> Iterator[str]:
    """Write the steps of each column, and the current that follows from them."""
    *steps, last = terms.steps
    for j in range(terms.cols):
        value = _values(terms, j)
        for step in steps:
            yield f"b_{step.name}_{j} {step.name}_{j} ref v = {expression(step, value, plus='+')}"
        yield f"b_out_{j} ref out_{j} i = {terms.i_scale!r}*({expression(last, value, plus='+')})"


def _values(terms: Terms, j: int) -> Callable[[str], str]:
    """Return the text of what each name stands for in a column; a sum of no feature is a number."""
    numbers = {part.name: f"({float(part.constant[j])!r})" for part in terms.sums if not part.matrices}
    return lambda name: numbers.get(name, f"v({name}_{j},ref)")
