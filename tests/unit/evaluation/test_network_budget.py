"""Error budget of a network: causes alone are what they say, entries are what plain evaluations give."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from small_networks import convolution_and_gemm

from circuitsim import nodal
from circuitsim.behavioral import program as program_tile
from circuitsim.behavioral import tile_outputs
from circuitsim.devices import device_card
from circuitsim.devices.statistics import draw_conductances, read_sigma, read_statistics
from circuitsim.errors import InputError
from circuitsim.evaluation import BehavioralProduct, DrawnProduct, choose_digital, mixed_placement, network_budget
from circuitsim.evaluation.cause_products import CauseProduct
from circuitsim.evaluation.counted_network import count_network
from circuitsim.evaluation.counted_product import CountedProduct
from circuitsim.evaluation.drawn_tiles import tile_entropy
from circuitsim.evaluation.network_costs import network_cost
from circuitsim.network import TilePlace, evaluate, evaluate_float, exact_product, fit_ranges, program

PLACE = TilePlace("conv", 0, 0, (0, 12), (0, 4), 8)
ALL = frozenset({"wires", "cells"})


@pytest.fixture(scope="module")
def model(make_model, make_spec):
    spec = make_spec(rows=12, cols=8, r_row=20.0, r_col=20.0).replace(
        driver={"dac_bits": 5}, adc={"bits": 6, "full_scale": "auto"}
    )
    return make_model(grade=2, v_range=(0.0, 0.2), spec=spec)


@pytest.fixture(scope="module")
def pcm(model):
    """The same array of a device whose card states programming error, drift and read noise."""
    return replace(model, spec=model.spec.replace(device={"model": "pcm_joshi", "g_min": 1e-6, "g_max": 2.4e-5}))


@pytest.fixture(scope="module")
def data():
    network = convolution_and_gemm(4)
    images = np.random.default_rng(0).uniform(0, 1, (46, 1, 4, 4))
    labels = network.run_float(images).argmax(axis=1)
    return network, images[:6], images[6:], labels[6:]


def test_each_cause_alone_is_the_array_with_nothing_else(model):
    rng = np.random.default_rng(1)
    g, v = rng.uniform(1e-6, 1e-4, (12, 8)), rng.uniform(0, 0.2, (5, 12))
    product = BehavioralProduct(model)

    def read(*causes):
        return np.asarray(CauseProduct(product, frozenset(causes))(PLACE, g)(v))

    np.testing.assert_allclose(read(), v @ g)
    wires = nodal.solve_linear(nodal.linear_array(model.spec.wires, g), v).i_out
    np.testing.assert_allclose(read("wires"), wires, rtol=1e-9)
    cells = nodal.cell_current(model.surface, g[:, :, None], v.T[:, None, :], np.zeros((1, 1, 1))).sum(axis=0).T
    np.testing.assert_allclose(read("cells"), cells, rtol=3e-4)
    np.testing.assert_array_equal(read(*ALL), tile_outputs(program_tile(model, g), v))
    assert np.abs(read("wires") / (v @ g) - 1).max() > 0.01 < np.abs(read("cells") / (v @ g) - 1).max()


@pytest.mark.parametrize("causes", [{"read_noise"}, {"wires", "read_noise"}, ALL | {"read_noise"}])
def test_noise_does_not_depend_on_the_memory(pcm, data, causes):
    network, images, stats = data[0], data[2] - 0.5, read_statistics(device_card(pcm.spec))
    ranges = fit_ranges(program(network, pcm.spec, exact_product(pcm.spec)), images)

    def found(memory):
        noisy = CauseProduct(BehavioralProduct(pcm), frozenset(causes), stats, 25.0)
        return evaluate(program(network, pcm.spec, noisy), images, ranges=ranges, memory=memory).logits

    np.testing.assert_array_equal(found(1e9), found(3e5))


def test_drawn_causes_draw_the_same_cells_whatever_else_acts(pcm):
    stats, product = read_statistics(device_card(pcm.spec)), BehavioralProduct(pcm)
    rng = np.random.default_rng(1)
    g, v = rng.uniform(8e-6, 2.2e-5, (12, 8)), np.full((2000, 12), 0.2)
    v[::2, :6] = 0.0
    drawn = frozenset({"programming", "drift"})
    alone = CauseProduct(product, drawn, stats, 3600.0, seed=4)(PLACE, g)(v)
    entropy = [*tile_entropy(4, PLACE), 0]
    actual = draw_conductances(stats, g, 3600.0, causes=drawn, rng=np.random.default_rng(entropy))
    np.testing.assert_allclose(alone, v @ actual)
    whole = CauseProduct(product, drawn | ALL, stats, 3600.0, seed=4)(PLACE, g)(v[:5])
    np.testing.assert_array_equal(whole, DrawnProduct(product, stats, drawn, 3600.0, 4)(PLACE, g)(v[:5]))

    noisy = CauseProduct(product, frozenset({"read_noise"}), stats, 3600.0)(PLACE, g)(v)
    sigma = np.sqrt(v**2 @ read_sigma(stats, g, g, 3600.0) ** 2)
    assert np.std((noisy - v @ g) / sigma) == pytest.approx(1.0, abs=0.03)


def test_entries_are_what_plain_evaluations_give(model, data):
    network, first, images, labels = data
    found = network_budget(network, BehavioralProduct(model), images, labels, calibration_images=first)
    entries = {(entry.kind, entry.name): entry for entry in found.entries}
    causes = ("wires", "cells", "dac", "adc")
    assert found.causes == causes and found.floating == 1.0 and found.entries[0].kind == "all"
    assert len(entries) == 1 + 2 * len(causes) + 2 * len(network.layers)
    spec, exact = model.spec, exact_product(model.spec)
    bare = spec.replace(driver={"dac_bits": None}, adc={"bits": None})
    plain = {
        ("all", ""): (spec, BehavioralProduct(model)),
        ("cause alone", "dac"): (bare.replace(driver={"dac_bits": 5}), exact),
        ("cause removed", "adc"): (spec.replace(adc={"bits": None}), BehavioralProduct(model)),
        ("layer alone digital", "fc"): (spec.replace(mapping={"digital": ["fc"]}), BehavioralProduct(model)),
        ("layer alone on arrays", "fc"): (spec.replace(mapping={"digital": ["conv"]}), BehavioralProduct(model)),
    }
    exact_outputs = evaluate_float(network, images).logits
    for key, (own, product) in plain.items():
        programmed = program(network, own, product)
        result = evaluate(programmed, images, labels, ranges=fit_ranges(programmed, first))
        entry = entries[key]
        assert entry.scores.tolist() == [result.accuracy] and entry.loss == pytest.approx(1 - result.accuracy)
        off = np.sqrt(np.mean((result.logits - exact_outputs) ** 2) / np.mean(exact_outputs**2))
        assert entry.differences[0] == pytest.approx(off)
        right = result.classes == labels
        wanted = max(1.96 * np.std(1.0 - right, ddof=1) / np.sqrt(len(labels)), 3 / len(labels))
        assert entry.images_half_width == pytest.approx(wanted) and entry.sigma is None
    assert entries["cause alone", "wires"].differences[0] > 2 * entries["cause alone", "dac"].differences[0]
    assert "the card of 'rram_sinh' has none" in found.left_out[0]


@pytest.mark.filterwarnings("ignore::circuitsim.errors.ClippingWarning")
def test_input_ranges_of_tiles_are_those_of_a_plain_evaluation(model, data):
    network, first, images, labels = data
    product = BehavioralProduct(model)
    given = {"calibration_images": first, "causes": ("wires", "cells", "dac", "adc")}
    whole, own = (
        network_budget(network, product, images, labels, **given, inputs_per=per) for per in ("layer", "tile")
    )
    programmed = program(network, model.spec, product)
    ranges = fit_ranges(programmed, first, inputs_per="tile")
    difference = evaluate(programmed, images, labels, ranges=ranges).logits - network.run_float(images)
    exact = np.sqrt(np.mean(network.run_float(images) ** 2))
    assert own.entries[0].differences[0] == pytest.approx(np.sqrt(np.mean(difference**2)) / exact, rel=1e-6)
    assert own.entries[0].differences[0] != whole.entries[0].differences[0]


def test_draws_have_a_spread_and_an_interval(pcm, data):
    network, first, images, labels = data
    given: Any = {"calibration_images": first, "seeds": (0, 1, 2), "t": 3600.0, "causes": ["wires", "programming"]}
    found = network_budget(network, BehavioralProduct(pcm), images, labels, **given)
    entries = {(entry.kind, entry.name): entry for entry in found.entries}
    alone = entries["cause alone", "programming"]
    assert len(alone.scores) == 3 and len(set(alone.differences)) == 3
    assert alone.half_width == pytest.approx(4.303 * np.std(alone.losses, ddof=1) / np.sqrt(3), rel=1e-3)
    assert len(entries["cause alone", "wires"].scores) == 1  # nothing is drawn
    with pytest.raises(InputError, match="'stuck' does not act here; expected of wires, cells"):
        network_budget(network, BehavioralProduct(pcm), images, labels, **given | {"causes": ["stuck"]})


def test_what_cannot_be_split_is_refused(model, data):
    network, first, images, labels = data
    gates = replace(model, spec=model.spec.replace(mapping={"digital": ["fc"]}))
    with pytest.raises(InputError, match="one layer is on arrays"):
        choose_digital(network, BehavioralProduct(gates), images, labels, max_loss=0.1, calibration_images=first)
    with pytest.raises(InputError, match="expected at least one each, no seed twice"):
        network_budget(network, BehavioralProduct(model), images, labels, calibration_images=first, seeds=(1, 1))


def test_the_placement_is_the_cheapest_of_a_greedy_choice_and_is_scored_on_other_images(model, data, monkeypatch):
    """Losses by the set of digital layers: fc alone is not enough, conv alone is, so that fc goes back."""
    network, first, images, labels = data
    by_set = {(): 0.3, ("fc",): 0.1, ("conv",): 0.2}
    seen, real = [], mixed_placement.scored

    def scored(setup, causes, digital):
        seen.append((len(setup.images), tuple(digital)))
        return real(setup, causes, digital)

    monkeypatch.setattr(mixed_placement, "scored", scored)
    monkeypatch.setattr(mixed_placement, "losses", lambda setup, found: np.array([by_set[seen[-1][1]]]))
    given: Any = {"calibration_images": first, "causes": ["adc"]}
    found = choose_digital(network, BehavioralProduct(model), images, labels, max_loss=0.15, **given)
    assert found.digital == ("fc",) and found.reached and found.loss_chosen == 0.1
    assert [(step.layer, step.digital) for step in found.steps] == [("fc", True)]
    assert found.images == (20, 20) and {count for count, _ in seen} == {20}
    assert found.macs == 9 * 4 * 2 + 18 * 3 and found.digital_macs == 18 * 3
    assert 0 < found.conversions < found.conversions_on_arrays and 0 < found.reads < found.reads_on_arrays
    missed = choose_digital(network, BehavioralProduct(model), images, labels, max_loss=0.01, **given)
    assert not missed.reached and len(missed.digital) == 1  # arrays hold one layer at least
    none = choose_digital(network, BehavioralProduct(model), images, labels, max_loss=0.3, **given)
    assert none.digital == () and none.reached and none.steps == ()


ENERGY = {"conv": (1e-9, 3e-9), "fc": (1e-12, 1e-12)}  # J of an image on arrays; 72 and 54 multiply-accumulates


@pytest.mark.parametrize(
    ("mac_energy", "digital"),
    [
        (1e-13, ("conv",)),  # conv takes 2 nJ on arrays and 7 pJ digital: digital although nothing asks for it
        (1e-9, ("fc",)),  # digital work is dear: as few as needed, and fc wins most per joule
    ],
)
def test_by_energy_layers_that_are_cheaper_digital_are_digital(mac_energy, digital, model, data, monkeypatch):
    network, first, images, labels = data
    by_set = {(): 0.3, ("fc",): 0.1, ("conv",): 0.2}
    chosen: list[tuple[str, ...]] = []
    real = mixed_placement.scored

    def scored(setup, causes, digital):
        chosen.append(tuple(digital))
        return real(setup, causes, digital)

    monkeypatch.setattr(mixed_placement, "scored", scored)
    monkeypatch.setattr(mixed_placement, "losses", lambda setup, found: np.array([by_set[chosen[-1]]]))
    monkeypatch.setattr(mixed_placement, "energies_on_arrays", lambda setup, always: (ENERGY, "adc"))
    given: Any = {"calibration_images": first, "causes": ["adc"], "mac_energy": mac_energy}
    found = choose_digital(network, BehavioralProduct(model), images, labels, max_loss=0.25, **given)
    assert found.digital == digital and found.by_energy and found.reached
    macs = {"conv": 72, "fc": 54}[digital[0]]
    assert found.energies is not None and not found.energies.published
    assert found.energies.digital == pytest.approx((macs * mac_energy,) * 2)
    assert found.energies.arrays == ENERGY["fc" if digital == ("conv",) else "conv"]
    assert found.energies.all_on_arrays == pytest.approx((1.001e-9, 3.001e-9))


def test_energies_of_a_placement_are_those_of_an_inference(model, data):
    network, first, images, labels = data
    given: Any = {"calibration_images": first, "causes": ["wires", "cells", "dac", "adc"]}
    found = choose_digital(network, BehavioralProduct(model), images, labels, max_loss=1.0, **given)
    assert found.digital == () and found.energies is not None and found.energies.published
    calls: list = []
    programmed = program(network, model.spec, CountedProduct(BehavioralProduct(model), calls))
    ranges = fit_ranges(programmed, first)
    calls.clear()
    count, power = count_network(programmed, evaluate(programmed, images[:20], ranges=ranges), calls, 20)
    cost = network_cost(count, model.spec, power)
    cheap, dear = cost.converters[0], cost.converters[-1]  # an ideal ADC takes the energy of published ones
    assert found.energies.arrays == pytest.approx((cost.total(cheap)[0], cost.total(dear)[1]), rel=1e-12)
    assert found.energies.digital == (0, 0) and found.energies.converter == f"{cheap.name} to {dear.name}"
    with pytest.raises(InputError, match=r"mac_energy = -1\.0: expected a number above 0"):
        choose_digital(network, BehavioralProduct(model), images, labels, max_loss=1.0, mac_energy=-1.0, **given)
