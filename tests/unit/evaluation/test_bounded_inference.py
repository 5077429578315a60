"""Bounds of an inference: the array solver inside for every image, from which errors of tiles, in files and words."""

import csv
import json
from dataclasses import replace
from functools import partial

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from small_certificate import TABLE, small_certificate, worst_found

from circuitsim import calibration
from circuitsim.cli.infer_words import inference_in_words
from circuitsim.errors import InputError
from circuitsim.evaluation import (
    BehavioralProduct,
    NodalProduct,
    certified_tile_errors,
    infer_files,
    measured_tile_errors,
)
from circuitsim.network import LARGEST, evaluate, fit_ranges, load_network, output_bounds, program, tile_conductances
from circuitsim.results import column_load

pytestmark = pytest.mark.filterwarnings(
    "ignore::circuitsim.errors.WorstCaseWarning", "ignore::circuitsim.errors.ClippingWarning"
)
IMAGES = np.random.default_rng(0).uniform(0, 1, (40, 12)).astype(np.float32)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """File of a 12–8–3 perceptron with Relu; its layers take two tiles and one of 8 × 16 cells."""
    rng, nodes, tensors = np.random.default_rng(2), [], []
    for k, (inputs, outputs) in enumerate([(12, 8), (8, 3)]):
        tensors.append(numpy_helper.from_array(rng.normal(size=(inputs, outputs)).astype(np.float32), f"w{k}"))
        nodes.append(
            helper.make_node("Gemm", ["x" if k == 0 else "r", f"w{k}"], ["h" if k == 0 else "y"], name=f"fc{k}")
        )
    nodes.insert(1, helper.make_node("Relu", ["h"], ["r"], name="relu"))
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, n]) for name, n in (("x", 12), ("y", 3))]
    graph = helper.make_graph(nodes, "perceptron", ends[:1], ends[1:], initializer=tensors)
    file = tmp_path_factory.mktemp("network") / "perceptron.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), file)
    return file


@pytest.fixture(scope="module")
def model(make_model, make_spec):
    """Grade 1, which errs most: what bounds are for."""
    spec = make_spec(rows=8, cols=16).replace(driver={"dac_bits": 8}, adc={"bits": 8, "full_scale": "auto"})
    return make_model(grade=1, v_range=(0.0, 0.2), spec=spec)


@pytest.fixture(scope="module")
def certificate(model):
    scale, case = calibration.full_scale_of_box(model.spec, model.surface)
    shape = model.spec.shape
    return small_certificate(
        rows=shape[0],
        cols=shape[1],
        model_digest=model.digest,
        v_range=model.v_range,
        full_scale=scale,
        full_scale_case=case,
        worst=worst_found(full_scale=scale, shape=shape),
        by_load=replace(TABLE, drawn=1e-3, fresh=0.8),
    )


@pytest.fixture(scope="module")
def programmed(model, network):
    return program(load_network(network), model.spec, BehavioralProduct(model))


@pytest.fixture(scope="module")
def ranges(programmed):
    return fit_ranges(programmed, IMAGES[:10], adc=LARGEST)


def test_the_array_solver_is_inside_for_every_image_unless_a_tile_errs_by_more(model, programmed, ranges):
    errors = measured_tile_errors(programmed, model, IMAGES[:10], ranges=ranges)
    bounds = output_bounds(programmed, IMAGES[10:], ranges=ranges, errors=errors)

    def inside(layers):
        truth = replace(programmed, layers=layers)
        outputs = evaluate(truth, IMAGES[10:], ranges=ranges).logits
        return np.all((outputs >= bounds.low) & (outputs <= bounds.high))

    exact = program(programmed.network, model.spec, NodalProduct(model.spec, model.surface)).layers
    assert inside(exact)
    name, last = list(exact.items())[-1]
    off = 40 * float(errors[name].max())
    worse = replace(last, reads=tuple(partial(_more, read, off) for read in last.reads))
    assert not inside(exact | {name: worse})


def _more(read, off, v_in):
    out = read(v_in)
    return out + off * (-1.0) ** np.arange(out.shape[1])


