"""Fitting a measured current: the parameters come back; unusable data are refused."""

import numpy as np
import pytest
import tomli_w
from numpy.testing import assert_allclose

from circuitsim.devices.fit import fit_current
from circuitsim.devices.measurement import read_measurement
from circuitsim.devices.write_folder import write_folder
from circuitsim.errors import InputError

V = np.linspace(-0.5, 0.5, 41)


def write(path, v, i, gap=None):
    heading = "v_V,i_A" + (",gap_nm" if gap is not None else "")
    columns = [v, i] + ([gap] if gap is not None else [])
    rows = [",".join(f"{x:.12g}" for x in row) for row in zip(*columns, strict=True)]
    path.write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")
    return path


def test_sinh_parameters_come_back(tmp_path):
    i = 2e-5 * 0.2 * np.sinh(V / 0.31) / np.sinh(0.2 / 0.31)
    fit = fit_current(read_measurement(write(tmp_path / "a.csv", V, i)))
    assert fit.form == "sinh"
    assert_allclose([fit.values["g"], fit.values["v0"]], [2e-5, 0.31], rtol=1e-6, atol=0)
    assert fit.worst < 1e-6


def test_cubic_parameters_come_back(tmp_path):
    i = 5e-6 * V * (1 + 3 * V**2) / (1 + 3 * 0.04)
    fit = fit_current(read_measurement(write(tmp_path / "a.csv", V, i)))
    assert fit.form == "cubic"
    assert_allclose([fit.values["g"], fit.values["k"]], [5e-6, 3.0], rtol=1e-6, atol=0)


def test_gap_parameters_come_back_and_give_the_measured_range(tmp_path):
    gap = np.repeat([0.2, 0.8, 1.5], len(V))
    v = np.tile(V, 3)
    i = 6e-5 * np.exp(-gap / 0.275) * np.sinh(v / 0.43)
    fit = fit_current(read_measurement(write(tmp_path / "a.csv", v, i, gap)), "gap")
    assert_allclose([fit.values[key] for key in ("i0", "gap0", "v0")], [6e-5, 0.275, 0.43], rtol=1e-5, atol=0)
    expected = [6e-5 * np.exp(-x / 0.275) * np.sinh(0.2 / 0.43) / 0.2 for x in (1.5, 0.2)]
    assert_allclose(fit.g, expected, rtol=1e-5, atol=0)


def test_noise_is_found_again_as_the_residual(tmp_path):
    rng = np.random.default_rng(0)
    i = 2e-5 * 0.2 * np.sinh(V / 0.31) / np.sinh(0.2 / 0.31) * (1 + 0.02 * rng.standard_normal(len(V)))
    fit = fit_current(read_measurement(write(tmp_path / "a.csv", V, i)), "sinh")
    assert 0.012 < fit.rms < 0.028


@pytest.mark.parametrize("form", ["sinh", "cubic"])
def test_a_fit_becomes_a_card_that_loads(tmp_path, form):
    i = 2e-5 * 0.2 * np.sinh(V / 0.31) / np.sinh(0.2 / 0.31)
    fit = fit_current(read_measurement(write(tmp_path / 'data "1".csv', V, i)), form)
    card = write_folder(fit, tmp_path / "my_device")
    assert card.name == "my_device"
    assert f"residual rms {fit.rms:.2e}" in card.valid
    assert card.parameters["v_read"].value == 0.2
    with pytest.raises(InputError, match=r"my_device: already exists"):
        write_folder(fit, tmp_path / "my_device")
    with pytest.raises(InputError, match=r"got 'my-device', expected a name"):
        write_folder(fit, tmp_path / "my-device")


def test_a_failure_leaves_no_folder_and_a_folder_is_not_overwritten(tmp_path, monkeypatch):
    fit = fit_current(read_measurement(write(tmp_path / "a.csv", V, 2e-5 * V * (1 + V**2))), "cubic")
    with monkeypatch.context() as patch:
        patch.setattr(tomli_w, "dumps", lambda content: "schema = 2\n")
        with pytest.raises(InputError, match=r"schema = 2: expected 1"):
            write_folder(fit, tmp_path / "deep" / "mine")
    assert list((tmp_path / "deep").iterdir()) == []
    (tmp_path / "deep" / "mine").mkdir()
    with pytest.raises(InputError, match=r"mine: already exists"):
        write_folder(fit, tmp_path / "deep" / "mine")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(
        InputError, match=r"mine: cannot be written \(Not a directory\)|cannot be written \(File exists"
    ):
        write_folder(fit, tmp_path / "file" / "mine")


def test_a_written_folder_states_the_fit_to_the_last_digit(tmp_path):
    fit = fit_current(read_measurement(write(tmp_path / "a.csv", V, 2e-5 * V * (1 + V**2))), "cubic")
    card = write_folder(fit, tmp_path / "mine")
    assert card.parameters["k"].value == fit.values["k"]
    assert card.state is not None
    assert (card.state.g_min, card.state.g_max) == fit.g


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("v_V,i_A\n0.1,1e-6\n0.2,2e-6\n", r"2 points with a voltage other than 0, expected 8 or more"),
        ("u,i\n1,2\n", r"bad\.csv:1: no column 'v'"),
        ("v,i\n0.1,abc\n", r"bad\.csv:2: '0\.1,abc', expected 2 numbers"),
        ("v,i\n0.1,nan\n", r"bad\.csv:2: .*expected finite numbers"),
        ("v,i\n0.1\n", r"bad\.csv:2"),
        ("", r"bad\.csv:1: no column 'v'"),
        ("v,i\n" + "0,0\n" * 20, r"0 points with a voltage other than 0"),
    ],
)
def test_unusable_data_are_refused_with_file_and_line(tmp_path, text, match):
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=match):
        read_measurement(path)


def test_what_cannot_be_fitted_is_refused(tmp_path):
    data = read_measurement(write(tmp_path / "a.csv", V, 1e-6 * V))
    with pytest.raises(InputError, match=r"form = 'square', expected auto, sinh, cubic, gap"):
        fit_current(data, "square")
    with pytest.raises(InputError, match=r"v_read = 2 V, expected a voltage up to the largest measured one, 0\.5 V"):
        fit_current(data, v_read=2.0)
    with pytest.raises(InputError, match=r"needs a column gap_nm with two values"):
        fit_current(data, "gap")
    with pytest.raises(InputError, match=r"none\.csv: cannot be read"):
        read_measurement(tmp_path / "none.csv")
