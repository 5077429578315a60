import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import expm

from circuitsim import nodal
from circuitsim.errors import InputError, SettlingWarning
from circuitsim.nodal import time_steps
from circuitsim.spec import parse_spec


def capacitive_spec(rows, cols, **wire):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-3},
            "wire": {"r_row": 20.0, "r_col": 30.0, "c_row": 1e-15, "c_col": 2e-15, **wire},
            "driver": {"v_read": 0.2, "r_out": 500.0, "t_read": 1e-10},
        }
    )


def exact_outputs(spec, g, v_in, t_edge, times):
    """Outputs after a ramp by the matrix exponential of the node equations."""
    array = nodal.linear_array(spec.wires, g)
    grid, free = array.grid, array.grid.free
    matrix = array.matrix.toarray()
    c = np.zeros(grid.nodes)
    c[grid.row_node] += spec.wires.c_row
    c[grid.col_node] += spec.wires.c_col
    a = -matrix[:free, :free] / c[:free, None]
    b = -matrix[:free, free : free + grid.rows] @ v_in / c[:free]
    # v' = a v + b s(t), s = min(t / t_edge, 1): augment with s and its slope.
    whole = np.zeros((free + 2, free + 2))
    whole[:free, :free], whole[:free, free], whole[free, free + 1] = a, b, 1.0
    corner = expm(whole * t_edge) @ np.concatenate([np.zeros(free + 1), [1 / t_edge]])
    corner[free + 1] = 0.0
    v = np.array([(expm(whole * (t - t_edge)) @ corner)[:free] for t in times])
    return -(v @ matrix[free + grid.rows :, :free].T)


def test_waveforms_follow_the_matrix_exponential():
    spec = capacitive_spec(4, 3)
    rng = np.random.default_rng(0)
    g, v_in = 10 ** rng.uniform(-5, -3, (4, 3)), rng.uniform(0.05, 0.2, 4)
    found = nodal.step_response(nodal.prepare(spec, g), v_in, tol=1e-6)
    late = found.time > 1e-12
    expected = exact_outputs(spec, g, v_in, 1e-12, found.time[late])
    # Errors of the steps add up: a few hundred of 1e-6 of the largest output.
    assert np.abs(found.i_out[late] - expected).max() < 1e-4 * found.i_final.max()


def test_a_tighter_tolerance_is_closer():
    spec = capacitive_spec(4, 3)
    g, v_in = np.full((4, 3), 1e-4), np.full(4, 0.2)

    def worst(tol):
        found = nodal.step_response(nodal.prepare(spec, g), v_in, tol=tol)
        late = found.time > 1e-12
        return np.abs(found.i_out[late] - exact_outputs(spec, g, v_in, 1e-12, found.time[late])).max()

    assert worst(1e-6) < 0.2 * worst(1e-3)


def exact_charge(spec, g, v_in, t_edge, t_stop):
    """Charge of each column in a read that ends settled: C Δv + G ∫v dt = 0 at every node, solved densely."""
    array = nodal.linear_array(spec.wires, g)
    grid, free, matrix = array.grid, array.grid.free, array.matrix.toarray()
    c = np.zeros(grid.nodes)
    c[grid.row_node] += spec.wires.c_row
    c[grid.col_node] += spec.wires.c_col
    into = matrix[:free, free : free + grid.rows] @ v_in
    settled = np.linalg.solve(matrix[:free, :free], -into)
    integral = np.linalg.solve(matrix[:free, :free], -c[:free] * settled - into * (t_stop - t_edge / 2))
    return -matrix[free + grid.rows :, :free] @ integral


@pytest.mark.parametrize("tol", [1e-2, 1e-4, None])
def test_charge_is_conserved_at_any_tolerance(tol):
    spec = capacitive_spec(5, 4)
    rng = np.random.default_rng(3)
    g, v_in = 10 ** rng.uniform(-5, -3, (5, 4)), rng.uniform(0.05, 0.2, 5)
    found = nodal.step_response(nodal.prepare(spec, g), v_in, t_stop=2e-9, t_edge=1e-10, tol=tol)
    assert_allclose(found.charge, exact_charge(spec, g, v_in, 1e-10, 2e-9), rtol=1e-9, atol=0)


