"""Every measure of a campaign, from its file to the store, beside the plain calls that it stands for."""

import shutil
import tomllib
from concurrent.futures import ThreadPoolExecutor

import campaign_points
import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

import circuitsim as cs
from circuitsim import calibration, campaign, evaluation, network
from circuitsim.campaign.measures import MEASURES
from circuitsim.campaign.point_keys import generator_of
from circuitsim.devices import device_card
from circuitsim.devices.statistics import draw_conductances, read_statistics

FILE = """\
schema = 1
seed = 3
[base]
schema = 1
array = { rows = 6, cols = 4, cell = "1r" }
device = { model = "rram_cmo", g_min = "10u", g_max = "80u" }
wire = { r_row = 20, r_col = 20, c_row = "0.2f", c_col = "0.2f" }
driver = { v_read = 0.2, t_read = "100n" }
adc = { bits = 6, full_scale = "100u" }
[measures.read]
[measures.error_against_ngspice]
arguments = { level = "ideal" }
[measures.exact]
function = "error_against_ngspice"
[measures.error_of_ideal]
[measures.energy]
[measures.noise]
arguments = { after = 3600.0 }
[measures.programming_yield]
arguments = { tolerance = 0.02 }
[measures.rare_current]
arguments = { limit = 51e-6, draws = 300 }
[measures.layer]
arguments = { inputs = 6, outputs = 2, vectors = 4 }
[measures.layer_in_ngspice]
function = "layer"
arguments = { inputs = 6, outputs = 2, vectors = 4, level = "ngspice" }
[measures.settling]
[measures.certificate]
arguments = { truth = "nodal" }
[measures.accuracy]
arguments = { network = "small.onnx", data = "images.npz", calibration_images = 20 }
[measures.own]
function = "campaign_points:drawn"
arguments = { scale = 2.0 }
"""


