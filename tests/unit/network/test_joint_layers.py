"""Layers read together, compiled, against the same tiles read one by one; chunks of images and their memory."""

import dataclasses
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from circuitsim.errors import ClippingWarning, InputError
from circuitsim.network import (
    ExactProduct,
    RecordedProduct,
    evaluate,
    evaluate_float,
    exact_product,
    fit_ranges,
    input_vectors,
    program,
)
from circuitsim.network.chunks import LayerSizes, in_chunks
from circuitsim.network.layers_on_tiles import LayersOnTiles
from circuitsim.network.onnx import cut
from circuitsim.network.rooms import Rooms
from circuitsim.network.vector_places import places_of_vectors

COUNTS = ("reads", "conversions", "adc_clipped", "input_clipped", "input_max", "vectors", "tiles")
SHAPES = {"cnn": (3, 8, 8), "mlp": (15,)}

pytestmark = pytest.mark.filterwarnings("ignore::circuitsim.errors.ClippingWarning")


@pytest.fixture
def networks(cnn, mlp):
    return {"cnn": cut(cnn), "mlp": cut(mlp)}


@pytest.fixture
def converters(spec):
    return spec.replace(driver={"dac_bits": 5}, adc={"bits": 6})


def images_of(name, count, *, shift=0.0):
    return (np.random.default_rng(count).normal(size=(count, *SHAPES[name])) + shift).astype(np.float32)


def programmed_on(network, spec, images, *, dtype="float64"):
    programmed = program(network, spec, exact_product(spec, dtype=dtype))
    return programmed, fit_ranges(programmed, images)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("quantized", [True, False])
def test_tiles_read_together_equal_tiles_read_one_by_one(spec, converters, networks, name, quantized):
    """Padding, strides, dilations, groups and signed inputs; outputs that no block holds evenly."""
    array, images = converters if quantized else spec, images_of(name, 11)
    programmed, ranges = programmed_on(networks[name], array, images[:4])
    for key, each in ranges.items():  # some inputs and some currents lie outside
        full_scale = 0.6 * each.full_scale if quantized else None
        ranges[key] = dataclasses.replace(each, activation_max=0.8 * each.activation_max, full_scale=full_scale)
    found = evaluate(programmed, images, ranges=ranges)
    alone = evaluate(programmed, images, ranges=ranges, compiled=False)
    assert_allclose(found.logits, alone.logits, rtol=1e-6, atol=1e-6 * np.abs(alone.logits).max())  # float32 between
    assert len(found.layers) == 3
    for one, other in zip(found.layers, alone.layers, strict=True):
        assert [getattr(one, key) for key in COUNTS] == [getattr(other, key) for key in COUNTS]
        assert_allclose(one.i_max, other.i_max, rtol=1e-12)
        assert_allclose(one.input_lost, other.input_lost, rtol=1e-6)
    assert any(layer.adc_clipped > 0 for layer in found.layers) == quantized
    assert any(layer.input_clipped > 0 for layer in found.layers)


@pytest.mark.parametrize("bias", [0.02, 0.0])
def test_a_reference_voltage_and_a_gain_reach_layers_read_together(spec, networks, bias):
    array, images = spec.replace(sense={"v_ref": bias}, driver={"dac_bits": 5}), images_of("mlp", 9)
    programmed = program(networks["mlp"], array, exact_product(array))
    ranges = {name: dataclasses.replace(r, gain=1.5) for name, r in fit_ranges(programmed, images).items()}
    found = evaluate(programmed, images, ranges=ranges)
    alone = evaluate(programmed, images, ranges=ranges, compiled=False)
    assert_allclose(found.logits, alone.logits, rtol=1e-6)


@pytest.mark.parametrize("name", SHAPES)
def test_results_are_the_same_bits_for_any_chunk_and_any_number_of_threads(converters, networks, name, monkeypatch):
    images = images_of(name, 70)
    images[3:30] = np.abs(images[3:30])  # some chunks have no negative input
    images[40] = 0.0
    programmed, ranges = programmed_on(networks[name], converters, images[:10])
    expected = evaluate(programmed, images, ranges=ranges)
    for size, n_jobs in ((1, 1), (7, 2), (70, 1)):
        monkeypatch.setattr("circuitsim.network.inference.chunk_size", lambda *_, size=size, **__: size)
        found = evaluate(programmed, images, ranges=ranges, n_jobs=n_jobs)
        assert_array_equal(found.logits, expected.logits)
        assert found.layers == expected.layers


def test_outputs_of_a_chunk_are_kept_when_the_next_one_is_written():
    class Reusing:
        """A network that gives its layer's memory as it is."""

        memory = np.zeros((2, 1))

        def run(self, images, product):
            self.memory[: len(images)] = images
            return self.memory[: len(images)]

    images = np.arange(5.0)[:, None]
    assert_array_equal(in_chunks(Reusing(), images, 2, lambda count: None), images)  # pyright: ignore


def test_float32_tiles_differ_by_rounding_alone(spec, networks):
    images = images_of("cnn", 3)
    programmed, ranges = programmed_on(networks["cnn"], spec, images)
    coarse, _ = programmed_on(networks["cnn"], spec, images, dtype="float32")
    exact = evaluate(programmed, images, ranges=ranges).logits
    found = evaluate(coarse, images, ranges=ranges)
    differs = np.abs(found.logits - exact).max() / np.abs(exact).max()
    assert 0 < differs < 2e-6
    alone = evaluate(coarse, images, ranges=ranges, compiled=False)
    assert [layer.reads for layer in found.layers] == [layer.reads for layer in alone.layers]


