"""Settling of a whole array by the array solver and by ngspice."""

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import characterization, nodal
from circuitsim.errors import InputError, SettlingWarning
from circuitsim.evaluation import settling_model
from circuitsim.netlist import Pulse
from circuitsim.spec import parse_spec
from circuitsim.truth import half_lsb, read_in_time


def settling_spec(n, cell):
    data = {
        "schema": 1,
        "array": {"rows": n, "cols": n, "cell": cell},
        "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 5.0, "r_col": 5.0, "c_row": 1e-15, "c_col": 1e-15},
        "driver": {"v_read": 0.2, "r_out": 200.0, "t_read": 2e-9},
        "sense": {"r_in": 100.0},
    }
    if cell == "1t1r":
        data["access"] = {"model": "nmos_bsim4_default", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8}
    return parse_spec(data)


# ngspice's waveform is a polygon through its time points: 1 ps on an edge of 20 ps leave 5e-4 of the output there (the
# difference falls with the square of the step); later the two agree to 1e-6. 32 x 32 takes ngspice half a minute.
def test_waveforms_of_an_ohmic_array():
    n, t_step = 12, 5e-13
    spec = settling_spec(n, "1r")
    rng = np.random.default_rng(0)
    g, v_in = 10 ** rng.uniform(-6, -4, (n, n)), rng.uniform(0, 0.2, n)
    found = nodal.step_response(nodal.prepare(spec, g), v_in, t_edge=2e-11)
    pulse = Pulse(t_edge=2e-11, t_width=2e-9, t_stop=2e-9, t_step=t_step, v_rest=0.0)
    (truth,) = read_in_time(spec, g, v_in[None], pulse=pulse, band=found.band)
    expected = np.array([np.interp(found.time, truth.time, i) for i in truth.i_out.T]).T
    error = np.abs(found.i_out - expected).max(axis=1) / truth.i_final.max()
    assert error.max() < 1e-3
    assert error[found.time > 2e-10].max() < 1e-5
    assert np.abs(found.i_final - truth.i_final).max() < 1e-8 * truth.i_final.max()
    assert np.abs(found.charge / truth.charge - 1).max() < 1e-7
    assert np.abs(found.energy_row / truth.energy_row - 1).max() < 1e-5
    assert np.abs(found.settling / truth.settling - 1).max() < 1e-3
    assert np.abs(found.delay / truth.delay - 1).max() < 1e-3
    assert abs(found.energy / truth.energy - 1) < 1e-5


def test_final_currents_of_a_transistor_array():
    """Without the dynamics of its cell an array settles sooner than with its transistors, and says so."""
    spec = settling_spec(8, "1t1r")
    rng = np.random.default_rng(1)
    g, v_in = 10 ** rng.uniform(-6, -4, (8, 8)), rng.uniform(0, 0.2, 8)
    surface = characterization.cell(spec)
    with pytest.warns(SettlingWarning, match=r"capacitances of the transistors.*cell_dynamics.*truth.read_in_time"):
        found = nodal.step_response(nodal.prepare(spec, g, surface), v_in, t_edge=2e-11)
    (truth,) = read_in_time(spec, g, v_in[None], band=found.band)
    assert np.abs(found.i_out[-1] - truth.i_final).max() < 1e-5 * truth.i_final.max()
    assert np.all(found.settling < 0.6 * truth.settling)


SKY130 = {"model": "sky130_nfet_01v8", "w": 1e-6, "l": 0.15e-6, "v_gate": 1.8}
NMOS_130 = {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.3}
TRANSISTORS = {
    "nmos_130": {"access": NMOS_130},
    "sky130, sinh": {"access": SKY130, "device": {"model": "rram_sinh"}},
    "weak gate": {"access": {**NMOS_130, "w": 3e-7, "v_gate": 0.8}},
    "2t2r": {"array": {"cell": "2t2r"}, "access": NMOS_130},
    "signed, at a reference": {"access": NMOS_130, "sense": {"v_ref": 0.3}},
    "ideal lines": {"access": NMOS_130, "wire": {"r_row": 0.0, "r_col": 0.0, "c_col": 0.0}, "sense": {"r_in": 0.0}},
}


