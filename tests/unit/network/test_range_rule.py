"""Rules that set ranges: the largest value, a percentile, the least error; what they clip is told."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.errors import InputError
from circuitsim.network import LARGEST, LEAST_RMS, ExactProduct, RangeRule, evaluate, fit_ranges, program, range_rule
from circuitsim.network.onnx import cut

IMAGES = np.random.default_rng(3).normal(size=(300, 15))
VALUES = np.concatenate([np.zeros(1000), np.arange(1, 1001) / 1000])


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("largest", LARGEST),
        ("least_rms", LEAST_RMS),
        ("99.9", RangeRule("percentile", 99.9)),
        ("99.9%", RangeRule("percentile", 99.9)),
    ],
)
def test_rules_in_words(text, rule):
    assert range_rule(text) == rule


@pytest.mark.parametrize("text", ["smallest", "", "nan", "101", "50", "-1", "inf"])
def test_what_is_no_rule_is_one_sentence(text):
    with pytest.raises(InputError, match="expected"):
        range_rule(text)


def test_a_percentile_counts_the_values_that_are_not_zero():
    end, clipped = RangeRule("percentile", 90).choose(VALUES, None)
    assert_allclose(end, np.percentile(np.arange(1, 1001) / 1000, 90), rtol=1e-12, atol=0)
    assert clipped == pytest.approx(100 / 2000)


def test_without_rounding_the_least_error_is_that_of_the_largest():
    assert LEAST_RMS.choose(VALUES, None) == LARGEST.choose(VALUES, None) == (1.0, 0.0)


def test_ranges_follow_the_rules_and_say_so(spec, mlp):
    programmed = program(cut(mlp), spec.replace(adc={"bits": 6}), ExactProduct())
    usual = fit_ranges(programmed, IMAGES)
    found = fit_ranges(programmed, IMAGES, inputs=RangeRule("percentile", 98), adc=LARGEST)
    for name, known in found.items():
        assert known.activation_max < usual[name].activation_max
        assert "98th percentile" in known.input_rule
        assert known.input_lost > 0
        assert known.adc_clipped == 0
        assert known.full_scale > usual[name].full_scale or known.adc_rule.endswith("largest")


def test_what_a_percentile_cuts_off_on_purpose_does_not_warn(spec, mlp):
    programmed = program(cut(mlp), spec, ExactProduct())
    ranges = fit_ranges(programmed, IMAGES, inputs=RangeRule("percentile", 95))
    assert max(known.input_lost for known in ranges.values()) > 0.02  # above what warns where nothing was chosen
    evaluate(programmed, IMAGES, ranges=ranges)
