"""Crosstalk of groups on one tile: what the wires let expect, what is found, and what the array solver says."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from gated_arrays import gated_model, gated_spec

from circuitsim import nodal
from circuitsim.cli.infer_words import inference_in_words
from circuitsim.errors import CrosstalkWarning
from circuitsim.evaluation import BehavioralProduct, NodalProduct, infer_files, layer_packing
from circuitsim.evaluation.counted_product import CountedProduct
from circuitsim.network import LayerRange, LinearLayer, exact_product, float_product, program, tile_conductances
from circuitsim.network.reading import read_layer
from circuitsim.results import CapacitorCell, Provenance, TileModel
from circuitsim.spec import parse_spec


@dataclass(frozen=True)
class OneLayer:
    weights: np.ndarray

    @property
    def layers(self):
        return (LinearLayer("dw", "Conv", self.weights),)

    def run(self, images, product):
        raise NotImplementedError

    def run_float(self, images):
        raise NotImplementedError


def wired(r, ratio=100, side=64, **mapping):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": side, "cols": side, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-4 / ratio, "g_max": 1e-4},
            "wire": {"r_row": r, "r_col": r},
            "driver": {"v_read": 0.2, "r_out": 50.0},
            "sense": {"r_in": 50.0},
            "mapping": mapping,
        }
    )


def packing(spec, product, weights):
    (layer,) = layer_packing(program(OneLayer(weights), spec, product))
    return layer


@pytest.mark.parametrize(("r", "ratio"), [(2.0, 100), (20.0, 100), (2.0, 10), (20.0, 10)])
@pytest.mark.parametrize("kind", ["normal", "signs", "positive"])
def test_wires_bound_what_the_array_solver_finds(r, ratio, kind):
    drawn = np.random.default_rng(0).normal(size=(7, 9, 1))
    weights = {"normal": drawn, "signs": np.sign(drawn), "positive": np.abs(drawn)}[kind]
    spec = wired(r, ratio, crosstalk=1.0)
    layer = packing(spec, NodalProduct(spec), weights)
    assert layer.groups == 7 and layer.utilization == 7 * 18 / 64**2
    assert layer.expected / 5 < layer.found < layer.expected


@pytest.mark.parametrize(("row_drive", "col_sense"), [("both", "both"), ("right", "top")])
@pytest.mark.parametrize("inputs", ["two_phase", "differential"])
def test_wires_bound_crosstalk_at_other_ends_and_on_rows_in_pairs(row_drive, col_sense, inputs):
    spec = wired(20.0, crosstalk=1.0, inputs=inputs).replace(wire={"row_drive": row_drive, "col_sense": col_sense})
    layer = packing(spec, NodalProduct(spec), np.random.default_rng(0).normal(size=(7, 9, 1)))
    assert layer.groups == (7 if inputs == "two_phase" else 3)
    assert layer.expected / (6 if inputs == "two_phase" else 30) < layer.found < layer.expected


def test_wires_bound_crosstalk_where_inputs_switch_gates():
    """The slope of these cells is 1.3 of g; the bit lines drop too, and rows that are off carry nothing."""
    spec = gated_spec(48, 48, driver={"v_read": 0.2, "input_code": "bit_serial", "dac_bits": 4})
    model = gated_model(spec.replace(mapping={"crosstalk": 1.0}))
    product = NodalProduct(model.spec, model.surface, off=model.off)
    layer = packing(model.spec, product, np.random.default_rng(0).normal(size=(5, 9, 1)))
    assert layer.groups == 5
    assert layer.expected / 5 < layer.found < 1.3 * layer.expected


def test_ideal_arrays_have_no_crosstalk():
    spec = wired(2.0)
    layer = packing(spec, exact_product(spec), np.random.default_rng(0).normal(size=(7, 9, 2)))
    assert layer.found < 1e-12 < layer.expected < layer.allowed == 0.03


def test_layers_of_one_group_have_none():
    spec = wired(2.0)
    layer = packing(spec, exact_product(spec), np.ones((1, 30, 9)))
    assert (layer.groups, layer.expected, layer.found, layer.allowed) == (1, None, None, None)


def test_more_crosstalk_than_allowed_is_told():
    spec = wired(2.0)

    def leaky(place, g):  # a twentieth of every input reaches every column
        return lambda v_in: (v_in + 0.05 * v_in.sum(axis=1, keepdims=True)) @ g

    with pytest.warns(CrosstalkWarning, match=r"layer 'dw': groups on one tile .* 3.00% is allowed"):
        layer = packing(spec, leaky, np.random.default_rng(0).normal(size=(7, 9, 1)))
    assert layer.found > 0.03


def test_a_behavioral_tile_sees_the_crosstalk_that_the_array_solver_sees():
    spec = wired(20.0, crosstalk=1.0)
    weights = np.random.default_rng(0).normal(size=(7, 9, 1))
    model = TileModel(spec, nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), 2, (0.0, 0.2))
    exact, fast = (packing(spec, product, weights) for product in (NodalProduct(spec), BehavioralProduct(model)))
    assert fast.found == pytest.approx(exact.found, rel=1e-3)
    assert exact.found > 5e-3
    x, known = np.random.default_rng(1).uniform(-1.0, 1.0, (20, 7, 9)), LayerRange(1.0)
    y = [
        read_layer(program(OneLayer(weights), spec, product).layers["dw"], spec, x, known).y
        for product in (NodalProduct(spec), BehavioralProduct(model))
    ]
    assert np.abs(y[1] - y[0]).max() < 1e-4 * np.abs(y[0]).max()


def test_a_small_layer_loses_less_near_its_drivers_and_sense_amplifiers():
    """At the first rows, or the last columns, the wires take more and leave more error."""
    spec, weights = wired(2.0), np.random.default_rng(0).normal(size=(1, 9, 8))
    x = np.random.default_rng(1).uniform(0.0, 1.0, (50, 1, 9))
    near = program(OneLayer(weights), spec, NodalProduct(spec)).layers["dw"]
    expected, gains, errors = float_product(near.layer, x), [], []
    for place in (near.places[0], replace(near.places[0], first_row=0), replace(near.places[0], first_col=48)):
        g = tile_conductances(near.layer, place, spec, w_max=near.w_max)
        tiles = replace(near, places=(place,), reads=(NodalProduct(spec)(place, g),))
        y = read_layer(tiles, spec, x, LayerRange(1.0)).y
        gains.append(float(np.vdot(expected, y) / np.vdot(expected, expected)))
        errors.append(float(np.std(y - gains[-1] * expected)))
    assert gains[0] > max(gains[1:]) + 0.005
    assert errors[0] < min(errors[1:])


def test_infer_prints_tiles_cells_and_crosstalk(tmp_path):
    onnx = pytest.importorskip("onnx")
    rng = np.random.default_rng(0)
    node = onnx.helper.make_node("Conv", ["x", "w"], ["y"], name="dw", group=8)
    x, y = (onnx.helper.make_tensor_value_info(n, 1, [None, 8, size, size]) for n, size in (("x", 4), ("y", 2)))
    w = onnx.numpy_helper.from_array(rng.normal(size=(8, 1, 3, 3)).astype(np.float32), "w")
    graph = onnx.helper.make_graph([node], "g", [x], [y], initializer=[w])
    opset = [onnx.helper.make_opsetid("", 13)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), tmp_path / "dw.onnx")
    np.save(tmp_path / "x.npy", rng.random((6, 8, 4, 4), dtype=np.float32))
    content = infer_files(wired(2.0), tmp_path / "dw.onnx", tmp_path / "x.npy", out=tmp_path / "out")
    (layer,) = content["packing"]
    assert (layer["tiles"], layer["groups"]) == (2, 4) and 0 < layer["found"] < layer["expected"] < 0.03
    words = inference_in_words(content)
    assert "tiles: 2 of 64 × 64, 1.8 % of the cells hold weights" in words
    assert "packed: dw, up to 4 groups a tile; crosstalk of neighbours at full scale found 0." in words


def capacitors(t_read, **mapping):
    """A 1c array whose cells are the capacitances between its lines, behind 5 kOhm."""
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": 12, "cols": 8, "cell": "1c"},
            "device": {"model": "charge_cell", "g_min": 1e-16, "g_max": 1.5e-15},
            "wire": {"r_row": 3e3, "r_col": 2e3, "c_row": 2e-16, "c_col": 3e-16},
            "driver": {"v_read": 0.4, "t_read": t_read, "r_out": 700.0},
            "sense": {"r_in": 400.0},
            "mapping": mapping,
        }
    )
    rows = np.array([[8e-16, 7e-16], [4e-12, 3.5e-12], [0.0, 0.0], [8e-16, -7e-16]])
    cell = CapacitorCell(rows, (1e-16, 1.5e-15), 0.0, Provenance(level="nodal", spec_digest=None))
    return spec, cell


@pytest.mark.parametrize("counted", [False, True])
def test_capacitors_that_have_not_settled_show_their_crosstalk_at_every_grade(counted):
    """Settled charges have none: what they say of a read that ends before would be no truth."""
    weights = np.random.default_rng(0).normal(size=(3, 3, 1))
    spec, cell = capacitors(2e-11, crosstalk=0.01)
    exact = NodalProduct(spec, cell)
    with pytest.warns(CrosstalkWarning, match=r"not settled at driver.t_read = 20 ps; expected longer reads, or mapp"):
        found = packing(spec, exact, weights)
    assert found.groups == 3 and found.expected is None and 0.01 < found.found < 0.02
    for grade in (1, 2):
        product = BehavioralProduct(TileModel(spec, cell, grade, (0.0, 0.4)))
        with pytest.warns(CrosstalkWarning):
            assert packing(spec, CountedProduct(product, []) if counted else product, weights).found == pytest.approx(
                found.found, rel=1e-9
            )
    long, _ = capacitors(2e-8)
    assert packing(long, BehavioralProduct(TileModel(long, cell, 1, (0.0, 0.4))), weights).found < 1e-6
    apart, _ = capacitors(2e-11, crosstalk=0.0)
    assert packing(apart, NodalProduct(apart, cell), weights).groups == 1