@pytest.mark.parametrize("band", [None, 1e-7, 1e-9])
def test_settling_is_that_of_the_matrix_exponential(band):
    """Also for a band of 1e-5 of the output, which needs steps of less error."""
    spec = capacitive_spec(6, 5)
    rng = np.random.default_rng(4)
    g, v_in = 10 ** rng.uniform(-5, -3, (6, 5)), rng.uniform(0.05, 0.2, 6)
    found = nodal.step_response(nodal.prepare(spec, g), v_in, band=band)
    before, after = (
        np.diag(exact_outputs(spec, g, v_in, 1e-12, found.settling * part)) - found.i_final for part in (0.999, 1.001)
    )
    assert np.all((np.abs(before) > found.band) & (np.abs(after) < found.band))


def test_an_array_without_free_nodes_follows_its_sources():
    """Capacitance at the ideal sources only: the outputs are the ramp itself, the sources charge C."""
    spec = capacitive_spec(2, 2, r_row=0.0, r_col=0.0).replace(driver={"r_out": 0.0})
    found = nodal.step_response(nodal.prepare(spec, np.full((2, 2), 1e-3)), np.array([0.1, 0.2]), t_edge=1e-11)
    assert_allclose(found.charge, np.full(2, 0.3e-3) * (1e-10 - 0.5e-11), rtol=1e-12, atol=0)
    v, c = np.array([0.1, 0.2]), 2 * 1e-15
    heat = 2 * 1e-3 * v**2 * (1e-10 - 1e-11 + 1e-11 / 3)
    assert_allclose(found.energy_row, heat + c * v**2 / 2, rtol=1e-4, atol=0)


def test_it_settles_to_the_dc_read(sinh_surface):
    spec = capacitive_spec(6, 5)
    array = nodal.prepare(spec, 10 ** np.random.default_rng(1).uniform(-6, -4, (6, 5)), sinh_surface)
    v_in = np.random.default_rng(2).uniform(0, 0.2, 6)
    found = nodal.step_response(array, v_in)
    assert_allclose(found.i_final, nodal.read(array, v_in[None]).out[0], rtol=1e-12, atol=0)
    assert_allclose(found.i_out[-1], found.i_final, rtol=1e-3, atol=0)
    assert np.all((found.settling > 0) & (found.settling < 1e-10))
    assert np.abs(found.i_out[0]).max() == 0.0


def test_one_cell_charges_like_an_rc():
    """Row capacitance behind the driver, ideal column: one time constant."""
    spec = capacitive_spec(1, 1, r_row=0.0, r_col=0.0, c_row=1e-14, c_col=0.0)
    found = nodal.step_response(nodal.prepare(spec, np.full((1, 1), 1e-3)), np.array([0.2]), t_edge=1e-15, tol=1e-6)
    tau = 1e-14 / (1 / 500 + 1e-3)
    late = found.time > 1e-15
    start = found.time[late] - 0.5e-15  # a ramp short against tau is a step at its middle
    expected = 0.2 / 1500 * (1 - np.exp(-start / tau))
    assert np.abs(found.i_out[late, 0] - expected).max() < 1e-4 * 0.2 / 1500
    assert_allclose(found.settling[0], tau * np.log(512), rtol=1e-2)
    # Energy of the source: what the resistors burn and C·V² / 2 of the capacitor, doubled by charging it.
    v_c, i_dc, t = 0.2 * 1000 / 1500, 0.2 / 1500, found.time[-1]
    assert_allclose(found.energy_row[0], 0.2 * (i_dc * t + 1e-14 * v_c - i_dc * tau), rtol=1e-3)


