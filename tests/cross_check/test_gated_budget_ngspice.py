"""Budget of an array on gates or of strings against ngspice: the cells alone, and all causes with their noise."""

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import calibration
from circuitsim.calibration.budget_gates import _now, gated_outputs
from circuitsim.calibration.budget_samples import draw_sample
from circuitsim.calibration.drawn import calibrated_cells, device_statistics, drawn_reach

# The cells are characterized for all that programming draws, 2 nS to 36 µS, and say 2e-5 of the largest output.
ALIKE = 1e-4


def gates(line: str, **parts):
    wire = {"r_row": 1.0, "r_col": 5.0, **({"r_bl": 5.0} if line == "wl" else {})}
    spec = cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": 6, "cols": 3, "cell": "1t1r", "input_line": line},
            "device": {"model": "pcm_joshi", "g_min": 2e-6, "g_max": 2e-5},
            "access": {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8},
            "wire": wire,
            "driver": {"v_read": 0.2, "r_out": 50},
            "sense": {"r_in": 30.0},
        }
    )
    return spec.replace(**parts) if parts else spec


@pytest.mark.filterwarnings("ignore::circuitsim.errors.CellErrorWarning")
@pytest.mark.parametrize("line", ["wl", "string"])
def test_cells_and_everything_together_are_those_of_ngspice(line):
    spec = gates(line)
    on, off = calibrated_cells(spec, None, g_range=drawn_reach(spec))
    statistics, _ = device_statistics(spec)
    (experiment,) = calibration.random_experiments(
        spec, np.random.default_rng(0), matrices=("uniform",), vectors={"half": 3, "all_on": 1}
    )
    found = gated_outputs(spec, on, off, [experiment], rng=np.random.default_rng(1), statistics=statistics)
    bare = {"r_row": 0.0, "r_col": 0.0, **({"r_bl": 0.0} if line == "wl" else {})}
    alone = spec.replace(wire=bare, driver={"r_out": 0.0}, sense={"r_in": 0.0})
    cells = cs.solve(alone, experiment.g, experiment.v_in, "ngspice").out
    np.testing.assert_allclose(found.single["cells"], cells.ravel(), rtol=ALIKE)
    sample = draw_sample(spec, experiment, statistics, np.random.default_rng(1))
    drawn = _now(spec, sample)
    assert drawn.shape == (4, 6, 3) and np.ptp(drawn, axis=0).min() > 0
    together = [
        cs.solve(spec, g, x[None], "ngspice", drawn=True).out[0] for g, x in zip(drawn, experiment.v_in, strict=True)
    ]
    np.testing.assert_allclose(found.together, np.ravel(together), rtol=ALIKE)
