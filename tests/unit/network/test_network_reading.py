import dataclasses
import threading

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.errors import InputError
from circuitsim.network import (
    ExactProduct,
    LayerRange,
    RecordedProduct,
    TileRead,
    as_numpy,
    evaluate,
    fit_ranges,
    float_difference,
    float_product,
    program,
)
from circuitsim.network.inputs import INPUT_PHASES
from circuitsim.network.onnx import cut
from circuitsim.network.reading import read_layer
from circuitsim.periphery import adc_table
from circuitsim.results.periphery_tables import ConverterTable

KNOWN = LayerRange(activation_max=4.0)


@pytest.fixture
def network(mlp):
    return cut(mlp)


def draw(layer, vectors=6):
    groups, inputs, _ = layer.weights.shape
    return np.random.default_rng(0).uniform(-4.0, 4.0, (vectors, groups, inputs))


@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_exact_tiles_give_the_float_product(spec, model, request):
    network = cut(request.getfixturevalue(model))
    programmed = program(network, spec, ExactProduct())
    for layer in network.layers:
        x = draw(layer)
        y = read_layer(programmed.layers[layer.name], spec, x, KNOWN).y
        expected = float_product(layer, x)
        # relative to the layer's largest product: single ones cancel
        assert np.abs(y - expected).max() <= 1e-13 * np.abs(expected).max()


def test_each_tile_is_programmed_once_and_read_in_one_batch(spec, network):
    programs, reads = [], []

    def product(place, g):
        assert g.shape == spec.shape
        programs.append((place.layer, place.index))

        def read(v_in):
            reads.append((place.index, v_in.shape))
            return v_in @ g

        return read

    programmed = program(network, spec, product)
    # 15 → 13 on 10 rows and 4 pairs of columns: 2 × 4 tiles; 13 → 7: 2 × 2; 7 → 3: 1
    assert programs == [("n0", k) for k in range(8)] + [("n2", k) for k in range(4)] + [("n5", 0)]
    tiles = programmed.layers["n2"]
    x = draw(tiles.layer)
    found = [read_layer(tiles, spec, x, KNOWN) for _ in range(2)]
    np.testing.assert_array_equal(found[0].y, found[1].y)
    assert len(programs) == 13
    assert reads == 2 * [(k, (12, 10)) for k in range(4)]
    assert found[0].reads == 48


def test_vectors_that_drive_no_row_are_not_read(spec, network):
    records: list[TileRead] = []
    programmed = program(network, spec, RecordedProduct(ExactProduct(), records))
    tiles = programmed.layers["n2"]
    x = np.zeros((3, 1, 13))
    x[0, 0, 0] = 1.0  # positive phase of the upper tiles
    x[1, 0, 12] = -1.0  # negative phase of the lower tiles
    found = read_layer(tiles, spec, x, KNOWN)
    assert found.reads == 4
    assert [len(record.v_in) for record in records] == [1, 1, 1, 1]
    assert_allclose(found.y[0, 0], tiles.layer.weights[0, 0], rtol=1e-12, atol=0)
    assert_allclose(found.y[1, 0], -tiles.layer.weights[0, 12], rtol=1e-12, atol=0)
    np.testing.assert_array_equal(found.y[2], 0.0)
    records.clear()
    assert read_layer(tiles, spec, 0.0 * x, KNOWN).reads == 0
    assert records == []


def test_records_hold_what_the_tile_saw(spec, network):
    records: list[TileRead] = []
    tiles = program(network, spec, RecordedProduct(ExactProduct(), records)).layers["n5"]
    x = draw(tiles.layer)
    read_layer(tiles, spec, x, KNOWN)
    (record,) = records
    assert record.place.layer == "n5"
    assert_allclose(record.v_in[:6, 3:], np.maximum(x[:, 0], 0.0) * 0.05, rtol=1e-14, atol=0)
    assert_allclose(record.v_in[6:, 3:], np.maximum(-x[:, 0], 0.0) * 0.05, rtol=1e-14, atol=0)
    np.testing.assert_array_equal(record.v_in[:, :3], 0.0)
    assert_allclose(record.i_out, record.v_in @ record.g, rtol=1e-14, atol=0)
    np.testing.assert_array_equal(record.g[:3], 1e-6)
    np.testing.assert_array_equal(record.g[:, 6:], 1e-6)
    assert record.g.max() == pytest.approx(1e-4)


def test_sense_voltage_shifts_inputs_and_changes_nothing(spec, network):
    above = spec.replace(sense={"v_ref": 0.3})
    tiles = program(network, above, ExactProduct(0.3)).layers["n2"]
    x = draw(tiles.layer)
    expected = float_product(tiles.layer, x)
    assert_allclose(read_layer(tiles, above, x, KNOWN).y, expected, rtol=1e-11, atol=0)


