"""Deck text and batches: run with `pytest tests/benchmark/test_netlist_speed.py -s`."""

import sys
import time
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import netlist, spice
from circuitsim.spec import parse_spec


def array(n):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": n, "cols": n, "cell": "1t1r"},
            "device": {"model": "rram_sinh", "g_min": "1u", "g_max": "100u"},
            "access": {"model": "nmos_bsim4_default", "w": "1u", "l": "0.13u", "v_gate": 1.8},
            "wire": {"r_row": 1.0, "r_col": 1.0, "c_row": "0.2f", "c_col": "0.2f"},
            "driver": {"v_read": 0.2, "r_out": 50.0},
        }
    )


@pytest.mark.parametrize(("n", "seconds"), [(128, 0.5), (256, 2.0)])
def test_deck_text(n, seconds):
    rng = np.random.default_rng(0)
    spec, g, x = array(n), 10 ** rng.uniform(-6, -4, (n, n)), rng.uniform(0, 0.2, (1, n))
    netlist.crossbar(array(4), g[:4, :4], x[:, :4])  # reads the cards
    start = time.perf_counter()
    text = netlist.crossbar(spec, g, x).text
    took = time.perf_counter() - start
    tracemalloc.start()
    netlist.crossbar(spec, g, x)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    sys.stdout.write(f"\n{n} x {n}: {took:.3f} s, {len(text) / 1e6:.1f} MB of text, peak {peak:.0f} MiB\n")
    assert took < seconds
    assert peak < 300


@pytest.mark.parametrize("vectors", [100])
def test_batch_against_one_process_per_input(vectors):
    """The processes are timed on 4 of the inputs."""
    rng = np.random.default_rng(0)
    n, alone = 64, 4
    spec, g, x = array(n), 10 ** rng.uniform(-6, -4, (n, n)), rng.uniform(0, 0.2, (vectors, n))
    deck = netlist.crossbar(spec, g, x)
    start = time.perf_counter()
    together = spice.run(deck).columns(deck.i_out)
    batch = (time.perf_counter() - start) / vectors
    start = time.perf_counter()
    single = []
    for vector in x[:alone]:
        deck = netlist.crossbar(spec, g, vector[None])
        single.append(spice.run(deck).columns(deck.i_out)[0])
    process = (time.perf_counter() - start) / alone
    sys.stdout.write(
        f"\n{n} x {n}: batch {batch:.3f} s, process {process:.3f} s per input, {process / batch:.1f} times\n"
    )
    assert_allclose(together[:alone], single, rtol=1e-6, atol=0)
    assert process > 5 * batch