def write_network(folder):
    rng = np.random.default_rng(0)
    weights, images = rng.normal(size=(6, 3)).astype(np.float32), rng.uniform(size=(60, 6)).astype(np.float32)
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size]) for name, size in (("x", 6), ("y", 3))]
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    graph = helper.make_graph([node], "small", ends[:1], ends[1:], [numpy_helper.from_array(weights, "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (folder / "small.onnx").write_bytes(model.SerializeToString())
    np.savez(folder / "images.npz", images=images, labels=(images @ weights).argmax(axis=1))


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """The array, values of each measure by name, and a function that makes the generator of a measure anew."""
    folder = tmp_path_factory.mktemp("measures")
    write_network(folder)
    (folder / "c.toml").write_text(FILE)
    shutil.copy(campaign_points.__file__, folder)
    plan = campaign.plan_campaign(campaign.load_campaign(folder / "c.toml"), folder)
    with ThreadPoolExecutor(1) as executor:
        steps = list(campaign.run_campaign(plan, folder / "out", engine=campaign.given_engine(executor)))
    data = campaign.collect_campaign(folder / "out")
    assert steps[-1].done == len(plan.points), [step.outcome.reason for step in steps if step.outcome]
    drawn = {point.measure: point.drawn for point in plan.points}
    values = {str(name): (each.item(), each.attrs.get("units")) for name, each in data.items()}
    return cs.parse_spec(tomllib.loads(FILE)["base"]), values, lambda measure: generator_of(drawn[measure]), folder


def drawn(spec, rng, vectors=8):
    (found,) = calibration.random_experiments(spec, rng, matrices=("log_uniform",), vectors={"uniform": vectors})
    return found.g, found.v_in


def errors(found, truth):
    off = np.abs(found - truth) / np.abs(truth).max()
    return {"rms": (pytest.approx(np.sqrt((off**2).mean()), rel=1e-9), "1"), "largest": (off.max(), "1")}


def held(values, measure, wanted):
    assert {name: values[f"{measure}_{name}"] for name in wanted} == wanted


def test_every_measure_is_measured(measured):
    _, values, _, _ = measured
    functions = {each.get("function", name) for name, each in tomllib.loads(FILE)["measures"].items()}
    assert functions > set(MEASURES)
    assert all(np.isfinite(value) for value, _ in values.values())


def test_reads_are_those_of_the_array_solver(measured):
    spec, values, generator, _ = measured
    g, x = drawn(spec, generator("read"))
    solved = cs.solve(spec, g, x, "nodal")
    assert solved.power is not None
    held(values, "read", {"mean": (solved.out.mean(), "A"), "power": (solved.power.mean(), "W")})
    g, x = drawn(spec, generator("energy"))
    power = cs.solve(spec, g, x, "nodal").power
    assert power is not None
    energy = pytest.approx(power.mean() * 100e-9)
    held(values, "energy", {"read": (energy, "J"), "per_mac": (pytest.approx(power.mean() * 100e-9 / 24), "J")})


def test_a_layer_is_the_same_at_both_levels(measured):
    """One array of 4 columns reads 12 weights; what both levels count and pay for is the same."""
    _, values, _, _ = measured
    names = ("rms", "largest", "energy", "arrays", "converters", "cells", "conversions")
    held(
        values,
        "layer_in_ngspice",
        {n: (pytest.approx(values[f"layer_{n}"][0], rel=1e-6), values[f"layer_{n}"][1]) for n in names},
    )
    assert values["layer_cells"] == (24, "1") and values["layer_conversions"] == (pytest.approx(4 / 12), "1")
    assert 0 < values["layer_rms"][0] < values["layer_largest"][0] < 0.2


def test_errors_are_those_of_two_reads(measured):
    spec, values, generator, _ = measured
    g, x = drawn(spec, generator("error_of_ideal"))
    held(values, "error_of_ideal", errors(x @ g, cs.solve(spec, g, x, "nodal").out))
    g, x = drawn(spec, generator("error_against_ngspice"))
    held(values, "error_against_ngspice", errors(x @ g, cs.solve(spec, g, x, "ngspice").out))
    assert values["exact_largest"][0] < 1e-9 < 1e-3 < values["error_against_ngspice_rms"][0]


def test_noise_is_that_of_one_draw_of_the_cells(measured):
    spec, values, generator, _ = measured
    rng = generator("noise")
    g, x = drawn(spec, rng)
    statistics = read_statistics(device_card(spec))
    aged = draw_conductances(statistics, g, 3600.0, causes=["programming", "drift"], rng=rng)
    held(
        values,
        "noise",
        errors(cs.solve(spec, aged, x, "nodal", drawn=True).out, cs.solve(spec, g, x, "nodal").out),
    )


def test_settling_is_that_of_reads_in_time(measured):
    spec, values, generator, _ = measured
    g, x = drawn(spec, generator("settling"), vectors=2)
    reads = cs.solve_in_time(spec, g, x, level="nodal")
    slowest = max(each.settling.max() for each in reads)
    held(values, "settling", {"slowest": (slowest, "s"), "energy": (np.mean([each.energy for each in reads]), "J")})


def test_models_are_calibrated_as_by_a_plain_call(measured):
    spec, values, generator, folder = measured
    _, stated = cs.calibrate(spec, rng=generator("certificate"), truth="nodal", search="none")
    wanted = {"rms": (stated.typical.rms, "1"), "full_scale": (stated.full_scale, stated.unit)}
    held(values, "certificate", wanted)
    data = np.load(folder / "images.npz")
    accuracy, _ = evaluation.calibrated_accuracy(
        network.load_network(folder / "small.onnx"),
        spec,
        data["images"][20:],
        data["labels"][20:],
        calibration_images=data["images"][:20],
        rng=generator("accuracy"),
    )
    held(values, "accuracy", {"accuracy": (accuracy, "1")})
    assert accuracy > 0.8


def test_a_function_of_the_users_gets_the_array_and_its_generator(measured):
    _, values, generator, _ = measured
    rng = generator("own")
    held(values, "own", {"x": (2.0 * rng.standard_normal() + 6, "V"), "y": (rng.standard_normal(), "A")})
