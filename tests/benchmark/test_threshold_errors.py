"""Surfaces of cells from below threshold to full gate voltage: their bound, size and cost, and what an array then errs.

As a script it writes the whole table: `python tests/benchmark/test_threshold_errors.py table.csv nmos_130 nmos_65`.
"""

import csv
import sys
import tempfile
import warnings
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

import numpy as np
import pytest

from circuitsim import characterization, levels, nodal
from circuitsim.errors import CircuitsimError, CircuitsimWarning
from circuitsim.nodal.judgement import CELLS_TOLD
from circuitsim.spec import ArraySpec, parse_spec

LENGTHS = {
    "nmos_130": 1.3e-7,
    "nmos_65": 6e-8,
    "nmos_28": 3e-8,
    "pmos_130": 1.3e-7,
    "pmos_65": 6e-8,
    "nmos_level1": 1.3e-7,
    "nmos_bsim4_default": 1.3e-7,
    "sky130_nfet_01v8": 1.5e-7,
}
V_GATES = np.arange(3, 19) / 10  # [V]; negative for a PMOS
TEMPERATURES = (-40.0, 25.0, 125.0)  # [°C]


def spec_of(transistor: str, v_gate: float, temperature_c: float, n: int = 16) -> ArraySpec:
    """An array of 1 to 100 µS behind a transistor, with wires of 2 ohm."""
    sign = -1 if transistor.startswith("pmos") else 1
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": n, "cols": n, "temperature_c": temperature_c},
            "device": {"model": "rram_sinh", "g_min": 1e-6, "g_max": 1e-4},
            "access": {"model": transistor, "w": 1e-6, "l": LENGTHS[transistor], "v_gate": sign * v_gate},
            "wire": {"r_row": 2.0, "r_col": 2.0},
            "driver": {"v_read": 0.2},
        }
    )


def measured(spec: ArraySpec) -> dict[str, float | str]:
    """Characterize the cell of an array and compare a random array with ngspice, relative to its largest current."""
    rng = np.random.default_rng(5)
    g, x = 10 ** rng.uniform(-6, -4, spec.shape), rng.uniform(0, 0.2, (4, spec.array.rows))
    x[0] = 0.2
    started = _cpu()
    try:
        with tempfile.TemporaryDirectory() as cache:
            surface = characterization.cell(spec, cache=Path(cache))
    except CircuitsimError as error:
        return {"refused": str(error)}
    made = _cpu()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CircuitsimWarning)
        found = nodal.read(nodal.prepare(spec, g, surface), x)
        truth = levels.solve(spec, g, x, "ngspice").out
    assert found.cell_error is not None
    series = surface.transistor
    return {
        "i_max_a": surface.i_max,
        "bound": surface.bound,
        "coefficients": 2 * surface.forward.size + (0 if series is None else 2 * series.forward.size),
        "shape": "x".join(map(str, surface.forward.shape)),
        "cpu_s": made - started,
        "error": float(np.abs(found.out - truth).max() / np.abs(truth).max()),
        "told": float(found.cell_error.max()),
        "largest_a": float(np.abs(truth).max()),
        "method": found.provenance.options["method"],
    }


def _cpu() -> float:
    return sum(used.ru_utime + used.ru_stime for used in map(getrusage, (RUSAGE_SELF, RUSAGE_CHILDREN)))


@pytest.mark.parametrize("temperature_c", [-40.0, 125.0])
@pytest.mark.parametrize("v_gate", [0.3, 0.5, 0.7, 1.0])
@pytest.mark.parametrize("transistor", ["nmos_130", "nmos_65"])
def test_an_array_near_threshold_is_as_exact_as_others(transistor, v_gate, temperature_c):
    row = measured(spec_of(transistor, v_gate, temperature_c))
    assert row["error"] <= 1e-7 and row["told"] <= CELLS_TOLD
    assert row["cpu_s"] <= 10


def main(path: str, transistors: list[str], v_gates: list[float]) -> None:
    """Write one line per transistor, gate voltage and temperature."""
    names = ["transistor", "v_gate_v", "temperature_c", "i_max_a", "bound", "coefficients", "shape", "cpu_s", "error"]
    with Path(path).open("w", newline="") as file:
        table = csv.DictWriter(file, [*names, "told", "largest_a", "method", "refused"])
        table.writeheader()
        for transistor in transistors or LENGTHS:
            for v_gate in v_gates:
                for temperature_c in TEMPERATURES:
                    here = {"transistor": transistor, "v_gate_v": v_gate, "temperature_c": temperature_c}
                    table.writerow({**here, **measured(spec_of(transistor, v_gate, temperature_c))})
                    file.flush()


if __name__ == "__main__":
    main(
        sys.argv[1],
        [name for name in sys.argv[2:] if name in LENGTHS],
        [float(v) for v in sys.argv[2:] if v not in LENGTHS] or list(V_GATES),
    )
