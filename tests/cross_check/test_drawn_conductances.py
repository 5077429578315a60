"""What the statistics of a card draw is what an array reads: no end of the card's range clips it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim import campaign
from circuitsim.calibration import calibrate, error_budget, over_time, random_experiments
from circuitsim.calibration.budget import budget_outputs
from circuitsim.calibration.conditions import _age
from circuitsim.calibration.drawn import device_statistics, drawn_reach
from circuitsim.calibration.solve_experiments import solve_in_nodal
from circuitsim.calibration.verify import find_suspects
from circuitsim.characterization import cell
from circuitsim.devices import load_card
from circuitsim.devices.statistics import programming_sigma, read_statistics, sample_aged, sample_programmed
from circuitsim.errors import OutsideRangeError
from circuitsim.results import Experiment, TileModel

PCM = read_statistics(load_card("pcm_joshi"))
COLS = 400
AT_G_MAX = (25e-6, 1.055e-6)  # wanted conductance and its sigma by the card [S]
AT_G_MIN = (2e-6, 0.413e-6)


def spec_of(rows=1, cols=COLS, **device):
    """Cells of phase-change memory between ideal wires: an output at v_read is the drawn conductance."""
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1r"},
            "device": {"model": "pcm_joshi", "g_min": AT_G_MIN[0], "g_max": AT_G_MAX[0], **device},
            "wire": {"r_row": 0.0, "r_col": 0.0},
            "driver": {"v_read": 0.2},
        }
    )


def program(g, rng):
    return sample_programmed(PCM, g, rng=rng)


def check_drawn(drawn, wanted, sigma):
    """Mean and standard deviation within four of their own standard errors, and cells on both sides of the target."""
    n = drawn.size
    assert_allclose(drawn.mean(), wanted, rtol=0, atol=4 * sigma / np.sqrt(n))
    assert_allclose(drawn.std(), sigma, rtol=4 / np.sqrt(2 * n), atol=0)
    assert 0.4 < np.mean(drawn > wanted) < 0.6


@pytest.mark.parametrize(("wanted", "sigma"), [AT_G_MAX, AT_G_MIN], ids=["g_max", "g_min"])
@pytest.mark.parametrize("level", ["ngspice", "nodal", "behavioral"])
def test_monte_carlo_reads_what_was_programmed(level, wanted, sigma):
    spec = spec_of()
    assert_allclose(programming_sigma(PCM, np.array([wanted])), sigma, rtol=1e-3, atol=0)
    model = TileModel(spec, cell(spec, g_range=drawn_reach(spec)), 2, (0.0, 0.2)) if level == "behavioral" else None
    g, x = np.full((1, COLS), wanted), np.full((1, 1), 0.2)
    out = campaign.monte_carlo(
        spec, g, x, draws=4, rng=np.random.default_rng(3), program=program, level=level, model=model
    ).to_numpy()
    check_drawn(out.ravel() / 0.2, wanted, sigma)


def test_targets_outside_the_array_and_devices_without_statistics_are_refused_as_before():
    spec, x = spec_of(cols=2), np.full((1, 1), 0.2)
    with pytest.raises(OutsideRangeError, match=r"g\[0, 0\] = 2\.6e-05 S, expected 0 .* device\.g_max = 2\.5e-05 S"):
        campaign.monte_carlo(spec, np.full((1, 2), 26e-6), x, draws=1, rng=np.random.default_rng(0), program=program)
    with pytest.raises(OutsideRangeError, match=r"g\[0, 0\] = 2\.6e-05 S"):
        cs.solve(spec, np.full((1, 2), 26e-6), x, "nodal")
    stanford = spec.replace(device={"model": "rram_stanford_a", "g_min": 2e-6, "g_max": 1e-4})
    high = load_card("rram_stanford_a").state.g_max
    with pytest.raises(OutsideRangeError, match=r"expected 0 .* device\.g_max"):
        cs.solve(stanford, np.full((1, 2), 1.1 * high), x, "nodal", drawn=True)
    inside = np.full((1, 2), 0.9 * high)  # beyond the array's own g_max, within the card's
    assert_allclose(cs.solve(stanford, inside, x, "nodal", drawn=True).out, 0.2 * inside, rtol=1e-6, atol=0)


def test_the_budget_takes_the_programming_error_as_drawn():
    spec = spec_of()
    experiment = Experiment("high", np.full((1, COLS), AT_G_MAX[0]), ("all_on",), np.full((1, 1), 0.2))
    statistics, _ = device_statistics(spec)
    outputs = budget_outputs(spec, cell(spec), [experiment], rng=np.random.default_rng(4), statistics=statistics)
    check_drawn(outputs.single["programming"] / 0.2, *AT_G_MAX)
    assert outputs.open_share == 0.0


def test_cells_drawn_below_zero_are_open_and_told():
    """At 0.1 µS sigma is 0.27 µS: a third of the cells ends below 0 S, which no device has."""
    spec = spec_of(g_min=1e-7)
    experiment = Experiment("low", np.full((1, COLS), 1e-7), ("all_on",), np.full((1, 1), 0.2))
    statistics, left_out = device_statistics(spec)
    given = {"rng": np.random.default_rng(5), "statistics": statistics, "left_out": left_out}
    budget = error_budget(spec, cell(spec), [experiment], **given)
    (said,) = [reason for reason in budget.left_out if "below 0 S" in reason]
    share = float(said.split(": ")[1].split("%")[0]) / 100
    assert 0.28 < share < 0.43


def test_an_aged_array_keeps_its_mean_and_its_spread():
    """Right after programming, when nothing has drifted yet."""
    spec = spec_of()
    experiment = Experiment("high", np.full((1, COLS), AT_G_MAX[0]), ("all_on",), np.full((1, 1), 0.2))
    (aged,), _ = _age([experiment], spec, PCM, 0.0, np.random.default_rng(6))
    check_drawn(aged.g, *AT_G_MAX)
    later = sample_aged(PCM, experiment.g, 1e5, rng=np.random.default_rng(6))
    (aged,), _ = _age([experiment], spec, PCM, 1e5, np.random.default_rng(6))
    assert_allclose(aged.g, later, rtol=0, atol=0)


@pytest.mark.parametrize("device", [("pcm_joshi", 2e-6, 25e-6), ("mtj_pma", 4.79958e-05, 0.000166667)])
def test_a_changed_transistor_is_found_beside_drawn_conductances_and_two_states(device):
    """Its derivative needs conductances below g_min and between two states."""
    model, low, high = device
    access = {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8}
    data = spec_of(rows=8, cols=6, model=model, g_min=low, g_max=high).model_dump(by_alias=True, exclude_none=True)
    data["array"]["cell"], data["driver"]["v_read"], data["wire"] = "1t1r", 0.1, {"r_row": 4.0, "r_col": 4.0}
    spec, other = (cs.parse_spec({**data, "access": {**access, "w": w}}) for w in (1e-6, 0.99e-6))
    experiments = random_experiments(
        spec, np.random.default_rng(0), matrices=("binary", "few_high"), vectors={"uniform": 5, "all_on": 1}
    )
    surface = cell(spec, g_range=drawn_reach(spec))
    exact, truths = solve_in_nodal(spec, surface, experiments), solve_in_nodal(other, cell(other), experiments)
    suspects, unexplained = find_suspects(spec, surface, experiments, exact, truths)
    assert suspects[0].part == "transistor resistance" and 0 < suspects[0].change < 0.015
    assert unexplained < 0.1


@pytest.mark.parametrize("truth", ["nodal", "ngspice"])
def test_the_certified_gain_is_that_of_what_was_drawn(truth):
    """All cells at g_max and no drift yet: programming errors average out, and so does the gain, at 1."""
    spec = spec_of(rows=12, cols=12)
    model = calibrate(spec.replace(device={"g_min": 24.9e-6}), rng=np.random.default_rng(0), truth="nodal").model
    (now,) = over_time(model, rng=np.random.default_rng(1), times=[0.0], truth=truth)
    assert_allclose(now.gain, 1.0, rtol=0, atol=0.006)  # 432 cells of 4.2 %: 0.2 %, three times that
    assert now.open_share == 0.0
    assert now.certificate.provenance.spec_digest == model.spec.digest
