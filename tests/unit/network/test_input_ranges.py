"""Input ranges for each part of a layer on rows of its own, against a sum over parts that is written out by hand."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose
from small_networks import Chain, convolution_and_gemm

from circuitsim.errors import InputError
from circuitsim.network import LinearLayer, evaluate, exact_product, fit_ranges, program
from circuitsim.network.layer_bounds import bounded_products
from circuitsim.network.layer_range import check_module_range
from circuitsim.network.reading import read_layer

pytestmark = pytest.mark.filterwarnings("ignore::circuitsim.errors.ClippingWarning")
BITS = 4


@pytest.fixture
def drivers(spec):
    return spec.replace(driver={"dac_bits": BITS})


def network_of(spec, parts=3):
    """A layer over three rows of tiles, whose inputs are of different size in each."""
    inputs = parts * spec.array.rows
    rng = np.random.default_rng(0)
    size = np.repeat([1.0, 0.1, 10.0], spec.array.rows)
    network = Chain((LinearLayer("fc", "Gemm", rng.normal(size=(1, inputs, 5)) / size[:, None]),))
    return network, lambda count: size * np.random.default_rng(count).normal(size=(count, inputs))


def rounded(x, end):
    top = 2**BITS - 1
    return np.sign(x) * np.round(np.minimum(np.abs(x) / end, 1.0) * top) / top * end


def test_each_part_is_rounded_in_its_own_range(drivers):
    network, images = network_of(drivers)
    programmed = program(network, drivers, exact_product(drivers))
    known = fit_ranges(programmed, images(40), inputs_per="tile")["fc"]
    assert known.input_rule == "for each tile: largest calibration input"
    x, rows, weights = images(30), drivers.array.rows, network.layers[0].weights[0]
    wanted, clipped = 0.0, 0
    for part in (slice(k * rows, (k + 1) * rows) for k in range(3)):
        end = np.abs(images(40)[:, part]).max()
        wanted = wanted + rounded(x[:, part], end) @ weights[part]
        clipped += np.count_nonzero(np.abs(x[:, part]) > end)
    found = evaluate(programmed, x, ranges={"fc": known})
    assert_allclose(found.logits, np.maximum(wanted, 0.0), rtol=1e-9, atol=1e-9 * np.abs(wanted).max())
    assert found.layers[0].input_clipped == pytest.approx(clipped / x.size) and clipped > 0
    exact, one = network.run_float(x), fit_ranges(programmed, images(40))
    errors = [np.std(evaluate(programmed, x, ranges=each).logits - exact) for each in ({"fc": known}, one)]
    assert errors[0] < 0.3 * errors[1]


def test_ranges_of_one_size_change_nothing(drivers):
    network, images = network_of(drivers)
    programmed = program(network, drivers, exact_product(drivers))
    one = fit_ranges(programmed, images(40))
    same = {"fc": dataclasses.replace(one["fc"], input_scales=(1.0,) * len(programmed.layers["fc"].places))}
    found = [evaluate(programmed, images(30), ranges=each) for each in (one, same)]
    assert_allclose(found[1].logits, found[0].logits, rtol=1e-9)
    for key in ("reads", "input_clipped", "vectors"):
        assert getattr(found[1].layers[0], key) == getattr(found[0].layers[0], key)
    assert found[1].layers[0].input_lost == pytest.approx(found[0].layers[0].input_lost)


def test_a_convolution_over_several_rows_of_tiles(drivers):
    network = convolution_and_gemm(8)
    programmed = program(network, drivers, exact_product(drivers))
    images = np.random.default_rng(1).random((20, 1, 8, 8))
    ranges = fit_ranges(programmed, images, inputs_per="tile")
    assert ranges["conv"].input_scales is None, "its four inputs lie on one row of tiles"
    assert len(set(ranges["fc"].input_scales)) > 1 and max(ranges["fc"].input_scales) == 1.0
    off = [
        np.std(evaluate(programmed, images, ranges=each).logits - network.run_float(images))
        for each in (ranges, fit_ranges(programmed, images))
    ]
    assert off[0] < off[1]


def test_bounds_follow_the_ranges_of_parts(drivers):
    network, images = network_of(drivers)
    programmed = program(network, drivers, exact_product(drivers))
    known, layer = fit_ranges(programmed, images(40), inputs_per="tile")["fc"], programmed.layers["fc"]
    x = np.abs(images(9))[:, None, :]
    none = np.zeros(len(layer.places))
    low, high = bounded_products(layer, drivers, (0.9 * x, 1.1 * x), known, none, tables=programmed.tables)
    y = read_layer(layer, drivers, x, known).y
    assert (low <= y).all() and (y <= high).all() and (low < high).all()
    at = bounded_products(layer, drivers, (x, x), known, none, tables=programmed.tables)
    assert_allclose((at[0] + at[1]) / 2, y, rtol=1e-9, atol=1e-9 * np.abs(y).max())


def test_modules_refuse_ranges_of_parts(drivers):
    network, images = network_of(drivers)
    programmed = program(network, drivers, exact_product(drivers))
    known = fit_ranges(programmed, images(4), inputs_per="tile")["fc"]
    with pytest.raises(InputError, match="layer 'fc': modules drive all inputs in one range"):
        check_module_range("fc", known, [9])


def test_offset_inputs_and_other_tiles_are_refused(drivers):
    network, images = network_of(drivers)
    offset = drivers.replace(mapping={"inputs": "offset"})
    with pytest.raises(InputError, match=r"inputs_per = 'tile' with mapping\.inputs = 'offset'"):
        fit_ranges(program(network, offset, exact_product(offset)), images(4), inputs_per="tile")
    programmed = program(network, drivers, exact_product(drivers))
    known = dataclasses.replace(fit_ranges(programmed, images(4))["fc"], input_scales=(1.0,))
    with pytest.raises(InputError, match=r"layer 'fc': input_scales has 1 tiles, expected \d+"):
        evaluate(programmed, images(4), ranges={"fc": known})
