"""The complete binned library of SKY130 as upstream ships it: how long ngspice takes to read it, and that it agrees.

Run it with `pytest tests/benchmark/test_devices_sky130_load.py -s`; it takes about a minute.
"""

import time

import numpy as np
from design_kits import sky130
from numpy.testing import assert_allclose

from circuitsim.netlist import crossbar
from circuitsim.spec import parse_spec
from circuitsim.spice import run


def test_the_complete_library_agrees_with_the_extracted_card():
    size = {"w": 1e-6, "l": 0.15e-6, "v_gate": 1.8}
    file = sky130() / "models" / "sky130.lib.spice"
    parts = ({"file": file, "corner": "tt", "subckt": "sky130_fd_pr__nfet_01v8"}, {"model": "sky130_nfet_01v8"})
    g, x = np.array([[1e-5, 5e-5], [1e-4, 2e-5]]), np.array([[0.2, 0.1]])
    columns = []
    for part in parts:
        spec = parse_spec(
            {
                "schema": 1,
                "array": {"rows": 2, "cols": 2},
                "device": {"model": "rram_sinh", "g_min": 1e-6, "g_max": 1e-4},
                "access": {**part, **size},
                "wire": {"r_row": 1.0, "r_col": 1.0},
                "driver": {"v_read": 0.2},
            }
        )
        start = time.perf_counter()
        deck = crossbar(spec, g, x)
        read = time.perf_counter() - start
        raw = run(deck)
        print(f"{next(iter(part))}: deck {read:.2f} s, ngspice {raw.seconds:.2f} s")
        columns.append([raw[f"i(vsense_{j})"][0] for j in range(2)])
    assert_allclose(columns[0], columns[1], rtol=1e-9, atol=0)
