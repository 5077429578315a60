"""A certificate as sentences: what `circuitsim certificate FILE` prints and the report quotes."""

import math

from circuitsim.report.amounts import counted
from circuitsim.report.circuit_sections import cost_in_words
from circuitsim.report.circuit_words import (
    left_out_in_words,
    lsb_in_words,
    outputs_in_words,
    rows_in_words,
    sense_in_words,
)
from circuitsim.report.legend import gates_in_words, names_in_words
from circuitsim.report.stored import output_noun, stored
from circuitsim.report.worst_words import full_scale_in_words, loads_in_words, worst_in_short, worst_in_words
from circuitsim.results import Budget, Cause, Certificate, GradeErrors
from circuitsim.units import format_quantity, percent

ROUNDING = 1e-24
"""Mean square error, of full scale squared, that is rounding: 1e-12 rms. A resistance of 0 leaves about 1e-17 rms."""


def certificate_in_words(certificate: Certificate) -> str:
    """Say what a certificate states: the error, on what evidence, where it holds, what it was made with.

    Returns:
        Paragraphs separated by blank lines, each a heading and its sentences; every number in SI units or as a
        fraction of full scale.
    """
    return "\n\n".join(f"{heading}. {sentences}" for heading, sentences in certificate_statements(certificate))


def certificate_statements(certificate: Certificate) -> tuple[tuple[str, str], ...]:
    """The same as pairs of a heading and its sentences."""
    parts = (
        ("Typical error", _typical(certificate)),
        ("Worst error", worst_in_words(certificate)),
        ("Worst error by column load", loads_in_words(certificate)),
        ("In steps of the ADC", lsb_in_words(certificate)),
        ("Sense amplifiers", sense_in_words(certificate)),
        ("Currents of row drivers", rows_in_words(certificate)),
        ("Full scale", full_scale_in_words(certificate)),
        ("Asked for", _asked(certificate)),
        ("Where the error lies", _breakdown(certificate)),
        ("Other sizes", _extrapolation(certificate)),
        ("What the array itself does", _product(certificate)),
        ("Energy", _energy(certificate)),
        ("Cost of one product", cost_in_words(certificate.cost, certificate.energy)),
        ("Where it holds", _range(certificate)),
        ("Left out", left_out_in_words(certificate)),
        ("Evidence", _evidence(certificate)),
        ("Names", names_in_words(certificate)),
    )
    return tuple((heading, sentences) for heading, sentences in parts if sentences)


def in_short(certificate: Certificate) -> str:
    """Say the certificate in one sentence, for a heading: typical and worst error, and the truth."""
    return (
        f"the model's typical error against {truth_in_words(certificate)} is {percent(certificate.typical.rms)} rms of "
        f"{certificate.relative_to}, {worst_in_short(certificate)}"
        f"{'' if certificate.missed is None else '; its target was NOT reached'}"
    )


def truth_in_words(certificate: Certificate) -> str:
    """Name the level, and the version of the simulator where there is one."""
    if certificate.truth == "ngspice" and certificate.provenance.ngspice:
        return f"ngspice {certificate.provenance.ngspice}"
    return {"nodal": "the array solver (not ngspice itself)"}.get(certificate.truth, certificate.truth)


def _typical(certificate: Certificate) -> str:
    error, of = certificate.typical, certificate.relative_to
    within = ((error.p50, "50 %"), (error.p95, "95 %"), (error.p99, "99 %"), (error.p999, "99.9 %"))
    shares = ", ".join(f"{share} within {percent(value)}" for value, share in within)
    rms, most = (_in_unit(certificate, value) for value in (error.rms, error.max))
    bits = f" That is {certificate.model_bits:.1f} effective bits." if of == "full scale" else ""
    return (
        f"The behavioral model of this {certificate.rows} × {certificate.cols} array ({certificate.form}) gives "
        f"{outputs_in_words(certificate)} before the ADC that differ from {truth_in_words(certificate)} by "
        f"{percent(error.rms)} of {of} rms{rms} over drawn matrices and inputs: {shares}; "
        f"the largest of {error.samples} drawn is {percent(error.max)}{most}, which is no bound. "
        f"The mean error is {percent(error.bias)} of {of}.{bits}"
    )


def _in_unit(certificate: Certificate, error: float) -> str:
    """Return an error of full scale in the unit of the outputs; empty for errors of the current itself."""
    if certificate.relative_to != "full scale":
        return ""
    return f" ({format_quantity(error * certificate.full_scale, certificate.unit, 3)})"


