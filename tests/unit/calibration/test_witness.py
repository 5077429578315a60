"""The witness of a worst case and the current that a simulator gives for it."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from calibration_arrays import array_spec, surface

from circuitsim.calibration import full_scale_of_box, structured_worst, witness_in_ngspice
from circuitsim.calibration import witness as witness_module
from circuitsim.errors import SimulatorError
from circuitsim.results import Provenance, Solution, TileModel

SPEC = array_spec(5, 4)
MODEL = TileModel(SPEC, surface(0.3), 2, (0.0, 0.2))
FULL_SCALE, _ = full_scale_of_box(SPEC, MODEL.surface)


@pytest.fixture(scope="module")
def worst():
    return structured_worst(MODEL, FULL_SCALE, families="few")


def simulated(monkeypatch, worst, off):
    """Solve the witness in a simulator whose current in its column is off by a share of full scale."""
    case, asked = worst.witness.case, []

    def read(array, v_in, **how):
        asked.append((array, v_in, how))
        out = np.zeros((1, 4))
        out[0, case.column] = worst.witness.nodal + off * FULL_SCALE
        return Solution(out, Provenance("ngspice", "s"))

    monkeypatch.setattr(witness_module, "truth", SimpleNamespace(prepare=lambda spec, g: g, read=read))
    try:
        return witness_in_ngspice(MODEL, worst, FULL_SCALE)
    finally:
        ((array, v_in, how),) = asked
        np.testing.assert_array_equal(array, case.g)
        np.testing.assert_array_equal(v_in, case.v_in[None])
        assert how == {"folder": None, "simulator": None}


@pytest.mark.parametrize("off", [0.0, 0.9e-6, -0.9e-6])
def test_a_current_within_a_millionth_of_full_scale_is_kept_with_the_witness(monkeypatch, worst, off):
    found = simulated(monkeypatch, worst, off)
    assert found.witness.ngspice == worst.witness.nodal + off * FULL_SCALE
    assert (found.error, found.witness.nodal, found.programs) == (worst.error, worst.witness.nodal, worst.programs)


@pytest.mark.parametrize("off", [1.1e-6, -1.1e-6, float("nan")])
def test_another_current_is_refused(monkeypatch, worst, off):
    with pytest.raises(SimulatorError, match=f"column {worst.witness.case.column}.*no certificate is issued"):
        simulated(monkeypatch, worst, off)


@pytest.mark.parametrize(("share", "kept"), [(0.9, True), (1.1, False)])
def test_a_current_within_the_bound_of_the_cells_surface_is_kept(monkeypatch, worst, share, kept):
    """A bound of a tenth of the largest current of the read."""
    exact = witness_module.read_exact

    def bounded(array, v_in):
        solution = exact(array, v_in)
        return replace(solution, cell_error=np.full(1, 0.1))

    monkeypatch.setattr(witness_module, "read_exact", bounded)
    case = worst.witness.case
    largest = np.abs(exact(witness_module.model_array(MODEL, case.g), case.v_in[None]).out).max()
    off = share * 0.1 * largest / FULL_SCALE
    if kept:
        assert simulated(monkeypatch, worst, off).witness.ngspice == worst.witness.nodal + off * FULL_SCALE
    else:
        with pytest.raises(SimulatorError, match="no certificate is issued"):
            simulated(monkeypatch, worst, off)
