"""Limits of time follow from what a deck is predicted to take, and never fall below a floor."""

from pathlib import Path

import numpy as np
import pytest

from circuitsim.characterization.surface_fit import GRIDS
from circuitsim.characterization.sweep import deck, plan
from circuitsim.netlist import crossbar, read_pulse, transient
from circuitsim.spec import parse_spec
from circuitsim.spice import LEAST_OF_CELLS_S, Simulator, predict, time_limit
from circuitsim.spice.time_limit import LEAST_S, PATIENCE

OLD = Simulator(Path("ngspice"), 39, "ngspice-39", False)


def spec(n=2, cell="1r", **parts):
    data = {
        "schema": 1,
        "array": {"rows": n, "cols": n, "cell": cell},
        "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
        "wire": {"r_row": 1.0, "r_col": 1.0, "c_row": "1f"},
        "driver": {"v_read": 0.2},
    }
    return parse_spec(data | parts)


def cell_limit(array, grid, least_s=LEAST_OF_CELLS_S):
    sweep = plan(array, (0.0, 0.2), 1e-3, grid)
    return time_limit(deck(array, sweep.g, sweep.v_bl, sweep.v_sl), OLD, least_s=least_s)


def test_a_cell_has_as_much_time_as_its_sweep_needs():
    limits = [cell_limit(spec(), grid) for grid in GRIDS]
    assert limits[0] == LEAST_OF_CELLS_S and limits == sorted(limits) and limits[-1] > 5 * LEAST_OF_CELLS_S


def test_a_large_kit_has_more_time(tmp_path):
    kit = tmp_path / "kit.lib"
    body = "".join(f".param p{k} = {k}\n" for k in range(20_000))
    kit.write_text(f".subckt mem te be g=1u\nr1 te be {{1/g}}\n{body}.ends\n")
    device = {"file": kit, "subckt": "mem", "g_min": "1u", "g_max": "100u"}
    plain, large = (cell_limit(array, GRIDS[0], least_s=0.1) for array in (spec(), spec(device=device)))
    assert large > plain + PATIENCE * kit.stat().st_size / 2e6


@pytest.mark.parametrize(("n", "vectors"), [(2, 1), (64, 400)])
def test_an_array_has_many_times_its_prediction(n, vectors):
    array = crossbar(spec(n), np.full((n, n), 1e-5), np.linspace(0, 0.2, vectors * n).reshape(vectors, n))
    predicted = predict((n, n), vectors=vectors, simulator=OLD).seconds
    assert time_limit(array, OLD) == max(LEAST_S, PATIENCE * predicted)


def test_a_read_in_time_counts_its_steps():
    array = spec(32)
    pulse = read_pulse(array)
    long = transient(array, np.full((32, 32), 1e-5), np.full(32, 0.1), pulse=pulse)
    assert time_limit(long, OLD) > LEAST_S
    assert time_limit(transient(spec(2), np.full((2, 2), 1e-5), np.full(2, 0.1)), OLD) == LEAST_S
