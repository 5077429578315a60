"""Every public function answers a wrong type in one sentence; every public value that holds arrays can be compared."""

import dataclasses
import importlib
import inspect
import pickle
import pkgutil
from typing import Any

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import calibration, devices, export, netlist, nodal, results, spice, truth
from circuitsim.errors import InputError

NAMES = ("campaign", "calibration", "evaluation", "results", "network", "nodal")
NAMES += ("truth", "netlist", "spice", "devices", "export", "levels", "presets")
FACES = ("circuitsim", *(f"circuitsim.{name}" for name in NAMES))
OTHERS = ("spec", "levels", "chain", "behavioral")
ROOMS = (*FACES, *(f"circuitsim.{name}" for name in OTHERS))
NOT_COMPARED = {"LinearArray"}  # holds the factors of a matrix, which have no values

SPEC = cs.parse_spec(
    {
        "schema": 1,
        "array": {"rows": 6, "cols": 4, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
        "wire": {"r_row": 2.0, "r_col": 2.0},
        "driver": {"v_read": 0.2},
    }
)
G, X = np.geomspace(1e-6, 1e-4, 24).reshape(6, 4), np.linspace(0.0, 0.2, 12).reshape(2, 6)


def _public(faces, kind):
    found = {}
    for face in faces:
        module = importlib.import_module(face)
        found |= {f"{face}.{name}": getattr(module, name) for name in module.__all__}
    return {name: value for name, value in found.items() if kind(value)}


# Written for other rooms, which have checked the arguments before.
CHECKED_BEFORE = {"checked_crossbar", "checked_transient"}
FUNCTIONS = {
    name: function
    for name, function in _public(FACES, inspect.isfunction).items()
    if function.__name__ not in CHECKED_BEFORE
    and any(each.default is each.empty for each in inspect.signature(function).parameters.values())
}
VALUES = {
    name: value
    for name, value in _public(ROOMS, dataclasses.is_dataclass).items()
    if any("ndarray" in str(field.type) and "Callable" not in str(field.type) for field in dataclasses.fields(value))
}
WRONG = type("Wrong", (), {})


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_wrong_type_is_refused_in_one_sentence(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    function = FUNCTIONS[name]
    parameters = inspect.signature(function).parameters.values()
    given = {p.name: WRONG() for p in parameters if p.default is p.empty}
    with pytest.raises(InputError) as refused:
        result = function(**given)
        if hasattr(result, "__enter__"):
            result.__enter__()
    assert "\n" not in str(refused.value)
    first = next((p.name for p in parameters if p.name in given and p.annotation is not Any), "")
    assert str(refused.value).startswith((first, function.__name__, "a value of type Wrong"))


@pytest.mark.parametrize("name", VALUES)
def test_values_with_arrays_have_an_equality_that_answers(name):
    if VALUES[name].__name__ not in NOT_COMPARED:
        assert "by_value" in VALUES[name].__eq__.__qualname__


@pytest.mark.parametrize("room", ["nodal", "periphery", "network", "calibration", "behavioral", "results", "chain"])
def test_data_is_frozen(room):
    package = importlib.import_module(f"circuitsim.{room}")
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        for value in vars(importlib.import_module(info.name)).values():
            if inspect.isclass(value) and dataclasses.is_dataclass(value):
                assert value.__dataclass_params__.frozen, value


def test_equal_results_are_equal_and_hash_alike():
    one, two = (cs.solve(SPEC, G, X) for _ in range(2))
    assert one == two and hash(one) == hash(two) and one == pickle.loads(pickle.dumps(one))
    assert one != cs.solve(SPEC, G, X * 0.5) and one != "text"
    assert one.provenance == two.provenance and hash(one.provenance) == hash(two.provenance)
    model, other = (results.TileModel(SPEC, nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), 1, (0.0, 0.2)) for _ in range(2))
    assert model == other and hash(model) == hash(other)
    assert model != dataclasses.replace(model, surface=nodal.ohmic((1e-6, 1e-4), (0.0, 0.2), r_series=1e3))
    assert cs.prepare(SPEC, G) == cs.prepare(SPEC, G) != cs.prepare(SPEC, G * 0.99 + 1e-8)
    assert SPEC.wires == SPEC.wires != SPEC.replace(wire={"r_row": 3.0}).wires


def test_options_of_a_result_cannot_be_changed():
    with pytest.raises(TypeError, match="frozen"):
        cs.solve(SPEC, G, X).provenance.options["tol"] = "0"


def _origin(**changes):
    given = {"spec": SPEC, "g": G, "x": X} | changes
    return cs.solve(given["spec"], given["g"], given["x"], given.get("level", "nodal")).provenance


def test_provenance_tells_apart_what_was_given():
    array = cs.prepare(SPEC, G)
    one = cs.read(array, X).provenance
    assert one == _origin()
    assert one != _origin(g=G * 0.99 + 1e-8)
    assert one != nodal.read(array, X, v_sense=np.full((2, 4), 0.05)).provenance
    other = SPEC.replace(wire={"r_row": 99.0}).wires
    assert one != nodal.read(nodal.prepare(SPEC, G, wires=other), X).provenance
    assert one == nodal.read(nodal.prepare(SPEC, G, wires=SPEC.wires), X).provenance
    drawn = SPEC.replace(technique={"partition": (3, 4)})
    assert _origin(spec=drawn) != _origin(spec=drawn, g=G * 0.99 + 1e-8)
    assert _origin(spec=drawn).given["g"] == one.given["g"] == results.content_digest(G)


def test_provenance_names_the_calibrated_model():
    model = results.TileModel(SPEC, nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), 1, (0.0, 0.2))
    experiments = calibration.random_experiments(
        SPEC, np.random.default_rng(0), matrices=("uniform", "log_uniform"), vectors={"uniform": 12}
    )
    truths = calibration.solve_in_nodal(SPEC, model.surface, experiments)
    certificate = calibration.certify(model, experiments, truths, provenance=truths[0].provenance)
    assert certificate.decks == ()  # the array solver ran no deck of an array
    larger = SPEC.replace(array={"rows": 8})
    with pytest.warns(cs.errors.OutsideCertificateWarning, match="a size other than"):
        read = cs.solve(
            larger, np.full((8, 4), 5e-5), np.full((1, 8), 0.1), "behavioral", model=model, certificate=certificate
        )
    assert read.provenance.options["model"] == certificate.model_digest == model.digest
    assert read.provenance.spec_digest == larger.digest
    stranger = dataclasses.replace(certificate, model_digest="ab" * 32)
    for wrong, sentence in ((stranger, "belongs to model"), ("c.json", "certificate is of type str")):
        with pytest.raises(InputError, match=sentence):
            cs.prepare(SPEC, G, "behavioral", model=model, certificate=wrong)
    assert cs.solve(SPEC, G, X, "behavioral", model=model).provenance != (
        cs.solve(SPEC, G * 0.99 + 1e-8, X, "behavioral", model=model).provenance
    )


