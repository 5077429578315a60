"""What the figures in LSB of a certificate do not say."""

import pytest

from circuitsim.calibration.code_errors import certified_adc, codes_left_out


@pytest.fixture
def spec_of(make_spec):
    def make(**driver):
        spec = make_spec(4, 3)
        return spec.replace(driver={"dac_bits": 4, **driver}, adc={"bits": 6, "full_scale": 1e-4})

    return make


def test_figures_of_bit_serial_inputs_are_those_of_one_read(spec_of):
    spec = spec_of(input_code="bit_serial")
    (said,) = codes_left_out(spec, *certified_adc(spec, None, 1e-4, "A"))
    assert "makes 4 reads of one bit" in said and "weights 1 to 8" in said
    assert "of one such read" in said and "counts 15 times in the sum" in said


def test_nothing_is_left_out_of_codes_of_one_read(spec_of):
    spec = spec_of()
    assert codes_left_out(spec, *certified_adc(spec, None, 1e-4, "A")) == ()


def test_the_reason_why_there_are_no_figures_is_said(spec_of):
    spec = spec_of(input_code="bit_serial")
    (said,) = codes_left_out(spec, *certified_adc(spec, None, 1e-4, "V"))
    assert said.startswith("errors in LSB: an ideal ADC in [adc] converts currents")
    assert (
        codes_left_out(
            spec.replace(adc={"bits": None}), *certified_adc(spec.replace(adc={"bits": None}), None, 1e-4, "A")
        )
        == ()
    )