def test_a_capacitor_at_the_source_charges_with_the_edge_and_is_full_after_it():
    """Nothing between source and cell: C·dv/dt during the ramp, Ohm's law from its end on."""
    spec = capacitive_spec(1, 1, r_row=0.0, r_col=30.0, c_row=1e-14, c_col=1e-16).replace(driver={"r_out": 0.0})
    found = nodal.step_response(nodal.prepare(spec, np.full((1, 1), 1e-3)), np.array([0.2]), t_edge=2e-11, tol=1e-6)
    t, i = found.time, found.i_row[:, 0]
    during, after = (t > 1e-12) & (t < 1.99e-11), t > 2.1e-11
    ramp = 1e-14 * 0.2 / 2e-11  # A
    assert_allclose(i[during], ramp + 0.2 * t[during] / 2e-11 / (1000 + 30), rtol=0.02, atol=0)
    assert_allclose(i[after], 0.2 / 1030, rtol=1e-3, atol=0)
    assert during.sum() > 3 and after.sum() > 3 and ramp > 0.3 * i[during].max()
    assert_allclose(found.v_in[:, 0], 0.2 * np.minimum(t / 2e-11, 1.0), rtol=1e-12, atol=0)


def test_half_an_lsb_of_eight_bits_is_the_band_unless_another_is_given():
    array = nodal.prepare(capacitive_spec(2, 2), np.full((2, 2), 1e-4))
    found, wide = (nodal.step_response(array, np.full(2, 0.2), band=band) for band in (None, 1e-6))
    assert found.band == pytest.approx(np.abs(found.i_final).max() / 512, abs=0) and wide.band == 1e-6
    assert found.time[-1] == pytest.approx(1e-10, rel=1e-9, abs=0)  # t_read
    assert np.all(np.diff(found.time) > 0)
    longer = nodal.step_response(array, np.full(2, 0.2), t_stop=3e-10)
    assert longer.time[-1] == pytest.approx(3e-10, rel=1e-9, abs=0)


@pytest.mark.parametrize("v_ref", [0.0, 0.3])
def test_waveforms_are_counted_from_the_reference(v_ref):
    spec = capacitive_spec(2, 3).replace(sense={"v_ref": v_ref})
    g = np.array([[1e-4, 2e-5, 5e-6], [3e-4, 1e-5, 8e-5]])
    found = nodal.step_response(nodal.prepare(spec, g), np.array([0.2, 0.1]) + v_ref, tol=1e-6)
    plain = nodal.step_response(nodal.prepare(capacitive_spec(2, 3), g), np.array([0.2, 0.1]), tol=1e-6)
    assert_allclose(found.i_out[-1], plain.i_out[-1], rtol=1e-6, atol=0)
    assert_allclose(found.v_in[[0, -1]] - v_ref, plain.v_in[[0, -1]], rtol=0, atol=1e-12)
    assert_allclose(found.energy_sense, -v_ref * found.charge, rtol=1e-12, atol=0)


def test_an_array_without_inner_nodes_settles_with_the_edge():
    """No resistance anywhere: the outputs are those of the sources at once."""
    spec = capacitive_spec(2, 2, r_row=0.0, r_col=0.0).replace(driver={"r_out": 0.0})
    g, v = np.array([[1e-4, 2e-4], [3e-5, 1e-5]]), np.array([0.2, 0.1])
    found = nodal.step_response(nodal.prepare(spec, g), v)
    assert_allclose(found.i_out[-1], v @ g, rtol=1e-12, atol=0)
    assert found.time[0] == 0.0 and found.time[-1] == pytest.approx(1e-10, abs=0)


def test_bad_input_is_named():
    array = nodal.prepare(capacitive_spec(2, 2), np.full((2, 2), 1e-4))
    with pytest.raises(InputError, match="expected 0 < t_edge <= t_stop"):
        nodal.step_response(array, np.zeros(2), t_edge=1.0)
    with pytest.raises(InputError, match="t_edge = 0 s"):
        nodal.step_response(array, np.zeros(2), t_edge=0.0)
    with pytest.raises(InputError, match=r"v_in has shape \(\): expected one vector"):
        nodal.step_response(array, np.float64(0.1))
    with pytest.raises(InputError, match="expected one vector"):
        nodal.step_response(array, np.zeros((1, 2)))
    bare = nodal.prepare(capacitive_spec(2, 2, c_row=0.0, c_col=0.0), np.full((2, 2), 1e-4))
    with pytest.raises(InputError, match="settles at once"):
        nodal.step_response(bare, np.full(2, 0.1))


