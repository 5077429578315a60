"""What a certificate states behind sense amplifiers and converters, as sentences."""

from circuitsim.report.amounts import counted
from circuitsim.report.stored import output_noun
from circuitsim.results import Certificate, CodeErrors
from circuitsim.units import format_quantity, percent


def lsb_in_words(certificate: Certificate) -> str:
    """Say what the errors are in steps of the ADC, and how many codes they change; empty without an ADC."""
    behind = certificate.code_errors
    if behind is None:
        return ""
    low, high = (format_quantity(end, certificate.unit, 4) for end in (behind.low, behind.high))
    step = format_quantity(behind.lsb, certificate.unit, 4)
    return (
        f"Behind {_converter(behind)}, {low} to {high} ({behind.rule}), one LSB is {step}. {_typical(certificate)}"
        f"Of the {behind.codes} codes of the hold-out {percent(behind.predicted)} should differ from the truth, "
        f"because an error crosses an edge with the chance error / LSB; {percent(behind.found)} do, by "
        f"{counted(behind.largest_step, 'step')} at most. Noise is left out.{_missing(behind)}"
    )


def sense_in_words(certificate: Certificate) -> str:
    """Say what the table of the sense amplifiers adds; empty for ideal ones."""
    sense = certificate.sense
    if sense is None:
        return ""
    low, high = (format_quantity(end, "A", 3) for end in sense.current)
    return (
        f"The columns end in the circuit {sense.block!r}, a table of its column voltage and output for currents from "
        f"{low} to {high}. Between its points the output curve is within {percent(sense.reported)} of full scale, and "
        f"the column voltage within {format_quantity(sense.drop, 'V', 2)}, which moves an output by at most "
        f"{percent(sense.by_drop)}."
    )


def rows_in_words(certificate: Certificate) -> str:
    """Say how well the model knows the currents of row drivers; empty where that was not examined."""
    rows = certificate.row_currents
    if rows is None:
        return ""
    witness = "" if rows.witness is None else f", that in the read of the worst error {percent(rows.witness)}"
    return (
        f"The model gives the current that each row driver delivers, which is the load of a DAC, within "
        f"{percent(rows.typical.rms)} rms of the largest row current, {format_quantity(rows.largest, 'A', 3)}; the "
        f"largest of {rows.typical.samples} drawn is {percent(rows.typical.max)}{witness}. None is a bound."
    )


def left_out_in_words(certificate: Certificate) -> str:
    """Name what the certificate does not state, and why."""
    return " ".join(f"{sentence[:1].upper()}{sentence[1:]}." for sentence in certificate.left_out)


def lsb_in_short(certificate: Certificate) -> tuple[tuple[str, str], ...]:
    """What the error of the model is behind the ADC, typical and worst, and each in LSB; empty without an ADC."""
    if certificate.in_lsb(certificate.typical.rms) is None:
        return ()
    errors = {"typical model error behind the ADC, rms": certificate.typical.rms}
    if certificate.worst is not None:
        errors["worst model error found, behind the ADC"] = certificate.worst.error
    return tuple((name, f"{_steps(certificate, error)} LSB") for name, error in errors.items())


def outputs_in_words(certificate: Certificate) -> str:
    """Name the outputs that a certificate speaks of."""
    if certificate.sense is None:
        return f"column {output_noun(certificate.unit)}s"
    return f"output {'voltages' if certificate.unit == 'V' else 'currents'} of the sense amplifiers"


def _typical(certificate: Certificate) -> str:
    """Say errors in LSB; errors of the current itself are none, they differ from current to current."""
    if certificate.in_lsb(certificate.typical.rms) is None:
        return ""
    return (
        f"Typical error: {_steps(certificate, certificate.typical.rms)} LSB rms, the largest drawn "
        f"{_steps(certificate, certificate.typical.max)} LSB. {_worst(certificate)}"
    )


def _worst(certificate: Certificate) -> str:
    if certificate.worst is None:
        return ""
    loads = ""
    if (table := certificate.by_load) is not None:
        pairs = zip(table.loads, table.worst, strict=True)
        loads = "; " + ", ".join(f"{_steps(certificate, worst)} LSB up to load {cap:g}" for cap, worst in pairs)
    return f"Worst found: {_steps(certificate, certificate.worst.error)} LSB{loads}. "


def _steps(certificate: Certificate, error: float) -> str:
    value = certificate.in_lsb(error)
    assert value is not None
    return f"{value:.2g}"


def _converter(behind: CodeErrors) -> str:
    kind = f"the circuit {behind.block!r}" if behind.block else "an ideal ADC"
    return f"{kind} of {behind.bits} bits"


def _missing(behind: CodeErrors) -> str:
    return f" {counted(behind.missing, 'code is', 'codes are')} missing: no input gives them." if behind.missing else ""
