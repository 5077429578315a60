"""The worst case of a certificate and the load of its matrices, as sentences."""

from circuitsim.report.amounts import counted
from circuitsim.report.legend import gates_in_words
from circuitsim.report.stored import output_noun, stored
from circuitsim.results import Certificate, LoadTable
from circuitsim.units import format_quantity, percent


def worst_in_words(certificate: Certificate) -> str:
    """Say what the search found, where, with how much effort, and what each level gives there."""
    worst = certificate.worst
    if worst is None:
        return _not_sought(certificate)
    witness, unit = worst.witness, certificate.unit
    exact = "" if witness.ngspice is None else f", {_exactly(witness.ngspice, unit)} in ngspice"
    verb = "puts out" if certificate.sense is not None or unit == "C" else "carries"
    unsolved = "; ngspice did not solve it" if witness.ngspice is None else ""
    ended = " A limit of time or of matrices ended the search early." if worst.stopped else ""
    volts = certificate.input_unit == "V"
    inputs = f"inputs from {_span(certificate.v_range, 'V')}" if volts else gates_in_words(certificate)
    return (
        f"Worst found by search over all {stored(certificate)}s from "
        f"{_span(certificate.g_range, certificate.state_unit)} and "
        f"{inputs}: {percent(worst.error)} of {_divided_by(certificate, worst.error)} in "
        f"column {witness.case.column}; no larger one is known. "
        f"The search programmed {counted(worst.programs, 'matrix', 'matrices')} and compared "
        f"{counted(worst.vectors, 'input vector')} with the array solver.{ended} The case (family: "
        f"{witness.case.family}) is stored: the column {verb} {_exactly(witness.tile, unit)} in the model, "
        f"{_exactly(witness.nodal, unit)} in the array solver{exact}{unsolved}."
    )


def worst_in_short(certificate: Certificate) -> str:
    """Say the same in one phrase, for a heading."""
    if certificate.worst is None:
        return "no worst case was sought"
    return f"the worst found by search is {percent(certificate.worst.error)}"


def loads_in_words(certificate: Certificate) -> str:
    """Say how the worst error found falls with the load of the columns; empty without a table."""
    table = certificate.by_load
    if table is None:
        return ""
    pairs = ", ".join(f"{percent(worst)} up to {cap:g}" for cap, worst in zip(table.loads, table.worst, strict=True))
    return (
        f"The load of a matrix is the mean {stored(certificate)} of its largest column over g_max. Worst found by "
        "search among "
        f"matrices of at most a load: {pairs}. {_law(table)}"
    )


def full_scale_in_words(certificate: Certificate) -> str:
    """Say what errors are divided by."""
    case = certificate.full_scale_case
    own = (
        ""
        if certificate.relative_to == "full scale"
        else f" Errors are fractions of {certificate.relative_to} of each column, not of full scale."
    )
    return (
        f"Full scale is {_amount(certificate.full_scale, certificate.unit)}: the largest {_largest(certificate)} that "
        f"the range below allows, by the array solver ({case.family}, column {case.column}).{own}"
    )


def _divided_by(certificate: Certificate, error: float) -> str:
    """Say what an error is a fraction of, with the error in the unit of the outputs where that is one number."""
    if certificate.relative_to != "full scale":
        return certificate.relative_to
    scale, unit = certificate.full_scale, certificate.unit
    return f"{_amount(scale, unit)} ({_amount(error * scale, unit)})"


def _law(table: LoadTable) -> str:
    every = f"Every one of them is below {percent(table.coefficient)} times its load."
    if table.drawn is None or table.fresh is None:
        return every
    return (
        f"{every} Tiles as networks make them, random weights on pairs of columns or on all, stay below "
        f"{percent(table.drawn)} times their load: the largest of those drawn to test this reached {table.fresh:.0%} "
        "of it."
    )


def _not_sought(certificate: Certificate) -> str:
    if certificate.time_s is not None:
        return (
            "None was sought: the conductances of aged arrays are drawn at random, so that the model has no worst "
            "matrix there. Errors larger than those drawn exist."
        )
    return "None was sought. Errors larger than those drawn exist; calibrate with search = 'full' to look for them."


def _largest(certificate: Certificate) -> str:
    if certificate.sense is None:
        return f"{output_noun(certificate.unit)} of a column"
    return "change of a sense amplifier's output from that without current"


def _amount(value: float, unit: str) -> str:
    return format_quantity(value, unit, 4)


def _exactly(value: float, unit: str) -> str:
    return format_quantity(value, unit, 7)


def _span(ends: tuple[float, float], unit: str) -> str:
    low, high = (format_quantity(end, unit) for end in ends)
    return f"{low} to {high}"
