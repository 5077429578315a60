"""Laws that hold whatever the values: reciprocity, both ends, merged nodes, batch against single vectors."""

import numpy as np
import pytest
from netlist_cases import currents, effective, passive, transistor
from numpy.testing import assert_allclose

from circuitsim import netlist, spice


def test_reciprocity_transposes_the_effective_matrix():
    g = 10 ** np.random.default_rng(1).uniform(-5, -3, (6, 4))
    w = effective(passive(6, 4, 5.0, 12.0), g)
    exchanged = effective(passive(4, 6, 12.0, 5.0, row_drive="right", col_sense="top"), g.T)
    assert_allclose(exchanged, w.T, rtol=1e-9, atol=0)

    not_exchanged = effective(passive(4, 6, 5.0, 12.0, row_drive="right", col_sense="top"), g.T)
    assert np.abs(not_exchanged / w.T - 1).max() > 1e-3


def test_row_driven_at_both_ends_has_a_driver_at_each():
    spec = passive(1, 2, 10.0, 0.0, row_drive="both", driver={"r_out": 50.0})
    out = currents(spec, np.full((1, 2), 1e-3), [[0.4]])
    # By symmetry no current crosses the middle segment: each cell has its own driver behind one segment.
    assert_allclose(out, [[0.4 / (1000 + 10 + 50)] * 2], rtol=1e-9, atol=0)


def test_column_sensed_at_both_ends_has_a_sense_amplifier_at_each():
    spec = passive(2, 1, 0.0, 10.0, col_sense="both").replace(sense={"r_in": 50.0})
    out = currents(spec, np.full((2, 1), 1e-3), [[0.4, 0.4]])
    assert_allclose(out, [[2 * 0.4 / (1000 + 10 + 50)]], rtol=1e-9, atol=0)


@pytest.mark.parametrize("ends", [("left", "bottom"), ("right", "top"), ("both", "both")])
def test_without_wires_the_array_is_a_matrix_product(ends):
    rng = np.random.default_rng(2)
    g, x = 10 ** rng.uniform(-6, -3, (5, 3)), rng.uniform(-1, 1, (4, 5))
    spec = passive(5, 3, 0.0, 0.0, row_drive=ends[0], col_sense=ends[1])
    assert_allclose(currents(spec, g, x), x @ g, rtol=1e-9, atol=0)


def test_reference_voltage_shifts_inputs_only():
    rng = np.random.default_rng(3)
    g, x = 10 ** rng.uniform(-6, -3, (4, 4)), rng.uniform(0, 1, (2, 4))
    spec = passive(4, 4, 3.0, 2.0)
    assert_allclose(currents(spec.replace(sense={"v_ref": 0.6}), g, x + 0.6), currents(spec, g, x), rtol=1e-8, atol=0)


def test_batch_equals_single_vectors():
    rng = np.random.default_rng(4)
    g, x = 10 ** rng.uniform(-6, -4, (6, 5)), rng.uniform(-0.2, 0.2, (5, 6))
    x[2] = 0.0
    x[:, 3] = 0.1  # an input that never changes is written as a plain source
    spec = transistor(6, 5)
    batch = currents(spec, g, x)
    singles = np.concatenate([currents(spec, g, x[k : k + 1]) for k in range(len(x))])
    full_scale = np.abs(singles).max()
    assert_allclose(batch, singles, rtol=1e-6, atol=1e-9 * full_scale)  # zero input: both are zero within gmin


def test_wire_capacitance_carries_no_direct_current():
    rng = np.random.default_rng(5)
    g, x = 10 ** rng.uniform(-6, -4, (4, 4)), rng.uniform(0, 0.2, (2, 4))
    with_c = currents(transistor(4, 4, c_row="1f", c_col="2f"), g, x)
    assert_allclose(with_c, currents(transistor(4, 4), g, x), rtol=1e-9, atol=0)


def test_temperature_and_gate_voltage_reach_the_transistors():
    g, x = np.full((3, 3), 1e-4), np.full((1, 3), 0.2)
    spec = transistor(3, 3)
    cold, hot = currents(spec, g, x), currents(spec.replace(array={"temperature_c": 125}), g, x)
    off = currents(spec.replace(access={"v_gate": 0.0}), g, x)
    assert np.all(np.abs(hot / cold - 1) > 1e-3)
    assert np.all(off < 1e-3 * cold)


def test_open_cell_of_a_transistor_array_carries_nothing():
    g = np.full((2, 2), 5e-5)
    g[0, 1] = g[1, 1] = 0.0
    out = currents(transistor(2, 2), g, [[0.2, 0.2]])[0]
    assert abs(out[1]) < 1e-18
    assert out[0] > 1e-6


def test_runs_by_hand_with_plain_ngspice(tmp_path):
    import subprocess

    for batch in (1, 3):
        deck = netlist.crossbar(
            transistor(2, 2), np.full((2, 2), 5e-5), np.full((batch, 2), 0.2) * np.arange(1, batch + 1)[:, None] / batch
        )
        (tmp_path / "deck.cir").write_text(deck.text)
        command = [spice.find_ngspice().path, "-n", "-b", "deck.cir"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert "vsense_1#branch" in done.stdout
