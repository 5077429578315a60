"""Arrays written in a closed loop, and what writing one cell does to the others."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.errors import InputError, SpecError
from circuitsim.netlist import Mismatch
from circuitsim.programming import FixedTrain, PulseTiming, RampedReset, write_array, write_disturb, write_verify
from circuitsim.programming.write_options import WRITE_OPTIONS
from circuitsim.spec import parse_spec


def array_spec(rows, cols, cell="1t1r", r=1.0, r_out=0.0):
    access = {"access": {"model": "nmos_130", "w": 2e-6, "l": 0.13e-6, "v_gate": 1.8}} if cell == "1t1r" else {}
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": cell},
            "device": {"model": "rram_stanford_a", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": r, "r_col": r},
            "driver": {"v_read": 0.1, "r_out": r_out},
            **access,
        }
    )


@pytest.fixture(scope="module")
def written():
    done = []
    targets = np.array([[60e-6, 85e-6], [75e-6, 45e-6]])
    found = write_array(array_spec(2, 2), targets, tolerance=2e-6, progress=lambda n, of: done.append((n, of)))
    return targets, found, done


def test_every_cell_is_at_its_target_after_all_others_were_written(written):
    targets, found, done = written
    assert found.reached.all() and found.failure == (("", ""), ("", ""))
    assert np.abs(found.g_end - targets).max() <= 2e-6
    assert np.abs(found.moved).max() < 1e-3  # half-selected cells see no voltage, or a transistor that is off
    assert done[-1] == (4, 4) and [n for n, _ in done] == sorted(n for n, _ in done)


def test_cells_of_a_row_share_slots(written):
    _, found, _ = written
    assert np.all(found.row_slots >= found.pulses.max(axis=1)) and np.all(found.row_slots < found.pulses.sum(axis=1))
    assert found.time_s == pytest.approx((found.row_slots.sum() + 1) * 30e-9 + PulseTiming().t_sample)
    assert found.energy_bl > 0 and found.energy_sl > 0 and 0 < found.energy_read < 1e-2 * found.energy_bl


def test_an_array_of_one_cell_without_wires_takes_the_pulses_of_a_single_cell():
    one = array_spec(1, 1, r=0.0)
    array = write_array(one, [[60e-6]], tolerance=1e-6)
    cell = write_verify(one, [60e-6], tolerance=1e-6)
    assert array.pulses[0, 0] == cell.pulses[0] and array.sets[0, 0] == cell.sets[0]
    assert_allclose(array.g[0, 0], cell.g[0], atol=1e-7)  # what WRITE_OPTIONS leave of a read
    assert_allclose(array.energy_bl + array.energy_sl, cell.energy_write[0], rtol=0.02)  # other time steps


def test_equal_pulses_do_less_to_a_far_cell():
    spec, train = array_spec(1, 2, r=200.0), FixedTrain(v_reset=1.5)
    found = write_array(spec, [[30e-6, 30e-6]], tolerance=1e-9, scheme=train, most_pulses=6)
    assert found.pulses.tolist() == [[6, 6]] and found.row_slots.tolist() == [1 + 6]
    assert found.g[0, 1] > found.g[0, 0] + 5e-6


def test_where_nothing_converges_looser_tolerances_are_tried_and_stated(caplog, monkeypatch):
    """With a reltol of 1e-14 the edge of a pulse finds no time step."""
    monkeypatch.setitem(WRITE_OPTIONS, "reltol", "1e-14")
    found = write_array(array_spec(1, 1), [[60e-6]], tolerance=5e-6, most_pulses=1)
    assert found.provenance.options["reltol"] == "3e-4"
    assert "writing begins again with a reltol of 3e-4: " in caplog.text
    assert found.failure == (("not reached after 1 pulse",),)


def test_a_cell_whose_transistor_is_too_weak_is_given_up():
    strong = RampedReset(v_reset=1.3, v_reset_most=1.4)
    shift = Mismatch(v_th=np.array([[0.0, 1.4]]), width=np.ones((1, 2)))
    found = write_array(
        array_spec(1, 2), [[60e-6, 60e-6]], tolerance=5e-6, scheme=strong, mismatch=shift, most_pulses=9
    )
    assert found.failure[0][0] == "" and found.failure[0][1] == "not reached after 9 pulses"
    assert found.reached.tolist() == [[True, False]]


@pytest.mark.parametrize(
    ("bias", "kind", "most"),
    [("transistor", "set", 1e-9), ("v/2", "set", 1e-2), ("v/3", "reset", 1e-6)],
)
def test_half_selected_cells(bias, kind, most):
    cell, r_out, gate = ("1t1r", 0.0, 1.3) if bias == "transistor" else ("1r", 5e3, None)
    timing = PulseTiming(t_slot=120e-9, t_write=60e-9)
    spec = array_spec(2, 2, cell, r_out=r_out)
    found = write_disturb(spec, [1.5, 2.8], kind=kind, bias=bias, pulses=2, v_gate=gate, timing=timing)
    assert found.state.shape == (2, 3, 2, 2) and found.g_end.shape == (2, 2, 2)
    assert np.all(np.diff(found.per_pulse) >= 0) and found.per_pulse[1] <= most, found.per_pulse
    moved = found.state[-1, -1, 0, 0] - found.state[-1, 0, 0, 0]
    assert moved < 0 if kind == "set" else moved > 0  # the gap of the written cell
    assert np.all(found.energy > 0)
    if kind == "set":  # a RESET ends its own current
        assert found.energy[1] > found.energy[0]
    if bias == "transistor":
        assert np.all(found.i_others < 1e-7)  # leakage of transistors that are off


def test_the_change_by_state_is_that_of_a_read():
    spec = array_spec(2, 2, r=0.0)
    middle = np.full((2, 2), 0.6)
    found = write_disturb(spec, [1.4], kind="reset", bias="transistor", pulses=1, state=middle)
    read = found.g_end[0] / found.g - 1
    assert_allclose(found.change[0, -1, 0, 0], read[0, 0], rtol=0.05)
    assert abs(read[0, 0]) > 1e-3


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: write_array(array_spec(1, 2), [1e-5, 2e-5], tolerance=1e-6), InputError, r"\(rows, cols\) = \(1, 2\)"),
        (
            lambda: write_array(array_spec(1, 2), [[1e-5, -2e-5]], tolerance=1e-6),
            InputError,
            r"targets\[0, 1\] = -2e-05 S",
        ),
        (lambda: write_array(array_spec(1, 1, "1r"), [[1e-5]], tolerance=1e-6), SpecError, "'1r': expected '1t1r'"),
        (
            lambda: write_array(array_spec(1, 1).replace(technique={"replicate_cols": 2}), [[1e-5]], tolerance=1e-6),
            SpecError,
            "technique.replicate_cols = 2: writing in a loop does not simulate it, expected 1",
        ),
        (
            lambda: write_disturb(array_spec(2, 2), [1.0], kind="set", bias="v/2"),
            SpecError,
            "'1t1r': expected '1r'",
        ),
        (
            lambda: write_disturb(array_spec(2, 2, "1r"), [-1.0], kind="set", bias="v/2"),
            InputError,
            r"amplitudes\[0\] = -1 V: expected a finite number above 0 V",
        ),
        (
            lambda: write_disturb(array_spec(2, 2, "1r"), [1.0], kind="set", bias="v/2", selected=(2, 0)),
            InputError,
            r"selected = \(2, 0\): expected a cell of 2 x 2",
        ),
        (
            lambda: write_disturb(array_spec(2, 2, "1r"), [1.0], kind="set", bias="v/2", v_gate=1.0),
            InputError,
            "v_gate = 1.0 V: expected None, a 1R cell has no gate",
        ),
        (
            lambda: write_disturb(array_spec(2, 2, "1r"), [1.0], kind="set", bias="v/2", state=np.full((2, 2), 9.0)),
            InputError,
            "from 0.1 to 1.7",
        ),
    ],
)
def test_what_cannot_be_written_is_refused(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()


@pytest.mark.parametrize("kind", ["set", "reset"])
def test_half_selected_cells_begin_where_their_voltage_moves_them(kind):
    found = write_disturb(array_spec(2, 2, "1r", r_out=1e3), [1.0], kind=kind, bias="v/2", pulses=1)
    moves, other = (1.7, 0.1) if kind == "set" else (0.1, 1.7)
    assert_allclose(found.state[0, 0], [[moves, moves], [moves, other]], rtol=1e-12)