def test_a_step_is_taken_if_its_error_keeps_to_the_tolerance_and_halved_if_not():
    """The first step, a sixteenth of an edge that is slow against C: its error is known from the closed form."""
    spec = capacitive_spec(1, 1, r_row=0.0, r_col=0.0, c_row=1e-14, c_col=0.0)
    tau, final = 1e-14 / (1 / 500 + 1e-3), 0.2 / 1500
    t_edge = 0.3 * tau

    def first(tol):
        found = nodal.step_response(nodal.prepare(spec, np.full((1, 1), 1e-3)), np.array([0.2]), t_edge=t_edge, tol=tol)
        return found.time[2], found.i_out[2, 0]  # each step has a middle stage

    h, i = first(1e-2)
    error = abs(i / final - (h - tau + tau * np.exp(-h / tau)) / t_edge)
    assert_allclose(h, t_edge / 16, rtol=1e-12, atol=0)
    assert first(1.04 * error)[0] == h
    assert_allclose(first(0.96 * error)[0], h / 2, rtol=1e-12, atol=0)


def test_a_read_of_too_many_steps_says_how_far_it_came(monkeypatch):
    monkeypatch.setattr(time_steps, "_MOST_STEPS", 10)
    array = nodal.prepare(capacitive_spec(2, 2), np.full((2, 2), 1e-4))
    with pytest.raises(
        InputError, match=r"10 steps reach only \d\S+ s of 1e-10 s: try a larger tol or a longer t_edge"
    ):
        nodal.step_response(array, np.full(2, 0.2))


def test_rows_that_stay_at_rest_are_nothing_to_settle():
    array = nodal.prepare(capacitive_spec(2, 3).replace(sense={"v_ref": 0.1}), np.full((2, 3), 1e-4))
    with pytest.warns(SettlingWarning, match=r"every row of v_in stays at its rest, 0\.1: nothing moves"):
        found = nodal.step_response(array, np.full(2, 0.1))
    assert np.all(found.settling == 0) and np.all(found.i_out == 0) and found.band > 0


def test_a_read_that_ends_early_says_what_has_not_settled():
    array, v_in = nodal.prepare(capacitive_spec(4, 3), np.full((4, 3), 1e-4)), np.full(4, 0.2)
    settled = nodal.step_response(array, v_in)
    early = float(settled.settling.min()) / 2
    with pytest.warns(
        SettlingWarning, match=r"the read ends after \S+ s, before 3 of 3 columns have settled in 1 of 1"
    ):
        found = nodal.step_response(array, v_in, t_edge=1e-12, t_stop=early)
    assert np.all(np.isinf(found.settling)) and np.array_equal(found.i_final, settled.i_final)


@pytest.mark.parametrize("band", [0.0, -1e-9, np.nan, np.inf])
def test_a_band_that_is_no_current_is_refused(band):
    array = nodal.prepare(capacitive_spec(2, 2), np.full((2, 2), 1e-4))
    with pytest.raises(InputError, match=rf"^band = {band:g} A, expected a current > 0$"):
        nodal.step_response(array, np.full(2, 0.1), band=band)


def test_inputs_rise_within_the_edge_of_the_driver():
    spec = capacitive_spec(2, 2).replace(driver={"t_rise": 4e-11})
    found = nodal.step_response(nodal.prepare(spec, np.full((2, 2), 1e-4)), np.full(2, 0.2))
    assert np.interp(2e-11, found.time, found.v_in[:, 0]) == pytest.approx(0.1, rel=1e-9)
    assert found.v_in[found.time >= 4e-11].min() == pytest.approx(0.2, rel=1e-12)
