"""What the page says of the ADC is what the specification says of it."""

import dataclasses

import pytest

from circuitsim.report.array_sections import hold_out_section


@pytest.mark.parametrize(
    ("bits", "full_scale", "lsb", "said"),
    [
        (None, "auto", None, "The ADC does not quantize."),
        (8, "auto", None, "The ADC has 8 bits; its LSB is not fixed, because with adc.full_scale = 'auto'"),
        (8, "auto", 5.81e-7, "One LSB of the 8-bit ADC is 581 nA, 0.39 % of full scale."),
        (6, 1e-4, 1e-4 / 63, "One LSB of the 6-bit ADC is 1.59 µA, 1.1 % of full scale."),
    ],
)
def test_the_resolution_is_that_of_the_specification(spec, content, bits, full_scale, lsb, said):
    comparison = dataclasses.replace(content.comparison, lsb=lsb)
    adc = spec.replace(adc={"bits": bits, "full_scale": full_scale}).adc
    lead = hold_out_section(comparison, "ngspice 39.3", adc).parts[0]
    assert said in lead.words
    assert ("does not quantize" in lead.words) == (bits is None)
