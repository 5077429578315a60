"""ADC ranges of their own for tiles and columns: chosen from their own currents, in every way of reading."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.errors import InputError
from circuitsim.network import evaluate, exact_product, fit_ranges, program
from circuitsim.network.onnx import cut

pytestmark = pytest.mark.filterwarnings("ignore::circuitsim.errors.ClippingWarning")
COUNTS = ("reads", "conversions", "adc_clipped", "input_clipped", "vectors")


@pytest.fixture
def converters(spec):
    return spec.replace(driver={"dac_bits": 5}, adc={"bits": 5})


def images(count):
    return np.random.default_rng(count).normal(size=(count, 15)).astype(np.float32)


@pytest.mark.parametrize("per", ["tile", "column"])
def test_tiles_read_together_take_ranges_of_their_own(converters, mlp, per):
    network = cut(mlp)
    programmed = program(network, converters, exact_product(converters))
    ranges = fit_ranges(programmed, images(8), adc_per=per)
    for name, known in ranges.items():  # narrower, so that some currents of every layer clip
        narrow = tuple(tuple(0.6 * end for end in ends) for ends in known.column_scales)
        ranges[name] = dataclasses.replace(known, column_scales=narrow, full_scale=max(map(max, narrow)))
    found = evaluate(programmed, images(11), ranges=ranges)
    alone = evaluate(programmed, images(11), ranges=ranges, compiled=False)
    assert_allclose(found.logits, alone.logits, rtol=1e-6, atol=1e-6 * np.abs(alone.logits).max())
    for one, other in zip(found.layers, alone.layers, strict=True):
        assert [getattr(one, key) for key in COUNTS] == [getattr(other, key) for key in COUNTS]
        assert_allclose(one.i_max, other.i_max, rtol=1e-12)
    assert found.layers[0].adc_clipped > 0
    equal = {
        name: dataclasses.replace(known, column_scales=tuple((known.full_scale,) * len(e) for e in known.column_scales))
        for name, known in ranges.items()
    }
    single = {name: dataclasses.replace(known, column_scales=None) for name, known in ranges.items()}
    same, one_range = (evaluate(programmed, images(11), ranges=each).logits for each in (equal, single))
    assert_allclose(same, one_range, rtol=1e-12)
    assert np.abs(found.logits - one_range).max() > 1e-3 * np.abs(one_range).max()


def test_narrower_ranges_round_more_finely(converters, mlp):
    network, errors = cut(mlp), {}
    programmed = program(network, converters, exact_product(converters))
    exact = network.run_float(images(200))
    for per in ("layer", "tile", "column"):
        ranges = fit_ranges(programmed, images(50), adc_per=per)
        found = evaluate(programmed, images(200), ranges=ranges)
        errors[per] = float(np.sqrt(np.mean((found.logits - exact) ** 2)))
        assert {known.column_scales is None for known in ranges.values()} == {per == "layer"}
        assert all(
            layer.adc_rule.startswith(f"for each {per}, least rms") != (per == "layer") for layer in found.layers
        )
    assert errors["column"] < 0.9 * min(errors["tile"], errors["layer"])


@pytest.mark.parametrize(
    ("adc", "said"),
    [
        ({"bits": None}, "adc.bits is missing, so that nothing is converted"),
        ({"bits": 5, "full_scale": 1e-4}, "adc.full_scale = 0.0001 states it"),
    ],
)
def test_ranges_that_are_not_learnt_are_refused(spec, mlp, adc, said):
    array = spec.replace(adc=adc)
    with pytest.raises(InputError, match=f"^adc_per = 'column' has no effect: {said}; expected 'layer'$"):
        fit_ranges(program(cut(mlp), array, exact_product(array)), images(3), adc_per="column")