def _asked(certificate: Certificate) -> str:
    """Say what was asked for, what each grade reached on the validation, and whether the certificate confirms it."""
    if certificate.reached is None:
        return ""
    limits = ((certificate.max_rms, "rms"), (certificate.max_worst, "for the worst found"))
    asked = " and ".join(f"{percent(limit)} {what}" for limit, what in limits if limit is not None)
    reached = "it was reached" if certificate.reached else "it was NOT reached"
    tried = ", ".join(f"{name} {_tried(errors)}" for name, errors in certificate.validation.items())
    chosen = (
        f" On matrices that are not in the hold-out: {tried}; the cheapest grade that keeps half of the rms error and "
        "two thirds of the worst error asked for was taken, or where none does the one that comes nearest."
        if tried
        else ""
    )
    return f"An error of {asked} was asked for; {reached}.{chosen}"


def _tried(errors: GradeErrors) -> str:
    worst = "" if errors.worst is None else f" and {percent(errors.worst)} worst"
    return f"{percent(errors.rms)} rms{worst}"


def _extrapolation(certificate: Certificate) -> str:
    """Say what the same form does in arrays that the truth did not solve."""
    return " ".join(
        f"EXTRAPOLATED to {larger.rows} × {larger.cols}: {percent(larger.error.rms)} rms of "
        f"{certificate.relative_to} there, the largest of {larger.error.samples} drawn {percent(larger.error.max)}, "
        "against the array solver and not against ngspice."
        for larger in certificate.extrapolation
    )


def _product(certificate: Certificate) -> str:
    """Say how good the array is as a matrix product, and what spoils it."""
    sentences = []
    if certificate.product_bits is not None and certificate.product_gain is not None:
        sentences.append(
            f"As a product of voltages and {stored(certificate)}s, apart from any model, the array is good for "
            f"{certificate.product_bits:.1f} effective bits before the ADC, after a common gain of "
            f"{certificate.product_gain:.3f} has been taken out."
        )
    if certificate.budget is not None:
        sentences.append(budget_in_words(certificate.budget))
    return " ".join(sentences)


def budget_in_words(budget: Budget) -> str:
    """Say how large each cause of the product's error is alone, what all make together, and why that differs."""
    causes = ", ".join(f"{cause.name} {percent(math.sqrt(cause.power))}" for cause in ranked(budget))
    missing = ", ".join(cause.name for cause in budget.causes if cause.power <= ROUNDING)
    absent = f" Absent: {missing}." if missing else ""
    left = f" Left out: {'; '.join(budget.left_out)}." if budget.left_out else ""
    direction = "the same direction" if budget.correlation >= 0 else "opposite directions"
    of = budget.relative_to
    return (
        f"Causes of its error, each alone, rms of {of} without any gain taken out: "
        f"{causes or 'none'}.{absent} Mean squares are added, in units of {of} squared: the causes alone give "
        f"{budget.sum_of_causes:.2e}, all together {budget.total:.2e} ({percent(math.sqrt(budget.total))} rms). The "
        f"difference of {budget.interaction:+.2e} is {budget.correlation:+.2e} because causes push an output in "
        f"{direction}, and {budget.joint:+.2e} because one cause changes what another does.{left}"
    )


def ranked(budget: Budget) -> tuple[Cause, ...]:
    """Causes that are there, the largest first."""
    return tuple(sorted((c for c in budget.causes if c.power > ROUNDING), key=lambda cause: -cause.power))


def _energy(certificate: Certificate) -> str:
    energy = certificate.energy
    if energy is None:
        return ""
    inputs, feeders = "uniform inputs", "row drivers"
    if certificate.input_unit != "V":
        inputs, feeders = "half of the rows on", "biased columns"
    return (
        f"The array takes {format_quantity(energy.per_operation, 'J', 3)} per operation from its {feeders} (1 "
        f"multiply-accumulate = 2 operations), reads of {format_quantity(energy.t_read, 's')} with {inputs}, "
        f"from {truth_in_words(certificate)}; the array solver gives every read the same power within "
        f"{percent(energy.difference)} of it. "
        f"{_excluded(certificate)} are excluded.{_converters(certificate)}"
    )


def _excluded(certificate: Certificate) -> str:
    charges = certificate.unit == "C"  # charging of wires and cells is what such a read takes
    return "Discharging and converters" if charges else "Word lines, the charging of wires, and converters"


