"""One meaning of adc.bits: the bits of a word, or the width of the counter behind a circuit that counts."""

import warnings

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import characterization
from circuitsim.errors import ClippingWarning, SpecError

pytestmark = pytest.mark.filterwarnings("ignore::circuitsim.errors.CellErrorWarning")

SPEC = {
    "schema": 1,
    "array": {"rows": 4, "cols": 3, "cell": "1r"},
    "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
    "wire": {"r_row": 2, "r_col": 2},
    "driver": {"v_read": 0.2, "dac_bits": 4, "t_read": "300n"},
    "sense": {"model": "tia", "v_ref": 0.9, "params": {"rf": "8k"}},
}
G, CODES = np.full((4, 3), 4e-5) * [1.0, 0.6, 0.2], np.array([[15] * 4, [3] * 4])


def spec_of(**adc):
    return cs.parse_spec({**SPEC, "adc": adc})


@pytest.mark.parametrize(("model", "cure"), [("flash", "write_block"), ("ramp", "a longer adc.timing.t_clock")])
def test_fewer_bits_than_a_circuit_counts_end_its_range_at_every_level(model, cure):
    spec, found = spec_of(model=model, bits=6), {}
    for level in ("ngspice", "nodal"):
        with pytest.warns(ClippingWarning) as told:
            found[level] = cs.convert_codes(spec, G, CODES, level)
        first, second = [str(one.message) for one in told]
        assert f"adc.bits = 6: {model} counts beyond 63 within its inputs, 0 to 1.8 V; those above 0.44" in first
        assert cure in first and "clips 100 %" in second
    assert found["ngspice"].codes.tolist() == found["nodal"].codes.tolist() == [[63.0] * 3] * 2


def test_an_adc_whose_counter_ends_early_still_judges_settling_by_its_own_steps():
    low, high = characterization.adc_range(spec_of(model="flash", bits=6))
    assert high - low == pytest.approx(1.8 / 256 * 63, rel=0.01)
    assert characterization.adc_range(spec_of(model="sar", v_ref=0.9)) == (0.0, 0.9)


def test_steps_of_a_ramp_follow_its_clock_and_not_its_bits():
    spec = spec_of(model="ramp", bits=6, timing={"t_clock": "4n"})
    exact, fast = (cs.convert_codes(spec, G, CODES, level) for level in ("ngspice", "nodal"))
    np.testing.assert_allclose(fast.codes, np.floor(fast.sensed / 1.8 * 64), atol=1)
    assert np.abs(exact.codes - fast.codes).max() <= 1 and np.ptp(fast.codes) > 5


@pytest.mark.parametrize("level", ["ngspice", "nodal"])
@pytest.mark.parametrize(
    ("adc", "sentence"),
    [
        ({"model": "sar", "bits": 6}, r"adc.bits = 6: sar has 8 bits; remove the key, or write the block anew by"),
        ({"model": "ramp"}, r"adc.bits is missing: ramp counts and has no bits of its own; expected 2 to 12"),
        ({"model": "flash", "bits": 20}, r"adc.bits = 20: expected 2 to 12 for the counter of flash"),
        (
            {"model": "ramp", "bits": 10},
            r"counts to 25\d over its inputs, .*expected adc.bits = 8, or a shorter adc.tim",
        ),
    ],
)
def test_bits_that_a_circuit_does_not_have_are_refused_in_one_sentence(level, adc, sentence):
    with pytest.raises(SpecError, match=sentence):
        cs.convert_codes(spec_of(**adc), G, CODES, level)


def test_chips_of_a_flash_whose_counter_ends_early_have_the_counts_of_all_comparators():
    """The same draws: comparators above the counter's end may switch first, and count."""
    mismatch = cs.AdcMismatch(3, seed=0, offset=30e-3)
    counts = []
    for bits in (7, 8):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ClippingWarning)
            found = cs.convert_codes(spec_of(model="flash", bits=bits), G, CODES, "nodal", mismatch=mismatch)
        counts.append(found.instances)
    assert np.any(counts[1] < 127) and counts[1].shape[0] == 3
    np.testing.assert_array_equal(counts[0], np.minimum(counts[1], 127))
