"""A batch of inputs as one deck with an index sweep, against one process per input; and what was predicted of it.

Run with `pytest -o addopts= tests/benchmark/test_spice_sweep.py -s`; several minutes.
"""

import numpy as np
from numpy.testing import assert_allclose

from circuitsim import spice
from circuitsim.netlist import crossbar
from circuitsim.spec import parse_spec

BATCH = 100
SINGLE = 4


def array(size):
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": size, "cols": size, "cell": "1t1r"},
            "device": {"model": "rram_sinh", "g_min": "1u", "g_max": "100u"},
            "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.5},
            "wire": {"r_row": 1.0, "r_col": 1.0},
            "driver": {"v_read": 0.2, "r_out": 50.0},
        }
    )
    rng = np.random.default_rng(0)
    g = np.exp(rng.uniform(np.log(1e-6), np.log(1e-4), (size, size)))
    return spec, g, rng.uniform(0, 0.2, (BATCH, size))


def test_index_sweep_is_five_times_faster_than_a_process_per_input():
    spec, g, x = array(64)
    deck = crossbar(spec, g, x)
    together = spice.run(deck)
    alone = [spice.run(crossbar(spec, g, x[k : k + 1])) for k in range(SINGLE)]
    ratio = BATCH * np.mean([raw.seconds for raw in alone]) / together.seconds
    print(f"\n{BATCH} inputs in {together.seconds:.1f} s, one in {alone[0].seconds:.1f} s, ratio {ratio:.1f}")
    currents = np.concatenate([raw.columns(deck.i_out) for raw in alone])
    assert_allclose(currents, together.columns(deck.i_out)[:SINGLE], rtol=1e-6, atol=0)
    assert ratio >= 5


def test_predictions_are_right_within_a_factor():
    simulator = spice.find_ngspice()
    for size in (16, 32, 64):
        spec, g, x = array(size)
        for vectors in (1, 11):
            measured = spice.run(crossbar(spec, g, x[:vectors])).seconds
            predicted = spice.predict((size, size), vectors=vectors, simulator=simulator).seconds
            print(f"\n{size} x {size}, {vectors} vectors: predicted {predicted:.2f} s, measured {measured:.2f} s")
            # Stated: 3; on a machine whose cores are shared, 4 times slower still.
            assert 1 / 12 < measured / predicted < 12
