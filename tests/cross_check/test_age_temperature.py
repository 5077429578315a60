"""A network at other temperatures: the score is that of a model calibrated there, with the ranges of 27 °C."""

import numpy as np
import pytest
from small_networks import convolution_and_gemm

import circuitsim as cs
from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.evaluation import BehavioralProduct, ConverterSpread, score_draws
from circuitsim.evaluation.warm_tiles import seen_by
from circuitsim.network import evaluate, fit_ranges, program
from circuitsim.results import ConverterTable

ARRAY = {
    "schema": 1,
    "array": {"rows": 12, "cols": 8},
    "device": {"model": "rram_sinh", "g_min": "1u", "g_max": "100u"},
    "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.2},
    "wire": {"r_row": 2.0, "r_col": 2.0},
    "driver": {"v_read": 0.2, "dac_bits": 8},
    "adc": {"bits": 8},
}
NETWORK, IMAGES = convolution_and_gemm(4), np.random.default_rng(0).uniform(0, 1, (26, 1, 4, 4))
LABELS = NETWORK.run_float(IMAGES[6:])
pytestmark = pytest.mark.filterwarnings("ignore::circuitsim.errors.ClippingWarning")


def calibrated(array, celsius=27.0):
    spec = cs.ArraySpec.model_validate(array).replace(array={"temperature_c": celsius})
    return cs.calibrate(spec, rng=np.random.default_rng(0), truth="nodal", search="none")[0]


def scored(model, **given):
    how = {"calibration_images": IMAGES[:6], "seeds": [0, 1]}
    return score_draws(NETWORK, BehavioralProduct(model), IMAGES[6:], LABELS, **how, **given)


@pytest.fixture(scope="module")
def model():
    return calibrated(ARRAY)


def test_a_temperature_scores_the_cells_as_calibrated_there(model):
    found = scored(model, temperature_c=85.0)
    warm = calibrated(ARRAY, 85.0)
    assert warm.grade == model.grade
    ranges = fit_ranges(program(NETWORK, model.spec, BehavioralProduct(model)), IMAGES[:6])
    there = program(NETWORK, warm.spec, BehavioralProduct(warm))
    expected = evaluate(there, IMAGES[6:], LABELS, ranges=ranges).score
    assert expected is not None and found.undrawn == pytest.approx(expected.rmse, rel=1e-4)
    assert found.temperature_c == 85.0 and len(found.seeds) == 1  # nothing is drawn
    cold = program(NETWORK, model.spec, BehavioralProduct(model))
    was = evaluate(cold, IMAGES[6:], LABELS, ranges=ranges).score
    assert was is not None and found.undrawn != pytest.approx(was.rmse, rel=1e-3)
    trimmed = scored(model, temperature_c=85.0, compensations=["none", "column"])
    assert trimmed.scores[0, 1, 0] < trimmed.scores[0, 0, 0]
    assert trimmed.gains[0, 1, 0] != 1.0
    assert any("'none: v0 and g do not depend" in note for note in found.notes)


def test_what_no_card_states_is_refused(model):
    array = {name: part for name, part in ARRAY.items() if name != "access"} | {
        "array": {"rows": 12, "cols": 8, "cell": "1r"}
    }
    with pytest.raises(
        InputError, match=r"^temperature = 85 °C has no effect: the temperature law of rram_sinh is 'none"
    ):
        scored(calibrated(array), temperature_c=85.0)
    with pytest.raises(OutsideRangeError, match=r"temperature_c = 200: \w+ holds from -40 to 125 °C"):
        scored(model, temperature_c=200.0)
    with pytest.raises(InputError, match="has no statistics"):
        scored(model)
    assert scored(model, spread=ConverterSpread(gain=0.02)).scores.shape == (1, 1, 2)


def test_a_warm_converter_is_seen_by_the_range_that_the_digital_side_knows():
    known = ConverterTable(4, 0.0, 1.5, unit="V", block="sar")
    actual = ConverterTable(4, 0.1, 1.75, np.linspace(0, 0.3, 15), unit="V", block="sar")
    seen = seen_by(known, actual)
    assert seen is not None and (seen.low, seen.high) == (0.0, 1.5)
    np.testing.assert_allclose(seen.thresholds, actual.thresholds, rtol=1e-12)
