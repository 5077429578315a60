"""The picture of a pulse response: both trains from bound to bound, and the sizes of the steps."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.report import device_figures, save_pulse_response
from circuitsim.results import PulseResponse

G = np.array([1e-6, 2e-6, 11e-6])
LINEAR = PulseResponse(G, np.full(3, 2e-6), np.full(3, -1e-6))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Axes of the figure that was written, and its files."""
    figures, make = [], device_figures.device_figure
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(device_figures, "device_figure", lambda *given: figures.append(make(*given)) or figures[0])
        files = save_pulse_response("a cell", LINEAR, tmp_path_factory.mktemp("figure") / "cell")
    return figures[0].axes, files


def test_trains_run_from_bound_to_bound_and_end_soon_after(drawn):
    (trains, _), _ = drawn
    up, down = (line.get_ydata() for line in trains.lines)
    assert_allclose(up[:7], [1, 3, 5, 7, 9, 11, 11], rtol=1e-12)  # µS
    assert_allclose(down[:11], np.arange(11, 0, -1), rtol=1e-12)
    assert len(up) == len(down) == 12  # 10 down steps, and one pulse that no longer moves anything
    assert trains.get_ylabel() == "conductance [µS]" and trains.get_xlabel() == "pulse"


def test_steps_are_positive_over_the_conductance_on_an_axis_from_zero(drawn):
    (_, steps), _ = drawn
    up, down = steps.lines
    assert [up.get_label(), down.get_label()] == ["up", "down"]
    assert_allclose(up.get_xdata(), G * 1e6, rtol=1e-12)
    assert_allclose([up.get_ydata()[0], down.get_ydata()[0]], [2.0, 1.0], rtol=1e-12)
    assert_allclose(steps.get_ylim(), [0.0, 2.1], rtol=1e-12)
    assert steps.get_xlabel() == "conductance [µS]"


def test_both_files_are_written(drawn):
    _, files = drawn
    assert [file.suffix for file in files] == [".png", ".svg"]
    assert all(file.stat().st_size > 1000 for file in files)
