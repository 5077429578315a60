"""Charges of capacitors against the matrix exponential of a small network, written down node by node."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import expm

from circuitsim import nodal
from circuitsim.errors import InputError, OutsideRangeError, SpecError
from circuitsim.results import CapacitorCell, Provenance
from circuitsim.spec import parse_spec

ROWS, COLS = 3, 4
LOW, HIGH = 1e-16, 1.5e-15
R_ON, C_UNIT = 5e3, 1.6e-15
R_ROW, R_COL, R_OUT, R_IN, C_ROW, C_COL = 3e3, 2e3, 700.0, 400.0, 2e-16, 3e-16


def spec_of(t_read, **parts):
    data = {
        "schema": 1,
        "array": {"rows": ROWS, "cols": COLS, "cell": "1c"},
        "device": {"model": "charge_cell", "g_min": LOW, "g_max": HIGH},
        "wire": {"r_row": R_ROW, "r_col": R_COL, "c_row": C_ROW, "c_col": C_COL},
        "driver": {"v_read": 0.4, "t_read": t_read, "r_out": R_OUT},
        "sense": {"r_in": R_IN},
    }
    for part, keys in parts.items():
        data[part] = {**data.get(part, {}), **keys}
    return parse_spec(data)


def charge_cell(tau=True):
    """c, τ = R_ON·c, nothing at the bit line, C_UNIT − c at the source line; all linear in the capacitance."""
    middle, half = (LOW + HIGH) / 2, (HIGH - LOW) / 2
    on = R_ON if tau else 0.0
    rows = [[middle, half], [on * middle, on * half], [0.0, 0.0], [C_UNIT - middle, -half]]
    return CapacitorCell(np.array(rows), (LOW, HIGH), 0.0, Provenance(level="nodal", spec_digest=None))


def by_exponential(c, x, t_read):
    """Charges (cols,) into the sense nodes, and the energy of the drivers, of one read from the state equations."""
    cells = ROWS * COLS
    nodes = 3 * cells  # row nodes, column nodes, nodes between resistance and capacitor
    g, cap, feed = np.zeros((nodes, nodes)), np.zeros((nodes, nodes)), np.zeros((nodes, ROWS))
    row = np.arange(cells).reshape(ROWS, COLS)
    col, inner = row + cells, row + 2 * cells

    def stamp(matrix, a, b, value):
        matrix[a, a] += value
        matrix[b, b] += value
        matrix[a, b] -= value
        matrix[b, a] -= value

    for a in range(ROWS):
        first = 1 / (R_ROW + R_OUT)
        g[row[a, 0], row[a, 0]] += first
        feed[row[a, 0], a] = first
        for b in range(COLS):
            if b:
                stamp(g, row[a, b - 1], row[a, b], 1 / R_ROW)
            if a:
                stamp(g, col[a - 1, b], col[a, b], 1 / R_COL)
            stamp(g, row[a, b], inner[a, b], 1 / R_ON)
            stamp(cap, inner[a, b], col[a, b], c[a, b])
            cap[row[a, b], row[a, b]] += C_ROW
            cap[col[a, b], col[a, b]] += C_COL + C_UNIT - c[a, b]
    g[col[-1], col[-1]] += 1 / (R_COL + R_IN)
    # States: nodes, charges into the sense nodes, energy of the drivers, and a constant and a ramp as inputs.
    size = nodes + COLS
    system = np.zeros((size + 2, size + 2))
    a_matrix = -np.linalg.solve(cap, g)
    drive = np.linalg.solve(cap, feed @ x)
    system[:nodes, :nodes] = a_matrix
    for b in range(COLS):
        system[nodes + b, col[-1, b]] = 1 / (R_COL + R_IN)
    system[:nodes, size] = drive  # input u(t), whose slope is the last state
    system[size, size + 1] = 1.0
    state = np.zeros(size + 2)
    edge = 0.01 * t_read
    state[size + 1] = 1 / edge
    state = expm(system * edge) @ state
    state[size + 1] = 0.0
    return (expm(system * (t_read - edge)) @ state)[nodes : nodes + COLS]


def case(seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(LOW, HIGH, (ROWS, COLS)), rng.uniform(-0.4, 0.4, (2, ROWS))


@pytest.mark.parametrize("t_read", [1e-12, 1e-11, 1e-10, 1e-9, 1e-6])
def test_charges_at_any_time(t_read):
    c, x = case()
    found = nodal.read(nodal.prepare(spec_of(t_read), c, charge_cell()), x)
    assert (found.quantity, found.unit) == ("charge", "C")
    full_scale = 0.4 * c.sum(axis=0).max()
    for vector, charge in zip(x, found.out, strict=True):
        assert_allclose(charge, by_exponential(c, vector, t_read), rtol=0, atol=1e-9 * full_scale)


def test_a_settled_read_is_the_product_with_the_capacitances():
    c, x = case(1)
    c[1, 2] = 0.0
    found = nodal.read(nodal.prepare(spec_of(1e-4, sense={"v_ref": 0.1}), c, charge_cell()), x + 0.1)
    assert_allclose(found.out, x @ c, rtol=0, atol=1e-10 * 0.4 * c.sum(axis=0).max())
    # A slow edge turns nothing into heat: drivers and references deliver what is stored.
    stored = 0.5 * (x**2 @ (c.sum(axis=1) + COLS * C_ROW))
    referred = 0.1 * (x @ (c.sum(axis=1) + COLS * C_ROW) - (x @ c).sum(axis=1))
    assert_allclose(found.power * 1e-4, stored + referred, rtol=1e-4)


def test_wires_without_resistance_settle_at_once():
    c, x = case(2)
    bare = spec_of(1e-15, wire={"r_row": 0.0, "r_col": 0.0}, driver={"r_out": 0.0}, sense={"r_in": 0.0})
    found = nodal.read(nodal.prepare(bare, c, charge_cell(tau=False)), x)
    assert_allclose(found.out, x @ c, rtol=1e-9, atol=0)


def test_straps_charge_an_array_sooner():
    c, _ = case(3)
    strap = {"every": 1, "r": 50.0, "r_via": 10.0}
    slow, fast = (
        nodal.read(nodal.prepare(spec_of(5e-11, wire=wire), c, charge_cell()), np.full((1, ROWS), 0.4)).out
        for wire in ({}, {"strap_row": strap, "strap_col": strap})
    )
    assert (fast > slow).all() and (fast <= 0.4 * c.sum(axis=0) * (1 + 1e-9)).all()


def test_what_capacitors_are_not():
    c, x = case(4)
    array = nodal.prepare(spec_of(1e-9), c, charge_cell())
    with pytest.raises(InputError, match="its output is a charge"):
        nodal.read(array, x, nodes=True)
    with pytest.raises(InputError, match=r"effective_matrix with array\.cell = '1c'"):
        nodal.effective_matrix(array)
    with pytest.raises(InputError, match="'1c' needs a CapacitorCell as surface"):
        nodal.prepare(spec_of(1e-9), c)
    with pytest.raises(InputError, match=r"power_breakdown with array\.cell = '1c'"):
        nodal.power_breakdown(array, x, nodal.read(array, x))
    with pytest.raises(OutsideRangeError, match=r"expected 0 \(an open cell\) or"):
        nodal.prepare(spec_of(1e-9), 2 * c, charge_cell(), g_range=(0.0, 1.0))
    with pytest.raises(SpecError, match="1c cells give their charge back"):
        spec_of(1e-9, driver={"input_code": "pulse_width"})
