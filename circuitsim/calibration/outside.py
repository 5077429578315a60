"""Warn about use of a model outside its certificate, or reject it."""

import warnings
from dataclasses import replace

import numpy as np

from circuitsim.errors import CertificateError, InputError, OutsideCertificateWarning
from circuitsim.results import Certificate, TileModel
from circuitsim.spec import ArraySpec, checked
from circuitsim.units import format_quantity

ROUNDING = 1e-9  # relative to a bound: rounding by text or unit conversion does not put a value outside


@checked
def outside_certificate(
    model: TileModel, certificate: Certificate, g: np.ndarray, v_in: np.ndarray, *, spec: ArraySpec | None = None
) -> tuple[str, ...]:
    """List in which respects a use of a model lies outside the range of its certificate.

    Args:
        model: The model.
        certificate: The certificate of the model.
        g: Conductances (rows, cols) [S]. Open cells (0 S) lie outside: no certificate was searched with them, and where
            g_max / g_min is small they lead to larger errors than any cell from g_min to g_max.
        v_in: Inputs (batch, rows) [V].
        spec: The array to be simulated, for its temperature; None: the array of the model.

    Returns:
        One phrase each for conductances, open cells, inputs, temperature and size. They name only the certified range,
        so that repeated warnings have the same text. Empty if the use is inside.

    Raises:
        InputError: The certificate belongs to another model.
    """
    check_certificate(model, certificate)
    return uses_outside(certificate, g, v_in, (spec or model.spec).array.temperature_c)


def uses_outside(certificate: Certificate, g: np.ndarray, v_in: np.ndarray, temperature_c: float) -> tuple[str, ...]:
    """As `outside_certificate`, for a certificate that is known to belong to the model; `temperature_c` in °C."""
    phrases, unit = [], certificate.state_unit
    stored = "capacitances" if unit == "F" else "conductances"
    if _beyond(g[g != 0], certificate.g_range):
        low, high = (format_quantity(value, unit) for value in certificate.g_range)
        phrases.append(f"{stored} outside {low} to {high}")
    if (g == 0).any():
        phrases.append(f"open cells (0 {unit})")
    if _beyond(v_in, certificate.v_range):
        low, high = (format_quantity(value, certificate.input_unit) for value in certificate.v_range)
        phrases.append(f"inputs outside {low} to {high}")
    if abs(temperature_c - certificate.temperature_c) > 1e-6:
        phrases.append(f"a temperature other than {certificate.temperature_c:g} °C")
    if g.shape != (certificate.rows, certificate.cols):
        phrases.append(f"a size other than {certificate.rows} x {certificate.cols}")
    return tuple(phrases)


@checked
def check_use(
    model: TileModel,
    certificate: Certificate,
    g: np.ndarray,
    v_in: np.ndarray,
    *,
    spec: ArraySpec | None = None,
    strict: bool = False,
) -> None:
    """Warn about use outside the certificate, or reject it if `strict`; other arguments as in `outside_certificate`.

    Raises:
        CertificateError: `strict` is True and the use is outside the certificate.
        InputError: The certificate belongs to another model.

    Warns:
        OutsideCertificateWarning: The use is outside the certificate. The text names only the certified range, so that
            Python's default filter shows it once.
    """
    say_outside(outside_certificate(model, certificate, g, v_in, spec=spec), strict=strict)


@checked
def check_certificate(model: TileModel, certificate: Certificate) -> None:
    """Refuse the certificate of another model.

    Raises:
        InputError: The certificate belongs to another model.
    """
    if certificate.model_digest != model.digest:
        raise InputError(
            f"the certificate belongs to model {certificate.model_digest[:12]}, not to {model.digest[:12]}: "
            "expected the one that was saved with the model"
        )


@checked
def judged_model(model: TileModel, certificate: Certificate | None, *, strict: bool = False) -> TileModel:
    """Return a model with the target that its certificate misses, or refuse it if `strict`.

    Every use of a model with a certificate starts here; `behavioral.program` then tells what the model misses.

    Args:
        model: The model.
        certificate: Its certificate; None: what the model itself states counts.
        strict: Refuse a model that misses its target.

    Raises:
        InputError: The certificate belongs to another model.
        CertificateError: `strict` is True and the target is missed.
    """
    if certificate is not None:
        check_certificate(model, certificate)
        model = replace(model, missed=certificate.missed or model.missed)
    if strict and model.missed is not None:
        raise CertificateError(f"{model.missed.sentence} (strict)")
    return model


def say_outside(phrases: tuple[str, ...], *, strict: bool) -> None:
    """Warn about a use outside a certificate, or refuse it; `phrases` are those of `outside_certificate`."""
    if not phrases:
        return
    sentence = f"outside the certificate: {', '.join(phrases)}; its error does not hold here"
    if strict:
        raise CertificateError(f"{sentence} (strict)")
    warnings.warn(sentence, OutsideCertificateWarning, stacklevel=4)


def _beyond(values: np.ndarray, bounds: tuple[float, float]) -> bool:
    low, high = bounds
    slack = ROUNDING * max(abs(low), abs(high))
    return values.size > 0 and bool(values.min() < low - slack or values.max() > high + slack)
