"""Codes to codes at three levels: the same converters around ngspice, the array solver and a tile."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from circuitsim import behavioral, levels, nodal, truth
from circuitsim.chain import read_codes
from circuitsim.results import TileModel
from circuitsim.spec import parse_spec

SPEC = {
    "schema": 1,
    "array": {"rows": 6, "cols": 5, "cell": "1t1r"},
    "device": {"model": "rram_sinh", "params": {"v0": 0.25}, "g_min": "1u", "g_max": "100u"},
    "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8},
    "wire": {"r_row": 5.0, "r_col": 5.0},
    "driver": {"v_read": 0.2, "r_out": 50, "dac_bits": 4},
    "adc": {"bits": 6, "full_scale": "80u"},
}


def test_the_levels_agree_code_for_code():
    spec = parse_spec(SPEC)
    rng = np.random.default_rng(0)
    g, codes = rng.uniform(1e-6, 1e-4, (6, 5)), rng.integers(0, 16, (12, 6))
    array = levels.prepare(spec, g)
    surface = levels.surface_of(spec)
    assert surface is not None
    tile = behavioral.program(TileModel(spec, surface, 3, (0.0, 0.2)), g)
    ngspice = read_codes(spec, codes, lambda v: truth.read_array(spec, g, v).i_out)
    exact = read_codes(spec, codes, lambda v: nodal.read(array, v).i_out)
    model = read_codes(spec, codes, lambda v: behavioral.mvm(tile, v))
    assert_allclose(exact.i_out, ngspice.i_out, rtol=0, atol=1e-6 * ngspice.i_out.max())
    for reading in (exact, model):
        assert_array_equal(reading.codes, ngspice.codes)
        assert reading.ideal == ("dac", "sense", "adc")
    assert 30 < ngspice.codes.max() < 63
