"""The page of a calibration alone: the certificate, model beside truth, the budget, the configuration."""

import datetime
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from circuitsim.report.content import Comparison, ReportContent
from circuitsim.report.page import write_report
from circuitsim.results import Certificate, Solution
from circuitsim.results.evaluation import Deck
from circuitsim.spec import ArraySpec


def write_calibration_report(
    folder: str | Path,
    spec: ArraySpec,
    certificate: Certificate,
    *,
    input_kinds: Sequence[str],
    truths: Sequence[Solution],
    predicted: Sequence[np.ndarray],
    ideal: Sequence[np.ndarray],
    r_squared: float,
    decks: Sequence[str] = (),
) -> Path:
    """Write `report.html` and the figures of a calibration.

    Args:
        folder: Folder to write into.
        spec: The array.
        certificate: The statement about its model.
        input_kinds: Name of each hold-out vector's kind, over all experiments.
        truths: Solutions of the hold-out.
        predicted: What the model says, (batch, cols) currents [A] for each solution.
        ideal: The plain products v · g, likewise.
        r_squared: R² between truth and model.
        decks: Path of each solution's deck, relative to the folder; empty where there are none.

    Returns:
        Path of the page.

    Raises:
        InputError: The folder cannot be written.
    """
    comparison = Comparison(
        kinds=tuple(input_kinds),
        truth=np.concatenate([truth.out for truth in truths]),
        predicted=np.concatenate(list(predicted)),
        r_squared=r_squared,
        full_scale=certificate.full_scale,
        error=certificate.error,
        lsb=None,
        ideal=np.concatenate(list(ideal)),
    )
    content = ReportContent(
        title=f"Calibration of a {certificate.rows} × {certificate.cols} array",
        created=certificate.created or datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        spec=spec,
        certificate=certificate,
        comparison=comparison,
        decks=tuple(
            Deck(f"hold-out {number}", path, truth.provenance.deck_digest or "")
            for number, (path, truth) in enumerate(zip(decks, truths, strict=bool(decks)))
        ),
        notes=("DC reads: the wire capacitances are in the decks and take no part in them.",),
    )
    return write_report(folder, content)
