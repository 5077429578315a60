"""Tiles of strings against ngspice: errors of each current itself, over three decades of currents."""

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import behavioral, calibration, characterization
from circuitsim.errors import OutsideRangeError
from circuitsim.results import TileModel
from circuitsim.spec import parse_spec

RRAM = {"model": "rram_sinh", "g_min": 1e-6, "g_max": 1e-4}
MTJ = {"model": "mtj_pma", "g_min": 5.18121e-05, "g_max": 0.000166667}


def string_of(device, rows, cols, **parts):
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1t1r", "input_line": "string"},
            "device": device,
            "access": {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8},
            "wire": {"r_row": 0.0, "r_col": 2.0},
            "driver": {"v_read": 0.2},
        }
    )
    return spec.replace(**parts) if parts else spec


def drawn(spec, rng):
    low, high = spec.device.g_min, spec.device.g_max
    g = np.exp(rng.uniform(np.log(low), np.log(high), spec.shape))
    return np.where(g * g < low * high, low, high) if spec.device.model == "mtj_pma" else g


@pytest.mark.parametrize(("device", "rows"), [(RRAM, 16), (MTJ, 32)], ids=["rram_sinh", "mtj_pma"])
def test_a_tile_is_within_a_thousandth_of_each_current(device, rows):
    """All, none, single rows, a block, half: 8e-5 and less measured at grade 3, 2e-4 at grade 2."""
    spec, rng = string_of(device, rows, 4), np.random.default_rng(7)
    g, place = drawn(spec, rng), np.arange(rows)
    block = (place >= 3) & (place < 7)
    x = np.vstack([np.ones(rows), np.zeros(rows), np.eye(rows)[[0, rows // 2]], block, rng.random(rows) < 0.5])
    truth = cs.solve(spec, g, x, "ngspice").out
    assert truth.max() > 10 * truth.min()
    on, off = characterization.gated_cells(spec)
    for grade, allowed in ((2, 5e-4), (3, 2e-4)):
        tile = behavioral.program(TileModel(spec, on, grade, (0.0, 1.0), off=off), g)
        assert np.abs(behavioral.mvm(tile, x.astype(float)) / truth - 1).max() <= allowed


def test_strings_are_certified_against_ngspice():
    spec = string_of(MTJ, 16, 6)
    result = calibration.calibrate(spec, rng=np.random.default_rng(0), search="structured")
    certificate, model = result.certificate, result.model
    assert certificate.reached and (certificate.truth, certificate.relative_to) == ("ngspice", "the current itself")
    assert certificate.circuit.max <= 1e-6
    assert certificate.worst.witness.ngspice == pytest.approx(certificate.worst.witness.nodal, rel=1e-6)
    rng = np.random.default_rng(9)
    kinds = {"half": 3, "single": 2, "none_on": 1}
    fresh = calibration.random_experiments(spec, rng, matrices=("uniform", "dense"), vectors=kinds)
    assert calibration.verify(model, certificate, fresh, calibration.solve_in_ngspice(spec, fresh)).holds


def test_longer_strings_are_certified_on_the_array_solver_and_a_corner():
    result = calibration.calibrate(
        string_of(RRAM, 24, 6), rng=np.random.default_rng(0), truth="nodal", search="structured"
    )
    spot = result.certificate.spot
    assert result.certificate.reached and (spot.rows, spot.cols) == (8, 6)
    assert spot.error.max <= 1e-6


def test_a_current_against_the_bias_is_refused():
    """At 0.8 V on 16 cells of g_min, of which one is selected, the powers of a tile lead below 0; ngspice: 0.8 µA."""
    spec = string_of(RRAM, 16, 2, driver={"v_read": 0.8})
    on, off = characterization.gated_cells(spec)
    tile = behavioral.program(TileModel(spec, on, 3, (0.0, 1.0), off=off), np.full(spec.shape, 1e-6))
    with pytest.raises(OutsideRangeError, match="a current against the bias; use a smaller v_read"):
        behavioral.mvm(tile, np.eye(16))


@pytest.mark.parametrize("line", ["string", "wl"])
@pytest.mark.parametrize(("rows", "v_ref"), [(1, 0.0), (2, 0.3), (6, 0.3)])
def test_few_rows_and_a_reference_are_certified(line, rows, v_ref):
    wires = {"r_row": 2.0, "r_col": 2.0, **({"r_bl": 2.0} if line == "wl" else {})}
    spec = string_of(RRAM, 6, 2).replace(array={"input_line": line, "rows": rows}, wire=wires, sense={"v_ref": v_ref})
    result = calibration.calibrate(spec, rng=np.random.default_rng(0), truth="nodal", search="structured")
    assert result.certificate.typical.rms < 1e-3
