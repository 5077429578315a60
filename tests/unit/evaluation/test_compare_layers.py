"""The model against ngspice, layer by layer: a known error is found in currents and codes, and judged."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from small_certificate import small_certificate

from circuitsim import behavioral, nodal
from circuitsim.calibration import error_statistics
from circuitsim.evaluation import SolvedTile, compare_layers, within_certificate
from circuitsim.network import LayerRange, TilePlace
from circuitsim.results import Calibration, LoopLayer, Provenance, Solution, TileModel
from circuitsim.spec import ArraySpec, parse_spec

FULL_SCALE, ADC_SCALE = 2e-4, 1e-4
SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 6, "cols": 8, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 2.0, "r_col": 2.0},
        "driver": {"v_read": 0.2},
        "adc": {"bits": 8},
    }
)
LSB = ADC_SCALE / 255
V_IN = np.random.default_rng(1).uniform(0.0, 0.2, (5, 6))


def _calibration(spec: ArraySpec = SPEC) -> Calibration:
    error = error_statistics(np.array([1e-4, -1e-4]))
    certificate = small_certificate(full_scale=FULL_SCALE, typical=error)
    model = TileModel(spec, nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), 1, (0.0, 0.2))
    return Calibration(model, certificate, (), (), ())


def _tile(calibration: Calibration, layer: str, offset: float, seed: int = 0) -> SolvedTile:
    """A tile of four columns in use, whose solution is the model's less `offset` [A]; other columns are far off."""
    g = np.random.default_rng(seed).uniform(1e-6, 1e-4, (6, 8))
    out = behavioral.mvm(behavioral.program(calibration.model, g), V_IN) - offset
    out[:, 4:] = 1.0
    place = TilePlace(layer, 0, 0, (0, 6), (0, 2), 4)
    return SolvedTile(place, g, V_IN, Solution(out, Provenance("ngspice", "")), Path())


def test_a_known_offset_is_found_in_currents_and_codes():
    calibration = _calibration()
    solved = [_tile(calibration, "a", 2 * LSB), _tile(calibration, "b", 0.0), _tile(calibration, "b", LSB, seed=1)]
    first, second = compare_layers(calibration, solved, {name: LayerRange(1.0, ADC_SCALE) for name in "ab"})
    assert (first.name, first.products, first.currents, first.codes) == ("a", 5, 20, 20)
    assert_allclose([first.rms, first.max], 2 * LSB / FULL_SCALE, rtol=1e-9, atol=0)
    assert (first.codes_differing, first.largest_step) == (20, 2)
    assert (second.name, second.products, second.currents, second.codes_differing) == ("b", 10, 40, 20)
    assert_allclose(second.rms, np.sqrt(0.5) * LSB / FULL_SCALE, rtol=1e-9, atol=0)
    chance = 1e-4 * FULL_SCALE / LSB  # of a code to differ, for the certified errors
    assert_allclose(first.codes_predicted, 20 * chance, rtol=1e-9, atol=0)
    assert_allclose(first.codes_limit, 20 * chance + 3 * np.sqrt(20 * chance * (1 - chance)), rtol=1e-9, atol=0)


def test_without_an_adc_there_are_no_codes():
    calibration = _calibration(SPEC.replace(adc={"bits": None}))
    (layer,) = compare_layers(calibration, [_tile(calibration, "a", LSB)], {"a": LayerRange(1.0)})
    assert (layer.codes, layer.codes_differing, layer.codes_limit, layer.largest_step) == (0, 0, 0.0, 0)


GOOD = LoopLayer("a", 5, 20, 1e-4, 1e-4, 20, 3, 1.0, 3.2, 1, 1e-4)


@pytest.mark.parametrize(
    ("change", "within"),
    [
        ({}, True),
        ({"codes_differing": 4}, False),
        ({"codes_limit": 0.02, "codes_differing": 1}, True),
        ({"codes_limit": 0.02, "codes_differing": 2}, False),
        ({"rms": 1.01e-4}, False),
        ({"max": 1.01e-4}, False),
    ],
)
def test_one_code_too_many_or_a_larger_error_is_outside_the_certificate(change, within):
    certificate = _calibration().certificate
    assert within_certificate(certificate, (GOOD, replace(GOOD, **change))) is within
