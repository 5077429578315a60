"""The page of a calibration shows its certificate, its currents, and nothing that was not given."""

import dataclasses

import numpy as np
import pytest

from circuitsim.errors import InputError
from circuitsim.report import hold_out_comparison, write_calibration_report
from circuitsim.results import Calibration, CellSurface, Experiment, Provenance, Solution, TileModel

KINDS = ("uniform", "uniform", "sparse", "all_on")


@pytest.fixture(scope="module")
def calibration(spec, certificate) -> Calibration:
    one = np.ones((1, 1, 1))
    surface = CellSurface(one, one, (1e-6, 1e-4), 1e-4, 0.2, (0.0, 0.2), 1e-8, 2e-5, Provenance("ngspice", spec.digest))
    truth = np.linspace(1e-6, 1.482e-4, 20).reshape(4, 5)
    g, v_in = np.full((6, 5), 2e-5), np.linspace(0.0, 0.2, 24).reshape(4, 6)
    return Calibration(
        model=TileModel(spec, surface, 3, (0.0, 0.2)),
        certificate=certificate,
        hold_out=(Experiment("binary", g, KINDS[:2], v_in[:2]), Experiment("binary", g, KINDS[2:], v_in[2:])),
        truths=(Solution(truth[:2], certificate.provenance), Solution(truth[2:], certificate.provenance)),
        predicted=(truth[:2] * 1.0001, truth[2:]),
    )


def test_page_and_figures(calibration, tmp_path):
    decks = ["hold_out/0/deck.cir", "hold_out/1/deck.cir"]
    text = write_calibration_report(tmp_path, calibration, decks=decks).read_text(encoding="utf-8")
    heading = "R² = 0.99999999"  # 1 − Σ(1e-4 · i)² over the first two vectors / Σ(i − mean)²
    for words in ("Calibration of a 6 × 5 array", heading, "hold_out/1/deck.cir", "differ from ngspice 39.3"):
        assert words in text, words
    assert "Accuracy" not in text
    assert "The ADC has 8 bits" in text and "does not quantize" not in text
    names = sorted(path.stem for path in (tmp_path / "figures").glob("*.png"))
    assert names == [
        *("currents", "error_histogram", "error_per_column", "residual", "typical_and_worst", "worst_case"),
    ]


def test_every_vector_of_every_experiment_is_compared(calibration):
    comparison = hold_out_comparison(calibration, lsb=1e-6)
    assert comparison.kinds == KINDS
    for currents, expected in (
        (comparison.truth, np.concatenate([truth.out for truth in calibration.truths])),
        (comparison.predicted, np.concatenate(calibration.predicted)),
        (comparison.ideal, np.concatenate([e.v_in @ e.g for e in calibration.hold_out])),
    ):
        assert np.array_equal(currents, expected)
    assert comparison.lsb == 1e-6
    assert comparison.full_scale == calibration.certificate.full_scale


def test_the_lsb_is_that_of_the_specification_where_it_states_one(calibration, spec):
    assert hold_out_comparison(calibration).lsb is None
    ranged = dataclasses.replace(calibration.model, spec=spec.replace(adc={"bits": 8, "full_scale": 2.55e-4}))
    lsb = hold_out_comparison(dataclasses.replace(calibration, model=ranged)).lsb
    assert lsb == pytest.approx(1e-6, rel=1e-12)


def test_one_deck_an_experiment_is_expected(calibration, tmp_path):
    with pytest.raises(InputError, match="decks: got 1, expected one for each of 2 experiments"):
        write_calibration_report(tmp_path, calibration, decks=["hold_out/0/deck.cir"])
