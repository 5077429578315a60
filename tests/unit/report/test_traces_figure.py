"""The figure of a transient: what is drawn, in which unit, and what is refused."""

import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose

from circuitsim.errors import InputError
from circuitsim.report import traces_figure

TIME = np.array([0.0, 1e-9, 3e-9])


def waveforms(voltages, currents=0):
    data = xr.Dataset(coords={"time": ("time", TIME, {"units": "s"})})
    for k in range(voltages):
        data[f"v({k})"] = ("time", TIME * 1e9 + k, {"units": "V"})
    for k in range(currents):
        data[f"i({k})"] = ("time", TIME * 1e3, {"units": "A"})
    return data


def test_one_panel_a_unit_with_the_prefix_that_suits_it():
    figure = traces_figure(waveforms(2, 1))
    upper, lower = figure.axes
    assert [line.get_label() for line in upper.lines] == ["v(0)", "v(1)"]
    assert_allclose(upper.lines[1].get_xydata(), [[0, 1], [1, 2], [3, 4]])
    assert_allclose(lower.lines[0].get_ydata(), [0, 1, 3])
    assert (upper.get_ylabel(), lower.get_ylabel(), lower.get_xlabel()) == ("[V]", "[µA]", "time [ns]")


def test_the_vectors_that_are_named_are_drawn_and_otherwise_the_first_seven():
    assert len(traces_figure(waveforms(9)).axes[0].lines) == 7
    (axes,) = traces_figure(waveforms(9, 2), ["v(8)"]).axes
    assert [line.get_label() for line in axes.lines] == ["v(8)"]


@pytest.mark.parametrize(
    ("vectors", "words"),
    [
        (["v(9)"], r"vector 'v\(9\)': expected one of v\(0\)"),
        ([], "vectors: got 0, expected 1 to 7"),
        ([f"v({k})" for k in range(8)], "vectors: got 8, expected 1 to 7"),
    ],
)
def test_what_cannot_be_drawn_is_refused(vectors, words):
    with pytest.raises(InputError, match=words):
        traces_figure(waveforms(9), vectors)
