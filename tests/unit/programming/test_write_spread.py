"""The spread of written cells: what was drawn is found, held against other cells, and read back from a card."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm

from circuitsim.calibration.drawn import device_statistics
from circuitsim.devices import load_folder
from circuitsim.devices.statistics import programming_sigma, read_statistics
from circuitsim.errors import InputError
from circuitsim.programming import fit_write_spread
from circuitsim.resources import device_models_folder
from circuitsim.results import Provenance, WrittenArray, WrittenCells
from circuitsim.spec import parse_spec

LOW, HIGH = 3e-6, 80e-6
TWICE = np.repeat([1e-5, 2e-5], 15)


def written(count, *, sigma=(0.2e-6, 0.8e-6), seed=0, lost=0, tolerance=5e-6):
    """Cells with normal errors whose standard deviation is linear in the target; some are given up."""
    rng = np.random.default_rng(seed)
    target = np.linspace(LOW, HIGH, count)
    g = target + np.interp(target, (LOW, HIGH), sigma) * rng.standard_normal(count)
    g[:lost] = 1e-4
    some = np.ones(count)
    return WrittenCells(
        target, tolerance, g, some, some, some, some, some, ("lost",) * lost + ("",) * (count - lost),
        Provenance("ngspice", None, deck_digest="abc" * 20, ngspice="39"),
    )  # fmt: skip


def test_the_spread_that_was_drawn_is_found_and_holds_for_other_cells():
    found = fit_write_spread(written(4000), rng=np.random.default_rng(1))
    assert_allclose(found.sigma, (0.2e-6, 0.8e-6), rtol=0.06)
    assert found.holds and found.cells == found.held_out == 2000
    assert (found.g_min, found.g_max, found.given_up) == (LOW, HIGH, 0.0)
    assert abs(found.mean) < 3 * 0.55e-6 / 4000**0.5
    first, last = found.sigma
    at = found.at(np.array([1e-6, LOW, (LOW + HIGH) / 2, HIGH]))
    assert_allclose(at, [first, first, (first + last) / 2, last], rtol=1e-12)


def test_a_right_spread_holds_as_often_as_both_halves_scatter():
    """The half that is fitted scatters as much as the other one: the interval of one covers 83 % of the ratios."""
    held = sum(fit_write_spread(written(120, seed=k), rng=np.random.default_rng(k)).holds for k in range(100))
    share = 1 - 2 * norm.sf(norm.isf(0.025) / np.sqrt(2))
    assert abs(held - 100 * share) < 2 * np.sqrt(100 * share * (1 - share))


def test_a_spread_of_another_shape_does_not_hold():
    cells = written(400)
    middle = np.abs(cells.target - cells.target.mean()) < 1e-5
    bumped = replace(cells, g=np.where(middle, cells.target, cells.g))
    order = np.random.default_rng(3)
    assert fit_write_spread(bumped, rng=order).ratio == pytest.approx(1.0, abs=0.2)
    few = replace(cells, g=cells.target + np.where(np.arange(400) % 100 == 0, 4e-6, 1e-8))
    assert not all(fit_write_spread(few, rng=np.random.default_rng(k)).holds for k in range(5))


def test_given_up_cells_are_told_and_left_out():
    found = fit_write_spread(written(100, lost=10), rng=np.random.default_rng(0))
    assert found.given_up == pytest.approx(0.1) and found.cells + found.held_out == 90
    assert "10 % given up" in found.toml


def test_cells_of_an_array_are_taken_as_they_are_at_the_end():
    """Equal targets differ by place in an array."""
    cells = written(200)
    halves = (2, 100)
    target, g = cells.target.reshape(halves), cells.g.reshape(halves)
    some = np.ones(halves)
    of_array = WrittenArray(
        target, cells.tolerance, g * 1.01, g, some, some, np.ones(2), 1.0, 1.0, 1.0, 1.0, ((("",) * 100),) * 2,
        cells.provenance,
    )  # fmt: skip
    found, alone = (fit_write_spread(each, rng=np.random.default_rng(0)) for each in (of_array, cells))
    assert found.sigma == alone.sigma and found.mean == alone.mean
    assert found.source.startswith("write-verify of an array, ")
    flat = replace(of_array, target=np.full(halves, 4e-5), g_end=4e-5 + 1e-8 * np.arange(200).reshape(halves))
    with pytest.raises(InputError, match="all targets are 4e-05 S: expected targets over the range"):
        fit_write_spread(flat, rng=np.random.default_rng(0))


def test_a_card_with_it_draws_what_was_fitted(tmp_path):
    found = fit_write_spread(written(200), rng=np.random.default_rng(0))
    folder = tmp_path / "written"
    folder.mkdir()
    for file in ("device.toml", "model.lib"):
        text = (device_models_folder() / "rram_stanford_a" / file).read_text().replace("rram_stanford_a", "written")
        (folder / file).write_text(text + (found.toml if file == "device.toml" else ""))
    statistics = read_statistics(load_folder(folder))
    g = np.linspace(LOW, HIGH, 9)
    assert_allclose(programming_sigma(statistics, g), found.at(g), rtol=1e-9)
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": 4, "cols": 4, "cell": "1r"},
            "device": {"folder": str(folder), "g_min": 3e-6, "g_max": 8e-5},
            "wire": {"r_row": 1.0, "r_col": 1.0},
            "driver": {"v_read": 0.1},
        }
    )
    for_array, reasons = device_statistics(spec)
    assert for_array is not None and reasons == ("read noise: not in the statistics of written",)


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (written(19), "19 different cells reached their targets: expected 20 or more"),
        (written(100, tolerance=1e-12), "different cells reached their targets: expected 20 or more"),
        (replace(written(30), target=TWICE, g=TWICE + 1e-7), "2 different cells reached their targets"),
        (replace(written(30), g=np.linspace(LOW, HIGH, 30)), "every cell is exactly at its target"),
    ],
)
def test_what_tells_no_spread_is_refused(cells, sentence):
    with pytest.raises(InputError, match=sentence):
        fit_write_spread(cells, rng=np.random.default_rng(0))
