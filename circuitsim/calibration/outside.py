"""A model outside its certificate warns once or, when asked to be strict, raises: never a silent number."""

import warnings

import numpy as np

from circuitsim.errors import InputError, OutsideCertificateWarning, OutsideRangeError
from circuitsim.results import Certificate, TileModel
from circuitsim.spec import ArraySpec
from circuitsim.units import format_quantity

ROUNDING = 1e-9  # of a bound: values that passed through text or unit changes are not outside


def outside_certificate(
    model: TileModel, certificate: Certificate, g: np.ndarray, v_in: np.ndarray, *, spec: ArraySpec | None = None
) -> tuple[str, ...]:
    """List in what respects a use of a model lies outside what its certificate was stated for.

    Args:
        model: The model.
        certificate: The statement about it.
        g: Conductances (rows, cols) [S]; open cells (0) are not looked at.
        v_in: Inputs (batch, rows) [V].
        spec: The array that is meant, for its temperature; None: the model's own.

    Returns:
        One phrase each for conductances, inputs, temperature and shape, without the values that were found, so that
        equal transgressions read the same; empty inside the certificate.

    Raises:
        InputError: The certificate is that of another model.
    """
    if certificate.model_digest != model.digest:
        raise InputError(
            f"the certificate is about model {certificate.model_digest[:12]}, not about {model.digest[:12]}: "
            "expected the one that was saved with the model"
        )
    temperature = (spec or model.spec).array.temperature_c
    found = []
    if _beyond(g[g != 0], certificate.g_range):
        low, high = (format_quantity(value, "S") for value in certificate.g_range)
        found.append(f"conductances outside {low} to {high}")
    if _beyond(v_in, certificate.v_range):
        low, high = (format_quantity(value, "V") for value in certificate.v_range)
        found.append(f"inputs outside {low} to {high}")
    if abs(temperature - certificate.temperature_c) > 1e-6:
        found.append(f"another temperature than {certificate.temperature_c:g} °C")
    if g.shape != (certificate.rows, certificate.cols):
        found.append(f"another size than {certificate.rows} x {certificate.cols}")
    return tuple(found)


def check_use(
    model: TileModel,
    certificate: Certificate,
    g: np.ndarray,
    v_in: np.ndarray,
    *,
    spec: ArraySpec | None = None,
    strict: bool = False,
) -> None:
    """Warn of a use outside the certificate, or refuse it; arguments as in `outside_certificate`.

    Raises:
        OutsideRangeError: `strict`, and something is outside.
        InputError: The certificate is that of another model.

    Warns:
        OutsideCertificateWarning: Something is outside. The text names the certified range only, so that Python's
            default filter shows it once.
    """
    found = outside_certificate(model, certificate, g, v_in, spec=spec)
    if not found:
        return
    sentence = f"outside the certificate: {', '.join(found)}; its error does not hold here"
    if strict:
        raise OutsideRangeError(f"{sentence} (strict)")
    warnings.warn(sentence, OutsideCertificateWarning, stacklevel=2)


def _beyond(values: np.ndarray, bounds: tuple[float, float]) -> bool:
    low, high = bounds
    slack = ROUNDING * max(abs(low), abs(high))
    return values.size > 0 and bool(values.min() < low - slack or values.max() > high + slack)
