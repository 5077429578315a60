"""The benchmark of models tells errors and times of all of them on one array, against ngspice where asked."""

import numpy as np

from circuitsim.behavioral import GRADES
from circuitsim.bench.calibration import Case, calibration_benchmark
from circuitsim.bench.tables import calibration_tables


def test_every_model_has_its_error_and_time():
    cases = [Case("sinh", 16, 10.0, 0.4)]
    result = calibration_benchmark(cases=cases, batch=64, repeats=1, ngspice_up_to=16)
    (case,) = result["cases"]
    assert case["truth"] == "ngspice"
    names = ["ideal", "jeong", "dmr", "alpha beta", "neural network", *(f"grade {grade}" for grade in GRADES)]
    models = {entry["name"]: entry for entry in case["models"]}
    assert list(models) == names
    for entry in models.values():
        numbers = [entry[key] for key in ("rms", "max", "read_ms", "over_plain_product")]
        assert np.isfinite(numbers).all() and min(numbers) > 0 and entry["rms"] < entry["max"]
    assert models["grade 3"]["rms"] < 0.1 * min(models[name]["rms"] for name in names[:5])
    assert list(calibration_tables(result)[1].columns[0].cells) == names
