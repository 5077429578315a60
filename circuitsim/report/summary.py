"""The top of the page: the numbers a reader takes away, and every requirement with its number."""

from circuitsim.report.amounts import hundredths
from circuitsim.report.circuit_words import lsb_in_short
from circuitsim.report.content import ReportContent
from circuitsim.report.parts import Column, KeyNumber, Section, Table
from circuitsim.results.evaluation import Check
from circuitsim.units import format_quantity, percent


def key_numbers(content: ReportContent) -> tuple[KeyNumber, ...]:
    """Accuracies, typical and worst errors of the model, IR drop and energy, as far as they are given."""
    error = content.certificate.typical
    shown = [KeyNumber(f"accuracy, {a.name}", hundredths(a.accuracy)) for a in content.accuracies]
    shown += [
        KeyNumber(f"typical model error, rms of {content.certificate.relative_to}", percent(error.rms)),
        KeyNumber(f"largest of {error.samples} drawn", percent(error.max)),
    ]
    if (worst := content.certificate.worst) is not None:
        shown.append(KeyNumber("worst model error found by search", percent(worst.error)))
    shown += [KeyNumber(name, value) for name, value in lsb_in_short(content.certificate)]
    if content.ir_drop is not None:
        shown.append(KeyNumber("largest IR drop at a cell", percent(content.ir_drop.worst)))
    if content.energy is not None:
        shown.append(KeyNumber("array energy per inference", format_quantity(content.energy.total, "J", 3)))
    return tuple(shown)


def checks_section(requirements: tuple[Check, ...]) -> Section:
    """Every requirement beside its number, and whether all are met."""
    failed = sum(not check.passed for check in requirements)
    heading = f"{failed} of {len(requirements)} checks FAILED" if failed else f"All {len(requirements)} checks passed"
    columns = (Column("requirement", False), Column("measured"), Column("at most"), Column("", False))
    rows = [
        (c.what, _amount(c, c.measured), _amount(c, c.limit), "✓ met" if c.passed else "✗ NOT met")
        for c in requirements
    ]
    return Section("checks", "Checks", heading, (Table(columns, rows, css="verdicts"),))


def _amount(check: Check, value: float) -> str:
    if check.unit == "count":
        return f"{value:g}"
    return f"{value:.2e}" if check.unit == "1" else format_quantity(value, check.unit, 3)