@pytest.mark.parametrize("change", TRANSISTORS.values(), ids=TRANSISTORS.keys())
def test_transistors_charge_in_time(change):
    """Settling within .5 % of ngspice, charge and energy within 1e-4; without the transistors it is 25 to 56 % off."""
    spec = settling_spec(8, "1t1r").replace(**change)
    rng = np.random.default_rng(1)
    g, v_in = 10 ** rng.uniform(-6, -4, (8, 8)), spec.sense.v_ref + rng.uniform(0, 0.2, 8)
    if spec.sense.v_ref:
        v_in[::2] -= 0.2
    g[2, 3] = 0.0  # an open cell has no transistor either
    v_range = (float(v_in.min()), float(v_in.max()))
    surface = characterization.cell(spec, v_range=v_range)
    dynamics = characterization.cell_dynamics(spec, surface)
    assert dynamics.bound < 1e-3 and dynamics.lag < 1e-13
    array = nodal.prepare(spec, g, surface, v_range=v_range)
    found = nodal.step_response(array, v_in, dynamics, t_edge=2e-11)
    pulse = Pulse(t_edge=2e-11, t_width=2e-9, t_stop=2e-9, t_step=1e-12, v_rest=spec.sense.v_ref)
    (truth,) = read_in_time(spec, g, v_in[None], pulse=pulse, band=found.band)
    largest = np.abs(truth.i_final).max()
    assert np.abs(found.i_out[-1] - truth.i_final).max() < 1e-5 * largest
    assert np.abs(found.settling / truth.settling - 1).max() < 5e-3
    assert np.abs(found.delay / truth.delay - 1).max() < 5e-3
    assert np.abs(found.charge - truth.charge).max() < 1e-4 * np.abs(truth.charge).max()
    assert np.abs(found.energy_row - truth.energy_row).max() < 1e-4 * np.abs(truth.energy_row).max()
    assert np.abs(found.energy_bias - truth.energy_bias).max() < 1e-3 * np.abs(truth.energy_bias).max()
    assert abs(found.energy / truth.energy - 1) < 1e-4


def test_the_capacitances_of_a_users_device_count(tmp_path):
    """A capacitor beside the device, and one at a node within it, whose delay is stated."""
    (tmp_path / "own.lib").write_text(
        ".subckt own te be g=1u\nr1 te in {0.5/g}\ncin in 0 3f\nr2 in be {0.5/g}\ncp te be 2f\n.ends\n"
    )
    spec = settling_spec(6, "1r").replace(
        device={"model": None, "file": tmp_path / "own.lib", "subckt": "own", "ports": ["te", "be"]}
    )
    rng = np.random.default_rng(2)
    g, v_in = 10 ** rng.uniform(-4.5, -4, (6, 6)), rng.uniform(0, 0.2, 6)
    surface = characterization.cell(spec)
    dynamics = characterization.cell_dynamics(spec, surface)
    assert dynamics.access is None
    charges = dynamics.upper.charges
    assert charges is not None
    # Half of the inner capacitor moves with each end and takes its charge from both: C / 4 between any two terminals,
    # with the time constant C / (4 g), beside the other capacitor.
    assert charges.c_max == pytest.approx(2e-15 + 3e-15 / 4, rel=1e-3)
    assert charges.lag == pytest.approx(3e-15 / (4 * 1e-6) * 0.75 / (2 - 0.75), rel=0.01)
    with pytest.warns(SettlingWarning, match=r"takes up its charge with a delay of 4.5e-10 s"):
        found = nodal.step_response(nodal.prepare(spec, g, surface), v_in, dynamics, t_edge=2e-11)
    pulse = Pulse(t_edge=2e-11, t_width=2e-9, t_stop=2e-9, t_step=1e-12, v_rest=0.0)
    (truth,) = read_in_time(spec, g, v_in[None], pulse=pulse, band=found.band)
    assert np.all(truth.settling > 1.5 * found.settling)  # what the warning is about
    assert np.abs(found.charge / truth.charge - 1).max() < 1e-4