def _converters(certificate: Certificate) -> str:
    """Range of what published converters would add."""
    energy = certificate.energy
    if energy is None or not energy.converters:
        return ""
    each = sorted(energy.converters, key=lambda converter: converter.energy)
    low, high = (format_quantity(c.energy / (2 * certificate.rows), "J", 3) for c in (each[0], each[-1]))
    added = low if low == high else f"between {low} and {high}"
    sources = "; ".join(f"{c.what}, {c.bits} bits, {format_quantity(c.energy, 'J', 3)}: {c.source}" for c in each)
    return f" One conversion per column would add {added} per operation ({sources})."


def _breakdown(certificate: Certificate) -> str:
    """Say between what the rms errors of columns and of kinds lie, and where the largest error drawn is."""
    columns = certificate.by_column
    spans = [f"between {_ends([(column.rms, '') for column in columns])} by column"] if columns else []
    for what, parts in (
        ("kind of inputs", certificate.by_input),
        ("mean size of the inputs", certificate.by_amplitude),
        ("kind of matrices", certificate.by_matrix),
    ):
        if len(parts) > 1:
            spans.append(f"{_ends([(error.rms, f' ({name})') for name, error in parts.items()])} by {what}")
    if not spans:
        return "Not broken down."
    worst = max(range(len(columns)), key=lambda i: columns[i].max, default=None)
    largest = (
        "" if worst is None else f"; the largest error drawn lies in column {worst} ({percent(columns[worst].max)})"
    )
    return f"rms errors lie {', '.join(spans)}{largest}."


def _ends(errors: list[tuple[float, str]]) -> str:
    (low, least), (high, most) = min(errors), max(errors)
    return f"{percent(low)}{least} and {percent(high)}{most}"


def _range(certificate: Certificate) -> str:
    g_low, g_high = (format_quantity(g, certificate.state_unit) for g in certificate.g_range)
    v_low, v_high = (format_quantity(v, "V") for v in certificate.v_range)
    inputs = f"inputs from {v_low} to {v_high}" if certificate.input_unit == "V" else gates_in_words(certificate)
    if certificate.time_s is None:
        noise = f"nothing about programming error, read noise or drift{_in_budget(certificate)}"
    else:
        aged = format_quantity(certificate.time_s, "s")
        noise = f"{aged} after programming, programming error and drift included, nothing about read noise"
    beyond = "".join(f" EXTRAPOLATED: {sentence}." for sentence in certificate.extrapolated)
    return (
        f"{stored(certificate).capitalize()}s from {g_low} to {g_high}, {inputs}, "
        f"{certificate.temperature_c:g} °C, this array size, these wires and this cell. It says nothing outside this "
        f"range, {noise}{', and nothing about the ADC' if certificate.code_errors is None else ''}.{beyond}"
    )


def _in_budget(certificate: Certificate) -> str:
    """Say which of the device's errors the budget of the product contains, for they are no errors of the model."""
    causes = () if certificate.budget is None else certificate.budget.causes
    named = [cause.name for cause in causes if cause.name in ("programming", "read noise")]
    if not named:
        return ""
    return f" in the model's own error ({' and '.join(named)}: see the causes of the product's error above)"


def _evidence(certificate: Certificate) -> str:
    made = f", made {certificate.created}" if certificate.created else ""
    decks = counted(len(certificate.decks), "deck") if certificate.decks else "the array solver, without a deck"
    options = ", ".join(f"{key} = {value}" for key, value in certificate.provenance.options.items())
    return (
        f"{counted(certificate.matrices, 'programmed matrix', 'programmed matrices')} and "
        f"{counted(certificate.vectors, 'input vector')} ({counted(certificate.typical.samples, _output(certificate))})"
        f" that were not used to build the model, from {decks}; the characterized cell is "
        f"within {percent(certificate.surface_bound)} of its {_of_cell(certificate)}{_circuit(certificate)}. "
        f"Solver options: {options or 'none recorded'}. Model {certificate.model_digest[:12]}, specification "
        f"{str(certificate.provenance.spec_digest)[:12]}, circuitsim {certificate.provenance.version}{made}."
    )


def _output(certificate: Certificate) -> str:
    return f"output {output_noun(certificate.unit)}" if certificate.sense is None else "output"


def _of_cell(certificate: Certificate) -> str:
    return "largest admittance" if certificate.unit == "C" else "full-scale current"


def _circuit(certificate: Certificate) -> str:
    spot = certificate.spot
    if spot is not None:
        return (
            f", and the array solver, which stands for the truth here, within {percent(spot.error.max)} of "
            f"{certificate.relative_to} of ngspice on {spot.rows} × {spot.cols} cells of it"
        )
    if certificate.circuit is None:
        return ""
    most = percent(certificate.circuit.max)
    return f", and the array solver on it within {most} of {certificate.relative_to} of the truth"
