"""Export a calibrated tile as a SystemVerilog real-number model for digital and mixed-signal verification."""

from collections.abc import Iterator

from circuitsim.behavioral import AnyTile, voltage_tile
from circuitsim.export.read_terms import read_terms
from circuitsim.export.terms import Sum, Terms, expression, nested_polynomial
from circuitsim.spec import PlainName, checked


@checked
def systemverilog_model(tile: AnyTile, *, name: PlainName = "tile") -> str:
    """Write a tile as a module with real ports.

    `module NAME(input read, input real v_in [0:rows-1], output real i_out [0:cols-1])`: each rising edge of `read`
    computes the currents [A] from the voltages [V] at that time. Currents are positive into the sense amplifiers.
    Arguments and errors are those of `veriloga_model`.

    Valid for: static reads within the tile's range. Uses only what Icarus Verilog 11 (-g2012) and Verilator 5 support.
    """
    tile = voltage_tile(tile, "export")
    terms = read_terms(tile)
    lines = [
        f"// {terms.rows} x {terms.cols} array, behavioral model of {tile.form.phrase}; V and A",
        f"// valid: static reads, inputs {tile.v_range[0]:g} V to {tile.v_range[1]:g} V",
        f"module {name}(input read, input real v_in [0:{terms.rows - 1}],",
        f"  output real i_out [0:{terms.cols - 1}]);",
        *_declarations(terms),
        "  initial begin",
        *(line for part in (*terms.row_sums, *terms.sums) for line in _coefficients(part)),
        "  end",
        "  always @(posedge read) begin",
        *_features(terms),
        *_rows(terms),
        f"    for (j = 0; j < {terms.cols}; j = j + 1) begin",
        *(line for part in terms.sums for line in _sum(part, "j")),
        *(f"      {step.name} = {expression(step, str, times=' * ')};" for step in terms.steps),
        f"      held[j] = {terms.i_scale!r} * {terms.steps[-1].name};",
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


def _declarations(terms: Terms) -> Iterator[str]:
    for part in (*terms.row_sums, *terms.sums):
        yield f"  real {part.name}_one [0:{len(part.constant) - 1}];"
        for feature, _, matrix in part.matrices:
            yield f"  real {part.name}_{feature} [0:{matrix.size - 1}];"
    for row in (*terms.features, *terms.row_sums, *terms.row_steps):
        yield f"  real {row.name} [0:{terms.rows - 1}];"
    yield from (f"  real {column.name};" for column in (*terms.sums, *terms.steps))
    yield f"  real held [0:{terms.cols - 1}];"
    yield "  integer j, k;"


def _coefficients(part: Sum) -> Iterator[str]:
    for j, value in enumerate(part.constant):
        yield f"    {part.name}_one[{j}] = {float(value)!r};"
    for feature, _, matrix in part.matrices:
        for n, value in enumerate(matrix.ravel()):
            yield f"    {part.name}_{feature}[{n}] = {float(value)!r};"


def _features(terms: Terms) -> Iterator[str]:
    yield f"    for (k = 0; k < {terms.rows}; k = k + 1) begin"
    yield f"      x[k] = (v_in[k] - {float(terms.v_ref)!r}) / {float(terms.v_scale)!r};"
    for feature in terms.features:
        if feature.name != "x":
            yield f"      {feature.name}[k] = {nested_polynomial(feature, 'x[k]', times=' * ')};"
    yield "    end"


def _rows(terms: Terms) -> Iterator[str]:
    """Compute the numbers of each row that follow from sums over all inputs."""
    if terms.row_sums:
        yield f"    for (j = 0; j < {terms.rows}; j = j + 1) begin"
        for part in terms.row_sums:
            yield from _sum(part, "j", f"{part.name}[j]")
        for step in terms.row_steps:
            yield f"      {step.name}[j] = {expression(step, lambda name: f'{name}[j]', times=' * ')};"
        yield "    end"


def _sum(part: Sum, index: str, variable: str = "") -> Iterator[str]:
    """Add up one output of a sum; features that count for the same inputs share a loop."""
    variable = variable or part.name
    yield f"      {variable} = {part.name}_one[{index}];"
    if part.matrices:
        (_, first, matrix), outputs = part.matrices[0], len(part.constant)
        at = f"(k - {first}) * {outputs} + {index}"
        product = " + ".join(f"{feature}[k] * {part.name}_{feature}[{at}]" for feature, _, _ in part.matrices)
        yield f"      for (k = {first}; k < {first + len(matrix)}; k = k + 1) {variable} = {variable} + {product};"