def test_an_open_cell_in_the_first_place_opens_no_other():
    spec = settling_spec(3, "1t1r")
    g = np.full((3, 3), 5e-5)
    g[0, 0] = 0.0
    surface = characterization.cell(spec)
    dynamics = characterization.cell_dynamics(spec, surface)
    found = nodal.step_response(nodal.prepare(spec, g, surface), np.full(3, 0.2), dynamics)
    assert np.abs(found.i_out[-1] / found.i_final - 1).max() < 1e-3 and np.isfinite(found.settling).all()


def test_both_levels_answer_alike():
    spec = settling_spec(4, "1t1r").replace(adc={"bits": 8, "full_scale": 2e-5})
    g, x = np.full((4, 4), 3e-5), np.full((2, 4), 0.1) * np.array([[1.0], [2.0]])
    both = [cs.solve_in_time(spec, g, x, level) for level in ("ngspice", "nodal")]
    for truth, found in zip(*both, strict=True):
        assert found.band == truth.band == half_lsb(spec)
        assert np.abs(found.settling / truth.settling - 1).max() < 0.02  # ngspice with its usual steps
        assert abs(found.energy / truth.energy - 1) < 1e-4


def gated_spec(rows, cols, **change):
    lines = {"r_bl": 5.0, "c_bl": 1e-15, **change.pop("wire", {})}
    return settling_spec(8, "1t1r").replace(
        array={"rows": rows, "cols": cols, "input_line": "wl"}, **{"access": NMOS_130, "wire": lines, **change}
    )


# case -> rows, cols, share of the rows that are on (0: a single one), changes of the specification
GATES = {
    "nmos_130": (5, 4, 0.6, {}),
    "sky130, sinh": (5, 4, 0.6, {"access": SKY130, "device": {"model": "rram_sinh"}}),
    "slow word lines": (5, 4, 0.6, {"wire": {"r_row": 500.0, "c_row": 2e-15}}),
    "at a reference": (5, 4, 0.6, {"sense": {"v_ref": 0.2}}),
    "below the bulk": (5, 4, 0.6, {"sense": {"v_ref": -0.2}}),
    "columns without resistance": (8, 6, 0.6, {"wire": {"r_col": 0.0}, "sense": {"r_in": 0.0}}),
    "bit lines without capacitance": (8, 6, 0.6, {"wire": {"r_col": 0.0, "c_bl": 0.0}, "sense": {"r_in": 0.0}}),
    "one row": (1, 16, 1.0, {}),
    "one column": (16, 1, 0.6, {}),
    "one column at a reference": (16, 1, 0.6, {"sense": {"v_ref": 0.2}}),
    "one column below the bulk": (16, 1, 0.6, {"sense": {"v_ref": -0.2}}),
    "one row of 16 on": (16, 1, 0.0, {}),
    "one row on, below the bulk": (5, 4, 0.0, {"sense": {"v_ref": -0.2}}),
}


