"""Charges fitted to capacitances."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.characterization import charges
from circuitsim.characterization.cell_parts import FREQUENCIES, access_part, admittance_deck
from circuitsim.characterization.chebyshev import nodes
from circuitsim.errors import InputError
from circuitsim.results import (
    CellCharges,
    Provenance,
    SwitchedAccess,
    load_charges,
    load_switched,
    save_charges,
    save_switched,
)
from circuitsim.spec import parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 2, "cols": 2},
        "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "access": {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.3},
        "wire": {"r_row": 1.0, "r_col": 1.0},
        "driver": {"v_read": 0.2},
    }
)
PART = access_part(SPEC, (-0.1, 0.3), 1.3)


@pytest.mark.parametrize("higher", [0, 1])
def test_the_slopes_of_a_charge_give_the_charge(higher):
    """q = (a v_bl + b v_sl²) at each terminal: its slopes, and the charge from the corner of the box."""
    u, m = (each.ravel() for each in np.meshgrid(nodes(4, 0, 0.4), nodes(4, -0.1, 0.3), indexing="ij"))
    v_bl, v_sl = (m + u, m) if higher == 0 else (m, m + u)
    a, b = np.array([1.0, -2.0, 0.5]), np.array([3.0, 1.0, -1.0])
    c = np.stack([np.tile(a, (16, 1)), 2 * v_sl[:, None] * b], axis=1)[
        None
    ]  # (conductances, points, excited, terminals)
    tensor = charges._integrated(PART, c, (4, 4), excited=higher)[:, 0]
    x, y = (u / 0.2 - 1, (m + 0.1) / 0.2 - 1)
    found = np.polynomial.chebyshev.chebval2d(x, y, np.moveaxis(tensor, 0, 2))
    at = v_bl * a[:, None] + v_sl**2 * b[:, None] - (-0.1 * a + 0.01 * b)[:, None]
    assert_allclose(found, at, rtol=1e-9, atol=1e-12)


def test_lag_is_the_time_constant():
    omega, tau, c, g = 2 * np.pi * np.array(FREQUENCIES), 3e-12, 1e-15, 1e-4
    y = (g + 1j * omega * c / (1 + 1j * omega * tau))[:, None, None, None] * np.ones((1, 2, 2, 3))
    assert charges._lag(y) == pytest.approx(tau, rel=1e-3)
    assert charges._lag(np.real(y[:1]) + 1j * (omega * c)[:, None, None, None]) == 0.0


def test_every_point_is_measured_from_both_lines():
    text = admittance_deck(PART, np.zeros(2), np.array([0.1, 0.2]), np.array([0.0, 0.05]))
    assert (
        text.count(" ac 1") == 4
        and "vbl_1_bl bl_1_bl 0 dc 0.2 ac 1" in text
        and "vsl_1_sl sl_1_sl 0 dc 0.05 ac 1" in text
    )
    assert text.count("nmos_130 w=") == 1  # within the sub-circuit


def test_charges_return_from_their_file_and_a_change_is_refused(tmp_path):
    tensor = np.arange(24.0).reshape(3, 1, 4, 2)
    mine = CellCharges(
        tensor, -tensor, (1.0, 2.0), 1.0, (0.0, 0.2), 1e-15, 1e-4, 0.0, Provenance(level="ngspice", spec_digest=None)
    )
    over_decades = replace(mine, g_scale=0.0)  # over ln g
    save_charges(tmp_path / "d.npz", over_decades)
    assert load_charges(tmp_path / "d.npz") == over_decades
    save_charges(tmp_path / "c.npz", mine, key="k")
    assert load_charges(tmp_path / "c.npz", key="k") == mine
    with pytest.raises(InputError, match=r"c\.npz"):
        load_charges(tmp_path / "c.npz", key="other")
    assert mine.digest != CellCharges(**{**vars(mine), "forward": tensor + 1}).digest


def test_a_switched_transistor_returns_from_its_file_and_a_damaged_one_is_refused(tmp_path):
    origin = Provenance(level="ngspice", spec_digest=None)
    k, q = np.ones((2, 3, 4, 2)), np.ones((2, 3, 3, 4, 2))
    mine = SwitchedAccess((-0.1, 1.1), (0.0, 0.2), 0.1, k, 1e-9, q, 1e-15, 1e-5, 1e-2, 1e-2, origin)
    save_switched(tmp_path / "t.npz", mine, key="k")
    assert load_switched(tmp_path / "t.npz", key="k") == mine
    with pytest.raises(InputError, match=r"t\.npz"):
        load_switched(tmp_path / "t.npz")
    save_switched(tmp_path / "t.npz", SwitchedAccess(**{**vars(mine), "k": np.ones((2, 3))}), key="k")
    with pytest.raises(InputError, match="expected the arrays k and q of 4 and 5 axes"):
        load_switched(tmp_path / "t.npz", key="k")