def test_own_tiles_err_by_their_largest_difference_from_the_array_solver(model, programmed, ranges):
    errors = measured_tile_errors(programmed, model, IMAGES[:2], ranges=ranges)
    assert list(errors) == list(programmed.layers)
    found = dict.fromkeys(errors, 0.0)

    def compare(place, g, v_in, solution):
        read = programmed.layers[place.layer].reads[place.index]
        error = np.abs(read(v_in) - solution.out)[:, : place.cols].max()
        found[place.layer] = max(found[place.layer], error)

    exact = NodalProduct(model.spec, model.surface, compare)
    evaluate(program(programmed.network, model.spec, exact), IMAGES[:2], ranges=ranges)
    for name, layer in programmed.layers.items():
        assert errors[name] == pytest.approx(np.full(len(layer.places), 1.5 * found[name]))


def test_the_certificate_states_the_error_of_each_tile_by_its_load(model, programmed, certificate):
    for drawn, coefficient in ((False, 3e-3), (True, 1e-3)):
        errors = certified_tile_errors(programmed, model, certificate, drawn=drawn)
        for name, layer in programmed.layers.items():
            tiles = [tile_conductances(layer.layer, p, model.spec, w_max=layer.w_max) for p in layer.places]
            wanted = [coefficient * certificate.full_scale * column_load(g, 1e-4) for g in tiles]
            assert errors[name] == pytest.approx(wanted)
    for table, drawn in ((None, False), (TABLE, True)):
        with pytest.raises(InputError, match="the certificate states no error by column load"):
            certified_tile_errors(programmed, model, replace(certificate, by_load=table), drawn=drawn)


def test_bounds_in_the_files_and_in_words(model, certificate, network, tmp_path):
    np.savez(tmp_path / "images.npz", images=IMAGES[:24], labels=np.arange(24) % 3)
    read = partial(infer_files, model, network, tmp_path / "images.npz", calibration_images=4, out=tmp_path / "out")
    content = read(bounds="own_tiles")
    found = content["bounds"]
    assert json.loads((tmp_path / "out" / "results.json").read_text())["bounds"] == found
    with (tmp_path / "out" / "inference.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["half_width [1]"]) for row in rows] == pytest.approx(
        [max(float(row[f"high_{k} [1]"]) - float(row[f"low_{k} [1]"]) for k in range(3)) / 2 for row in rows]
    )
    certain = [int(row["certain [1]"]) for row in rows]
    assert found["certain_images"] == sum(certain) and found["certain"] == np.mean(certain)
    for row in rows:
        low, high = ([float(row[f"{end}_{k} [1]"]) for k in range(3)] for end in ("low", "high"))
        first = int(np.argmax(low))
        sure = low[first] > max(value for k, value in enumerate(high) if k != first)
        assert int(row["certain [1]"]) == sure and (not sure or int(row["class_array [1]"]) == first)
    words = inference_in_words(content)
    assert f"the class of {sum(certain)} of 20 images" in words and "held against the array solver on 4" in words
    words = inference_in_words(read(bounds="drawn_tiles", certificate=certificate))
    assert "the certificate's 0.001 of full scale per unit of column load" in words and "80% of it met" in words
    assert read()["bounds"] is None and "bounds:" not in inference_in_words(read())


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"bounds": "certificate"}, "bounds = 'certificate' needs the certificate of the model"),
        ({"bounds": "own_tiles", "level": "nodal"}, "bounds = 'own_tiles' has no effect at level = 'nodal'"),
        ({"bounds": "own_tiles", "rng": np.random.default_rng(0)}, "bounds = 'own_tiles' holds without noise"),
        ({"bounds": "some"}, "bounds = 'some': expected 'certificate' or 'drawn_tiles' or 'own_tiles'"),
        ({"bounds": "own_tiles", "input_code": "bit_serial"}, "driver.input_code = 'bit_serial': outputs"),
    ],
)
def test_bounds_that_cannot_be_given_are_refused(given, sentence, model, network, tmp_path):
    np.save(tmp_path / "images.npy", IMAGES[:4])
    with pytest.raises(InputError, match=sentence):
        infer_files(model, network, tmp_path / "images.npy", out=tmp_path / "out", **given)
