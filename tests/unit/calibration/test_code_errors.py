"""Codes that differ between model and truth, counted by hand."""

from dataclasses import replace

import numpy as np
import pytest
from calibration_arrays import array_spec, surface

from circuitsim.calibration.code_errors import certified_adc, code_errors, sense_error
from circuitsim.results import ConverterTable, Provenance, SenseTable, Solution, TileModel

ADC = ConverterTable(2, 0.0, 3e-6)  # codes 0 to 3, one for each microampere


def test_differing_codes_are_counted_once_however_far_they_are_apart():
    model = np.array([[0.0, 1.0e-6], [2.0e-6, 3.0e-6], [1.2e-6, 0.2e-6]])
    truth = np.array([[0.0, 1.0e-6], [3.0e-6, 1.0e-6], [1.0e-6, 0.0]])  # steps 0, 0, 1, 2, 0, 0
    found = code_errors(ADC, "given", [model], [Solution(truth, Provenance("nodal", "s"))])
    assert found.found == pytest.approx(2 / 6) and found.largest_step == 2 and found.codes == 6
    assert found.predicted == pytest.approx((1 + 1 + 0.2 + 0.2) / 6)  # no code differs by more than one with certainty


AMPLIFIER = SenseTable(
    current=np.array([0.0, 1e-5, 4e-5]),
    drop=np.array([0.0, 1e-3, 4e-3]),
    reported=np.array([0.0, 0.2, 0.5]),
    unit="V",
    block="tia",
    drop_error=1e-5,
    reported_error=1e-4,
)


def test_what_an_amplifier_adds_is_its_drop_times_a_column_at_g_max_and_its_own_error():
    """Gain 20 kV/A at small currents; a column of 3 cells of 100 uS carries 3 nA at 10 uV."""
    tested = TileModel(array_spec(3, 2), surface(0.3), 2, (0.0, 0.2), AMPLIFIER)
    found = sense_error(tested, 0.5)
    assert found.by_drop == pytest.approx(1e-5 * 3 * 1e-4 * 2e4 / 0.5) and found.drop == 1e-5
    assert found.reported == pytest.approx(1e-4 * 0.5 / 0.5) and found.current == (0.0, 4e-5)


@pytest.mark.parametrize("sense", [None, SenseTable(gain=2.0), replace(AMPLIFIER, reported=None)])
def test_an_ideal_amplifier_adds_nothing(sense):
    assert sense_error(TileModel(array_spec(3, 2), surface(0.3), 2, (0.0, 0.2), sense), 1.0) is None


def test_an_adc_is_certified_where_it_takes_what_the_amplifiers_put_out():
    spec = array_spec(3, 2, adc={"bits": 4, "full_scale": 1e-4})
    table, rule = certified_adc(spec, None, 2e-4, "A")
    assert (table.bits, table.high, rule) == (4, 1e-4, "adc.full_scale")
    none, why = certified_adc(spec, None, 2e-4, "V")
    assert none is None and why.startswith("errors in LSB: an ideal ADC in [adc] converts currents")
    circuit = ConverterTable(4, 0.0, 1.0, unit="V", block="sar")
    assert certified_adc(spec, circuit, 0.5, "V") == (circuit, "the range of the circuit 'sar'")
    none, why = certified_adc(spec, circuit, 0.5, "A")
    assert none is None and "the circuit 'sar' in [adc] converts voltages" in why
