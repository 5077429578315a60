"""Sense amplifiers whose drop is not proportional to the current, on a tile."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import behavioral, nodal
from circuitsim.behavioral import settle
from circuitsim.errors import InputError
from circuitsim.results import TileModel
from circuitsim.results.sense_table import SenseTable

OHMIC = nodal.ohmic((1e-6, 1e-4), (0.0, 0.2))


@pytest.mark.parametrize("grade", [2, 3, 4])
def test_current_dependent_sense_resistance_of_ohmic_cells(make_spec, conductances, inputs, grade):
    """An amplifier that drops V = R·I / (1 + I/I0), against the network with that voltage at its ports."""
    spec = make_spec(r_in=300.0)
    g = conductances(spec)
    v = inputs(spec.array.rows, (0.0, 0.2))
    tile = behavioral.program(TileModel(spec, OHMIC, grade, (0.0, 0.2)), g)
    current = np.linspace(0.0, 1e-3, 2000)
    sense = SenseTable(current=current, drop=500.0 * current / (1 + current / 4e-4))
    settled = settle(tile, behavioral.mvm(tile, v), sense)
    array = nodal.linear_array(make_spec(r_in=0.0).wires, g)
    port = np.zeros((len(v), spec.array.cols))
    for _ in range(60):
        exact = nodal.solve_linear(array, v, port).i_out
        port = 0.5 * (port + 500.0 * exact / (1 + exact / 4e-4))
    # of full scale: linear interpolation over 2000 points, four Newton steps on the diagonal
    assert_allclose(settled, exact, rtol=0, atol=2e-6 * exact.max())
    constant = behavioral.mvm(tile, v)
    assert np.abs(constant - exact).max() > 1e-2 * exact.max()


def test_one_product_has_no_port_admittance(make_spec, conductances):
    spec = make_spec(device="rram_ohmic")
    tile = behavioral.program(TileModel(spec, OHMIC, 1, (0.0, 0.2)), conductances(spec))
    table = SenseTable(current=np.array([0.0, 1e-3]), drop=np.array([0.0, 0.1]))
    with pytest.raises(InputError, match=r"grade = 1: the tile has no admittance of its columns; expected one"):
        settle(tile, np.zeros((1, 28)), table)
