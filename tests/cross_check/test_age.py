"""A network over a year on phase-change cells, by the command: the loss, its compensation, the draws behind them."""

import csv
import dataclasses
import json

import numpy as np
import pytest
from command_line import circuitsim
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.devices import load_card, read_statistics
from circuitsim.devices.statistics import sample_aged
from circuitsim.errors import InputError
from circuitsim.evaluation import BehavioralProduct, DrawnProduct, score_draws
from circuitsim.network import TilePlace, load_network, program, tile_conductances
from circuitsim.results import save_model

YEAR = 3.15e7
TESTED = 300  # images that the command scores
ARRAY = {
    "schema": 1,
    "array": {"rows": 64, "cols": 64},
    "device": {"model": "pcm_joshi", "g_min": "0.1u", "g_max": "25u"},
    "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8},
    "wire": {"r_row": 2.0, "r_col": 2.0},
    "driver": {"v_read": 0.2, "dac_bits": 8},
    "adc": {"bits": 8},
}


@pytest.fixture(scope="module")
def model():
    spec = cs.ArraySpec.model_validate(ARRAY)
    return cs.calibrate(spec, rng=np.random.default_rng(0), truth="nodal", search="none")[0]


@pytest.fixture(scope="module")
def digits():
    return load_digits()


@pytest.fixture(scope="module")
def results(model, digits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("age")
    path = save_model(folder, model)
    images = np.concatenate([digits.train_images[:200], digits.test_images[:TESTED]])
    labels = np.concatenate([digits.train_labels[:200], digits.test_labels[:TESTED]])
    np.savez(folder / "digits.npz", images=images, labels=labels)
    times = ("--after", "0", "--after", "1d", "--after", "365d")
    compensations = ("--compensation", "none", "--compensation", "layer")
    given = ("age", path, NETWORK, "--data", "digits.npz", *times, *compensations, "--draws", "2")
    said = circuitsim(*given, folder=folder)
    assert said.returncode == 0, said.stderr
    return folder / "out" / "age", said.stdout


def test_a_year_costs_accuracy_and_a_gain_brings_it_back(results):
    folder, said = results
    content = json.loads((folder / "results.json").read_text())
    found = {(row["time_s"], row["compensation"]): row for row in content["draws"]}
    year = 365 * 86400.0
    assert content["causes"] == ["drift", "programming", "read_noise"]
    assert found[0.0, "none"]["mean"] > 0.98
    assert found[year, "none"]["mean"] < found[0.0, "none"]["mean"] - 0.005
    assert found[year, "layer"]["mean"] > found[year, "none"]["mean"] + 0.005
    assert found[0.0, "layer"]["gain"] == 1.0
    assert found[0.0, "layer"]["mean"] == found[0.0, "none"]["mean"]  # the same cells and the same noise
    assert "365 d" in said
    assert "note: pcm_joshi, drift: t counts from the end of programming" in said  # and that the source extrapolates
    rows = list(csv.reader((folder / "draws.csv").open()))
    assert len(rows) == 1 + 3 * 2 * 2
    assert (folder / "accuracy.svg").exists()


def test_layers_may_stay_digital_and_other_images_set_the_ranges(results, model, digits):
    folder, _ = results
    here, layer = folder.parents[1], load_network(NETWORK).layers[0].name
    save_model(here, model)
    np.savez(here / "apart.npz", images=digits.train_images[200:300])
    np.savez(here / "few.npz", images=digits.test_images[:50], labels=digits.test_labels[:50])
    apart = ("--calibration-data", "apart.npz", "--digital", layer, "--draws", "1", "-o", "out/some")
    said = circuitsim("age", here / "model.json", NETWORK, "--data", "few.npz", *apart, folder=here)
    assert said.returncode == 0, said.stderr
    content = json.loads((here / "out" / "some" / "results.json").read_text())
    assert content["images"] == 50 and content["calibration_images"] == 100
    assert content["digital_layers"] == [layer]
    wrong = circuitsim("age", here / "model.json", NETWORK, "--data", "few.npz", "--digital", "none", folder=here)
    assert wrong.returncode == 2 and "mapping.digital names 'none', which is no layer" in wrong.stderr


def test_the_gain_is_what_the_currents_of_one_drawn_tile_have_lost(model, digits):
    """The statistics of the device, drawn for one tile by another function and read as a tile of the model."""
    network, spec = load_network(NETWORK), model.spec
    found = score_draws(
        network, BehavioralProduct(model), digits.test_images[:20], digits.test_labels[:20],
        calibration_images=digits.train_images[:50], seeds=range(3), causes=("programming", "drift"),
        times=[YEAR], compensations=["network"],
    )  # fmt: skip
    stats, rng = read_statistics(load_card("pcm_joshi")), np.random.default_rng(9)
    now = before = 0.0
    v_in = np.full((1, 64), 0.2)
    for layer in program(network, spec, BehavioralProduct(model)).layers.values():
        for place in layer.places:
            g = tile_conductances(layer.layer, place, spec, w_max=layer.w_max)
            v_in[:] = np.where(np.arange(64) < place.rows, 0.2, 0.0)
            for t in (1e-3, YEAR):
                tile = cs.program(model, sample_aged(stats, g, t, rng=rng), drawn=True)
                total = float(cs.mvm(tile, v_in)[0, : place.cols].sum())
                before, now = (before + total, now) if t < 1 else (before, now + total)
    assert_allclose(found.gains.mean(), before / now, rtol=0.02, atol=0)


def test_a_draw_belongs_to_its_seed_layer_and_place(model):
    stats = read_statistics(load_card("pcm_joshi"))
    g, v = np.full((64, 64), 5e-6), np.full((2, 64), 0.2)
    place = TilePlace("fc1", 0, 0, (0, 64), (0, 32), 64)
    cells = DrawnProduct(BehavioralProduct(model), stats, frozenset({"programming", "drift"}), 3600.0, seed=4)
    first = cells(place, g)(v)
    assert_allclose(cells(place, g)(v), first, rtol=0, atol=0)
    assert_allclose(first[0], first[1], rtol=0, atol=0)  # no read noise
    other = DrawnProduct(BehavioralProduct(model), stats, frozenset({"programming", "drift"}), 3600.0, seed=5)
    assert np.abs(other(place, g)(v) / first - 1).min() > 0
    noisy = DrawnProduct(BehavioralProduct(model), stats, frozenset({"programming", "drift", "read_noise"}), 3600.0, 4)
    twice = noisy(place, g)(v)
    assert 0.003 < (twice[0] / twice[1]).std() < 0.03
    assert_allclose(twice.mean(), first.mean(), rtol=0.01, atol=0)


def test_a_score_does_not_depend_on_what_else_is_asked_for(model, digits):
    given = {"calibration_images": digits.train_images[:50], "seeds": [3], "causes": ("drift", "read_noise")}
    few = (load_network(NETWORK), BehavioralProduct(model), digits.test_images[:100], digits.test_labels[:100])
    alone = score_draws(*few, **given, times=[86400.0], compensations=["layer"])
    among = score_draws(*few, **given, times=[0.0, 86400.0], compensations=["column", "none", "layer"])
    assert among.gains[1, 2, 0] == alone.gains[0, 0, 0] != 1.0
    assert among.scores[1, 2, 0] == alone.scores[0, 0, 0]


def test_compensations_that_cannot_work_are_refused(model, digits):
    spec = model.spec.replace(mapping={"weights": "offset"})
    offset = BehavioralProduct(dataclasses.replace(model, spec=spec))
    with pytest.raises(InputError, match="the middle of the range is subtracted before it"):
        score_draws(
            load_network(NETWORK), offset, digits.test_images[:20], digits.test_labels[:20],
            calibration_images=digits.train_images[:50], seeds=[0], times=[86400.0], compensations=["layer"],
        )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--after", "1 week"), "--after '1 week': expected seconds, or a number with one of s, min, h, d, y"),
        (("--compensation", "tile"), "--compensation = 'tile': expected none, network, layer, column or column_offset"),
        (("--cause", "wires"), "--cause = 'wires': expected programming, drift, read_noise, stuck or none"),
        (("--after", "1e400d"), "--after '1e400d': expected seconds, or a number with one of s, min, h, d, y"),
        (("--cause", "stuck"), "its statistics state no stuck"),
        (("--cause", "drift"), "causes = ['drift'] at 0 s: nothing has drifted"),
        (("--after", "1h", "--after", "60min"), "times = [3600.0, 3600.0]: expected at least one, and none twice"),
        (("--after", "3y"), "its source holds from 0 to 3.2e+07 s; pass extrapolate=True (--extrapolate)"),
    ],
)
def test_bad_options_are_one_sentence(results, words, said):
    folder = results[0].parents[1]
    given = ("age", "model.json", NETWORK, "--data", "digits.npz", "-o", "bad", *words)
    done = circuitsim(*given, folder=folder)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
