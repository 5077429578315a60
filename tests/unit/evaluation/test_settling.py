"""The read time that a network needs, from how columns settle by their load."""

import re
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.cli.infer_words import inference_in_words
from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.errors import InputError, SettlingWarning, SpecError
from circuitsim.evaluation import infer_files, network_settling, settling_model
from circuitsim.network import LayerRange, exact_product, load_network, program, tile_conductances
from circuitsim.results import Provenance, SettlingModel, load_settling, save_settling
from circuitsim.results.waveforms import settling_time
from circuitsim.spec import parse_spec


def array(rows=12, cols=10, **parts):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": 5.0, "r_col": 5.0, "c_row": 2e-15, "c_col": 2e-15},
            "driver": {"v_read": 0.2, "r_out": 500.0, "t_read": 1e-9},
            "sense": {"r_in": 300.0},
            "adc": {"bits": 8},
        }
    ).replace(**parts)


def model_of(spec, late=0.0):
    origin = Provenance(level="nodal", spec_digest=spec.digest)
    return SettlingModel(
        np.array([1e-10, 0.0, 0.0]), np.array([0.0, 2e-10, 0.0]), (0.0, 1.0), 510.0, (8, 6), 0.01, late, origin
    )


def test_time_is_a_delay_and_a_time_constant_by_load():
    model = replace(model_of(array()), delay=np.array([1.0, 2.0, 3.0]), tau=np.array([0.5, 0.25, 0.125]))
    found = model.time(np.array([0.1, 0.4]), 0.2, np.e**3)
    assert_allclose(
        found, [1 + 0.2 + 0.6 + 3 * (0.5 + 0.025 + 0.025), 1 + 0.8 + 0.6 + 3 * (0.5 + 0.1 + 0.025)], rtol=1e-12
    )


def test_predicted_times_hold_for_an_array_that_was_not_drawn():
    """A matrix and inputs of which the fit knows nothing, each column within bands of its own current."""
    spec = array()
    model = settling_model(spec)
    assert 0 < model.error < 0.1 and 0 <= model.late < 0.3 and model.reads == (8, 6)
    rng = np.random.default_rng(11)
    g, v_in = rng.uniform(1e-6, 1e-4, spec.shape), rng.uniform(0.05, 0.2, spec.array.rows)
    read = nodal.step_response(nodal.prepare(spec, g), v_in)
    loads = g.mean(axis=0) / spec.device.g_max
    for ratio in (32.0, 510.0):
        band = np.abs(read.i_final) / ratio
        seen = [settling_time(read.time, read.i_out[:, [k]], read.i_final[[k]], band[k])[0] for k in range(len(band))]
        predicted = model.time(loads, float(loads.mean()), ratio)
        assert_allclose(seen, predicted, rtol=model.late + 3 * model.error)
    assert np.ptp(predicted) > 0  # columns differ, by their load


def test_longer_wires_take_longer():
    quick, slow = (settling_model(array(8, 6, wire={"c_row": c, "c_col": c})) for c in (1e-15, 4e-15))
    load = np.array([0.5])
    assert slow.time(load, 0.5, 510.0)[0] > 2 * quick.time(load, 0.5, 510.0)[0]


def test_a_read_too_short_for_the_slowest_column_is_told():
    spec = array(64, 96)
    programmed = program(load_network(NETWORK), spec, exact_product(spec))
    model = model_of(spec, late=0.5)
    with pytest.warns(
        SettlingWarning,
        match=r"t_read = 1e-09 s, but the slowest column, \d+ of tile \d+ in '\w+', needs \S+ s to",
    ):
        layers = network_settling(programmed, replace(model, tau=20 * model.tau))
    (name, first), *_ = programmed.layers.items()
    tiles = [tile_conductances(first.layer, place, spec, w_max=first.w_max) for place in first.places]
    sums = np.stack([g.sum(axis=0) for g in tiles])
    tile, column = np.unravel_index(sums.argmax(), sums.shape)
    load = sums.max() / 64 / spec.device.g_max
    assert layers[0].name == name and layers[0].load == pytest.approx(load) and layers[0].inside
    assert (layers[0].tile, layers[0].column) == (first.places[tile].index, column)
    assert layers[0].lsb == pytest.approx(0.2 * sums.max() / 255, rel=1e-12)
    assert layers[0].time == pytest.approx(1.5 * (1e-10 + 20 * 2e-10 * load * np.log(510)), rel=1e-12)
    half = {name: LayerRange(1.0, full_scale=0.1 * sums.max()), "none": LayerRange(1.0)}
    with pytest.warns(SettlingWarning):
        ranged = network_settling(programmed, replace(model, tau=20 * model.tau), ranges=half)
    assert ranged[0].lsb == pytest.approx(0.1 * sums.max() / 255) and ranged[0].time == layers[0].time
    assert ranged[1:] == layers[1:]
    wide = {name: LayerRange(1.0, full_scale=0.4 * sums.max())}
    with pytest.warns(SettlingWarning):
        slower = network_settling(programmed, replace(model, tau=20 * model.tau), ranges=wide)
    assert slower[0].time == pytest.approx(1.5 * (1e-10 + 20 * 2e-10 * load * np.log(255)), rel=1e-12)
    own = tuple((0.1 * sums.max(),) * place.cols for place in first.places)  # a finer LSB for every column takes longer
    with pytest.warns(SettlingWarning):
        each = network_settling(
            programmed, replace(model, tau=20 * model.tau), ranges={name: replace(wide[name], column_scales=own)}
        )
    assert each[0].lsb == pytest.approx(0.1 * sums.max() / 255) and each[0].time == layers[0].time
    falling = replace(model, tau=np.array([2e-11, -1e-11, 0.0]))  # the fewer it carries, the slower a column is
    assert network_settling(programmed, falling)[-1].load > spec.device.g_min / spec.device.g_max * 1.01  # has weights
    outside = network_settling(programmed, replace(model, tau=0 * model.tau, loads=(0.4, 0.5)))
    assert not any(layer.inside for layer in outside)
    with pytest.raises(InputError, match="belongs to another specification"):
        network_settling(programmed, model_of(array()))