def test_converters_act_on_each_column_current(spec, network):
    coarse = spec.replace(adc={"bits": 4}, driver={"dac_bits": 3})
    records: list[TileRead] = []
    tiles = program(network, coarse, RecordedProduct(ExactProduct(), records)).layers["n5"]
    known = LayerRange(activation_max=4.0, full_scale=3e-5, gain=1.5)
    x = draw(tiles.layer)
    found = read_layer(tiles, coarse, x, known)
    codes = np.clip(np.rint(records[0].i_out[:, :6] / 2e-6), 0, 15)
    pairs = codes[:, 0::2] - codes[:, 1::2]
    scale = tiles.w_max / (99e-6 * 0.05)
    expected = 1.5 * (pairs[:6] - pairs[6:]) * 2e-6 * scale
    # atol: one code is 0.5 here, and codes may cancel to nothing
    assert_allclose(found.y[:, 0], expected, rtol=1e-12, atol=1e-12)
    dac_codes = records[0].v_in / 0.2 * 7
    assert_allclose(dac_codes, np.rint(dac_codes), rtol=1e-12, atol=0)
    assert found.conversions == 12 * 6
    assert found.adc_clipped == np.count_nonzero(np.rint(records[0].i_out[:, :6] / 2e-6) > 15) > 0


def test_two_jobs_read_tiles_side_by_side_with_the_same_result(spec, network):
    two = threading.Barrier(2, timeout=10.0)

    def product(place, g):
        def read(v_in):
            two.wait()  # passes only when a second tile is being read
            return v_in @ g

        return read

    tiles = program(network, spec, product).layers["n2"]
    x = draw(tiles.layer)
    y = read_layer(tiles, spec, x, KNOWN, n_jobs=2).y
    expected = read_layer(program(network, spec, ExactProduct()).layers["n2"], spec, x, KNOWN).y
    np.testing.assert_array_equal(y, expected)


def test_a_product_of_the_wrong_shape_or_without_numbers_is_refused(spec, network):
    x = draw(network.layers[2])
    cut_short = program(network, spec, lambda place, g: lambda v_in: (v_in @ g)[:, :6]).layers["n5"]
    with pytest.raises(InputError, match=r"currents of shape \(12, 6\), expected \(12, 9\) \(batch, cols\)"):
        read_layer(cut_short, spec, x, KNOWN)
    broken = program(network, spec, lambda place, g: lambda v_in: v_in @ g * np.nan).layers["n5"]
    with pytest.raises(InputError, match="layer 'n5', tile 0, returned a value that is not finite"):
        read_layer(broken, spec, x, KNOWN)


@pytest.mark.parametrize("inputs", ["two_phase", "unsigned"])
def test_offset_weights_give_the_float_product(spec, network, inputs):
    offset = spec.replace(mapping={"weights": "offset", "inputs": inputs}, sense={"v_ref": 0.3})
    programmed = program(network, offset, ExactProduct(0.3))
    assert [len(layer.places) for layer in programmed.layers.values()] == [4, 2, 1]  # nine outputs, not four
    for layer in network.layers:
        x = draw(layer) if inputs == "two_phase" else np.abs(draw(layer))
        expected = float_product(layer, x)
        y = read_layer(programmed.layers[layer.name], offset, x, KNOWN).y
        # relative to the layer's largest product: single ones cancel, and so do weights and offset
        assert np.abs(y - expected).max() <= 1e-13 * np.abs(expected).max()


def test_offset_is_subtracted_at_the_voltages_that_the_codes_stand_for(spec, network, monkeypatch):
    bent = ConverterTable(3, 0.0, 0.2, inl=np.array([0.0, 0.3, 0.2, 0.1, 0.0, -0.1, -0.2, -0.3]))
    monkeypatch.setattr("circuitsim.network.inputs.dac_table", lambda spec: bent)
    records: list[TileRead] = []
    offset = spec.replace(mapping={"weights": "offset"})
    tiles = program(network, offset, RecordedProduct(ExactProduct(), records)).layers["n5"]
    x = np.random.default_rng(0).uniform(0.1, 4.0, (5, 1, 7))
    y = read_layer(tiles, offset, x, KNOWN).y
    coded = np.rint(x[:, 0] / 4.0 * 7) / 7 * 0.2
    assert np.abs(records[0].v_in[:, 3:] - coded).max() > 5e-3  # the driver's error reaches the array
    i_out = records[0].i_out[:, :3] - 50.5e-6 * coded.sum(axis=1, keepdims=True)
    assert_allclose(y[:, 0], i_out * 2 * tiles.w_max / (99e-6 * 0.05), rtol=1e-10, atol=0)


