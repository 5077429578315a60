"""Uniform arrays: the exact series, published numbers, the array solver and ngspice side by side.

All cells equal R, all inputs equal V, so the error of a column does not depend on V. In topology (a) the node voltages
separate into products of sines along the rows and cosines along the columns:

    V_row = Σ ψ_q(i) φ_p(j) v_qp,   φ_p(j) = 2/√(2M+1) sin((2p−1)πj/(2M+1)),
                                    ψ_q(i) = 2/√(2N+1) cos((2q−1)π(i−½)/(2N+1)),

with v_qp from one 2 × 2 system per mode. N rows, M columns, a = r_row/R, c = r_col/R.
"""

import json
import sys
import tomllib
from pathlib import Path

import numpy as np

import circuitsim as cs
from circuitsim.results import write_text

HERE = Path(__file__).parent
NGSPICE_UP_TO = 64


def series_currents(rows: int, cols: int, r_cell: float, r_wire: float, v: float = 1.0) -> np.ndarray:
    """Column currents (cols,) [A] of a uniform array in topology (a)."""
    a = r_wire / r_cell
    p, q = np.arange(1, cols + 1), np.arange(1, rows + 1)
    j, i = np.arange(1, cols + 1), np.arange(1, rows + 1)
    alpha = 2 - 2 * np.cos((2 * p - 1) * np.pi / (2 * cols + 1))
    beta = 2 - 2 * np.cos((2 * q - 1) * np.pi / (2 * rows + 1))
    phi = 2 / np.sqrt(2 * cols + 1) * np.sin(np.outer(2 * p - 1, j) * np.pi / (2 * cols + 1))
    psi = 2 / np.sqrt(2 * rows + 1) * np.cos(np.outer(2 * q - 1, i - 0.5) * np.pi / (2 * rows + 1))
    drive = np.outer(psi.sum(axis=1), v * phi[:, 0])
    v_qp = drive * (beta[:, None] + a) / ((alpha + a) * (beta[:, None] + a) - a * a)
    v_col = psi.T @ (a * v_qp / (beta[:, None] + a)) @ phi
    return v_col[-1] / r_wire


def uniform(
    n: int, r_cell: float, r_wire: float, *, first_row_segment: bool = True, r_end: float = 0.0
) -> cs.ArraySpec:
    """Specification of a uniform passive array."""
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": n, "cols": n, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 0.5 / r_cell, "g_max": 1 / r_cell},
            "wire": {"r_row": r_wire, "r_col": r_wire, "first_row_segment": first_row_segment},
            "driver": {"v_read": 1.0},
            "sense": {"r_in": r_end},
        }
    )


def errors(spec: cs.ArraySpec, level: str) -> np.ndarray:
    """Relative error of each column (cols,) against the product without wires."""
    g = np.full(spec.shape, spec.device.g_max)
    v_in = np.ones((1, spec.array.rows))
    return 1 - cs.solve(spec, g, v_in, level=level).i_out[0] / (v_in @ g)[0]  # pyright: ignore


def main() -> int:
    """Compute every case, write result.json, and say what is outside its tolerance."""
    claim = tomllib.loads((HERE / "claim.toml").read_text(encoding="utf-8"))
    rows: list[dict] = []
    for case in claim["series"]["cases"]:
        n, spec = case["n"], uniform(case["n"], case["r_cell"], case["r_wire"])
        ideal = n / case["r_cell"]
        exact = 1 - series_currents(n, n, case["r_cell"], case["r_wire"]) / ideal
        stated = np.array([case["first"], case["last"], case["mean"]])
        rows.append(_row(case, "series", _three(exact), stated, 1e-11))
        rows.append(_row(case, "nodal", errors(spec, "nodal"), exact, claim["series"]["tolerance_nodal"]))
        if n <= NGSPICE_UP_TO:
            rows.append(_row(case, "ngspice", errors(spec, "ngspice"), exact, claim["series"]["tolerance_ngspice"]))
    cases = [(c, c["n"], 1e3 * c["rho"], 0.0) for c in claim["microcap"]["cases"]]
    cases += [(c, c["n"], c["r_wire"], c["r_end"]) for c in claim["microcap"]["sense_cases"]]
    for case, n, r_wire, r_end in cases:
        found = errors(uniform(n, 1e3, r_wire, first_row_segment=False, r_end=r_end), "nodal").mean()
        rows.append(_row(case, "nodal", found, case["mean"], claim["microcap"]["tolerance"]))
    for row in rows:
        print(f"{'pass' if row['pass'] else 'FAIL'}  {row['level']:8s} off by {row['off']:.1e}  {row['case']}")
    write_text(HERE / "result.json", json.dumps(rows, indent=2) + "\n")
    return 0 if all(row["pass"] for row in rows) else 1


def _row(case: dict, level: str, found: object, expected: object, tolerance: float) -> dict:
    off = float(np.max(np.abs(np.asarray(found) / np.asarray(expected) - 1)))
    return {"case": case, "level": level, "off": off, "tolerance": tolerance, "pass": off <= tolerance}


def _three(error: np.ndarray) -> np.ndarray:
    return np.array([error[0], error[-1], error.mean()])


if __name__ == "__main__":
    sys.exit(main())