def test_a_column_settles_to_the_range_of_its_own_adc():
    """Ranges of a quarter of each column's largest current: all take ln 510; of the layer's, lighter columns less."""
    spec = array(64, 96)
    programmed = program(load_network(NETWORK), spec, exact_product(spec))
    name, layer = next(iter(programmed.layers.items()))
    tiles = [tile_conductances(layer.layer, place, spec, w_max=layer.w_max) for place in layer.places]
    own = [0.05 * g.sum(axis=0)[place.col_part] for place, g in zip(layer.places, tiles, strict=True)]
    scales = tuple(tuple(map(float, each)) for each in own)
    ranges = {name: LayerRange(1.0, full_scale=max(map(max, scales)), column_scales=scales)}
    falling = replace(model_of(spec), tau=np.array([2e-11, -1e-11, 0.0]))  # the fewer it carries, the slower
    found = network_settling(programmed, falling, ranges=ranges)[0]
    assert found.time == pytest.approx(1e-10 + (2e-11 - 1e-11 * found.load) * np.log(510), rel=1e-12)
    at = [place.index for place in layer.places].index(found.tile)
    assert found.lsb == pytest.approx(own[at][found.column - layer.places[at].first_col] / 255, rel=1e-12)


def test_what_cannot_settle_is_refused():
    with pytest.raises(InputError, match=r"settling needs adc\.bits"):
        settling_model(array(adc={"bits": None}))
    with pytest.raises(SpecError, match=r"pulse_width.*charges, which do not settle"):
        settling_model(array(driver={"input_code": "pulse_width"}))
    with pytest.raises(InputError, match="settles at once"):
        settling_model(array(wire={"c_row": 0.0, "c_col": 0.0}))


def test_inference_says_which_read_time_a_network_needs(make_model, tmp_path):
    model = make_model(grade=1, spec=array(16, 12))  # every column is followed in time: few, so that it takes a second
    spec = model.spec.replace(wire={"c_row": 1e-15, "c_col": 1e-15}, driver={"t_read": 1e-12}, adc={"bits": 6})
    data = tmp_path / "images.npy"
    np.save(data, load_digits().test_images[:4])
    model = replace(model, spec=spec)
    with pytest.warns(SettlingWarning, match=r"needs \S+ s to half an LSB"):
        content = infer_files(model, NETWORK, data, calibration_images=2, out=tmp_path / "out", settling=True)
    found = content["settling"]
    assert found["needed_s"] == max(layer["time"] for layer in found["layers"]) > found["t_read_s"] == 1e-12
    words = inference_in_words(content)
    assert re.search(
        r"settling: the slowest column, \d+ of tile \d+ in \w+ with load 0\.\d+, is within half an LSB of \S+ \wA",
        words,
    )
    assert "driver.t_read = 1e-12 s is too short: raise driver.t_read" in words
    content = infer_files(model, NETWORK, data, calibration_images=2, out=tmp_path / "out")
    assert content["settling"] is None and "settling" not in inference_in_words(content)


def test_a_stored_model_is_the_one_that_was_fitted(make_model, tmp_path):
    model = make_model(grade=1, spec=array(8, 6))  # where it belongs to another specification, one is fitted
    spec = model.spec.replace(wire={"c_row": 1e-15, "c_col": 1e-15}, adc={"bits": 6})
    known = replace(model_of(spec, late=0.25), tau=np.array([0.0, 3e-13, 1e-15]))
    assert load_settling(save_settling(tmp_path / "settling.json", known)) == load_settling(tmp_path) == known
    (tmp_path / "settling.json").write_text((tmp_path / "settling.json").read_text().replace("0.25", "0.0"))
    with pytest.raises(InputError, match="a value was changed"):
        load_settling(tmp_path)
    data = tmp_path / "images.npy"
    np.save(data, load_digits().test_images[:4])
    given = {"calibration_images": 2, "out": tmp_path / "out"}
    content = infer_files(replace(model, spec=spec), NETWORK, data, **given, settling=known)
    assert content["settling"]["model_stored"] and content["settling"]["model_late"] == 0.25
    assert "settling: stored with the model, fitted to 8 reads" in inference_in_words(content)
    other = replace(known, provenance=Provenance(level="nodal", spec_digest="another"))
    with pytest.warns(SettlingWarning, match="belongs to another specification than the network's arrays"):
        content = infer_files(replace(model, spec=spec), NETWORK, data, **given, settling=other)
    assert not content["settling"]["model_stored"]
