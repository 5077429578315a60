"""The page of a calibration shows its certificate, its currents, and nothing that was not given."""

import dataclasses

import numpy as np

from circuitsim.report.calibration_page import write_calibration_report
from circuitsim.results import Solution


def test_page_and_figures(spec, certificate, tmp_path):
    truth = np.linspace(1e-6, 1.482e-4, 20).reshape(4, 5)
    page = write_calibration_report(
        tmp_path,
        spec,
        dataclasses.replace(certificate),
        input_kinds=("uniform", "uniform", "sparse", "all_on"),
        truths=[Solution(truth[:2], certificate.provenance), Solution(truth[2:], certificate.provenance)],
        predicted=[truth[:2] * 1.0001, truth[2:]],
        ideal=[truth[:2] * 1.1, truth[2:] * 1.1],
        r_squared=0.999998,
        decks=["hold_out/0/deck.cir", "hold_out/1/deck.cir"],
    )
    text = page.read_text(encoding="utf-8")
    for words in ("Calibration of a 6 × 5 array", "R² = 0.999998", "hold_out/1/deck.cir", "differ from ngspice 39.3"):
        assert words in text, words
    assert "Accuracy" not in text
    names = sorted(path.stem for path in (tmp_path / "figures").glob("*.png"))
    assert names == ["currents", "error_histogram", "error_per_column", "residual"]
