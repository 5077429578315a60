"""A pickled product still reads its tiles in ngspice."""

import pickle

import numpy as np
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.evaluation import NgspiceProduct
from circuitsim.network import TilePlace
from circuitsim.spec import parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 6, "cols": 8, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 2.0, "r_col": 2.0},
        "driver": {"v_read": 0.2, "r_out": 50.0},
    }
)


def test_a_pickled_product_and_a_pickled_tile_read_in_ngspice(tmp_path):
    g = np.random.default_rng(0).uniform(1e-6, 1e-4, (6, 8))
    v_in = np.random.default_rng(1).uniform(0.0, 0.2, (5, 6))
    place = TilePlace("fc", 0, 0, (0, 6), (0, 4), 8)
    copy = pickle.loads(pickle.dumps(NgspiceProduct(SPEC, tmp_path)))
    read = pickle.loads(pickle.dumps(copy(place, g)))
    assert_allclose(read(v_in), nodal.read(nodal.prepare(SPEC, g), v_in).out, rtol=1e-8, atol=0)
    assert (tmp_path / "fc_00" / "deck.cir").is_file()
