import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.nodal.gate_splines import at_gates, gate_law, gate_splines
from circuitsim.results import SwitchedAccess
from circuitsim.results.provenance import Provenance

GATES, V_RANGE, U_SCALE, THERMAL = (-0.1, 1.1), (-0.1, 0.5), 0.15, 0.0259


def charge_sheet(gate, drain, source):
    """Current and charges of a transistor by a closed form, over nine decades from gate off to gate on."""

    def flow(volts):
        return 1e-4 * THERMAL * np.log1p(np.exp((gate - 0.4 - 1.3 * volts) / (2 * 1.3 * THERMAL))) ** 2

    current = flow(source) - flow(drain)
    charge = 1e-15 * np.stack([0.3 * drain - 0.4 * gate, 0.3 * source - 0.5 * gate, gate - 0.2 * drain * source])
    return current, charge


def access():
    gates = np.linspace(*GATES, 41)
    u = U_SCALE * np.sinh(np.linspace(0, np.arcsinh((V_RANGE[1] - V_RANGE[0]) / U_SCALE), 25))
    m = np.linspace(*V_RANGE, 29)
    g, along, low = np.meshgrid(gates, np.maximum(u, 1e-6), m, indexing="ij")
    k, q = np.empty((2, *g.shape)), np.empty((2, len(gates), 3, len(u), len(m)))
    for side, (drain, source) in enumerate(((low + along, low), (low, low + along))):
        current, charge = charge_sheet(g, drain, source)
        k[side], q[side] = current / (drain - source), np.moveaxis(charge, 0, 1)
    origin = Provenance(level="ngspice", spec_digest=None)
    return SwitchedAccess(GATES, V_RANGE, U_SCALE, k, 1e-9 * k.max(), q, 1e-15, 0.0, 0.0, 0.0, origin)


@pytest.fixture(scope="module")
def splines():
    return gate_splines(access())


def points(count=300):
    rng = np.random.default_rng(0)
    return rng.uniform(-0.05, 1.05, count), *rng.uniform(*V_RANGE, (2, count))


def test_leak_is_right_across_the_decades(splines):
    """A gate that is off: currents from 1e-5 to 1e-10 of the largest, each right by itself."""
    _, drain, source = points()
    gate = np.zeros_like(drain)
    expected, _ = charge_sheet(gate, drain, source)
    found = at_gates(splines, gate, drain, source, slopes=False)[0, 0]
    large = np.abs(expected) > 100 * splines.k_floor * np.abs(drain - source)
    assert np.abs(expected[large]).min() < 1e-4 * np.abs(expected).max() and large.sum() > 50
    assert np.abs(found / expected - 1)[large].max() < 5e-3
    assert np.abs(found - expected).max() < 2e-3 * np.abs(expected).max()


def test_currents_and_charges_between_the_nodes(splines):
    gate, drain, source = points()
    current, charge = charge_sheet(gate, drain, source)
    found = at_gates(splines, gate, drain, source, slopes=False)[0]
    assert np.abs(found[0] - current).max() < 1e-4 * np.abs(current).max()
    assert_allclose(found[1:], charge, rtol=0, atol=1e-4 * np.abs(charge).max())


@pytest.mark.parametrize("terminal", [0, 1, 2], ids=["drain", "source", "gate"])
def test_slopes_are_those_of_the_values(splines, terminal):
    gate, drain, source = points()
    step = 1e-6
    apart = np.abs(drain - source) > 2 * step
    volts = [drain[apart], source[apart], gate[apart]]
    law = gate_law(splines, volts[2], volts[0], volts[1])
    ends = []
    for sign in (1, -1):
        moved = [v + sign * step if k == terminal else v for k, v in enumerate(volts)]
        ends.append(at_gates(splines, moved[2], moved[0], moved[1], slopes=False)[0])
    slope = (ends[0] - ends[1]) / (2 * step)
    assert_allclose(law[:, 1 + terminal], slope, rtol=0, atol=1e-5 * np.abs(slope).max(axis=1).max())
    assert_allclose(law[0, 1 + terminal], slope[0], rtol=0, atol=1e-5 * np.abs(slope[0]).max())


def test_beyond_the_grid_its_edge_holds(splines):
    beyond = at_gates(splines, np.array([2.0, -1.0]), np.array([0.3, 0.3]), np.array([0.0, 0.0]), slopes=False)
    edge = at_gates(splines, np.array([1.1, -0.1]), np.array([0.3, 0.3]), np.array([0.0, 0.0]), slopes=False)
    assert_allclose(beyond, edge, rtol=1e-12, atol=0)
