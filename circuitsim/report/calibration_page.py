"""The page of a calibration alone: the certificate, model beside truth, the budget, the configuration."""

import datetime
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from circuitsim.errors import InputError
from circuitsim.report.content import CircuitCurves, Comparison, ReportContent
from circuitsim.report.page import write_report
from circuitsim.results import Calibration, Certificate, ChainWaveforms, ConverterTable
from circuitsim.results.evaluation import DeckRecord
from circuitsim.spec import AdcSpec


def write_calibration_report(
    folder: str | Path,
    calibration: Calibration,
    *,
    decks: Sequence[str] = (),
    circuits: tuple[CircuitCurves, ...] = (),
    waveforms: ChainWaveforms | None = None,
) -> Path:
    """Write `report.html` and the figures of a calibration.

    Args:
        folder: Folder to write into.
        calibration: The model, its certificate and the hold-out behind it.
        decks: Path of each hold-out experiment's deck, relative to the folder; empty where there are none.
        circuits: Curves of the circuits around the array.
        waveforms: One product of the whole chain in ngspice.

    Returns:
        Path of the page.

    Raises:
        InputError: The folder cannot be written, or the decks are not one for each experiment.
    """
    certificate = calibration.certificate
    if decks and len(decks) != len(calibration.truths):
        raise InputError(f"decks: got {len(decks)}, expected one for each of {len(calibration.truths)} experiments")
    content = ReportContent(
        title=f"Calibration of a {certificate.rows} × {certificate.cols} array",
        created=certificate.created or datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        spec=calibration.model.spec,
        certificate=certificate,
        comparison=hold_out_comparison(calibration),
        decks=tuple(
            DeckRecord.of_run(f"hold-out {number}", path, truth.provenance)
            for number, (path, truth) in enumerate(zip(decks, calibration.truths, strict=False))
        ),
        circuits=circuits,
        waveforms=waveforms,
        notes=() if certificate.unit == "C" else (_AT_REST,),
    )
    return write_report(folder, content)


_AT_REST = "DC reads: the wire capacitances in the decks have no effect."


def hold_out_comparison(calibration: Calibration, *, lsb: float | None = None) -> Comparison:
    """Put the currents of the hold-out side by side: truth, model, and the plain product v · g.

    Args:
        calibration: The model and its hold-out.
        lsb: Step of the ADC [unit of the certificate]; None: that of the certificate or specification, where it is
            stated.
    """
    certificate = calibration.certificate
    has_product = certificate.sense is None and certificate.relative_to == "full scale"  # strings add resistances
    return Comparison(
        kinds=calibration.input_kinds,
        truth=np.concatenate([truth.out for truth in calibration.truths]),
        predicted=np.concatenate(calibration.predicted),
        r_squared=calibration.r_squared,
        full_scale=certificate.full_scale,
        error=certificate.typical,
        lsb=_lsb(certificate, calibration.model.spec.adc) if lsb is None else lsb,
        ideal=np.concatenate(calibration.ideal) if has_product else None,
        unit=certificate.unit,
        relative_to=certificate.relative_to,
    )


def _lsb(certificate: Certificate, adc: AdcSpec) -> float | None:
    """Step of the ADC [unit of the certificate], where it is known."""
    if certificate.code_errors is not None:
        return certificate.code_errors.lsb
    if adc.bits is None or adc.full_scale == "auto" or certificate.unit not in ("A", "C"):
        return None
    return ConverterTable(adc.bits, 0.0, adc.full_scale).lsb
