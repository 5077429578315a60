"""Every scheme of the mapping at every level: exact arrays give the float network, the model gives the array solver."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from small_networks import Chain, convolution_and_gemm

from circuitsim.demo.data import NETWORK
from circuitsim.errors import InputError
from circuitsim.evaluation import BehavioralProduct, NodalProduct, infer_files
from circuitsim.network import evaluate, exact_product, fit_ranges, load_network, program
from circuitsim.spec import parse_spec

SLICES = {"bits_per_cell": 2, "weight_bits": 4}
SCHEMES = {
    **{f"{w}-{x}": {"weights": w, "inputs": x} for w in ("differential", "offset", "reference")
       for x in ("two_phase", "differential", "offset", "unsigned")},
    **{f"{w}-{s}": {"weights": w, "scale": s} for w in ("differential", "offset", "reference")
       for s in ("tile", "column")},
    **{f"{w}-copies": {"weights": w, "copies": 2} for w in ("differential", "offset", "reference")},
    "slices": SLICES,
    "slices-differential": {**SLICES, "inputs": "differential"},
    "slices-offset": {**SLICES, "inputs": "offset"},
    "slices-copies": {**SLICES, "copies": 2},
    "digital": {"digital": ["fc"]},
    "alone": {"crosstalk": 0.0},
}  # fmt: skip


def whole(layer):
    """Weights that 4 bits and a sign hold exactly: -15 to 15, where the largest is 15."""
    weights = np.round(15 * layer.weights / np.abs(layer.weights).max())
    return replace(layer, weights=weights)


@pytest.fixture(scope="module")
def data():
    images = np.random.default_rng(0).uniform(0, 1, (9, 1, 3, 3))
    conv, dense = (whole(layer) for layer in convolution_and_gemm(3).layers)
    positive = Chain((conv, dense)).run_float(images).mean(axis=0) > 0  # the last rectifier hides the others
    return Chain((conv, replace(dense, weights=np.where(positive, 1, -1) * dense.weights))), images


@pytest.fixture(scope="module")
def model(make_model, make_spec):
    return make_model(grade=3, v_range=(0.0, 0.2), spec=make_spec(rows=16, cols=18, v_read=0.2))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_scheme_agrees_with_the_others_and_from_level_to_level(model, data, scheme):
    network, images = data
    spec = model.spec.replace(mapping=SCHEMES[scheme])
    wanted = network.run_float(images)

    def outputs(product):
        programmed = program(network, spec, product)
        return evaluate(programmed, images, ranges=fit_ranges(programmed, 1.5 * images)).logits

    assert_allclose(outputs(exact_product(spec)), wanted, rtol=0, atol=1e-12 * np.abs(wanted).max())
    nodal, behavioral = outputs(NodalProduct(spec, model.surface)), outputs(BehavioralProduct(model))
    large = Chain(tuple(replace(layer, weights=np.abs(layer.weights)) for layer in network.layers))
    size = large.run_float(images).max()  # of all products as if none cancelled
    assert np.abs(nodal - wanted).max() > 1e-3 * size  # wires and cells act
    assert np.abs(behavioral - nodal).max() < 1e-4 * size


def test_a_level_of_a_digital_layer_is_refused(tmp_path):
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": 16, "cols": 8, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": 0.0, "r_col": 0.0},
            "driver": {"v_read": 0.2},
        }
    )
    name = load_network(NETWORK).layers[0].name
    with pytest.raises(InputError, match=f"layers names '{name}', which stays digital: no level reads it"):
        infer_files(
            spec, NETWORK, tmp_path / "none.npz", layers=[name], digital=[name], level="ngspice", out=tmp_path / "out"
        )
