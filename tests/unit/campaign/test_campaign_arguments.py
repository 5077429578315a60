"""What a campaign refuses: nothing that decides a point is dropped, and numbers of one table have one unit."""

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import campaign, nodal
from circuitsim.campaign import Point, points, sweeps
from circuitsim.errors import InputError
from circuitsim.netlist import Mismatch
from circuitsim.results import Provenance, Solution, TileModel

SPEC = cs.parse_spec(
    {
        "schema": 1,
        "array": {"rows": 4, "cols": 3, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
        "wire": {"r_row": 2.0, "r_col": 2.0},
        "driver": {"v_read": 0.2},
    }
)
G, X = np.full((4, 3), 1e-5), np.full((1, 4), 0.1)
MODEL = TileModel(SPEC, nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), 1, (0.0, 0.2))
MISMATCH = Mismatch(np.zeros((4, 3)), np.ones((4, 3)))


@pytest.mark.parametrize(
    ("point", "sentence"),
    [
        (Point(SPEC, G, X, "ngspice", model=MODEL), "model is given, but level = 'ngspice' does not use it"),
        (Point(SPEC, G, X, "nodal", MISMATCH), "mismatch needs level = 'ngspice'"),
        (
            Point(SPEC.replace(technique={"partition": (2, 3)}), G, X, "ngspice", MISMATCH),
            r"mismatch is given, but \[technique\] changes the size of the array",
        ),
    ],
)
def test_points_with_something_that_their_level_ignores_are_refused(point, sentence):
    with pytest.raises(InputError, match=sentence):
        campaign.run_points(1, lambda k: point)


def test_mismatch_is_kept_among_points_of_other_levels(monkeypatch):
    """Points of one level are read together, others one by one: both ways spread the transistors."""
    kept = []
    monkeypatch.setattr(points.truth, "prepare", lambda spec, g, *, mismatch: kept.append(mismatch))
    monkeypatch.setattr(points.truth, "read", lambda array, x, *, folder: None)
    both = [Point(SPEC, G, X, "nodal"), Point(SPEC, G, X, "ngspice", MISMATCH)]
    campaign.run_points(2, lambda k: both[k], n_jobs=1)
    assert kept == [MISMATCH]


def test_spread_transistors_and_drawn_arrays_exclude_each_other():
    data = SPEC.model_dump(mode="json", by_alias=True, exclude_none=True)
    data["array"]["cell"] = "1t1r"
    data["access"] = {"model": "nmos_130", "w": 1e-6, "l": 1.3e-7, "v_gate": 1.8, "a_vt": 5e-9}
    data["technique"] = {"partition": [2, 3]}
    with pytest.raises(InputError, match=r"spread the transistors of rows x cols cells, and \[technique\] draws other"):
        campaign.monte_carlo(cs.parse_spec(data), G, X, draws=2, rng=np.random.default_rng(0))


def test_no_jobs_are_refused():
    with pytest.raises(InputError, match="n_jobs = 0: expected 1 or more"):
        campaign.run_points(1, lambda k: Point(SPEC, G, X, "nodal"), n_jobs=0)


def test_outputs_of_two_units_make_no_table(monkeypatch):
    solved = [
        Solution(np.zeros((1, 3)), Provenance("ngspice", "")),
        Solution(np.zeros((1, 3)), Provenance("ngspice", ""), quantity="charge", unit="C"),
    ]
    monkeypatch.setattr(sweeps, "run_points", lambda count, point, *, n_jobs, folder: solved)
    with pytest.raises(InputError, match="outputs are in A and C, expected one unit"):
        campaign.sweep(SPEC, G, X, "driver.input_code", ["amplitude", "pulse_width"])


def test_values_that_are_no_scalars_become_labels():
    table = campaign.sweep(SPEC, G, X, "technique.partition", [(2, 3), (4, 2)], level="nodal")
    assert table["partition"].values.tolist() == ["(2, 3)", "(4, 2)"]
    one = cs.solve(SPEC.replace(technique={"partition": (4, 2)}), G, X, "nodal")
    np.testing.assert_array_equal(table[1], one.out)
