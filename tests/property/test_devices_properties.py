"""Properties of card texts and statistics over drawn values."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from circuitsim.devices import load_card
from circuitsim.devices.statistics import drift_factor, programming_sigma, read_statistics, sample_programmed
from circuitsim.library import spice_number
from circuitsim.units import SUFFIX

PCM = read_statistics(load_card("pcm_joshi"))
MANTISSA = st.floats(min_value=-999, max_value=999, allow_nan=False).map(lambda x: round(x, 6))


@given(MANTISSA, st.sampled_from(["", *SUFFIX]), st.sampled_from(["", "V", "ohm", "Hz"]))
def test_a_spice_number_is_read_whatever_unit_follows_its_suffix(number, suffix, unit):
    if suffix == "" and unit:
        suffix = "k"  # a unit without a suffix would be read as one
    text = f"{number:.6f}{suffix}{unit}"
    assert_allclose(spice_number(text), number * SUFFIX.get(suffix, 1.0), rtol=1e-12, atol=0)


@given(st.sampled_from(["{2*w}", "w", "'1+1'", "1u+1", "", "1 2", "..1", "--1"]))
def test_an_expression_is_no_number(text):
    assert spice_number(text) is None


@given(st.floats(min_value=1e-9, max_value=25e-6), st.integers(min_value=0, max_value=2**32 - 1))
@settings(max_examples=50)
def test_programmed_cells_stay_near_their_target_and_never_go_negative(g, seed):
    drawn = sample_programmed(PCM, np.full(64, g), rng=np.random.default_rng(seed))
    assert (drawn >= 0).all()
    assert np.abs(drawn - g).max() < 7 * programming_sigma(PCM, np.array([g]))[0]


@given(
    st.floats(min_value=0.0, max_value=0.2),
    st.floats(min_value=0, max_value=3e7),
    st.floats(min_value=0, max_value=3e7),
)
def test_drift_never_raises_a_conductance(nu, first, second):
    early, late = sorted((first, second))
    assert drift_factor(PCM, nu, late) <= drift_factor(PCM, nu, early) <= 1.0
