"""The power of counted reads: of the array solver as of ngspice, and of a model close to both."""

import numpy as np
import pytest
from small_networks import convolution_and_gemm

import circuitsim as cs
from circuitsim import netlist
from circuitsim.evaluation.counted_network import count_network
from circuitsim.evaluation.counted_product import CountedProduct
from circuitsim.evaluation.products import BehavioralProduct, NgspiceProduct, NodalProduct
from circuitsim.network import TilePlace, evaluate, fit_ranges, program
from circuitsim.network.pulse_reads import read_in_intervals
from circuitsim.nodal import ohmic
from circuitsim.results import TileModel
from circuitsim.spec import parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 10, "cols": 6, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 5.0, "r_col": 5.0},
        "driver": {"v_read": 0.2, "dac_bits": 4, "t_read": 20e-9},
        "adc": {"bits": 5},
    }
)
IMAGES = np.random.default_rng(0).uniform(0.0, 1.0, (3, 1, 3, 3)) * [[[[1.0]]], [[[0.0]]], [[[1.0]]]]


def counted(product):
    calls = []
    network = convolution_and_gemm(3)
    programmed = program(network, SPEC, CountedProduct(product, calls))
    ranges = fit_ranges(program(network, SPEC, NodalProduct(SPEC)), IMAGES)
    return count_network(programmed, evaluate(programmed, IMAGES, ranges=ranges), calls, len(IMAGES))


@pytest.fixture(scope="module")
def exact():
    return counted(NodalProduct(SPEC))


@pytest.mark.parametrize(
    ("product", "tolerance"),
    [
        (NgspiceProduct(SPEC), 1e-6),
        (BehavioralProduct(TileModel(SPEC, ohmic((1e-6, 1e-4), (0.0, 0.2)), 1, (0.0, 0.2))), 1e-4),
    ],
    ids=["ngspice", "behavioral"],
)
def test_every_level_counts_the_same_reads_and_power(exact, product, tolerance):
    count, power = counted(product)
    assert count == exact[0] and count.layers[0].reads < 4  # the black image is not read
    for name, (watts, sense) in power.items():
        assert watts == pytest.approx(exact[1][name][0], rel=tolerance) and sense is None


def test_pulses_take_the_energy_of_their_deck():
    """Of a pulse as wide as another at half height, edges take a third of their length: 1e-4 of t_read here."""
    spec = SPEC.replace(
        array={"rows": 4, "cols": 4}, driver={"input_code": "pulse_width", "t_rise": 2e-12}, wire={"r_row": 50.0}
    )
    rng = np.random.default_rng(1)
    g, x = rng.uniform(1e-6, 1e-4, (4, 4)), rng.integers(0, 16, (1, 4)) / 15
    calls = []
    read = CountedProduct(NodalProduct(spec), calls)(TilePlace("fc", 0, 0, (0, 4), (0, 2), cols=4), g)
    read_in_intervals(read, spec, x)
    deck = cs.solve(spec, g, x, level="ngspice")
    energy = deck.power[0] * netlist.read_pulse(spec).t_stop
    assert calls[0].power * spec.driver.t_read == pytest.approx(energy, rel=1e-3)
