"""Counts of an inference, equal to those that a hand makes; shapes alone, images that were run, published networks."""

from dataclasses import replace

import numpy as np
import pytest
from small_networks import Chain, convolution_and_gemm

from circuitsim.errors import InputError
from circuitsim.evaluation import LayerShape, count_shapes, network_shapes, workload, workload_names
from circuitsim.evaluation.counted_network import count_network
from circuitsim.evaluation.counted_product import CountedProduct, CountedReads, reads_by_place
from circuitsim.evaluation.products import NodalProduct
from circuitsim.network import LinearLayer, TilePlace, Window, evaluate, fit_ranges, program
from circuitsim.periphery import Periphery
from circuitsim.results import ConverterTable
from circuitsim.spec import parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 8, "cols": 6, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 0.0, "r_col": 0.0},
        "driver": {"v_read": 0.2, "dac_bits": 4, "t_read": 20e-9},
        "adc": {"bits": 5},
    }
)
DENSE = LayerShape("fc", "Gemm", 1, 12, 5, vectors=1)
CONV = LayerShape("conv", "Conv", 1, 9, 2, vectors=16, signed=False)
GROUPED = LayerShape("grouped", "Conv", 4, 4, 1, vectors=9)


def counted(layers, spec=SPEC, **more):
    return {layer.name: layer for layer in count_shapes(layers, spec, **more).layers}


def test_three_layers_by_hand():
    """Arrays of 8 × 6: two columns an output, so three outputs an array; two phases for signed inputs; codes of 4 bits.

    | | fc, 12 × 5, signed | conv, 9 × 2, 16 pixels | grouped, 4 of 4 × 1, 9 pixels, signed |
    |---|---|---|---|
    | arrays | 2 row parts (6, 6) · 2 column parts (2 and 3 outputs) = 4 | 2 (rows 4 and 5) | 2, two groups each |
    | cells in use | 12 · 5 · 2 = 120 of 4 · 48 | 9 · 2 · 2 = 36 of 2 · 48 | 4 · 4 · 2 = 32 of 2 · 48 |
    | cycles | 2 phases · 1 | 1 · 16 | 2 · 9 = 18 |
    | reads | 4 arrays · 2 = 8 | 2 · 16 = 32 | 2 · 18 = 36 |
    | rows driven | 2 · (6 + 6 + 6 + 6) = 48 | 16 · (4 + 5) = 144 | 36 · 8 = 288 |
    | conversions | 2 · (4 + 6 + 4 + 6) = 40 | 32 · 4 = 128 | 36 · 4 = 144 |
    | additions | one a code: 40 | 128 | 144 |
    | bytes read | 12 · ½ = 6 | 16 · 9 · ½ = 72 | 9 · 16 · ½ = 72 |
    | bytes written | 5 · ½ = 2.5 | 16 · 2 · ½ = 16 | 9 · 4 · ½ = 18 |
    | MACs | 60 | 16 · 18 = 288 | 9 · 16 = 144 |
    """
    found = counted([DENSE, CONV, GROUPED])
    quantities = ("arrays", "cells", "all_cells", "cycles", "reads", "rows_driven", "conversions", "additions")
    moved = ("bytes_read", "bytes_written", "macs")
    wanted = {
        "fc": (4, 120, 192, 2, 8, 48, 40, 40, 6.0, 2.5, 60),
        "conv": (2, 36, 96, 16, 32, 144, 128, 128, 72.0, 16.0, 288),
        "grouped": (2, 32, 96, 18, 36, 288, 144, 144, 72.0, 18.0, 144),
    }
    assert {name: tuple(getattr(layer, q) for q in (*quantities, *moved)) for name, layer in found.items()} == wanted
    count = count_shapes([DENSE, CONV, GROUPED], SPEC)
    assert count.arrays == 8 and count.total("conversions") == 312 and count.remarks == ()
    assert count.utilization == pytest.approx((120 + 36 + 32) / 384)


def test_bits_one_after_the_other_and_other_mappings():
    serial = SPEC.replace(driver={"input_code": "bit_serial"})
    assert counted([DENSE], serial)["fc"].cycles == 4 * counted([DENSE])["fc"].cycles == 8
    sliced = SPEC.replace(mapping={"bits_per_cell": 1, "weight_bits": 3})
    layer = counted([DENSE], sliced)["fc"]  # six columns an output: an array holds one
    assert (layer.arrays, layer.cells, layer.conversions, layer.additions) == (10, 360, 120, 120)
    # One column an output, and a reference column on each array, which is subtracted from every code.
    reference = counted([DENSE], SPEC.replace(mapping={"weights": "reference"}))["fc"]
    assert (reference.arrays, reference.cells, reference.columns) == (2, 60 + 12, 12)
    assert (reference.conversions, reference.additions) == (2 * 12, 2 * 2 * 10)
    # One column an output; the codes of six rows are summed and subtracted from five codes, in each of four reads.
    offset = counted([DENSE], SPEC.replace(mapping={"weights": "offset"}))["fc"]
    assert (offset.conversions, offset.additions) == (20, 4 * (5 + 5 + 6))


def test_what_is_unknown_or_absent_is_said():
    ideal = SPEC.replace(driver={"dac_bits": None}, adc={"bits": None})
    count = count_shapes([DENSE], ideal)
    assert count.total("bytes_read") is None and count.total("conversions") == 0
    assert [each.split(":")[0] for each in count.remarks] == ["bytes are unknown", "no conversions"]
    dac = Periphery(dac=ConverterTable(6, 0.0, 0.2))
    assert counted([DENSE], ideal, tables=dac)["fc"].bytes_read == 12 * 6 / 8


