"""Export a calibrated tile as a SystemVerilog real-number model for digital and mixed-signal verification."""

from collections.abc import Iterator

from circuitsim.behavioral import Tile
from circuitsim.export.terms import Sum, Terms, nested_polynomial, nested_sum, read_terms
from circuitsim.spec import PlainName, checked


@checked
def systemverilog_model(tile: Tile, *, name: PlainName = "tile") -> str:
    """Write a tile as a module with real ports.

    `module NAME(input read, input real v_in [0:rows-1], output real i_out [0:cols-1])`: each rising edge of `read`
    computes the currents [A] from the voltages [V] at that time. Currents are positive into the sense amplifiers.
    Arguments and errors are those of `veriloga_model`.

    Valid for: static reads within the tile's range. Uses only what Icarus Verilog 11 (-g2012) and Verilator 5 support.
    """
    terms = read_terms(tile)
    parts = [(f"c{n}", part) for n, part in enumerate(terms.currents)]
    parts += [(f"l{n}", part) for n, part in enumerate(terms.levels)]
    lines = [
        f"// {terms.rows} x {terms.cols} array, behavioral model of {tile.form.phrase}; V and A",
        f"// valid: static reads, inputs {tile.v_range[0]:g} V to {tile.v_range[1]:g} V",
        f"module {name}(input read, input real v_in [0:{terms.rows - 1}],",
        f"  output real i_out [0:{terms.cols - 1}]);",
        *_declarations(terms, parts),
        "  initial begin",
        *(line for label, part in parts for line in _coefficients(label, part)),
        "  end",
        "  always @(posedge read) begin",
        *_features(terms),
        f"    for (j = 0; j < {terms.cols}; j = j + 1) begin",
        *(line for label, part in parts for line in _sum(terms, label, part)),
        *_output(terms),
        "    end",
        "  end",
        "  genvar n;",
        "  generate",
        f"    for (n = 0; n < {terms.cols}; n = n + 1) begin : outputs",
        "      assign i_out[n] = held[n];",
        "    end",
        "  endgenerate",
        "endmodule",
        "",
    ]
    return "\n".join(lines)


def _declarations(terms: Terms, parts: list[tuple[str, Sum]]) -> Iterator[str]:
    for label, part in parts:
        yield f"  real {label}_one [0:{terms.cols - 1}];"
        for feature, _ in part.matrices:
            yield f"  real {label}_{feature} [0:{terms.rows * terms.cols - 1}];"
    for feature in terms.features:
        yield f"  real {feature.name} [0:{terms.rows - 1}];"
    yield f"  real held [0:{terms.cols - 1}];"
    yield "  real t;"
    yield from (f"  real {label};" for label, _ in parts)
    yield "  integer k, j;"


def _coefficients(label: str, part: Sum) -> Iterator[str]:
    for j, value in enumerate(part.constant):
        yield f"    {label}_one[{j}] = {float(value)!r};"
    for feature, matrix in part.matrices:
        for n, value in enumerate(matrix.ravel()):
            yield f"    {label}_{feature}[{n}] = {float(value)!r};"


def _features(terms: Terms) -> Iterator[str]:
    yield f"    for (k = 0; k < {terms.rows}; k = k + 1) begin"
    yield f"      x[k] = (v_in[k] - {float(terms.v_ref)!r}) / {float(terms.v_scale)!r};"
    for feature in terms.features:
        if feature.name != "x":
            yield f"      {feature.name}[k] = {nested_polynomial(feature, 'x[k]', times=' * ')};"
    yield "    end"


def _sum(terms: Terms, label: str, part: Sum) -> Iterator[str]:
    yield f"      {label} = {label}_one[j];"
    if part.matrices:
        product = " + ".join(f"{feature}[k] * {label}_{feature}[k * {terms.cols} + j]" for feature, _ in part.matrices)
        yield f"      for (k = 0; k < {terms.rows}; k = k + 1) {label} = {label} + {product};"


def _output(terms: Terms) -> Iterator[str]:
    yield f"      t = {'l0' if terms.levels else '0.0'};"
    for _ in range(terms.iterations):
        yield f"      t = {nested_sum([f'l{power}' for power in range(len(terms.levels))])};"
    current = nested_sum([f"c{power}" for power in range(len(terms.currents))])
    yield f"      held[j] = {terms.i_scale!r} * ({current});"
