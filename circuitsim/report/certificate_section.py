"""The certificate on the page: in words, as a table, and the budget of the product."""

from circuitsim.report.parts import Column, Definitions, PagePart, Picture, Section, SideBySide, Table
from circuitsim.report.words import certificate_statements, in_short, ranked
from circuitsim.results import Budget, Certificate, ErrorStatistics, LoadTable

_BUDGET = (
    "Bars: rms error against the ideal product v · g, each cause alone, then all together. Diamonds: the "
    "error that remains after one common gain."
)
_TWO = (
    "Above: errors of reads that were drawn, by kind of inputs and kind of matrices. Below, on the same axis: the "
    "largest error that a search found among matrices up to a column load. No mark is a bound."
)
_CASE = "The read with the largest error found: inputs and conductances; the triangle marks the column that errs."


def certificate_section(statement: Certificate) -> Section:
    """The certificate in words and as a table, and the budget of the product."""
    parts: list[PagePart] = [Definitions(certificate_statements(statement)), Picture("typical_and_worst", _TWO)]
    beside = [] if statement.by_load is None else [_load_table(statement, statement.by_load)]
    if statement.worst is not None:
        parts.append(SideBySide((Picture("worst_case", _CASE), *beside)))
    parts.append(_error_table(statement))
    if statement.budget is not None:
        parts.append(SideBySide((Picture("budget", _BUDGET), _budget_table(statement.budget))))
    return Section("certificate", "Certificate", f"Certificate: {in_short(statement)}", tuple(parts))


def _error_table(statement: Certificate) -> Table:
    rows = [_error_row("all", statement.typical)]
    rows += [_error_row(f"inputs: {name}", error) for name, error in statement.by_input.items()]
    rows += [_error_row(f"mean input: {name}", error) for name, error in statement.by_amplitude.items()]
    rows += [_error_row(f"matrices: {name}", error) for name, error in statement.by_matrix.items()]
    rows += [
        _error_row(f"extrapolated to {larger.rows} × {larger.cols}, against the array solver", larger.error)
        for larger in statement.extrapolation
    ]
    columns = (
        Column(f"hold-out, error in % of {statement.relative_to}", False),
        *(Column(name) for name in ("rms", "50 %", "95 %", "99 %", "99.9 %", "largest drawn", "mean", "outputs")),
    )
    return Table(columns, rows)


def _load_table(certificate: Certificate, table: LoadTable) -> Table:
    columns = (Column("column load, up to"), Column(f"worst found [% of {certificate.relative_to}]"))
    pairs = list(zip(table.loads, table.worst, strict=True))
    rows = [[f"{load:g}", f"{100 * worst:.4f}"] for load, worst in pairs]
    if certificate.in_lsb(1.0) is not None:
        columns = (*columns, Column("worst found [LSB]"))
        rows = [[*row, f"{certificate.in_lsb(worst):.3g}"] for row, (_, worst) in zip(rows, pairs, strict=True)]
    return Table(columns, rows)


def _error_row(name: str, error: ErrorStatistics) -> tuple[str, ...]:
    numbers = (error.rms, error.p50, error.p95, error.p99, error.p999, error.max)
    return (
        name,
        *(f"{100 * n:.4f}" for n in numbers),
        f"{100 * error.bias:+.5f}".replace("-", "−"),
        str(error.samples),
    )


def _budget_table(budget: Budget) -> Table:
    columns = (
        Column("cause", False),
        Column("power [FS²]" if budget.relative_to == "full scale" else "power, relative"),
        Column("what is switched on", False),
    )
    rows = [(cause.name, f"{cause.power:.2e}", cause.what) for cause in ranked(budget)]
    rows += [
        ("sum of causes", f"{budget.sum_of_causes:.2e}", ""),
        ("correlation", f"{budget.correlation:+.2e}", "errors of different causes that add or cancel"),
        ("joint", f"{budget.joint:+.2e}", "how one cause changes the effect of another"),
        ("all together", f"{budget.total:.2e}", "the sum of the three lines above"),
    ]
    return Table(columns, rows)
