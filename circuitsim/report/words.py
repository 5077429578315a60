"""A certificate as sentences: what `circuitsim certificate FILE` prints and the report quotes."""

import math

import numpy as np

from circuitsim.results import Certificate, ErrorStatistics
from circuitsim.spec import ArraySpec
from circuitsim.units import format_quantity

GRADE = {1: "one matrix product", 2: "P7, seven matrix products", 3: "P12, twelve matrix products"}


def certificate_in_words(certificate: Certificate) -> str:
    """Say what a certificate states: the error, on what evidence, where it holds, what it was made with.

    Returns:
        Paragraphs separated by blank lines, each a heading and its sentences; every number in SI units or as a
        fraction of full scale.
    """
    return "\n\n".join(f"{heading}. {sentences}" for heading, sentences in statements(certificate))


def statements(certificate: Certificate) -> tuple[tuple[str, str], ...]:
    """The same as pairs of a heading and its sentences."""
    return (
        ("Claim", _claim(certificate)),
        ("Where the error lies", _breakdown(certificate)),
        ("Where it holds", _range(certificate)),
        ("Evidence", _evidence(certificate)),
    )


def in_short(certificate: Certificate) -> str:
    """Say the claim in one sentence, for a heading: rms and largest error and the truth they are held against."""
    error = certificate.error
    return (
        f"the model stays within {percent(error.rms)} rms and {percent(error.max)} at most of full scale "
        f"against {truth_in_words(certificate)}"
    )


def truth_in_words(certificate: Certificate) -> str:
    """Name the level, and the version of the simulator where there is one."""
    if certificate.truth == "ngspice" and certificate.provenance.ngspice:
        return f"ngspice {certificate.provenance.ngspice}"
    return {"nodal": "the array solver (not ngspice itself)"}.get(certificate.truth, certificate.truth)


def percent(fraction: float) -> str:
    """Write a fraction with two significant digits: `percent(5.9e-5)` is `"0.0059 %"`; below 1e-6 in ppm."""
    if fraction == 0 or not math.isfinite(fraction):
        return f"{fraction:g} %"
    if abs(fraction) < 1e-6:
        return f"{fraction * 1e6:.2g} ppm"
    digits = 1 - math.floor(math.log10(abs(float(f"{100 * fraction:.1e}"))))
    return f"{100 * fraction:.{max(digits, 0)}f} %"


def array_in_words(spec: ArraySpec) -> str:
    """Describe an array in one sentence: size, cell, wires, driver, sense input, converters, temperature."""
    access = f" behind {spec.access.model or spec.access.subckt}" if spec.access else ""
    g_low, g_high = format_quantity(spec.device.g_min, "S"), format_quantity(spec.device.g_max, "S")
    dac, adc = ("ideal" if bits is None else f"{bits}-bit" for bits in (spec.driver.dac_bits, spec.adc.bits))
    return (
        f"{spec.array.rows} × {spec.array.cols} cells of {spec.device.model or spec.device.subckt}{access}, "
        f"{g_low} to {g_high}; wires {_range_of(spec.wire.r_row, 'Ω')} a segment along the row and "
        f"{_range_of(spec.wire.r_col, 'Ω')} along the column; inputs up to {format_quantity(spec.driver.v_read, 'V')} "
        f"behind {format_quantity(spec.driver.r_out, 'Ω')}, sense inputs of {format_quantity(spec.sense.r_in, 'Ω')}; "
        f"{dac} DAC, {adc} ADC; {spec.array.temperature_c:g} °C."
    )


def _range_of(value: object, unit: str) -> str:
    values = np.asarray(value, dtype=float)
    low, high = format_quantity(float(values.min()), unit), format_quantity(float(values.max()), unit)
    return low if low == high else f"{low} to {high}"


def _claim(certificate: Certificate) -> str:
    error, scale = certificate.error, certificate.full_scale
    form = GRADE.get(certificate.grade, f"grade {certificate.grade}")
    return (
        f"The behavioral model of this {certificate.rows} × {certificate.cols} array ({form}) gives column "
        f"currents before the ADC that differ from {truth_in_words(certificate)} by {percent(error.rms)} of full scale "
        f"rms ({error.rms:.2e}, {format_quantity(error.rms * scale, 'A', 3)}) and by {percent(error.max)} at most "
        f"({error.max:.2e}, {format_quantity(error.max * scale, 'A', 3)}). Ninety-nine of a hundred outputs are within "
        f"{percent(error.p99)}; the mean error is {error.bias:+.1e}. Full scale is "
        f"{format_quantity(scale, 'A')}, the largest current in the hold-out."
    )


def _breakdown(certificate: Certificate) -> str:
    sentences = []
    if certificate.by_column:
        columns = certificate.by_column
        worst = max(range(len(columns)), key=lambda i: columns[i].max)
        sentences.append(
            f"The largest error lies in column {worst} ({percent(columns[worst].max)}); the columns' rms errors lie "
            f"between {percent(min(c.rms for c in columns))} and {percent(max(c.rms for c in columns))}."
        )
    for what, parts in (("inputs", certificate.by_input), ("matrices", certificate.by_matrix)):
        if parts:
            sentences.append(f"By kind of {what}: {_parts(parts)}.")
    return " ".join(sentences) or "Not broken down."


def _parts(parts: dict[str, ErrorStatistics]) -> str:
    return ", ".join(f"{name} {percent(e.rms)} rms, {percent(e.max)} max" for name, e in parts.items())


def _range(certificate: Certificate) -> str:
    g_low, g_high = (format_quantity(g, "S") for g in certificate.g_range)
    v_low, v_high = (format_quantity(v, "V") for v in certificate.v_range)
    return (
        f"Conductances from {g_low} to {g_high}, inputs from {v_low} to {v_high}, "
        f"{certificate.temperature_c:g} °C, this array size, these wires and this cell. It says nothing outside this "
        "range, nothing about programming error, read noise or drift, and nothing about the ADC."
    )


def _evidence(certificate: Certificate) -> str:
    made = f", made {certificate.created}" if certificate.created else ""
    options = ", ".join(f"{key} = {value}" for key, value in certificate.provenance.options.items())
    return (
        f"{counted(certificate.matrices, 'programmed matrix', 'programmed matrices')} and "
        f"{counted(certificate.vectors, 'input vector')} ({counted(certificate.error.samples, 'output current')}) that "
        f"were not used to build the model, from {counted(len(certificate.decks), 'deck')}; the characterized cell is "
        f"within {certificate.surface_bound:.1e} of its full-scale current. "
        f"Solver options: {options or 'none recorded'}. Model {certificate.model_digest[:12]}, specification "
        f"{certificate.provenance.spec_digest[:12]}, circuitsim {certificate.provenance.version}{made}."
    )


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: `counted(2, "deck")` is `"2 decks"`."""
    return f"{number} {one if number == 1 else many or one + 's'}"
