"""Circuits around tiles in training: ranges and trims of columns, noise of converters, amplifiers, a card's draws."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is optional: the extra [torch]")
pytest.importorskip("onnx", reason="onnx is optional: the extra [network]")

from torch import nn  # noqa: E402
from training_tiles import small_model, small_spec  # noqa: E402

from circuitsim import nodal  # noqa: E402
from circuitsim.calibration.drawn import device_statistics  # noqa: E402
from circuitsim.devices.statistics import drift_mean, programming_sigma, read_sigma  # noqa: E402
from circuitsim.errors import InputError, SpecError  # noqa: E402
from circuitsim.evaluation import BehavioralProduct, DrawnProduct  # noqa: E402
from circuitsim.network import LayerRange, evaluate, fit_ranges, load_network, program  # noqa: E402
from circuitsim.periphery import Periphery  # noqa: E402
from circuitsim.results import ConverterTable, SenseTable, TileModel  # noqa: E402
from circuitsim.training import (  # noqa: E402
    ConverterDraws,
    TorchNetwork,
    TrainingDraws,
    convert_module,
    export_onnx,
    layer_ranges,
    plain,
    training_step,
    trim_columns,
)
from circuitsim.training.draws import DrawnCells  # noqa: E402

X = np.random.default_rng(0).uniform(-1.0, 1.0, (12, 10))
KNOWN = {"0": LayerRange(1.0, 6e-5)}
CURRENT = np.linspace(0.0, 1e-4, 2000)
BENT = 30.0 * CURRENT + 1e7 * CURRENT**2  # drop of an amplifier [V]
TIA = SenseTable(current=CURRENT, drop=BENT, reported=0.9 - 3e3 * CURRENT - 1e6 * CURRENT**2, unit="V", block="tia")


def linear(outputs=4, bias=True):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(10, outputs, bias=bias, dtype=torch.float64))


def on_tiles(module=None, model=None, **given):
    given = {"ranges": KNOWN, "uncertified": True, **given}
    return convert_module(module or linear(), model or small_model(), None, **given)


def judged(converted, model, x=X, tables=None):
    """Outputs by `network.evaluate` on the tiles of a model."""
    programmed = program(TorchNetwork(converted), model.spec, BehavioralProduct(model), tables=tables)
    return evaluate(programmed, x, ranges=layer_ranges(converted)).logits


def outputs(module, x=X):
    with torch.no_grad():
        return module(torch.as_tensor(x)).numpy()


def close(found, wanted, share=1e-9):
    np.testing.assert_allclose(found, wanted, rtol=0, atol=share * np.abs(wanted).max())


@pytest.mark.parametrize("kind", ["linear", "conv"])
def test_trims_are_learnt_judged_and_kept_off_the_tiles(kind, tmp_path):
    torch.manual_seed(0)
    conv, x = nn.Conv2d(2, 4, 2, groups=2, dtype=torch.float64), X[:, None, None, :8].reshape(12, 2, 2, 2)
    module, x = (linear(), X) if kind == "linear" else (nn.Sequential(conv), x)
    converted, model = on_tiles(module), small_model()
    untrimmed = outputs(converted.eval(), x)
    trims = trim_columns(converted)
    optimizer = torch.optim.SGD(trims, lr=0.5)
    given, wanted = torch.as_tensor(x), 1.5 * torch.as_tensor(untrimmed) + 0.3
    converted.train()
    losses = [
        training_step(converted, optimizer, lambda: (converted(given) - wanted).square().mean(), step=k)
        for k in range(40)
    ]
    assert losses[-1] < 0.2 * losses[0] and not any((each.grad == 0.0).any() for each in trims)
    found = outputs(converted.eval(), x)
    close(found, judged(converted, model, x))
    bare = plain(converted)
    close(outputs(bare, x), TorchNetwork(converted).run_float(x))
    assert np.abs(outputs(bare, x) - outputs(module, x)).max() > 0.1 * np.abs(found).max()
    again = on_tiles(bare, ranges={"0.layer": layer_ranges(converted)["0"]}).eval()
    close(outputs(again, x), found)
    exported = export_onnx(converted.float(), given[:2].float(), tmp_path / "net.onnx")
    written = load_network(exported)
    close(written.run_float(x), outputs(bare, x), 1e-5)
    close(written.layers[0].weights, TorchNetwork(converted).layers[0].weights, 1e-6)  # the same conductances


def test_trims_without_a_plain_counterpart_are_refused():
    module = nn.Sequential(nn.ConvTranspose1d(4, 3, 3, dtype=torch.float64))
    with pytest.raises(InputError, match="layer '0': trims of columns have no counterpart in its plain module"):
        trim_columns(on_tiles(module))


@pytest.mark.parametrize("per", ["tile", "column"])
def test_ranges_of_tiles_and_columns_are_trained_through(per):
    module, model = linear(7), small_model()
    converted = on_tiles(module, ranges=None, images=X, adc_per=per)
    product = program(TorchNetwork(converted), model.spec, BehavioralProduct(model))
    wanted = fit_ranges(product, X, adc_per=per)["0"].column_scales
    known = layer_ranges(converted)["0"]
    assert len({end for each in wanted for end in each}) > 1
    for one, other in zip(known.column_scales, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    close(outputs(converted.eval()), judged(converted, model))
    narrow = replace(known, column_scales=tuple((1e-9, *each[1:]) for each in wanted))
    clipped = on_tiles(module, ranges={"0": narrow}).train()
    clipped(torch.as_tensor(np.abs(X))).square().sum().backward()
    converted.train()(torch.as_tensor(np.abs(X))).square().sum().backward()
    weight = module[0].weight.detach().numpy()
    first = clipped[0].weight.grad.numpy()[0]
    assert (first[weight[0] > 0] == 0.0).all() and (converted[0].weight.grad.numpy()[0] != 0.0).all()
    with pytest.raises(InputError, match=f"adc_per = '{per}' has no effect on ranges that are given"):
        on_tiles(adc_per=per)


@pytest.mark.parametrize("weights", ["differential", "offset"])
def test_dacs_with_an_inl_read_as_the_network_does(weights):
    dac = ConverterTable(6, 0.0, 0.2, 2.0 * np.sin(np.pi * np.arange(64) / 63), unit="V", block="string_dac_buffered")
    driver = {"model": "string_dac_buffered", "dac_bits": None, "r_out": 0.0}
    model = small_model(driver=driver, mapping={"weights": weights})
    tables, known = Periphery(dac=dac), {"0": LayerRange(1.0, 2e-4)}
    converted = on_tiles(model=model, ranges=known, tables=tables)
    close(outputs(converted.eval()), judged(converted, model, tables=tables))


def noisy_adc(noise=2e-7, inl=0.0):
    bow = inl * np.sin(np.pi * np.arange(255) / 254)
    return Periphery(adc=ConverterTable(8, 0.0, 6e-5, bow, noise=noise, unit="A", block="sar"))


def test_noise_of_converters_is_drawn_in_training_alone():
    model, x = small_model(adc={"bits": None, "model": "sar"}), np.repeat(X[:1], 4000, axis=0)
    given = {"model": model, "ranges": {"0": LayerRange(1.0)}, "tables": noisy_adc()}
    quiet, drawn, again = (
        on_tiles(**given, **more)
        for more in ({}, {"converter_draws": ConverterDraws(3)}, {"converter_draws": ConverterDraws(3)})
    )
    first = outputs(drawn.train(), x)
    np.testing.assert_array_equal(first, outputs(again.train(), x))
    assert not np.array_equal(first, outputs(drawn, x))
    np.testing.assert_array_equal(outputs(drawn.eval()), outputs(quiet.eval()))
    w_max = np.abs(linear()[0].weight.detach().numpy()).max()
    # Four conversions an output, of two columns in two phases; each also rounds to steps of one LSB.
    sigma = np.sqrt(4 * (2e-7**2 + (6e-5 / 255) ** 2 / 12)) * w_max / ((1e-4 - 1e-6) * 0.2)
    np.testing.assert_allclose(np.sqrt(first.var(axis=0).mean()), sigma, rtol=0.1)
    with pytest.raises(InputError, match="ConverterDraws have no effect"):
        on_tiles(**{**given, "tables": noisy_adc(0.0)}, converter_draws=ConverterDraws())
    with pytest.raises(SpecError, match=r"adc\.model = 'sar': the network has no table of this circuit"):
        on_tiles(**{**given, "tables": None})


def test_each_read_goes_through_one_of_the_circuits_alike():
    model = small_model(adc={"bits": None, "model": "sar"})
    given = {"model": model, "ranges": {"0": LayerRange(1.0)}}
    ones = [outputs(on_tiles(**given, tables=noisy_adc(0.0, inl)).eval()) for inl in (0.0, 6.0)]
    draws = ConverterDraws(1, alike=(noisy_adc(0.0, 6.0),))
    drawn = on_tiles(**given, tables=noisy_adc(0.0), converter_draws=draws).train()
    which = [[np.array_equal(found, one) for one in ones] for found in (outputs(drawn) for _ in range(12))]
    assert all(sum(each) == 1 for each in which) and 0 < sum(each[1] for each in which) < 12
    with pytest.raises(InputError, match="alike: its adc has 7 bits; expected 8"):
        fewer = replace(noisy_adc(), adc=ConverterTable(7, 0.0, 6e-5, unit="A", block="sar"))
        on_tiles(**given, tables=noisy_adc(), converter_draws=ConverterDraws(1, alike=(fewer,)))


def test_amplifiers_that_are_circuits_are_trained_through():
    model = replace(small_model(sense={"model": "tia"}, adc={"bits": None}, driver={"dac_bits": None}), sense=TIA)
    tables, known = Periphery(sense=TIA), {"0": LayerRange(1.0)}
    module = linear(bias=False)
    converted = on_tiles(module, model, ranges=known, tables=tables, gradient="exact")
    found = outputs(converted.eval())
    close(found, judged(converted, model, tables=tables), 1e-6)
    ideal = small_model(adc={"bits": None}, driver={"dac_bits": None})
    assert np.abs(found - outputs(on_tiles(module, ideal, ranges=known).eval())).max() > 0.02 * np.abs(found).max()
    x = torch.tensor(X, requires_grad=True)
    converted.train()(x).square().sum().backward()
    for at in ((0, 0), (3, 4)):
        moved = [X.copy() for _ in range(2)]
        moved[0][at] += 1e-4
        moved[1][at] -= 1e-4
        slope = np.subtract(*[np.square(outputs(converted.eval(), each)).sum() for each in moved]) / 2e-4
        assert abs(slope - float(x.grad[at])) < 0.001 * float(x.grad.abs().max())
    with pytest.raises(InputError, match=r"tables\.sense is not the table of sense amplifiers that the model"):
        on_tiles(module, replace(model, sense=None), ranges=known, tables=tables)


DAY = 86400.0


def card_cells(*causes, t=0.0):
    device = {"model": "pcm_joshi", "g_min": 1e-7, "g_max": 2.5e-5}
    return DrawnCells(TrainingDraws(frozenset(causes), t=t), small_model(device=device))


def test_draws_have_the_deviations_that_a_card_states():
    g = np.repeat(np.array([[2e-6], [1e-5], [2.2e-5]]), 20000, axis=1)
    cells = card_cells("programming")
    np.testing.assert_allclose(cells.cells(g).std(axis=1), programming_sigma(cells.statistics, g[:, 0]), rtol=0.03)
    cells = card_cells("drift", t=DAY)
    middle = np.median(cells.cells(g), axis=1)  # the mean lies higher: exponents are spread
    np.testing.assert_allclose(middle, drift_mean(cells.statistics, g[:, 0], DAY), rtol=0.01)


def test_read_noise_is_that_of_the_cells_as_they_have_drifted():
    cells = card_cells("drift", "read_noise", t=DAY)
    g, v = np.full((3, 2), 1e-5), torch.full((30000, 3), 0.2, dtype=torch.float64)
    drifted = 0.6 * g
    noise = cells.read(g, drifted, torch.ones(3, 2, dtype=torch.float64), v).numpy()
    sigma = 0.2 * np.sqrt(3.0) * read_sigma(cells.statistics, g, drifted, DAY)[0]
    np.testing.assert_allclose(noise.std(axis=0), sigma, rtol=0.03)
    assert read_sigma(cells.statistics, g, drifted, DAY)[0, 0] < 0.7 * read_sigma(cells.statistics, g, g, DAY)[0, 0]


def test_a_card_that_holds_above_a_conductance_is_drawn_within_it():
    device = {"model": "rram_milo", "g_min": 5e-5, "g_max": 2.25e-4}
    cells = DrawnCells(TrainingDraws(frozenset({"programming"})), small_model(device=device))
    assert cells.cells(np.full((2, 2), 5e-5)).shape == (2, 2)


def test_a_held_array_behind_amplifiers_reads_with_noise_about_what_is_judged():
    device = {"model": "rram_wan", "g_min": 1e-6, "g_max": 4e-5}
    changes = {"sense": {"model": "tia"}, "adc": {"bits": None}, "driver": {"dac_bits": None}, "device": device}
    surface = nodal.ohmic((1e-13, 8e-5), (0.0, 0.2))
    model = TileModel(small_spec(**changes), surface, 1, (0.0, 0.2), sense=TIA)
    tables, causes = Periphery(sense=TIA), frozenset({"programming", "read_noise"})
    given = {"tables": tables, "ranges": {"0": LayerRange(1.0)}}
    held, ideal = (
        on_tiles(model=model, draws=TrainingDraws(causes, seed=3, held=True), **given),
        on_tiles(model=model, **given),
    )
    statistics, _ = device_statistics(model.spec)
    product = DrawnProduct(BehavioralProduct(model), statistics, causes - {"read_noise"}, seed=3)
    programmed = program(TorchNetwork(held), model.spec, product, tables=tables)
    wanted = evaluate(programmed, X, ranges=layer_ranges(held)).logits
    close(outputs(held.eval()), wanted, 1e-6)
    assert np.abs(wanted - outputs(ideal.eval())).max() > 0.02 * np.abs(wanted).max()
    reads = np.array([outputs(held.train()) for _ in range(60)])
    spread = reads.std(axis=0)
    assert (spread > 0.0).all()
    off = (reads.mean(axis=0) - wanted) / (spread / np.sqrt(len(reads)))
    assert np.sqrt(np.mean(off**2)) < 1.5  # about the held array, not about the wanted cells