def test_reads_without_products_to_show_are_called(spec, networks):
    images, records = images_of("mlp", 5), []
    programmed = program(networks["mlp"], spec, RecordedProduct(ExactProduct(), records))
    ranges = fit_ranges(programmed, images)
    records.clear()
    found = evaluate(programmed, images, ranges=ranges)
    assert sum(len(read.v_in) for read in records) == sum(layer.reads for layer in found.layers) > 0


def test_negative_inputs_are_refused_where_inputs_are_unsigned(spec, networks):
    array, images = spec.replace(mapping={"inputs": "unsigned"}), images_of("mlp", 5)
    programmed = program(networks["mlp"], array, ExactProduct())
    signed = program(networks["mlp"], spec, ExactProduct())
    with pytest.raises(InputError, match=r"mapping.inputs = 'unsigned' but layer 'n0' has an input of -"):
        evaluate(programmed, images, ranges=fit_ranges(signed, images))


def test_offset_weights_are_read_tile_by_tile(spec, networks):
    array, images = spec.replace(mapping={"weights": "offset"}), images_of("mlp", 5)
    programmed, ranges = programmed_on(networks["mlp"], array, images)
    assert_allclose(evaluate(programmed, images, ranges=ranges).logits, networks["mlp"].run_float(images), rtol=1e-4)


def test_uses_of_pixels_count_windows(networks):
    layer = networks["cnn"].layers[0]  # kernel (3, 2), pads (1, 0) before and (2, 1) behind, strides (2, 1)
    uses = places_of_vectors(layer, (2, 3, 8, 8)).uses.reshape(8, 8)
    along = [1, 2, 1, 2, 1, 2, 1, 2]  # windows begin at −1, 1, 3, 5, 7
    assert_array_equal(uses, np.outer(along, [1] + [2] * 7))


def test_a_limit_that_one_image_exceeds_is_one_sentence(converters, networks):
    images = images_of("cnn", 5)
    programmed, ranges = programmed_on(networks["cnn"], converters, images)
    said = r"^memory = 2 kB: layer 'n\d' needs [\d.]+ kB for one image; expected as much or more$"
    for act in (
        lambda: evaluate(programmed, images, ranges=ranges, memory=2e3),
        lambda: evaluate(programmed, images, ranges=ranges, memory=2e3, compiled=False),
        lambda: evaluate_float(networks["cnn"], images, memory=2e3),
    ):
        with pytest.raises(InputError, match=said):
            act()
    with pytest.raises(InputError, match=r"layer 'n\d' needs .* for 5 calibration images"):
        fit_ranges(programmed, images, memory=2e3)
    with pytest.raises(InputError, match="memory = 0 B: expected a number above 0"):
        evaluate(programmed, images, ranges=ranges, memory=0.0)


def test_ranges_do_not_depend_on_the_memory(converters, networks):
    images = images_of("cnn", 6)
    programmed = program(networks["cnn"], converters, ExactProduct())
    assert fit_ranges(programmed, images, gain=True) == fit_ranges(programmed, images, gain=True, memory=6e5)


@pytest.mark.parametrize("compiled", [True, False])
def test_the_estimate_of_a_layer_covers_what_it_takes(converters, networks, compiled):
    images = images_of("cnn", 40)
    programmed, ranges = programmed_on(networks["cnn"], converters, images[:5])
    layer, on_tiles = networks["cnn"].layers[0], LayersOnTiles(programmed, ranges, compiled=compiled, images=40)
    vectors = len(input_vectors(layer, images))

    def act():
        if on_tiles.of_tensor(layer, images) is None:
            on_tiles(layer, input_vectors(layer, images))

    act()  # compiles
    on_tiles = dataclasses.replace(on_tiles, rooms=Rooms(), places={})
    tracemalloc.start()
    act()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    estimate = on_tiles.cost(LayerSizes(layer, images.shape, vectors))
    assert 0.3 * estimate < peak < 1.1 * estimate


def test_noisy_reads_do_not_depend_on_the_memory(spec, networks):
    """Reads that draw noise see the same chunks whatever the memory."""

    class Noisy:
        def __init__(self, g):
            self.g, self.rng = g, np.random.default_rng(3)

        def __call__(self, v_in):
            i_out = v_in @ self.g
            return i_out + 1e-7 * self.rng.standard_normal(i_out.shape)

        def anew(self, *stream):
            return Noisy(self.g)

    images = images_of("mlp", 21)
    ranges = fit_ranges(program(networks["mlp"], spec, ExactProduct()), images)

    def found(memory):
        programmed = program(networks["mlp"], spec, lambda place, g: Noisy(g))
        return evaluate(programmed, images, ranges=ranges, memory=memory).logits

    assert_array_equal(found(1e9), found(2e6))
    with pytest.raises(InputError, match="8 images, which share the numbers of their noise"):
        found(2e4)


def test_a_layer_that_is_met_again_keeps_its_first_output():
    rooms = Rooms()
    first, again = (rooms.out("a", 8, np.dtype(float)) for _ in range(2))
    assert not np.shares_memory(first, again)
    assert np.shares_memory(first, rooms.next_chunk().out("a", 4, np.dtype(float)))


def test_much_clipping_is_told(converters, networks):
    images = images_of("mlp", 9)
    programmed, ranges = programmed_on(networks["mlp"], converters, images)
    with pytest.warns(ClippingWarning, match="'n0'"):
        evaluate(programmed, 9 * images, ranges=ranges)
