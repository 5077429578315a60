"""A table is used where it holds, and what it lacks is told."""

import warnings

import numpy as np
import pytest

from circuitsim.chain import read_codes
from circuitsim.errors import MissingCodesWarning, OutsideRangeError, SpecError
from circuitsim.periphery import Periphery, check_periphery_holds, check_sense_holds, check_table_holds
from circuitsim.results import ConverterTable, SenseTable
from circuitsim.spec import parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 2, "cols": 2, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 0, "r_col": 0},
        "driver": {"v_read": 0.2},
    }
)
HOT = SPEC.replace(array={"temperature_c": 85})
SENSE = SenseTable(block="rgc", supply=1.8, reference=0.0, temperature_c=27.0)
FALLING = np.array([0.0, 0.0, 1.2, 0.0, 0.0, 0.0, 0.0])  # the search never ends at code 3


def test_a_sense_amplifier_holds_at_its_temperature_supply_and_reference():
    assert check_sense_holds(SENSE, SPEC) is SENSE and check_sense_holds(SenseTable(), HOT) == SenseTable()
    with pytest.raises(OutsideRangeError, match=r"temperature_c = 85 °C: the table of the sense amplifier 'rgc'"):
        check_sense_holds(SENSE, HOT)
    with pytest.raises(OutsideRangeError, match=r"sense.v_ref = 0.5 V: the table of the sense amplifier 'rgc'"):
        check_sense_holds(SENSE, SPEC.replace(sense={"v_ref": 0.5}))
    supplied = SPEC.replace(sense={"model": "regulated_cascode", "v_ref": 0.0, "supply": 1.7})
    with pytest.raises(OutsideRangeError, match=r"sense.supply = 1.7 V: the table of the sense amplifier 'rgc'"):
        check_sense_holds(SENSE, supplied)


def test_tables_that_are_given_to_a_read_hold_for_its_array():
    dac, adc = ConverterTable(4, 0.0, 0.2), ConverterTable(4, 0.0, 1e-4, block="sar", temperature_c=27.0)
    codes = np.zeros((1, 2))
    read_codes(SPEC, codes, lambda v: v * 1e-4, periphery=Periphery(dac=dac, adc=adc))
    with pytest.raises(OutsideRangeError, match=r"the table of the converter 'sar' was made at 27 °C"):
        read_codes(HOT, codes, lambda v: v * 1e-4, periphery=Periphery(dac=dac, adc=adc))


def test_missing_codes_are_told_when_a_table_is_used():
    adc = ConverterTable(3, 0.0, 7e-5, FALLING, block="light", decide="search")
    with pytest.warns(MissingCodesWarning, match=r"the ADC 'light' has 1 missing codes: no input gives 3"):
        check_table_holds(adc, SPEC)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_periphery_holds(Periphery(adc=ConverterTable(3, 0.0, 7e-5, np.zeros(7), block="good")), SPEC)


def test_a_driver_that_codes_by_time_is_no_driver_of_amplitudes():
    pulses = ConverterTable(2, 0.0, 1e-8, unit="s", block="pulses", r_out=np.ones(4), coding="pulse_width")
    with pytest.raises(SpecError, match=r"driver.input_code = 'amplitude': the driver 'pulses' codes by pulse_width"):
        check_table_holds(pulses, SPEC)
    timed = SPEC.replace(driver={"input_code": "pulse_width", "t_read": 1e-8})
    assert check_table_holds(pulses, timed) is pulses
