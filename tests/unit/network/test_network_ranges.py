import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.errors import InputError
from circuitsim.network import ExactProduct, RecordedProduct, TileRead, evaluate, fit_ranges, layer_inputs, program
from circuitsim.network.adc_range import best_range
from circuitsim.network.onnx import cut


@pytest.fixture
def network(mlp):
    return cut(mlp)


IMAGES = np.random.default_rng(3).normal(size=(300, 15))


def test_input_range_is_the_bound_of_the_graph_or_the_largest_input(spec, network):
    found = fit_ranges(program(network, spec, ExactProduct()), IMAGES)
    # images are float32 in the network
    assert found["n0"].activation_max == pytest.approx(np.abs(IMAGES).max(), rel=1e-6)
    assert found["n2"].activation_max == 1.0  # tanh
    assert found["n5"].activation_max == np.abs(layer_inputs(network, IMAGES)["n5"]).max()  # relu
    assert all(known.full_scale is None and known.gain == 1.0 for known in found.values())


def rms_error(currents, full_scale, bits):
    lsb = full_scale / (2**bits - 1)
    return np.sqrt(np.mean((np.clip(np.rint(currents / lsb), 0, 2**bits - 1) * lsb - currents) ** 2))


@pytest.mark.parametrize("bits", [2, 4, 6, 8, 12, 16])
def test_automatic_range_has_the_least_error_of_rounding_and_clipping(spec, network, bits):
    records: list[TileRead] = []
    programmed = program(network, spec.replace(adc={"bits": bits}), RecordedProduct(ExactProduct(), records))
    found = fit_ranges(programmed, IMAGES)
    for name, known in found.items():
        currents = np.concatenate([r.i_out[:, : r.place.cols].ravel() for r in records if r.place.layer == name])
        scales = currents.max() * np.geomspace(0.2, 1.5, 200)
        least = min(rms_error(currents, scale, bits) for scale in scales)
        # the range may reach 1.25 times as far as the calibration outputs, for those of other images
        assert rms_error(currents, known.full_scale, bits) <= 1.35 * least
        clipped = np.mean(currents > known.full_scale * (1 + 0.5 / (2**bits - 1)))
        assert known.adc_clipped == pytest.approx(clipped, abs=1e-12)
        assert known.adc_rule.endswith(f"of the largest calibration output, least rms error at {bits} bits")


def test_sixteen_bits_clip_nothing_of_other_images(spec, network):
    """The inner 99.98 % of the outputs, taken for any ADC, have 30 times the error that 16 bits allow."""
    records: list[TileRead] = []
    programmed = program(network, spec.replace(adc={"bits": 16}), RecordedProduct(ExactProduct(), records))
    found = fit_ranges(programmed, IMAGES)
    records.clear()
    evaluate(programmed, np.random.default_rng(9).normal(size=(300, 15)), ranges=found)
    for name in ("n2", "n5"):  # their inputs are bounded
        currents = np.concatenate([r.i_out[:, : r.place.cols].ravel() for r in records if r.place.layer == name])
        error = rms_error(currents, found[name].full_scale, 16)
        assert error <= 1.4 * rms_error(currents, currents.max(), 16)  # 1.25 times as far as calibration outputs
        assert rms_error(currents, np.quantile(currents, 0.9998), 16) > 30 * error


def test_a_range_of_few_bits_clips_outliers():
    outputs = np.append(np.random.default_rng(0).uniform(0, 1e-5, 10000), np.full(10, 2e-5))
    full_scale, clipped = best_range(outputs, 3)
    assert full_scale < 1.3e-5
    assert clipped == pytest.approx(10 / 10010)
    assert best_range(outputs, 16) == (pytest.approx(2e-5, rel=1e-12), 0.0)


def test_a_fixed_batch_of_one_loses_no_calibration_image(make_model, weights, spec):
    """Ranges do not depend on how the file batches its images."""
    nodes = [("Tanh", ["x"], ["t"], {}), ("MatMul", ["t", "w"], ["h"], {}), ("MatMul", ["h", "v"], ["y"], {})]
    constants = {"w": weights(6, 4), "v": weights(4, 3)}
    images = np.random.default_rng(1).normal(size=(30, 6)) * np.linspace(3, 0.01, 30)[:, None]
    found = []
    for batch in (None, 1, 5):
        one = cut(make_model(nodes, constants, [batch, 6]))
        found.append(fit_ranges(program(one, spec.replace(adc={"bits": 8}), ExactProduct()), images))
        assert layer_inputs(one, images)["n2"].shape == (30, 1, 4)
    for name in ("n1", "n2"):
        assert found[1][name].activation_max == pytest.approx(found[0][name].activation_max, rel=1e-6)
        assert found[2][name].full_scale == pytest.approx(found[0][name].full_scale, rel=1e-6)


@pytest.mark.parametrize(("limit", "expected"), [(1e30, 4.0), (np.inf, 4.0), (40.0, 4.0), (5.0, 5.0), (4.0, 4.0)])
def test_a_bound_of_the_graph_is_taken_where_data_come_near_it(make_model, spec, limit, expected):
    nodes = [("Clip", ["x", "lo", "hi"], ["c"], {}), ("MatMul", ["c", "w"], ["y"], {})]
    constants = {"lo": np.float32(0), "hi": np.float32(limit), "w": np.eye(3, dtype=np.float32)}
    network = cut(make_model(nodes, constants, [None, 3]))
    images = np.array([[4.0, 1.0, 0.0], [0.5, 2.0, 3.0]])
    known = fit_ranges(program(network, spec, ExactProduct()), images)["n1"]
    assert known.activation_max == expected
    assert known.input_rule == ("bound of the network" if limit < 8 else "largest calibration input")


def test_a_network_that_mixes_images_is_refused(make_model, weights, spec):
    nodes = [
        ("MatMul", ["x", "w"], ["h"], {}),
        ("ReduceMean", ["h"], ["m"], {"axes": [0], "keepdims": 1}),
        ("Sub", ["h", "m"], ["y"], {}),
    ]
    network = cut(make_model(nodes, {"w": weights(15, 4)}, [None, 15]))
    with pytest.raises(InputError, match=r"output for an image depends on the other images of its batch, by .* export"):
        fit_ranges(program(network, spec, ExactProduct()), IMAGES)


def test_a_given_range_is_taken_for_every_layer(spec, network):
    found = fit_ranges(program(network, spec.replace(adc={"bits": 8, "full_scale": 2e-4}), ExactProduct()), IMAGES)
    assert [known.full_scale for known in found.values()] == [2e-4, 2e-4, 2e-4]


def test_gain_makes_up_for_lost_current(spec, network):
    def lossy(place, g):
        return lambda v_in: 0.8 * v_in @ g

    found = fit_ranges(program(network, spec, lossy), IMAGES, gain=True)
    assert_allclose([known.gain for known in found.values()], 1.25, rtol=1e-10, atol=0)


def test_a_layer_that_stays_dark_has_usable_ranges(spec, network):
    dark = fit_ranges(program(network, spec.replace(adc={"bits": 8}), ExactProduct()), np.zeros((2, 15)), gain=True)[
        "n0"
    ]
    assert (dark.activation_max, dark.gain) == (1.0, 1.0)
    assert dark.full_scale == pytest.approx(0.2 * 1e-4)
