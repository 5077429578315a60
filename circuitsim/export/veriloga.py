"""Export a calibrated tile as a Verilog-A module.

The expressions use only sums and products, so that tests can evaluate them without a Verilog-A simulator.
"""

from collections.abc import Iterator

from circuitsim.behavioral import AnyTile, voltage_tile
from circuitsim.export.read_terms import read_terms
from circuitsim.export.terms import Sum, Terms, expression, nested_polynomial
from circuitsim.spec import PlainName, checked

_TERMS_PER_LINE = 4
_PORTS_PER_LINE = 12


@checked
def veriloga_model(tile: AnyTile, *, name: PlainName = "tile") -> str:
    """Write a tile as a Verilog-A module.

    Ports, one by one because compilers differ on vectors: in_0 … connect to the ideal source of each row; out_0 … are
    the column ends, which the circuit must hold at v_ref; ref is 0 V of the array. Column currents flow out of out_j.
    Input currents, which are those of the linear network, flow into in_k.

    Args:
        tile: The programmed tile, with NumPy arrays.
        name: Name of the module.

    Raises:
        InputError: The tile's matrices are not NumPy arrays, its inputs switch gates, or the name is none.

    Valid for: static reads within the tile's range.
    """
    tile = voltage_tile(tile, "export")
    terms = read_terms(tile)
    rows, cols, (low, high) = terms.rows, terms.cols, tile.v_range
    body = [*_features(terms), *_rows(terms), *_outputs(terms), *_inputs(terms)]
    names = [line.split(" = ")[0].strip() for line in body if " = " in line]
    ports = [*(f"in_{k}" for k in range(rows)), *(f"out_{j}" for j in range(cols)), "ref"]
    lines = [
        f"// {rows} x {cols} array, behavioral model of {tile.form.phrase}",
        f"// valid: static reads, inputs {low:g} V to {high:g} V, outputs held at {tile.v_ref:g} V",
        '`include "disciplines.vams"',
        f"module {name}(",
        *_listed(ports, ");"),
        *_listed(ports, ";", before="  inout "),
        *_listed(ports, ";", before="  electrical "),
        *(f"  real {one};" for one in dict.fromkeys(names)),
        "  analog begin",
        *body,
        "  end",
        "endmodule",
        "",
    ]
    return "\n".join(lines)


def _listed(ports: list[str], end: str, *, before: str = "  ") -> Iterator[str]:
    """Name ports in short lines, each a statement of its own where `before` is a keyword."""
    last = len(ports) - 1
    for start in range(0, len(ports), _PORTS_PER_LINE):
        few = ports[start : start + _PORTS_PER_LINE]
        closes = before.strip() or start + len(few) > last
        yield f"{before}{', '.join(few)}{end if closes else ','}"


def _features(terms: Terms) -> Iterator[str]:
    for k in range(terms.rows):
        yield f"    x_{k} = (V(in_{k}, ref) - {float(terms.v_ref)!r}) / {float(terms.v_scale)!r};"
        for feature in terms.features:
            if feature.name != "x":
                yield f"    {feature.name}_{k} = {nested_polynomial(feature, f'x_{k}')};"


def _rows(terms: Terms) -> Iterator[str]:
    """Compute the numbers of each row that follow from sums over all inputs."""
    for k in range(terms.rows):
        for part in terms.row_sums:
            yield from _sum(f"{part.name}_{k}", part, k)
        for step in terms.row_steps:
            yield f"    {step.name}_{k} = {expression(step, lambda name, k=k: f'{name}_{k}')};"


def _outputs(terms: Terms) -> Iterator[str]:
    for j in range(terms.cols):
        for part in terms.sums:
            yield from _sum(part.name, part, j)
        for step in terms.steps:
            yield f"    {step.name} = {expression(step, str)};"
        yield f"    I(ref, out_{j}) <+ {terms.i_scale!r}*{terms.steps[-1].name};"


def _sum(variable: str, part: Sum, j: int) -> Iterator[str]:
    yield f"    {variable} = {float(part.constant[j])!r};"
    products = [
        f"{float(c)!r}*{feature}_{first + k}"
        for feature, first, matrix in part.matrices
        for k, c in enumerate(matrix[:, j])
    ]
    yield from _add(variable, products)


def _inputs(terms: Terms) -> Iterator[str]:
    for k in range(terms.rows):
        yield "    i_in = 0.0;"
        yield from _add("i_in", [f"{float(g)!r}*x_{n}" for n, g in enumerate(terms.i_row[:, k] * terms.i_scale)])
        yield f"    I(in_{k}, ref) <+ i_in;"


def _add(label: str, products: list[str]) -> Iterator[str]:
    """Add products to a variable in short lines, because simulators limit the length of a line."""
    for start in range(0, len(products), _TERMS_PER_LINE):
        yield f"    {label} = {label} + {' + '.join(products[start : start + _TERMS_PER_LINE])};"