def converted(network, spec, make):
    """Products of a layer whose tiles return currents made by `make`, with and without ADC."""

    def product(place, g):
        return lambda v_in: make(v_in @ g)

    tiles = program(network, spec, product).layers["n2"]
    x = draw(tiles.layer)
    x[:2] = np.abs(x[:2])  # vectors whose negative phase rests
    known = LayerRange(4.0, full_scale=4e-5, gain=1.5)
    return [read_layer(tiles, array, x, known) for array in (spec, spec.replace(adc={"bits": 6}))]


def test_reads_keep_the_dtype_of_the_product(spec, network):
    double = converted(network, spec, lambda i_out: i_out)
    single = converted(network, spec, lambda i_out: i_out.astype(np.float32))
    for one, other in zip(single, double, strict=True):
        assert one.y.dtype == np.float32
        assert one.reads == other.reads
        assert one.conversions == other.conversions
    # float32: the currents of a pair of columns cancel to a hundredth
    assert_allclose(single[0].y, double[0].y, rtol=0, atol=1e-5 * np.abs(double[0].y).max())


@pytest.mark.parametrize("namespace", ["array_api_strict", "torch"])
def test_reads_keep_the_namespace_of_the_product(spec, network, namespace):
    xp = pytest.importorskip(namespace)
    expected = converted(network, spec, lambda i_out: i_out)
    other = converted(network, spec, lambda i_out: xp.asarray(i_out))
    for one, numpy_one in zip(other, expected, strict=True):
        assert type(one.y) is type(xp.asarray(0.0))
        # 1e-13 of the largest: sums in another order
        scale = np.abs(numpy_one.y).max()
        assert_allclose(as_numpy(one.y), numpy_one.y, rtol=0, atol=1e-13 * scale)
        assert one.i_max == numpy_one.i_max
        assert one.adc_clipped == numpy_one.adc_clipped


@pytest.mark.parametrize("namespace", ["array_api_strict", "torch"])
def test_a_network_takes_products_of_another_namespace(spec, network, namespace):
    xp = pytest.importorskip(namespace)

    def product(place, g):
        return lambda v_in: xp.asarray(v_in @ g)

    images = np.random.default_rng(2).normal(size=(9, 15))
    assert float_difference(network, spec, images, product=product).max() < 1e-5  # float32 rounding of the logits
    coarse = spec.replace(adc={"bits": 8})
    ranges = fit_ranges(program(network, coarse, product), images, gain=True)
    expected = fit_ranges(program(network, coarse, ExactProduct()), images, gain=True)
    for name, known in expected.items():
        assert ranges[name].full_scale == pytest.approx(known.full_scale, rel=1e-12)
        assert ranges[name].gain == pytest.approx(known.gain, rel=1e-12)


def test_phases_count_with_their_weights(spec, network, monkeypatch):
    def bits(relative):
        codes = np.rint(relative * 7).astype(int)
        planes = np.stack([(codes >> k) & 1 for k in range(3)]).astype(float)
        return (1 / 7, 2 / 7, 4 / 7), planes

    monkeypatch.setitem(INPUT_PHASES, "unsigned", bits)
    serial = spec.replace(mapping={"inputs": "unsigned"})
    tiles = program(network, serial, ExactProduct()).layers["n2"]
    x = np.random.default_rng(0).integers(0, 8, (5, 1, 13)) / 7 * 4.0
    reading = read_layer(tiles, serial, x, KNOWN)
    assert_allclose(reading.y, float_product(tiles.layer, x), rtol=1e-11, atol=0)


def test_an_integral_nonlinearity_of_the_adc_reaches_the_logits(spec, network, monkeypatch):
    eight = spec.replace(adc={"bits": 8})
    programmed = program(network, eight, ExactProduct())
    images = np.random.default_rng(2).normal(size=(9, 15))
    ranges = fit_ranges(programmed, images)
    straight = evaluate(programmed, images, ranges=ranges)

    def bent(spec, *, full_scale=None):
        table = adc_table(spec, full_scale=full_scale)
        return dataclasses.replace(table, inl=6 * np.sin(np.linspace(0, np.pi, 255)))

    monkeypatch.setattr("circuitsim.network.converting.adc_table", bent)
    moved = np.abs(evaluate(programmed, images, ranges=ranges).logits - straight.logits).max()
    assert moved > 0.05 * np.abs(straight.logits).max()