@pytest.mark.parametrize("threads", [0, -3, "a", 1.5])
def test_threads_are_counted(threads):
    for call in (nodal.read, nodal.effective_matrix):
        with pytest.raises(InputError, match=r"threads = .*: expected a whole number >= 1"):
            call(cs.prepare(SPEC, G), *([X] if call is nodal.read else []), threads=threads)


def test_the_effective_matrix_acts_on_voltages_above_the_reference():
    spec = SPEC.replace(sense={"v_ref": 0.1})
    array = cs.prepare(spec, G)
    np.testing.assert_allclose((X - 0.1) @ cs.effective_matrix(array), cs.read(array, X).out, rtol=1e-10)


def test_masked_inputs_are_refused_at_every_door():
    g, x = np.ma.masked_array(G, mask=False), np.ma.masked_array(X, mask=False)
    g[0, 0], x[0, 0] = np.ma.masked, np.ma.masked
    model = results.TileModel(SPEC, nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), 1, (0.0, 0.2))
    array, tile = cs.prepare(SPEC, G), cs.program(model, G)
    for call in (
        lambda: cs.solve(SPEC, g, X),
        lambda: cs.solve(SPEC, G, x),
        lambda: cs.solve(SPEC, g, X, "behavioral", model=model),
        lambda: cs.read(array, x),
        lambda: nodal.read(array, X, v_sense=np.ma.masked_array(np.zeros((2, 4)), mask=True)),
        lambda: nodal.linear_array(SPEC.wires, g),
        lambda: nodal.sensitivity(array, X, np.ma.masked_array(np.zeros((2, 4)), mask=True)),
        lambda: cs.mvm(tile, x),
        lambda: cs.program(model, g),
        lambda: results.Experiment("a", g, ("u", "u"), X),
        lambda: calibration.error_statistics(np.ma.masked_array([0.0], mask=True)),
    ):
        with pytest.raises(InputError, match=r"mask|MaskedArray"):
            call()


MODEL = results.TileModel(SPEC, nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), 1, (0.0, 0.2))
CARD = devices.device_card(SPEC)
DECK = netlist.crossbar(SPEC, G, X)
BAD_VALUES = {
    "spice_macro": lambda: export.spice_macro(cs.program(MODEL, G), name="a b\n.control"),
    "veriloga_model": lambda: export.veriloga_model(cs.program(MODEL, G), name=""),
    "systemverilog_model": lambda: export.systemverilog_model(cs.program(MODEL, G), name="n" * 129),
    "neurosim_noise_table": lambda: export.neurosim_noise_table(MODEL, bits=-1, rng=np.random.default_rng(0)),
    "neurosim vectors": lambda: export.neurosim_noise_table(MODEL, bits=1, rng=np.random.default_rng(0), vectors=0),
    "load_card": lambda: devices.load_card("../../etc"),
    "load_folder": lambda: devices.load_folder("no/such/folder"),
    "read_measurement": lambda: devices.read_measurement("no/such/file.csv"),
    "read_measurement columns": lambda: devices.read_measurement("no/such/file.csv", columns=3),
    "access_card": lambda: devices.access_card(SPEC),
    "half_lsb": lambda: truth.half_lsb(SPEC),
    "truth.read_in_time": lambda: truth.read_in_time(SPEC, G, X, band=-1.0),
    "truth.read folder": lambda: truth.read(truth.prepare(SPEC, G), X, folder=3),
    "run_many jobs": lambda: spice.run_many([DECK], n_jobs=0),
    "run time": lambda: spice.run(DECK, time_limit_s="soon"),
    "run options": lambda: spice.run(DECK, options={"reltoll": "1e-3"}),
    "predict": lambda: spice.predict((6, "4"), simulator=None),
    "crossbar": lambda: netlist.crossbar(SPEC, G[:2], X),
    "transient": lambda: netlist.transient(SPEC, G, X),
    "raw vector": lambda: spice.run("* rc\nv1 a 0 1\nr1 a 0 1\n.op\n.end\n")["v(b)"],
}


@pytest.mark.parametrize("name", BAD_VALUES)
def test_a_bad_value_is_refused_in_one_sentence(name):
    with pytest.raises(InputError) as refused:
        BAD_VALUES[name]()
    assert len(str(refused.value).splitlines()) == 1
