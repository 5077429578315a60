"""Tiles of capacitors against ngspice, from a calibration to the codes and the classes of a network."""

import json
import re
from dataclasses import replace

import numpy as np
import onnx
import pytest
from command_line import circuitsim
from numpy.testing import assert_allclose
from onnx import TensorProto, helper, numpy_helper

import circuitsim as cs
from circuitsim.calibration import verify
from circuitsim.calibration.solve_experiments import solve_in_ngspice
from circuitsim.results import Experiment, load_certificate, load_model, save_certificate, save_model
from circuitsim.results.error_scale import IN_TIME

ARRAY = """
schema = 1
[array]
rows = 8
cols = 8
cell = "1c"
[device]
model = "charge_cell"
g_min = "0.1f"
g_max = "1.5f"
[wire]
r_row = 20
r_col = 20
c_row = "0.2f"
c_col = "0.2f"
[driver]
v_read = 0.4
t_read = "{t_read}"
r_out = 200
dac_bits = 6
[sense]
r_in = 100
[adc]
bits = 7
"""
SLOW, FAST = "0.1n", "0.02n"  # settled within 5e-4 of full scale, and within 6e-2


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("charges")
    rng = np.random.default_rng(0)
    weights = {"w1": rng.normal(size=(8, 4)), "w2": rng.normal(size=(4, 3))}
    nodes = [
        helper.make_node("MatMul", ["x", "w1"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("MatMul", ["r", "w2"], ["y"]),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size]) for name, size in (("x", 8), ("y", 3))]
    initial = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "small", ends[:1], ends[1:], initial)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, place / "net.onnx")
    images = rng.uniform(0, 1, (40, 8)).astype(np.float32)
    labels = np.argmax(np.maximum(images @ weights["w1"], 0) @ weights["w2"], axis=1)
    np.savez(place / "data.npz", images=images, labels=labels)
    for name, t_read in (("slow", SLOW), ("fast", FAST)):
        (place / f"{name}.toml").write_text(ARRAY.format(t_read=t_read), encoding="utf-8")
        spec = cs.load_spec(place / f"{name}.toml")
        found = cs.calibrate(spec, rng=np.random.default_rng(0), truth="nodal", search="structured")
        save_model(place / name, found[0])
        save_certificate(place / name / "certificate.json", found[1])
    return place


def loaded(folder, name):
    return cs.load_spec(folder / f"{name}.toml"), load_model(folder / name), load_certificate(folder / name)


@pytest.mark.parametrize(("name", "grade"), [("slow", 1), ("fast", 2)])
def test_charges_of_a_tile_are_those_of_ngspice_within_its_certificate(folder, name, grade):
    spec, model, certificate = loaded(folder, name)
    assert (model.grade, certificate.unit, certificate.state_unit) == (grade, "C", "F")
    assert 1e-15 < certificate.full_scale < 8 * 0.4 * 1.5e-15 * (1 + 1e-9)
    rng = np.random.default_rng(4)
    g, x = rng.uniform(1e-16, 1.5e-15, spec.shape), np.vstack([rng.uniform(0, 0.4, (2, 8)), np.full((1, 8), 0.4)])
    truth = cs.solve(spec, g, x, level="ngspice")
    tile = cs.solve(spec, g, x, level="behavioral", model=model, certificate=certificate, strict=True)
    assert (tile.quantity, tile.unit, tile.tile_error.full_scale) == ("charge", "C", certificate.full_scale)
    error = np.abs(tile.out - truth.out).max() / certificate.full_scale
    assert error <= certificate.worst.error + IN_TIME  # of the time steps of ngspice
    assert error > 1e-5 or name == "fast"
    assert_allclose(tile.power, truth.power, rtol=2e-2 if grade == 1 else 1e-4)


def test_a_changed_array_is_told_by_its_charges(folder):
    spec, model, certificate = loaded(folder, "fast")
    rng = np.random.default_rng(5)
    reads = [
        Experiment("uniform", rng.uniform(1e-16, 1.5e-15, spec.shape), ("uniform",) * 2, rng.uniform(0, 0.4, (2, 8)))
    ]
    same = verify(model, certificate, reads, solve_in_ngspice(spec, reads))
    assert same.holds and "the stored worst case repeats" in same.sentence
    other = spec.replace(wire={"c_row": 0.25e-15})
    changed = verify(model, certificate, reads, [claimed(each, spec) for each in solve_in_ngspice(other, reads)])
    assert not changed.holds and changed.suspects[0].part == "capacitance of the row wires"
    assert changed.suspects[0].change == pytest.approx(0.25, rel=0.15)  # of first order


def claimed(solution, spec):
    """A measurement of an array that is taken for another one."""
    return replace(solution, provenance=replace(solution.provenance, spec_digest=spec.digest))


def test_codes_of_charges_at_every_level(folder):
    spec, model, certificate = loaded(folder, "slow")
    rng = np.random.default_rng(6)
    g, codes = rng.uniform(1e-16, 1.5e-15, spec.shape), rng.integers(0, 64, (2, 8))
    known = {"model": model, "certificate": certificate}
    readings = {
        level: cs.convert_codes(spec, g, codes, level, full_scale=5e-15, **(known if level == "behavioral" else {}))
        for level in ("ngspice", "nodal", "behavioral")
    }
    for reading in readings.values():
        assert reading.unit == "C" and np.abs(reading.codes - readings["ngspice"].codes).max() <= 1
        assert np.abs(reading.value - reading.sensed).max() <= 5e-15 / 127 / 2 * (1 + 1e-9)
    assert readings["ngspice"].codes.max() > 40


def infer(folder, arrays, *words):
    given = ("infer", arrays, "net.onnx", "--data", "data.npz", "--calibration-images", "20", *words)
    done = circuitsim(*given, "-o", "out", folder=folder)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "out" / "results.json").read_text()), done.stdout


def test_a_network_on_capacitors_agrees_between_the_levels(folder):
    exact, _ = infer(folder, "slow.toml")
    tiles, said = infer(folder, "slow/model.json", "--certificate", "slow/certificate.json", "--strict")
    assert (exact["level"], tiles["level"]) == ("nodal", "behavioral")
    assert tiles["accuracy"] == exact["accuracy"] and tiles["accuracy"]["ideal"] > 0.8
    difference = {form["level"]: form["difference_from_float"]["array"] for form in (exact, tiles)}
    assert difference["behavioral"] == pytest.approx(difference["nodal"], rel=1e-2)
    assert difference["nodal"] == pytest.approx(exact["difference_from_float"]["ideal"], rel=0.1)  # it has settled
    assert re.search(r" [fp]?C \(", said) and not re.search(r" [munp]?A \(", said)
    assert tiles["certificate"]["full_scale_C"] > 1e-15
