"""Mismatch and temperature as causes of error where inputs switch gates, against ngspice."""

from dataclasses import replace

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import calibration, netlist, truth
from circuitsim.calibration.budget_gates import gated_outputs
from circuitsim.calibration.drawn import calibrated_cells, calibrated_levels

ALIKE = 1e-5  # of full scale, of a string's own current; found: 1.2e-6
OF_MISMATCH = 0.05  # of the largest effect of the transistors, which is 4e-4 on word lines and 5e-6 in strings


def gates(line: str, **parts):
    wire = {"r_row": 1.0, "r_col": 5.0, **({"r_bl": 5.0} if line == "wl" else {})}
    spec = cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": 6, "cols": 3, "cell": "1t1r", "input_line": line},
            "device": {"model": "rram_ohmic", "g_min": 2e-6, "g_max": 5e-5},
            "access": {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8, "a_vt": 4e-9},
            "wire": wire,
            "driver": {"v_read": 0.2, "r_out": 50},
            "sense": {"r_in": 30.0},
        }
    )
    return spec.replace(**parts)


CASES = {
    "levels": gates("wl", driver={"gate_levels": [0.0, 0.7, 1.8]}, access={"a_beta": 1e-8}),
    "string": gates("string", array={"temperature_c": 60.0}),
}


@pytest.mark.filterwarnings("ignore::circuitsim.errors.CellErrorWarning")
@pytest.mark.parametrize("case", list(CASES))
def test_cells_mismatch_and_the_total_are_those_of_ngspice(case):
    spec = CASES[case]
    (on, off), between = calibrated_cells(spec, None, g_range=None), calibrated_levels(spec, g_range=None)
    x = np.array([[1, 0, 1, 0, 1, 1.0], [1, 1, 1, 1, 1, 1], [0, 0, 1, 1, 1, 0]])
    x[0] *= 1.0 if case == "string" else 0.5
    kinds = {"all_on": len(x)}
    (drawn,) = calibration.random_experiments(spec, np.random.default_rng(0), matrices=("uniform",), vectors=kinds)
    experiment = replace(drawn, g=np.geomspace(2e-6, 5e-5, 18).reshape(6, 3), v_in=x)
    found = gated_outputs(spec, on, off, [experiment], rng=np.random.default_rng(1), between=between)

    drawn = netlist.sample_mismatch(spec, np.random.default_rng(1))
    bare = {"r_row": 0.0, "r_col": 0.0, **({"r_bl": 0.0} if spec.array.input_line == "wl" else {})}
    alone = spec.replace(wire=bare, driver={"r_out": 0.0}, sense={"r_in": 0.0})
    nominal = alone.replace(array={"temperature_c": 27.0})

    def by_ngspice(spec, mismatch=None):
        return truth.read(truth.prepare(spec, experiment.g, mismatch=mismatch), x).out.ravel()

    alike = by_ngspice(alone)
    cells = by_ngspice(nominal) if case == "string" else alike
    together, change = by_ngspice(spec, drawn), by_ngspice(alone, drawn) - alike
    scale = np.abs(together) if case == "string" else np.abs(together).max()
    change_found = found.single["mismatch"] - found.ideal
    np.testing.assert_array_less(np.abs(found.together - together) / scale, ALIKE)
    np.testing.assert_array_less(np.abs(found.single["cells"] - cells) / scale, ALIKE)
    np.testing.assert_array_less(np.abs(change_found - change) / scale, OF_MISMATCH * np.abs(change / scale).max())
    if case == "string":
        temperature = found.single["temperature"] - found.ideal
        assert np.abs((alike - cells) / scale).max() > 10 * ALIKE
        np.testing.assert_array_less(np.abs(temperature - (alike - cells)) / scale, ALIKE)
    else:
        assert "temperature" not in found.single and any("temperature" in said for said in found.left_out)
