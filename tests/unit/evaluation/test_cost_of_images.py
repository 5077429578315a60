"""The cost of a network from images: what is read, what a gate leaves out, and what is multiplied digitally."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose
from small_networks import convolution_and_gemm

from circuitsim.errors import InputError
from circuitsim.evaluation import EnergyOptions, NodalProduct, cost_of_images, count_shapes, network_shapes
from circuitsim.evaluation.network_costs import network_cost
from circuitsim.evaluation.own_costs import OwnCosts, OwnEnergy
from circuitsim.evaluation.published_energies import DIGITAL
from circuitsim.network import fit_ranges, program
from circuitsim.spec import parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 18, "cols": 6, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 0.0, "r_col": 0.0},
        "driver": {"v_read": 0.2, "dac_bits": 4, "t_read": 20e-9},
        "adc": {"bits": 5},
    }
)
IMAGES = np.random.default_rng(1).uniform(0.0, 1.0, (3, 1, 4, 4))


def cost_on(spec, network, options=None):
    product = NodalProduct(spec)
    return cost_of_images(
        network, product, IMAGES, ranges=fit_ranges(program(network, spec, product), IMAGES), options=options
    )


def digital_part(cost):
    return {part.part: part for part in cost.parts}.get("digital products")


def test_a_layer_kept_digital_is_priced_by_its_products():
    """18 inputs and three classes, once an image; the convolution alone is on arrays."""
    network, spec = convolution_and_gemm(4), SPEC.replace(mapping={"digital": ["fc"]})
    assert digital_part(cost_on(SPEC, network)) is None
    cost = cost_on(spec, network)
    found = digital_part(cost)
    assert cost.count.digital_macs == 54 and [layer.name for layer in cost.count.layers] == ["conv"]
    low, high = (end([each.low, each.high]) for end, each in ((min, DIGITAL[0]), (max, DIGITAL[1])))
    assert_allclose([found.low, found.high], [54 * low, 54 * high])
    assert not found.simulated and "54 multiply-accumulates" in found.what
    assert_allclose(cost.ends, [sum(getattr(part, end) for part in cost.parts) for end in ("low", "high")])
    own = cost_on(spec, network, EnergyOptions(OwnCosts(mac=OwnEnergy(energy=2e-12, source="our core"))))
    assert digital_part(own).low == digital_part(own).high == pytest.approx(108e-12)
    assert "our core" in digital_part(own).what
    shapes = count_shapes(network_shapes(network, IMAGES), spec)
    assert shapes.digital_macs == 54
    unknown = network_cost(dataclasses.replace(shapes, digital_macs=None), spec, {"conv": (1e-6, None)})
    assert digital_part(unknown).low is None and "fc stay digital" in digital_part(unknown).what


def test_an_adc_for_columns_beyond_the_array_is_refused():
    network = convolution_and_gemm(4)
    with pytest.raises(InputError, match="columns_per_adc = 7: an array has 6 columns, and no two arrays share an ADC"):
        cost_on(SPEC, network, EnergyOptions(columns_per_adc=7))
    assert cost_on(SPEC, network, EnergyOptions(columns_per_adc=6)).areas[1].low is not None


def test_a_gate_leaves_out_what_it_does_not_choose_and_an_adapter_costs_its_products():
    torch = pytest.importorskip("torch", reason="torch is optional: the extra [torch]")
    from circuitsim import nodal, training
    from circuitsim.results import TileModel

    class Gated(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.tiers = torch.nn.ModuleList(torch.nn.Linear(4, 3) for _ in range(2))

        def forward(self, x):
            y = x.new_zeros(len(x), 3)
            for k, tier in enumerate(self.tiers):
                chosen = ((x[:, 0] > 0.5) == bool(k)).nonzero()[:, 0]
                y = y.index_add(0, chosen, tier(x[chosen]))
            return y

    torch.manual_seed(0)
    images = np.random.default_rng(0).uniform(0.1, 0.4, (8, 4))
    images[:2, 0] = 0.9  # one image in four goes to the second tier
    model = TileModel(SPEC, nodal.ohmic((1e-7, 2e-4), (0.0, 0.2)), 1, (0.0, 0.2))
    tiles = training.convert_module(Gated(), model, None, images=images, uncertified=True)
    adapted = training.add_adapters(tiles, "tiers.1", 1)
    cost = cost_of_images(
        training.TorchNetwork(adapted), NodalProduct(SPEC), images, ranges=training.layer_ranges(adapted)
    )
    assert [layer.reads for layer in cost.count.layers] == [0.75, 0.25]
    assert [layer.conversions for layer in cost.count.layers] == [0.75 * 6, 0.25 * 6]
    assert cost.count.arrays == 2
    assert cost.count.digital_macs == 0.25 * (4 + 3)
    assert training.TorchNetwork(adapted).beside == {"tiers.1": 7}
    never = np.full((4, 4), 0.2)  # the second tier stands, and is not read
    cost = cost_of_images(
        training.TorchNetwork(adapted), NodalProduct(SPEC), never, ranges=training.layer_ranges(adapted)
    )
    assert [layer.reads for layer in cost.count.layers] == [1.0, 0.0] and cost.count.arrays == 2
    assert cost.count.digital_macs == 0.0
