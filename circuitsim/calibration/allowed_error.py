"""Judge a tile by the largest error that was found for matrices of its column load."""

import warnings

from circuitsim.errors import CertificateError, InputError, WorstCaseWarning
from circuitsim.results import Certificate, LoadTable
from circuitsim.units import percent

TOLD = 5.0  # times the largest error that was drawn: the worst found is told where it exceeds this


def check_worst(certificate: Certificate, load: float, *, max_error: float | None, strict: bool) -> None:
    """Tell or refuse a tile whose worst error found is above what is allowed, or far above typical errors.

    Args:
        certificate: Certificate of the model.
        load: Column load of the tile's matrix, see `column_load`.
        max_error: Largest error allowed, as a fraction of full scale; None: any.
        strict: Refuse instead of warning what is above `max_error`.

    Raises:
        InputError: `max_error` is not above 0, or the certificate states no worst error by load.
        CertificateError: With `strict`, the worst error found up to this load is above `max_error`.

    Warns:
        WorstCaseWarning: Without `strict`, the same; or the worst error found is above five times the largest error of
            the hold-out. The text names the load only by its cap, so that Python's default filter shows it once a cap.
    """
    table = certificate.by_load
    if max_error is not None:
        _check_max_error(max_error, table)
    if table is None:
        return
    worst, cap = table.worst_at(load), table.cap_of(load)
    error = f"errors of up to {percent(worst)} of {certificate.relative_to}"
    found = f"{error} were found for matrices with a column load up to {cap:g}"
    if max_error is not None and worst > max_error:
        sentence = f"{found}, above max_error = {max_error:g}: {_advice(table, max_error)}"
        if strict:
            raise CertificateError(f"{sentence} (strict)")
        warnings.warn(sentence, WorstCaseWarning, stacklevel=4)
    elif max_error is None and worst > TOLD * certificate.typical.max:
        drawn = f"{percent(certificate.typical.max)} is the largest of {certificate.typical.samples} drawn"
        warnings.warn(
            f"{found}, while {drawn}: worst_inputs tells the largest error of one matrix, and calibrate with max_worst "
            "chooses a better grade",
            WorstCaseWarning,
            stacklevel=4,
        )


def _check_max_error(max_error: float, table: LoadTable | None) -> None:
    if not max_error > 0:
        raise InputError(f"max_error = {max_error:g}: expected a fraction of full scale > 0")
    if table is None:
        raise InputError(
            f"max_error = {max_error:g}: the certificate states no worst error by column load, because none was "
            "sought; expected a certificate made with search = 'full'"
        )


def _advice(table: LoadTable, max_error: float) -> str:
    cap = table.load_for(max_error)
    if cap is None:
        return (
            f"no load has errors that small, up to {table.loads[0]:g} they reach {percent(table.worst[0])}; calibrate "
            f"with max_worst = {max_error:g}"
        )
    return f"expected a matrix whose largest column mean is at most {cap:g} of g_max, or a model with smaller errors"
