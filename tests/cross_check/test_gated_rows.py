"""Arrays whose inputs switch gates, from calibration against ngspice to codes and a verified certificate."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import calibration
from circuitsim.errors import SpecError
from circuitsim.netlist import read_pulse
from circuitsim.spec import parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 12, "cols": 6, "cell": "1t1r", "input_line": "wl"},
        "device": {"model": "rram_sinh", "g_min": 1e-6, "g_max": 1e-4, "params": {"v0": 0.25}},
        "access": {"model": "nmos_130", "w": 1e-6, "l": 1.3e-7, "v_gate": 1.8},
        "wire": {"r_row": 5.0, "r_col": 8.0, "r_bl": 8.0, "col_drive": "top"},
        "driver": {"v_read": 0.2, "input_code": "bit_serial", "dac_bits": 4},
        "adc": {"bits": 8, "full_scale": 2e-4},
    }
)


@pytest.fixture(scope="module")
def result():
    return calibration.calibrate(SPEC, rng=np.random.default_rng(0), search="structured", max_rms=2e-4)


def test_a_certificate_against_ngspice_is_reached(result):
    certificate = result.certificate
    assert certificate.truth == "ngspice" and certificate.reached
    assert certificate.circuit.rms < 1e-7  # the array solver is the same circuit
    witness = certificate.worst.witness
    assert abs(witness.ngspice - witness.nodal) < 1e-6 * certificate.full_scale
    causes = {cause.name for cause in certificate.budget.causes}
    assert causes >= {"cells", "wires", "driver", "sense"}
    assert not any("causes of" in sentence for sentence in certificate.left_out)
    assert certificate.energy.difference < 1e-5


def test_the_levels_agree_within_the_certificate(result):
    rng = np.random.default_rng(7)
    g, x = 10 ** rng.uniform(-6, -4, SPEC.shape), (rng.random((6, 12)) < 0.5).astype(float)
    exact = cs.solve(SPEC, g, x, level="nodal")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tile = cs.solve(SPEC, g, x, "behavioral", model=result.model, certificate=result.certificate, strict=True)
    assert np.abs(tile.out - exact.out).max() <= result.certificate.worst.error * result.certificate.full_scale
    np.testing.assert_allclose(tile.power, exact.power, rtol=1e-3)
    codes = rng.integers(0, 16, (5, 12))
    by_array, by_tile = (
        cs.convert_codes(SPEC, g, codes, level, **model)
        for level, model in (("nodal", {}), ("behavioral", {"model": result.model}))
    )
    assert np.abs(by_tile.codes.astype(int) - by_array.codes).max() <= 15  # one code of each bit


def test_pulses_on_gates_are_charges_at_every_level(result):
    still = SPEC.replace(driver={"input_code": "amplitude", "t_read": "1u", "dac_bits": 2})
    spec = still.replace(driver={"input_code": "pulse_width"})
    model = replace(result.model, spec=still)
    g, share = np.full(SPEC.shape, 3e-5), np.random.default_rng(3).integers(0, 4, (3, 12)) / 3
    exact, fast = (cs.solve(spec, g, share, level) for level in ("ngspice", "nodal"))
    tile = cs.solve(spec, g, share, "behavioral", model=model)
    # A gate conducts during most of its edges: the charge is larger by less than one edge of the rows that are pulsed.
    edge = read_pulse(spec).t_edge * cs.solve(still, g, (share > 0).astype(float)).out
    assert np.all((exact.out - fast.out > 0) & (exact.out - fast.out < edge))
    np.testing.assert_allclose(tile.out, fast.out, rtol=1e-3)
    codes = np.random.default_rng(4).integers(0, 4, (4, 12))
    by_array = cs.convert_codes(spec, g, codes)
    by_tile = cs.convert_codes(spec, g, codes, "behavioral", model=model)
    np.testing.assert_allclose(by_array.i_out, cs.solve(spec, g, codes / 3).out / 1e-6, rtol=1e-9)
    assert np.abs(by_tile.codes.astype(int) - by_array.codes).max() <= 1
    with pytest.raises(SpecError, match=r"driver.input_code = 'pulse_width': the behavioral model"):
        calibration.calibrate(spec, rng=np.random.default_rng(0))


def test_new_reads_verify_it(result):
    rng = np.random.default_rng(11)
    new = calibration.random_experiments(
        SPEC, rng, matrices=("uniform", "log_uniform"), vectors={"half": 6, "all_on": 1}
    )
    truths = calibration.solve_in_ngspice(SPEC, new)
    assert calibration.verify(result.model, result.certificate, new, truths).holds
