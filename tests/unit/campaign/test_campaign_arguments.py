"""What a campaign refuses: nothing that decides a point is dropped, and numbers of one table have one unit."""

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import campaign, nodal
from circuitsim.campaign import Point, points, sweeps
from circuitsim.errors import InputError
from circuitsim.netlist import Mismatch
from circuitsim.results import Provenance, Solution, TileModel
from circuitsim.spec import unfelt
from circuitsim.spec.abilities import CONVERTERS, IN_TIME, NETWORK

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
    monkeypatch.setattr(points.truth, "prepare", lambda spec, g, *, mismatch, drawn: kept.append(mismatch))
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


def test_every_draw_gets_its_own_matrix():
    """A program may work in place; neither the next draw nor the caller sees it."""

    def worse(g, rng):
        g *= 0.9
        return g

    for spec in (SPEC, SPEC.replace(technique={"partition": (2, 3)})):
        mine = np.full((4, 3), 9e-5)
        rng = np.random.default_rng(0)
        drawn = campaign.monte_carlo(spec, mine, X, draws=3, rng=rng, program=worse, level="nodal")
        assert np.array_equal(mine, np.full((4, 3), 9e-5))
        wanted = cs.solve(spec, np.full((4, 3), 9e-5) * 0.9, X).out
        for one in drawn.values:
            np.testing.assert_array_equal(one, wanted)


def test_masked_matrices_are_refused():
    g, x = np.ma.masked_array(G, mask=False), np.ma.masked_array(X, mask=False)
    g[0, 0], x[0, 0] = np.ma.masked, np.ma.masked
    rng = np.random.default_rng(0)
    for call in (
        lambda: campaign.sweep(SPEC, g, X, "wire.r_row", [2.0], level="nodal"),
        lambda: campaign.sweep(SPEC, G, x, "wire.r_row", [2.0], level="nodal"),
        lambda: campaign.monte_carlo(SPEC, G, x, draws=1, rng=rng, program=campaign.normal_spread(0.0), level="nodal"),
        lambda: campaign.monte_carlo(SPEC, G, X, draws=1, rng=rng, program=lambda m, r: g, level="nodal"),
        lambda: campaign.normal_spread(g),
    ):
        with pytest.raises(InputError, match="has masked values"):
            call()


@pytest.mark.parametrize(
    ("key", "values", "part"),
    [
        ("adc.bits", [2, 8], "the ADC"),
        ("driver.dac_bits", [2, 8], "the DAC"),
        ("mapping.weights", ["offset", "differential"], "the mapping of a network"),
        ("wire.c_row", [0.0, 1e-12], "the capacitance of wires"),
        ("driver.t_read", [1e-9, 1e-6], "the duration of a read"),
    ],
)
def test_keys_that_no_read_feels_are_refused(key, values, part):
    with pytest.raises(InputError, match=f"key = '{key}' describes {part}, which the output of a read does not depend"):
        campaign.sweep(SPEC, G, X, key, values, level="nodal")


def test_what_no_dc_read_feels_a_charge_may_feel():
    assert unfelt(SPEC, "wire.c_row") and unfelt(SPEC, "access.a_vt")
    pulses = SPEC.replace(driver={"input_code": "pulse_width"})
    assert unfelt(pulses, "wire.c_row") is None and unfelt(pulses, "driver.t_read") is None
    assert unfelt(pulses, "adc.bits") == "the ADC"
    assert unfelt(SPEC, "wire.r_row") is None
    named = CONVERTERS | NETWORK | IN_TIME
    assert all(key.split(".")[1] in type(getattr(SPEC, key.split(".")[0])).model_fields for key in named)


@pytest.mark.parametrize("values", [np.array([0.0, 27.0]), list(np.float32([0.0, 27.0])), [np.int64(0), 27], (0, 27.0)])
def test_numbers_of_numpy_are_values_of_a_sweep(values):
    table = campaign.sweep(SPEC, G, X, "array.temperature_c", values, level="nodal")
    assert table["temperature_c"].values.tolist() == [0.0, 27.0]


def test_a_folder_without_runs_is_refused(tmp_path):
    rng, program = np.random.default_rng(0), campaign.normal_spread(0.0)
    with pytest.raises(InputError, match="folder is given, but level = 'nodal' does not use it"):
        campaign.sweep(SPEC, G, X, "wire.r_row", [1.0], level="nodal", folder=tmp_path)
    with pytest.raises(InputError, match="folder is given, but level = 'nodal' does not use it"):
        campaign.monte_carlo(SPEC, G, X, draws=1, rng=rng, program=program, level="nodal", folder=tmp_path)


def test_what_is_no_point_is_refused():
    with pytest.raises(InputError, match="point is of type int: expected Point"):
        campaign.run_points(1, lambda k: 5)
