"""Export a calibrated tile as a Verilog-A module.

The expressions use only sums and products, so that tests can evaluate them without a Verilog-A simulator.
"""

from collections.abc import Iterator

from circuitsim.behavioral import Tile
from circuitsim.export.terms import Sum, Terms, nested_polynomial, nested_sum, read_terms
from circuitsim.spec import PlainName, checked

_TERMS_PER_LINE = 4


@checked
def veriloga_model(tile: Tile, *, name: PlainName = "tile") -> str:
    """Write a tile as a Verilog-A module.

    Ports: in [0:rows-1] connect to the ideal source of each row; out [0:cols-1] are the column ends, which the circuit
    must hold at v_ref; ref is 0 V of the array. Column currents flow out of `out`. Input currents, which are those of
    the linear network, flow into `in`.

    Args:
        tile: The programmed tile, with NumPy arrays.
        name: Name of the module.

    Raises:
        InputError: The tile's matrices are not NumPy arrays, or the name is none.

    Valid for: static reads within the tile's range.
    """
    terms = read_terms(tile)
    rows, cols, (low, high) = terms.rows, terms.cols, tile.v_range
    body = [*_features(terms), *_outputs(terms), *_inputs(terms)]
    names = [line.split(" = ")[0].strip() for line in body if " = " in line]
    lines = [
        f"// {rows} x {cols} array, behavioral model of {tile.form.phrase}",
        f"// valid: static reads, inputs {low:g} V to {high:g} V, outputs held at {tile.v_ref:g} V",
        '`include "disciplines.vams"',
        f"module {name}(in, out, ref);",
        f"  inout [0:{rows - 1}] in;",
        f"  inout [0:{cols - 1}] out;",
        "  inout ref;",
        f"  electrical [0:{rows - 1}] in;",
        f"  electrical [0:{cols - 1}] out;",
        "  electrical ref;",
        *(f"  real {one};" for one in dict.fromkeys(names)),
        "  analog begin",
        *body,
        "  end",
        "endmodule",
        "",
    ]
    return "\n".join(lines)


def _features(terms: Terms) -> Iterator[str]:
    for k in range(terms.rows):
        yield f"    x_{k} = (V(in[{k}], ref) - {float(terms.v_ref)!r}) / {float(terms.v_scale)!r};"
        for feature in terms.features:
            if feature.name != "x":
                yield f"    {feature.name}_{k} = {nested_polynomial(feature, f'x_{k}')};"


def _outputs(terms: Terms) -> Iterator[str]:
    for j in range(terms.cols):
        for kind, sums in (("l", terms.levels), ("c", terms.currents)):
            for power, part in enumerate(sums):
                yield from _sum(f"{kind}{power}", part, j)
        if terms.levels:
            yield "    t = l0;"
        for _ in range(terms.iterations):
            yield f"    t = {nested_sum([f'l{power}' for power in range(len(terms.levels))])};"
        current = nested_sum([f"c{power}" for power in range(len(terms.currents))])
        yield f"    I(ref, out[{j}]) <+ {terms.i_scale!r}*({current});"


def _sum(label: str, part: Sum, j: int) -> Iterator[str]:
    yield f"    {label} = {float(part.constant[j])!r};"
    blocks = [(feature, matrix[:, j]) for feature, matrix in part.matrices]
    yield from _add(label, [f"{float(c)!r}*{feature}_{k}" for feature, column in blocks for k, c in enumerate(column)])


def _inputs(terms: Terms) -> Iterator[str]:
    for k in range(terms.rows):
        yield "    i_in = 0.0;"
        yield from _add("i_in", [f"{float(g)!r}*x_{n}" for n, g in enumerate(terms.i_row[:, k] * terms.i_scale)])
        yield f"    I(in[{k}], ref) <+ i_in;"


def _add(label: str, products: list[str]) -> Iterator[str]:
    """Add products to a variable in short lines, because simulators limit the length of a line."""
    for start in range(0, len(products), _TERMS_PER_LINE):
        yield f"    {label} = {label} + {' + '.join(products[start : start + _TERMS_PER_LINE])};"
