"""The benchmark of models tells errors and times of all of them on one array, against ngspice where asked."""

import numpy as np
import pytest

from circuitsim import nodal
from circuitsim.behavioral import GRADES, mvm, program
from circuitsim.bench.calibration import HOLD_OUT, SEED, VECTORS, Case, calibration_benchmark, case_spec
from circuitsim.bench.tables import calibration_tables
from circuitsim.calibration import full_scale_of_box, random_experiments
from circuitsim.levels import surface_of
from circuitsim.results import TileModel


def _largest_error(spec):
    """The largest error [A] of grade 1 on the hold-out of the benchmark."""
    model = TileModel(spec, surface_of(spec), 1, spec.drive_range)
    drawn = random_experiments(spec, np.random.default_rng(SEED), matrices=HOLD_OUT, vectors=VECTORS)
    exact = [nodal.read(nodal.prepare(spec, e.g, model.surface), e.v_in).out for e in drawn]
    return max(np.abs(mvm(program(model, e.g), e.v_in) - out).max() for e, out in zip(drawn, exact, strict=True))


def test_every_model_has_its_error_and_time():
    cases = [Case("sinh", 16, 10.0, 0.4)]
    result = calibration_benchmark(cases=cases, batch=64, repeats=1, ngspice_up_to=16)
    (case,) = result["cases"]
    assert case["truth"] == "ngspice"
    spec = case_spec(cases[0])
    assert case["full_scale_A"] == full_scale_of_box(spec, surface_of(spec))[0]
    names = ["ideal", "jeong", "dmr", "alpha beta", "neural network", *(f"grade {grade}" for grade in GRADES)]
    models = {entry["name"]: entry for entry in case["models"]}
    assert list(models) == names
    assert models["grade 1"]["max"] == pytest.approx(_largest_error(spec) / case["full_scale_A"], rel=1e-4)
    for entry in models.values():
        numbers = [entry[key] for key in ("rms", "max", "read_ms", "over_plain_product")]
        assert np.isfinite(numbers).all() and min(numbers) > 0 and entry["rms"] < entry["max"]
    assert models["grade 3"]["rms"] < 0.1 * min(models[name]["rms"] for name in names[:5])
    assert list(calibration_tables(result)[1].columns[0].cells) == names
