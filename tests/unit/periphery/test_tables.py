"""From a specification to converters: one LSB for every room."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from circuitsim.errors import InputError
from circuitsim.periphery import Periphery, adc_table, dac_table, drive_nearest, ideal_stages, periphery_of
from circuitsim.results.periphery_tables import ConverterTable
from circuitsim.results.sense_table import SenseTable
from circuitsim.truth import half_lsb


def test_specification_gives_an_ideal_periphery(make_spec):
    spec = make_spec(v_ref=0.3).replace(driver={"dac_bits": 4}, adc={"bits": 6})
    with pytest.raises(InputError, match=r"full_scale = 'auto' .* of the largest code .* pass it as full_scale="):
        periphery_of(spec)
    found = periphery_of(spec, full_scale=2e-3)
    assert found.dac is not None and (found.dac.bits, found.dac.low, found.dac.high) == (4, 0.3, 0.5)
    assert found.adc is not None and (found.adc.bits, found.adc.low, found.adc.high) == (6, 0.0, 2e-3)
    assert periphery_of(make_spec()) == Periphery()


def test_one_lsb_is_full_scale_over_the_number_of_steps(make_spec):
    spec = make_spec().replace(driver={"dac_bits": 4}, adc={"bits": 8, "full_scale": 1e-4})
    adc, dac = adc_table(spec), dac_table(spec)
    assert adc is not None and dac is not None
    assert_allclose(adc.lsb, 1e-4 / 255, rtol=1e-15, atol=0)
    assert_allclose(half_lsb(spec), adc.lsb / 2, rtol=1e-15, atol=0)
    assert_allclose(dac.lsb, 0.2 / 15, rtol=1e-15, atol=0)


def test_a_full_scale_other_than_the_stated_one_is_refused(make_spec):
    spec = make_spec().replace(adc={"bits": 8, "full_scale": 1e-4})
    with pytest.raises(InputError, match=r"full_scale = 5 A: expected None, adc\.full_scale is 0\.0001 A"):
        adc_table(spec, full_scale=5.0)
    assert adc_table(spec, full_scale=1e-4) == adc_table(spec)


def test_without_a_dac_voltages_pass_as_they_are():
    v = np.array([[0.1, 0.123]])
    assert drive_nearest(None, v) is v


def test_a_dac_rounds_to_its_levels(make_spec):
    dac = dac_table(make_spec().replace(driver={"dac_bits": 1}))
    assert_array_equal(drive_nearest(dac, np.array([[0.02, 0.19]])), [[0.0, 0.2]])


def test_one_lack_makes_a_stage_real():
    """Each property alone, in either direction, takes one stage off the list of ideal ones."""
    rising = {"current": np.array([0.0, 1e-3]), "drop": np.array([0.0, 0.1])}
    lacks = {
        "dac": [{"dac": ConverterTable(2, 0.0, 0.2, **made)} for made in ({"noise": 1e-3}, {"inl": np.zeros(4)})],
        "adc": [{"adc": ConverterTable(2, 0.0, 1e-3, **made)} for made in ({"noise": 1e-6}, {"inl": np.zeros(3)})],
        "sense": [
            {"sense": SenseTable(**made)}
            for made in ({"gain": 0.9}, {"gain": 1.1}, {"offset": -1e-9}, {"offset": 1e-9}, {"noise": 1e-9}, rising)
        ],
    }
    everything = ("dac", "sense", "adc")
    assert ideal_stages(Periphery()) == everything
    whole = Periphery(dac=ConverterTable(2, 0.0, 0.2), sense=SenseTable(), adc=ConverterTable(2, 0.0, 1e-3))
    assert ideal_stages(whole) == everything
    for stage, cases in lacks.items():
        for made in cases:
            assert ideal_stages(Periphery(**made)) == tuple(name for name in everything if name != stage), made