@pytest.mark.parametrize(("rows", "cols", "share", "change"), GATES.values(), ids=GATES.keys())
def test_gates_switch_in_time(rows, cols, share, change):
    """Word lines with the load of their gates: settling within .5 % of ngspice, charge and energy within 1e-3."""
    spec = gated_spec(rows, cols, **change)
    rng = np.random.default_rng(1)
    g, x = 10 ** rng.uniform(-6, -4, (rows, cols)), (rng.random(rows) < share).astype(float)
    x[rows // 2] = 1.0
    if cols > 1 and rows > 1:
        g[2, 3] = 0.0
    on, off = characterization.gated_cells(spec)
    dynamics = characterization.cell_dynamics(spec, on)
    found = nodal.step_response(nodal.prepare(spec, g, on, off=off), x, dynamics, t_edge=2e-11)
    pulse = Pulse(t_edge=2e-11, t_width=2e-9, t_stop=2e-9, t_step=2e-12, v_rest=0.0)
    (truth,) = read_in_time(spec, g, x[None], pulse=pulse, band=found.band)
    largest = truth.i_final.max()
    assert np.abs(found.i_final - truth.i_final).max() < 1e-6 * largest
    assert np.abs(found.i_out[-1] - truth.i_final).max() < 1e-5 * largest
    assert np.abs(found.settling / truth.settling - 1).max() < 5e-3
    reached = np.isfinite(truth.delay)  # not where the current hardly differs from the leak before
    assert np.array_equal(np.isfinite(found.delay), reached)
    assert np.abs(found.delay[reached] - truth.delay[reached]).max() < 5e-3 * np.abs(truth.delay[reached]).max()
    for part in ("charge", "energy_row", "energy_bias", "energy_sense"):
        ours, theirs = getattr(found, part), getattr(truth, part)
        assert np.abs(ours - theirs).max() <= 1e-3 * np.abs(theirs).max(), part
    assert abs(found.energy / truth.energy - 1) < 1e-3


@pytest.mark.filterwarnings("ignore::circuitsim.errors.CellErrorWarning")  # the leak, against itself
@pytest.mark.parametrize("v_ref", [-0.2, 0.0, 0.2])
def test_no_row_on_is_nothing_to_settle(v_ref):
    """It was searched for 30 s within a band of the leak, or failed; the leak is that of the array at rest."""
    spec = gated_spec(8, 4, sense={"v_ref": v_ref})
    g = 10 ** np.random.default_rng(1).uniform(-6, -4, (8, 4))
    on, off = characterization.gated_cells(spec)
    array, dynamics = nodal.prepare(spec, g, on, off=off), characterization.cell_dynamics(spec, on)
    with pytest.warns(SettlingWarning, match="every row of v_in stays at its rest, 0: nothing moves"):
        found = nodal.step_response(array, np.zeros(8), dynamics)
    assert np.all(found.settling == 0) and np.ptp(found.i_out, axis=0).max() == 0.0
    assert np.abs(found.i_out[-1] - found.i_final).max() <= found.band


def test_the_transistor_states_the_error_of_its_leak():
    """A gate that is off conducts 1e-8 of one that is on, and this current is right by itself."""
    switched = characterization.cell_dynamics(gated_spec(2, 2), None).switched
    assert switched is not None
    assert switched.current_bound < 1e-4 and switched.leak_bound < 0.1 and switched.bound < 0.05
    assert switched.k[:, 5].max() < 1e-3 * switched.k.max()  # a gate at 0 V


def test_both_levels_follow_gates():
    spec = settling_spec(3, "1t1r").replace(
        array={"input_line": "wl"},
        wire={"r_bl": 5.0, "c_bl": 1e-15},
        access=NMOS_130,
        driver={"t_rise": 5e-11},
        adc={"bits": 8, "full_scale": 2e-5},
    )
    g, x = np.full((3, 3), 3e-5), np.array([[1.0, 0.0, 1.0]])
    (truth,), (found,) = (cs.solve_in_time(spec, g, x, level) for level in ("ngspice", "nodal"))
    assert found.band == truth.band and np.abs(found.settling / truth.settling - 1).max() < 0.02
    assert abs(found.energy / truth.energy - 1) < 1e-3


def test_cells_near_threshold_settle_with_the_node_between_their_parts():
    spec = settling_spec(6, "1t1r").replace(device={"model": "rram_sinh"}, access={"model": "nmos_130", "v_gate": 0.5})
    g = 10 ** np.random.default_rng(2).uniform(-6, -4, (6, 6))
    surface = characterization.cell(spec)
    array, v_in = nodal.prepare(spec, g, surface), np.full(6, 0.2)
    assert surface.transistor is not None
    with pytest.raises(InputError, match=r"expected dynamics = characterization\.cell_dynamics"):
        nodal.step_response(array, v_in)
    dynamics = characterization.cell_dynamics(spec, surface)
    found = nodal.step_response(array, v_in, dynamics)
    (truth,) = read_in_time(spec, g, v_in[None], band=found.band)
    assert np.abs(found.settling / truth.settling - 1).max() < 5e-3
    assert np.abs(found.i_final - truth.i_final).max() < 1e-6 * truth.i_final.max()
    assert abs(found.energy / truth.energy - 1) < 1e-3


@pytest.mark.parametrize("level", ["ngspice", "nodal"])
def test_a_read_that_ends_early_says_what_has_not_settled(level):
    """Its last current is not the one to which it settles, which it was judged by."""
    spec = settling_spec(8, "1t1r").replace(
        access=NMOS_130, driver={"t_read": 3e-11}, adc={"bits": 8, "full_scale": 2e-5}
    )
    g, x = np.full((8, 8), 3e-5), np.full((1, 8), 0.2)
    with pytest.warns(SettlingWarning, match=r"ends after 3e-11 s, before 8 of 8 columns have settled.*raise driver"):
        (read,) = cs.solve_in_time(spec, g, x, level)
    at_rest = cs.solve(spec, g, x, level="ngspice").out[0]
    assert np.abs(read.i_final / at_rest - 1).max() < 1e-6 and np.all(np.isinf(read.settling))
    assert np.abs(read.i_out[-1] / at_rest - 1).max() > 0.01


@pytest.mark.parametrize("level", ["ngspice", "nodal"])
@pytest.mark.parametrize("band", [0.0, -1.0, np.nan])
def test_a_band_that_is_no_current_is_refused(level, band):
    spec = settling_spec(2, "1r")
    g, x = np.full((2, 2), 3e-5), np.full((1, 2), 0.2)
    with pytest.raises(InputError, match=rf"^band = {band:g} A, expected a current > 0$"):
        cs.solve_in_time(spec, g, x, level, band=band)
    with pytest.raises(InputError, match=rf"^band = {band:g} A, expected a current > 0$"):
        nodal.step_response(nodal.prepare(spec, g), x[0], band=band)


def test_the_edge_of_inputs_is_a_key_of_both_levels():
    spec = settling_spec(4, "1t1r").replace(access=NMOS_130, adc={"bits": 8, "full_scale": 2e-5})
    g, x = np.full((4, 4), 3e-5), np.full((1, 4), 0.2)
    slow = spec.replace(driver={"t_rise": 4e-10})
    reads = [cs.solve_in_time(slow, g, x, level)[0] for level in ("ngspice", "nodal")]
    for read in reads:
        assert np.interp(2e-10, read.time, read.v_in[:, 0]) == pytest.approx(0.1, rel=1e-9)
        assert read.settling.min() > 3.5e-10
    assert np.abs(reads[1].settling / reads[0].settling - 1).max() < 0.02
    (quick,) = cs.solve_in_time(spec, g, x, "nodal")
    assert quick.settling.max() < 2.5e-10


@pytest.mark.parametrize("line", ["bl", "wl"])
def test_the_load_of_a_column_predicts_its_settling(line):
    """A model of the array solver's reads, against ngspice on a matrix and inputs that it has not seen."""
    spec = gated_spec(8, 8) if line == "wl" else settling_spec(8, "1t1r").replace(access=NMOS_130)
    spec = spec.replace(adc={"bits": 6})
    model = settling_model(spec)
    rng = np.random.default_rng(21)
    g, x = rng.uniform(1e-6, 1e-4, (8, 8)), np.ones((1, 8)) if line == "wl" else rng.uniform(0.1, 0.2, (1, 8))
    at_rest = cs.solve(spec, g, x, level="ngspice").out[0]
    (truth,) = read_in_time(spec, g, x, band=at_rest.max() / model.ratio)
    loads = g.mean(axis=0) / spec.device.g_max
    predicted = model.time(loads, float(loads.mean()), at_rest / truth.band)
    assert np.all(truth.settling < (1 + model.late + model.error) * predicted)
    assert np.abs(truth.settling / predicted - 1).max() < model.late + 3 * model.error < 0.7
