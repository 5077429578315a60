"""The page of a campaign: which figure its axes call for, what the bands are, and what the tables say."""

import json
import re

import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import LineCollection, PolyCollection

from circuitsim.report import write_campaign_report
from circuitsim.report.campaign_figures import campaign_figure
from circuitsim.report.parallel_figure import MOST_LINES, parallel_figure
from circuitsim.report.place_columns import place_columns
from circuitsim.report.sensitivity_figure import sensitivity_figure
from circuitsim.results import CampaignEstimate, CampaignSensitivity

AXES = {
    "r_row": ("r_row", np.array([1.0, 10.0, 100.0]), {"units": "ohm"}),
    "rows": ("rows", np.array([4, 8])),
    "kind": ("kind", np.array(["a", "b"])),
    "cols": ("cols", np.arange(4, 12)),
    "depth": ("depth", np.arange(9)),
}


def estimated(*names, statistic="mean", name="m.x", **more):
    shape = [len(AXES[each][1]) for each in names]
    value = np.arange(1.0, np.prod(shape) + 1).reshape(shape)
    parts = {"value": value, "low": value - 0.25, "high": value + 0.5, "count": np.full(shape, 3)} | more
    table = xr.Dataset({k: (names, v) for k, v in parts.items()}, coords={each: AXES[each] for each in names})
    return CampaignEstimate(name, "m_x", statistic, "1", 0.9, table)


def collected(estimate):
    value = estimate.table["value"]
    spread = xr.concat([value - 1, value, value + 1], "replicate")
    attributes = {"long_name": "x of m", "units": "1", "measure": "m", "result": "x"}
    return xr.Dataset({"m_x": spread.assign_attrs(attributes)}, attrs={"title": "t", "statistics": json.dumps({})})


def page(tmp_path, estimates, **more):
    data = collected(estimates[0])
    file = write_campaign_report(tmp_path, data, done=3, failed=0, total=4, estimates=estimates, **more)
    return file.read_text()


def test_a_curve_has_the_band_of_its_interval_inside_that_of_its_replicates():
    estimate = estimated("r_row")
    figure = campaign_figure(estimate, "x", collected(estimate).m_x)
    (axes,) = figure.axes
    outer, inner = (each.get_datalim(axes.transData).intervaly for each in axes.collections)
    np.testing.assert_allclose(outer, [0.0, 4.0])
    np.testing.assert_allclose(inner, [0.75, 3.5])
    assert axes.get_xscale() == "log" and axes.get_xlabel() == "r_row [ohm]"
    assert all(isinstance(each, PolyCollection) for each in axes.collections)


def test_ends_that_are_not_known_have_no_band():
    estimate = estimated("r_row", low=np.full(3, -np.inf), high=np.full(3, np.inf))
    figure = campaign_figure(estimate, "x")
    (band,) = figure.axes[0].collections
    np.testing.assert_allclose(band.get_datalim(figure.axes[0].transData).intervaly, [1.0, 3.0])


def test_other_axes_of_few_values_make_a_curve_each(tmp_path):
    """Along the axis of numbers with the most values, wherever it stands, each with the band of its interval."""
    figure = campaign_figure(estimated("rows", "r_row", "kind"), "x")
    (axes,) = figure.axes
    assert axes.get_xlabel() == "r_row [ohm]" and axes.get_xscale() == "log"
    found = {line.get_label(): line.get_ydata().tolist() for line in axes.lines}
    assert found == {
        "rows 4, kind a": [1, 3, 5], "rows 4, kind b": [2, 4, 6],
        "rows 8, kind a": [7, 9, 11], "rows 8, kind b": [8, 10, 12],
    }  # fmt: skip
    band = axes.collections[0].get_datalim(axes.transData).intervaly
    np.testing.assert_allclose(band, [0.75, 5.5])
    text = re.sub(r"\s+", " ", page(tmp_path, [estimated("rows", "r_row")]))
    assert "bands: 90 % interval of the mean of replicates" in text


def test_two_axes_make_a_map_and_more_are_parallel():
    figure = campaign_figure(estimated("cols", "depth"), "x")
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), np.arange(1, 73).reshape(8, 9))
    figure = campaign_figure(estimated("r_row", "cols", "depth"), "x")
    (lines,) = figure.axes[0].collections
    assert isinstance(lines, LineCollection)
    paths = np.array([path.vertices[:, 1] for path in lines.get_paths()])
    assert paths.shape == (216, 4)
    np.testing.assert_allclose(paths[0], [0, 0, 0, 0])
    np.testing.assert_allclose(paths[-1], [1, 1, 1, 1])
    np.testing.assert_allclose(np.unique(paths[:, 0]), [0, 0.5, 1], atol=1e-12)  # equal ratios lie equally apart
    assert campaign_figure(estimated(), "x") is None
    assert campaign_figure(estimated("r_row", value=np.full(3, np.nan)), "x") is None


def test_many_places_are_thinned_and_missing_ones_left_out():
    columns = place_columns(estimated("r_row", "rows", "kind").table)
    values = np.linspace(1.0, 2.0, 12)
    values[3] = np.nan
    assert len(parallel_figure(columns, values, "x").axes[0].collections[0].get_paths()) == 11
    many = [type(c)(c.name, c.label, np.resize(c.places, 5000), c.names, c.words, c.log) for c in columns]
    figure = parallel_figure(many, np.linspace(1.0, 2.0, 5000), "x")
    assert len(figure.axes[0].collections[0].get_paths()) == MOST_LINES


def test_the_page_tells_intervals_yields_and_what_bands_are(tmp_path):
    estimates = [
        estimated("r_row"),
        estimated("r_row", statistic="quantile 0.5", low=np.full(3, -np.inf)),
        estimated("r_row", statistic="yield", name="works"),
    ]
    text = re.sub(r"\s+", " ", page(tmp_path, estimates, notes=["left out"]))
    assert "band or bar: its 90 % interval; paler band: smallest to largest replicate." in text
    assert "0.75 to 1.5" in text and "-∞ to 1.5" in text and "yield works: 1 to 3" in text and "left out" in text
    assert text.count("<svg") == 2


def indices(first, crossed=()):
    shape = tuple(2 for _ in crossed)
    parts = {"first": first, "first_half": np.full(2, 0.1), "total": np.add(first, 0.2), "total_half": np.full(2, 0.1)}
    tables = {k: ((*crossed, "axis"), np.broadcast_to(v, (*shape, 2))) for k, v in parts.items()}
    coords = {"axis": ["r_row", "v_read"], **{name: AXES[name] for name in crossed}}
    table = xr.Dataset({**tables, "design_rows": (crossed, np.full(shape, 64))}, coords=coords)
    return CampaignSensitivity("m.x", "m_x", 0.9, table)


def test_bars_show_the_share_of_each_axis(tmp_path):
    figure = sensitivity_figure(indices([0.6, 0.1]))
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    assert widths == pytest.approx([0.6, 0.1, 0.8, 0.3])
    assert (
        sensitivity_figure(indices([np.nan, np.nan])) is None
        and sensitivity_figure(indices([0.6, 0.1], ("rows",))) is None
    )
    text = re.sub(r"\s+", " ", page(tmp_path, [estimated("r_row")], sensitivity=[indices([0.6, 0.1], ("rows",))]))
    assert "m.x depends most on r_row: it has a part in 80 % of the variance" in text and "0.600" in text
    text = page(tmp_path, [estimated("r_row")], sensitivity=[indices([np.nan, np.nan])])
    assert "no indices yet" in text
