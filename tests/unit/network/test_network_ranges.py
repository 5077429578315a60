import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.network import ExactProduct, RecordedProduct, TileRead, fit_ranges, layer_inputs, program
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


def test_automatic_range_holds_99_98_percent_of_the_converted_currents(spec, network):
    records: list[TileRead] = []
    programmed = program(network, spec.replace(adc={"bits": 8}), RecordedProduct(ExactProduct(), records))
    found = fit_ranges(programmed, IMAGES)
    for name, known in found.items():
        currents = np.concatenate([r.i_out[:, : r.place.cols].ravel() for r in records if r.place.layer == name])
        outside = np.count_nonzero(currents > known.full_scale) / currents.size
        assert outside == pytest.approx(2e-4, abs=1.0 / currents.size)


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
