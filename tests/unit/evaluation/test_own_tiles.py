"""What is known of a network's own tiles: their column load, and the worst error up to it."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from small_certificate import TABLE, small_certificate, worst_found

from circuitsim import calibration
from circuitsim.cli.infer_words import inference_in_words
from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.errors import InputError, MissedTargetWarning, OutsideRangeError, WorstCaseWarning
from circuitsim.evaluation import BehavioralProduct, infer_files, own_tiles
from circuitsim.network import load_network, program, tile_conductances
from circuitsim.results import column_load


@pytest.fixture(scope="module")
def model(make_model):
    return make_model(grade=1)


@pytest.fixture(scope="module")
def certificate(model):
    rows, cols = model.spec.shape
    full_scale, case = calibration.full_scale_of_box(model.spec, model.surface)
    return small_certificate(
        rows=rows,
        cols=cols,
        model_digest=model.digest,
        v_range=model.v_range,
        full_scale=full_scale,
        full_scale_case=case,
        worst=worst_found(full_scale=full_scale, shape=(rows, cols)),
        by_load=TABLE,
    )


def test_each_layer_has_the_load_of_its_fullest_tile(model, certificate):
    programmed = program(load_network(NETWORK), model.spec, BehavioralProduct(model))
    layers = own_tiles(programmed, model, certificate)
    assert [layer.name for layer in layers] == list(programmed.layers)
    for layer in layers:
        of = programmed.layers[layer.name]
        tiles = [tile_conductances(of.layer, place, model.spec, w_max=of.w_max) for place in of.places]
        assert layer.tiles == len(tiles)
        assert layer.load == max(g.mean(axis=0).max() for g in tiles) / model.spec.device.g_max
        assert layer.worst == certificate.by_load.worst_at(layer.load) and layer.worst_inputs is None
        assert layer.load < 0.5  # pairs of columns: half of the cells rest at g_min


def test_the_worst_inputs_of_each_tile_are_sought(model, certificate):
    programmed = program(load_network(NETWORK), model.spec, BehavioralProduct(model))
    (name, first), *_ = programmed.layers.items()
    one = type(programmed)(programmed.network, programmed.spec, {name: type(first)(
        first.layer, first.w_max, first.places[:1], first.reads[:1]
    )})  # fmt: skip
    seen = []
    (layer,) = own_tiles(one, model, certificate, search_inputs=True, progress=lambda *counts: seen.append(counts))
    g = tile_conductances(first.layer, first.places[0], model.spec, w_max=first.w_max)
    scale = certificate.full_scale
    alone = calibration.worst_inputs(model, g, rng=np.random.default_rng(0), full_scale=scale)
    assert layer.worst_inputs == alone.error > 0 and seen == [(1, 1)]


def test_inference_shows_both_certificates(model, certificate, tmp_path):
    data = tmp_path / "images.npy"
    np.save(data, load_digits().test_images[:4])
    read = partial(infer_files, model, NETWORK, data, calibration_images=2, out=tmp_path / "out")
    content = read(certificate=certificate)
    assert content["certificate"]["worst"] == certificate.worst.error
    assert [tile["name"] for tile in content["tiles"]] == [layer["name"] for layer in content["layers"]]
    words = inference_in_words(content)
    assert "certificate of the array: typical 0.010 % rms of full scale, worst found 0.20 %" in words
    assert f"column load up to {content['tiles'][0]['load']:.2f}, worst found up to it" in words
    without = read()
    assert without["certificate"] is None and "certificate: none given" in inference_in_words(without)

    with pytest.warns(WorstCaseWarning, match="above max_error"):
        read(certificate=certificate, max_error=1e-5)
    missing = replace(certificate, max_rms=1e-9)
    with pytest.warns(MissedTargetWarning, match="the model misses its target"):
        told = read(certificate=missing)
    assert "worst found 0.20 %, its target was NOT reached" in inference_in_words(told)
    with pytest.raises(OutsideRangeError, match=r"the model misses its target.*\(strict\)"):
        read(certificate=missing, strict=True)
    with pytest.raises(OutsideRangeError, match="above max_error"):
        read(certificate=certificate, max_error=1e-5, strict=True)
    for argument in ({"max_error": 1e-3}, {"search_inputs": True}):
        with pytest.raises(InputError, match="needs the certificate of the model"):
            read(**argument)


def test_the_load_that_is_judged_is_the_load_of_the_tile(model, certificate):
    product = BehavioralProduct(model, certificate=certificate, strict=True, max_error=1e-4)
    g = np.full(model.spec.shape, 1e-6)
    g[:, 0] = 0.1e-4
    assert column_load(g, 1e-4) == pytest.approx(0.1, rel=1e-12)
    product(None, g)
    with pytest.raises(OutsideRangeError, match=r"column load up to 0\.5"):
        product(None, g * np.where(np.arange(g.shape[1]) == 0, 1.01, 1.0))
