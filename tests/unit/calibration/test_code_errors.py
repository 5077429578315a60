"""Codes that differ between model and truth, counted by hand."""

import numpy as np
import pytest

from circuitsim.calibration.code_errors import code_errors
from circuitsim.results import ConverterTable, Provenance, Solution

ADC = ConverterTable(2, 0.0, 3e-6)  # codes 0 to 3, one for each microampere


def test_differing_codes_are_counted_once_however_far_they_are_apart():
    model = np.array([[0.0, 1.0e-6], [2.0e-6, 3.0e-6], [1.2e-6, 0.2e-6]])
    truth = np.array([[0.0, 1.0e-6], [3.0e-6, 1.0e-6], [1.0e-6, 0.0]])  # steps 0, 0, 1, 2, 0, 0
    found = code_errors(ADC, "given", [model], [Solution(truth, Provenance("nodal", "s"))])
    assert found.found == pytest.approx(2 / 6) and found.largest_step == 2 and found.codes == 6
    assert found.predicted == pytest.approx((1 + 1 + 0.2 + 0.2) / 6)  # no code differs by more than one with certainty
