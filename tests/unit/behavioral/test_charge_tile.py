"""Tiles of capacitors: settled charges are the capacitances, others those of the array solver, and so is the energy."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import behavioral, nodal
from circuitsim.errors import InputError, OutsideCertificateWarning, OutsideRangeError
from circuitsim.results import CapacitorCell, Provenance, TileModel
from circuitsim.spec import parse_spec

ROWS, COLS = 5, 4
LOW, HIGH, C_UNIT, R_ON = 1e-16, 1.5e-15, 1.6e-15, 5e3
RNG = np.random.default_rng(0)
C, X = RNG.uniform(LOW, HIGH, (ROWS, COLS)), RNG.uniform(0.0, 0.4, (3, ROWS))


def charge_spec(t_read, **parts):
    data = {
        "schema": 1,
        "array": {"rows": ROWS, "cols": COLS, "cell": "1c"},
        "device": {"model": "charge_cell", "g_min": LOW, "g_max": HIGH},
        "wire": {"r_row": 3e3, "r_col": 2e3, "c_row": 2e-16, "c_col": 3e-16},
        "driver": {"v_read": 0.4, "t_read": t_read, "r_out": 700.0},
        "sense": {"r_in": 400.0},
    }
    for part, keys in parts.items():
        data[part] = {**data.get(part, {}), **keys}
    return parse_spec(data)


def capacitor(bound=0.0):
    """c, τ = R_ON·c, nothing at the bit line, C_UNIT − c at the source line; all linear in the capacitance."""
    middle, half = (LOW + HIGH) / 2, (HIGH - LOW) / 2
    rows = [[middle, half], [R_ON * middle, R_ON * half], [0.0, 0.0], [C_UNIT - middle, -half]]
    return CapacitorCell(np.array(rows), (LOW, HIGH), bound, Provenance(level="nodal", spec_digest=None))


def model_of(t_read, grade, **parts):
    spec = charge_spec(t_read, **parts)
    return TileModel(spec, capacitor(), grade, (spec.sense.v_ref, spec.sense.v_ref + 0.4))


def test_settled_charges_are_the_capacitances_whatever_the_wires():
    c = C.copy()
    c[1, 2] = 0.0
    tile = behavioral.program(model_of(1e-9, 1), c)
    assert_allclose(behavioral.mvm(tile, X), X @ c, rtol=1e-14, atol=0)
    moved = behavioral.program(model_of(1e-9, 1, sense={"v_ref": 0.1}), c)
    assert_allclose(behavioral.mvm(moved, X + 0.1), X @ c, rtol=1e-12, atol=0)
    assert (tile.products, tile.form.phrase) == (1, "one matrix product, settled charges")


@pytest.mark.parametrize("t_read", [2e-11, 1e-10, 1e-9])
@pytest.mark.parametrize("v_ref", [0.0, 0.1])
def test_charges_at_the_end_of_the_read_and_their_energy_are_those_of_the_array_solver(t_read, v_ref):
    model = model_of(t_read, 2, sense={"v_ref": v_ref})
    exact = nodal.read(nodal.prepare(model.spec, C, model.surface), X + v_ref)
    tile = behavioral.program(model, C)
    assert_allclose(behavioral.mvm(tile, X + v_ref), exact.out, rtol=1e-12, atol=0)
    assert_allclose(behavioral.power(tile, X + v_ref), exact.power, rtol=1e-9)
    settled = behavioral.mvm(behavioral.program(replace(model, grade=1), C), X + v_ref)
    assert (np.abs(settled - exact.out).max() > 1e-4 * exact.out.max()) == (
        t_read < 5e-10
    )  # it differs where it should


@pytest.mark.parametrize(
    ("t_rise", "v_ref", "off"), [(None, 0.0, 2e-2), (None, 0.1, 2e-2), (5e-11, 0.0, 5e-2), (5e-10, 0.1, 5e-2)]
)
def test_the_energy_of_settled_reads_takes_each_row_by_itself(t_rise, v_ref, off):
    model = model_of(1e-9, 1, sense={"v_ref": v_ref}, driver={"t_rise": t_rise} if t_rise else {})
    exact = nodal.read(nodal.prepare(model.spec, C, model.surface), X + v_ref)
    found = behavioral.power(behavioral.program(model, C), X + v_ref)
    assert_allclose(found, exact.power, rtol=off)


def test_tiles_follow_the_data_and_pickle():
    tile = behavioral.program(model_of(1e-10, 2, sense={"v_ref": 0.1}), C)
    assert pickle.loads(pickle.dumps(tile)) == tile
    single = behavioral.program(model_of(1e-10, 2, sense={"v_ref": 0.1}), C, dtype="float32")
    v = (X + 0.1).astype(np.float32)
    found = behavioral.mvm(single, v)
    assert found.dtype == np.float32 and behavioral.own_array(single).dtype == np.float32
    scale = behavioral.mvm(tile, X + 0.1).max()
    assert np.abs(found - behavioral.mvm(tile, X + 0.1)).max() < 1e-6 * scale
    assert_allclose(behavioral.power(single, v), behavioral.power(tile, X + 0.1), rtol=1e-5)


def test_what_tiles_of_capacitors_refuse():
    model = model_of(1e-9, 1)
    tile = behavioral.program(model, C)
    with pytest.raises(InputError, match=r"cannot reprogram a tile of capacitors \(array\.cell = '1c'\)"):
        behavioral.reprogram(tile, C, C)
    with pytest.raises(InputError, match=r"of array\.cell = '1c', whose cells carry no current at rest"):
        behavioral.row_currents(model, C)
    with pytest.raises(InputError, match=r"grade = 3: expected 1 \(one matrix product, settled charges\) or 2"):
        behavioral.program(replace(model, grade=3), C)
    with pytest.raises(InputError, match="inputs = 'few': expected 'analog' or 'binary'"):
        behavioral.program(model, C, inputs="few")
    with pytest.raises(OutsideRangeError, match=r"g\[0, 0\] = 3e-15 F"):
        behavioral.program(model, np.full((ROWS, COLS), 3e-15), drawn=True)
    with pytest.raises(InputError, match="v_in has shape"):
        behavioral.mvm(tile, X[:, :-1])
    with pytest.warns(OutsideCertificateWarning, match=r"v_in holds 0\.5 V"):
        assert not behavioral.check_input_range(tile, np.full((1, ROWS), 0.5))