def test_layers_that_share_weights_share_arrays_and_digital_ones_are_left_out():
    tied = replace(DENSE, name="again", tied_to="fc")
    found = counted([DENSE, tied])
    assert (found["again"].arrays, found["again"].cells, found["again"].all_cells) == (0, 0, 0)
    assert found["again"].reads == found["fc"].reads
    digital = SPEC.replace(mapping={"digital": ["conv"]})
    count = count_shapes([DENSE, CONV], digital)
    assert [layer.name for layer in count.layers] == ["fc"] and count.digital == ("conv",)
    for layers, sentence in (([DENSE], "'conv', which is no layer"), ([CONV], "names all layers")):
        with pytest.raises(InputError, match=sentence):
            count_shapes(layers, digital)


def test_shapes_of_a_network_come_from_one_run():
    images = np.random.default_rng(0).uniform(0.0, 1.0, (2, 1, 4, 4))
    assert network_shapes(convolution_and_gemm(4), images) == (
        LayerShape("conv", "Conv", 1, 4, 2, vectors=9, signed=False),
        LayerShape("fc", "Gemm", 1, 18, 3, vectors=1, signed=False),
    )
    assert network_shapes(convolution_and_gemm(4), -images)[0].signed


def test_images_skip_reads_whose_rows_are_all_at_rest():
    """Three kernels of 2 × 2 in steps of 2 over images of 4 × 4: four vectors an image, one array of 4 × 6.

    The first image is 0 but for its first pixel: one read. The second one is positive: four. No phase is negative.
    """
    window = Window((2, 2), (2, 2), (1, 1), ((0, 0), (0, 0)))
    weights = np.random.default_rng(0).normal(size=(1, 4, 3))
    network = Chain((LinearLayer("conv", "Conv", weights, window=window),))
    images = np.zeros((2, 1, 4, 4))
    images[0, 0, 0, 0], images[1] = 0.5, 1.0
    calls = []
    programmed = program(network, SPEC, CountedProduct(NodalProduct(SPEC), calls))
    ranges = fit_ranges(programmed, images)
    calls.clear()
    count, power = count_network(programmed, evaluate(programmed, images, ranges=ranges), calls, 2)
    (layer,) = count.layers
    assert (count.images, layer.vectors, layer.reads, layer.cycles) == (2, 4, 2.5, 2.5)
    assert (layer.conversions, layer.additions, layer.rows_driven, layer.macs) == (15, 15, 10, 48)
    g = 1e-6 + np.abs(weights[0]) / np.abs(weights).max() * 99e-6
    row = g.sum(axis=1) + 3 * 1e-6  # the other side of each pair
    codes = np.round(np.array([0.5, 0.0, 0.0, 0.0]) * 15) / 15
    watts = (0.2 * codes[0]) ** 2 * row[0] + 4 * 0.2**2 * row.sum()
    assert power["conv"][0] == pytest.approx(watts / 5, rel=1e-9) and power["conv"][1] is None


def test_calls_of_an_array_add_up():
    here, there = TilePlace("a", 0, 0, (0, 4), (0, 2), 4), TilePlace("a", 1, 0, (4, 8), (0, 2), 4)
    calls = [CountedReads(here, 2, 1.0, 0.5), CountedReads(there, 1, 4.0), CountedReads(here, 3, 2.0, 0.25)]
    assert reads_by_place(calls) == {here: CountedReads(here, 5, 3.0, 0.75), there: CountedReads(there, 1, 4.0)}


def test_layers_on_the_same_arrays_share_their_reads():
    """The first layer reads both images, one of which gives only zeros to the second, on the same array."""
    weights = np.eye(4)[None] - 0.5
    network = Chain((LinearLayer("a", "Gemm", weights), LinearLayer("b", "Gemm", weights, tied_to="a")))
    images = np.array([[0.9, 0.0, 0.0, 0.0], [0.5, 0.5, 0.5, 0.5]])
    spec, calls = SPEC.replace(array={"cols": 8}), []
    programmed = program(network, spec, CountedProduct(NodalProduct(spec), calls))
    ranges = fit_ranges(programmed, images)
    calls.clear()
    count, power = count_network(programmed, evaluate(programmed, images, ranges=ranges), calls, 2)
    assert [(layer.arrays, layer.reads) for layer in count.layers] == [(1, 1.0), (0, 0.5)]
    assert power["a"] == power["b"]


@pytest.mark.parametrize(
    ("name", "weights", "macs"),
    [
        ("digits", 14_624, 14_624),
        ("mnist-cnn", 6_984, 59_400),
        ("resnet18", 11.68e6, 1.814e9),  # the paper: 1.8e9 multiply-adds
        ("resnet50", 25.50e6, 3.86e9),  # 3.8e9
        ("mobilenetv2", 3.47e6, 300.8e6),  # 3.4e6 parameters, 300e6 multiply-adds
        ("bert-base", 84.9e6, 10.87e9),  # 12 · (4 · 768² + 2 · 768 · 3072) weights, 128 tokens
        ("gru-kws", 77_616, 1.896e6),
        ("decoder-1b", 1.034e9, 1.034e9),  # 1.1e9 with the embedding of 32000 · 2048
    ],
)
def test_published_networks_have_their_published_size(name, weights, macs):
    found = workload(name)
    assert sum(layer.weights for layer in found.layers) == pytest.approx(weights, rel=2e-3)
    assert sum(layer.macs for layer in found.layers) == pytest.approx(macs, rel=2e-3)
    assert len({layer.name for layer in found.layers}) == len(found.layers) and found.source


def test_an_unknown_workload_is_one_sentence():
    with pytest.raises(InputError, match="workload = 'resnet19': expected one of digits, mnist-cnn, resnet18"):
        workload("resnet19")
    assert len(workload_names()) == 8
