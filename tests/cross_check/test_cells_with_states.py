"""Devices that store a state, or one of two, at level nodal and in behavioral tiles: against ngspice."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim import characterization
from circuitsim.calibration import calibrate
from circuitsim.characterization import ChordWarning, surface_fit
from circuitsim.errors import CellErrorWarning, InputError, OutsideRangeError

ACCESS = {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8}
MTJ = {"model": "mtj_pma", "g_min": 4.79958e-05, "g_max": 0.000166667}
FLASH = {"model": "flash_fg", "g_min": 1e-6, "g_max": 1e-4, "v_gate": 2.5}
FEFET = {"model": "fefet_hzo", "g_min": 1e-6, "g_max": 1e-4, "v_gate": 0.6}
SONOS = {"model": "flash_sonos_sky130", "g_min": 1e-7, "g_max": 9e-6, "v_gate": 0.0}
JART = {"model": "rram_jart_v1b", "g_min": 2e-5, "g_max": 8e-5}


def spec_of(device, cell, line="bl", *, v_read=0.1, rows=8, cols=6):
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": cell, "input_line": line},
            "device": device,
            "wire": {"r_row": 3.0, "r_col": 2.0, **({"r_bl": 2.0} if line == "wl" else {})},
            "driver": {"v_read": v_read, "r_out": 20.0},
            **({"access": ACCESS} if cell in ("1t1r", "2t2r") else {}),
        }
    )


def conductances(spec, rng):
    low, high = spec.device.g_min, spec.device.g_max
    if spec.device.model == "mtj_pma":
        return rng.choice([low, high], spec.shape)
    return np.exp(rng.uniform(np.log(low), np.log(high), spec.shape))


def inputs(spec, rng):
    if spec.array.input_line == "bl":
        x = rng.uniform(0, spec.driver.v_read, (3, spec.array.rows))
        x[0] = spec.driver.v_read
        return x
    x = rng.integers(0, 2, (3, spec.array.rows)).astype(float)
    x[0] = 1.0
    return x


@pytest.mark.parametrize(
    ("device", "cell", "line"),
    [
        (MTJ, "1r", "bl"),
        (MTJ, "1t1r", "bl"),
        (MTJ, "2t2r", "bl"),
        (MTJ, "1t1r", "wl"),
        (MTJ, "1t1r", "string"),
        (FLASH, "1t", "bl"),
        (FLASH, "1t", "wl"),
        (FEFET, "1t", "bl"),
        (FEFET, "1t", "wl"),
        (SONOS, "1t", "bl"),
        (SONOS, "1t", "wl"),
        (JART, "1r", "bl"),
    ],
    ids=lambda value: value["model"] if isinstance(value, dict) else value,
)
def test_the_array_solver_reads_stored_states_as_ngspice_does(device, cell, line):
    spec, rng = spec_of(device, cell, line), np.random.default_rng(5)
    g, x = conductances(spec, rng), inputs(spec, rng)
    truth, found = (cs.solve(spec, g, x, level) for level in ("ngspice", "nodal"))
    floor = 1e-3 * np.abs(truth.out).max()
    assert np.abs((found.out - truth.out) / np.maximum(np.abs(truth.out), floor)).max() <= 1e-6
    assert_allclose(found.power, truth.power, rtol=1e-6, atol=0)


def test_a_state_is_that_of_the_selected_gate_and_of_27_degrees():
    """An unselected row and a hot array keep what was programmed."""
    spec, rng = spec_of(FLASH, "1t", "wl").replace(array={"temperature_c": 85.0}), np.random.default_rng(6)
    g = conductances(spec, rng)
    x = np.eye(spec.array.rows)[:2]
    truth, found = (cs.solve(spec, g, x, level) for level in ("ngspice", "nodal"))
    assert_allclose(found.out, truth.out, rtol=1e-6, atol=0)
    warm = cs.solve(spec.replace(array={"temperature_c": 27.0}), g, x, "nodal")
    assert np.abs(found.out / warm.out - 1).max() > 0.01


@pytest.mark.parametrize(("device", "cell"), [(MTJ, "1t1r"), (FEFET, "1t")], ids=["two states", "searched"])
def test_a_tile_of_stored_states_is_certified_against_ngspice(device, cell):
    result = calibrate(spec_of(device, cell), rng=np.random.default_rng(0), thorough=False, search="structured")
    assert result.certificate.reached and result.certificate.truth == "ngspice"
    assert result.certificate.circuit.max <= 1e-6
    if device is MTJ:
        stored = np.unique([*(e.g for e in result.hold_out), result.certificate.worst.witness.case.g])
        assert_allclose(stored, [MTJ["g_min"], MTJ["g_max"]], rtol=0, atol=0)


def test_a_cell_that_is_not_smooth_says_how_large_its_error_may_be(monkeypatch):
    """The barrier of JART ends within this range of conductances: the surface has a corner there.

    The finest grid takes a minute, and states its error in the same way.
    """
    monkeypatch.setattr(surface_fit, "FINEST", (24, 64, 64))
    spec, rng = spec_of({**JART, "g_max": 2e-4}, "1r"), np.random.default_rng(5)
    g, x = conductances(spec, rng), inputs(spec, rng)
    truth = cs.solve(spec, g, x, "ngspice")
    with pytest.warns(CellErrorWarning, match="not smooth enough"):
        found = cs.solve(spec, g, x, "nodal")
    off = np.abs(found.out - truth.out).max(axis=1) / np.abs(truth.out).max(axis=1)
    assert (off <= found.cell_error).all() and found.cell_error.max() < 1e-2


def test_states_that_do_not_reach_a_conductance_are_refused_by_its_key():
    spec = spec_of({**FLASH, "g_max": 1e-3}, "1t", "wl")
    with pytest.raises(
        OutsideRangeError, match=r"^device\.g_max = 0\.001 S: the states of flash_fg reach from .* 2\.5 V"
    ):
        cs.prepare(spec, np.full(spec.shape, 1e-5), "nodal")


def test_two_states_with_other_conductances_are_told():
    """At 0.2 V the tunnel magnetoresistance is smaller: the card's numbers hold at 0.1 V."""
    with pytest.warns(
        ChordWarning, match=r"at v_read = 0\.2 V the two states of mtj_pma have 5\.1.*e-05 S and 0\.000166667"
    ):
        characterization.check_chord(spec_of(MTJ, "1r", v_read=0.2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        characterization.check_chord(spec_of(MTJ, "1r"))


def test_two_states_may_be_written_in_round_numbers():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        spec = spec_of({**MTJ, "g_min": 48e-6, "g_max": 167e-6}, "1r")
        g = np.random.default_rng(0).choice([48e-6, 167e-6], spec.shape)
        truth, found = (
            cs.solve(spec, g, inputs(spec, np.random.default_rng(1)), level) for level in ("ngspice", "nodal")
        )
    assert_allclose(found.out, truth.out, rtol=1e-6, atol=0)


def test_numbers_far_from_two_states_are_refused():
    with pytest.raises(
        InputError, match=r"are far from the states of mtj_pma: expected its two states at v_read = 0\.1 V"
    ):
        characterization.check_chord(spec_of({**MTJ, "g_min": 1e-6}, "1r"))


def test_two_conductances_of_one_state_are_refused():
    with pytest.raises(
        InputError, match=r"g_min = 0\.0001 S and device\.g_max = 0\.00015 S are the same state of mtj_pma"
    ):
        characterization.check_chord(spec_of({**MTJ, "g_min": 1e-4, "g_max": 1.5e-4}, "1r"))
