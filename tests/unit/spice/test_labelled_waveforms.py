"""Labels of waveforms: axes, units, origin, and the file."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_array_equal

from circuitsim.errors import InputError
from circuitsim.spice import RawResult, Simulator, labelled_waveforms, save_waveforms
from circuitsim.spice.raw import Plot

SIMULATOR = Simulator(Path("ngspice"), 39, "ngspice-39", False)
TIME, OUT = np.array([0.0, 1e-9, 3e-9]), np.array([0.0, 0.5, 0.6])


def raw(*vectors, data=None):
    data = np.stack([TIME, OUT, -OUT, 2 * OUT], axis=1)[:, : len(vectors)] if data is None else data
    return RawResult(
        (Plot("Transient Analysis", vectors, data),), SIMULATOR, {"reltol": "1e-6"}, (), "d" * 64, "", None
    )


def test_vectors_have_units_by_what_they_are():
    data = labelled_waveforms(raw("time", "v(out)", "i(vs)", "@m1[gm]"))
    assert "units" not in labelled_waveforms(raw("v(a)", "output_impedance_at_v(a)"))["output_impedance_at_v(a)"].attrs
    assert_array_equal(data["v(out)"], OUT)
    assert data["v(out)"].dims == ("time",) and data.time.attrs == {"units": "s"}
    assert [data[name].attrs.get("units") for name in ("v(out)", "i(vs)", "@m1[gm]")] == ["V", "A", None]
    assert data.attrs["simulator"] == "ngspice 39" and data.attrs["deck_digest"] == "d" * 64


@pytest.mark.parametrize(
    ("first", "axis", "unit"),
    [
        ("frequency", "frequency", "Hz"),
        ("v(v-sweep)", "v_sweep", "V"),
        ("v-sweep", "v_sweep", "V"),
        ("temp-sweep", "temperature", "degC"),
        ("res-sweep", "r_sweep", "ohm"),
        ("v(a)", "point", "1"),
    ],
)
def test_the_axis_is_what_was_swept(first, axis, unit):
    data = labelled_waveforms(raw(first, "vs#branch"))
    assert data["vs#branch"].dims == (axis,) and data["vs#branch"].attrs["units"] == "A"
    assert data[axis].attrs["units"] == unit
    assert ("v(a)" in data) == (axis == "point")


def test_a_file_holds_what_was_labelled(tmp_path):
    run = raw("time", "v(out)", "i(vs)")
    with xr.open_dataset(save_waveforms(tmp_path / "run.nc", run), engine="h5netcdf") as file:
        xr.testing.assert_identical(file.load(), labelled_waveforms(run))


def test_complex_vectors_are_refused_by_the_file_alone(tmp_path):
    run = raw("frequency", "v(out)", data=np.array([[1e3, 1 + 2j]]))
    assert labelled_waveforms(run)["v(out)"].item() == 1 + 2j
    with pytest.raises(InputError, match=r"run\.nc: the vectors of an analysis in frequency are complex"):
        save_waveforms(tmp_path / "run.nc", run)
    assert list(tmp_path.iterdir()) == []
