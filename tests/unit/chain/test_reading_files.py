"""Readings on disk: every number with its name and unit."""

import csv

import numpy as np
import pytest
import xarray as xr

from circuitsim.chain import Reading, reading_dataset, save_reading, shift_and_add
from circuitsim.errors import InputError

RNG = np.random.default_rng(0)
SLICES = Reading(*(RNG.uniform(size=(6, n)) for n in (4, 3, 3, 3, 3)), ideal=("dac",), unit="V")
WHOLE = shift_and_add(SLICES, 3)
CODES = np.array([[0, 1, 2, 3], [4, 5, 6, 7]])


def test_a_reading_comes_back_labelled(make_spec, tmp_path):
    spec = make_spec(4, 3)
    netcdf, table = save_reading(tmp_path, WHOLE, spec=spec, dac_codes=CODES, level="nodal")
    with xr.open_dataset(netcdf, engine="h5netcdf") as file:
        data = file.load()
    assert data.attrs["spec_digest"] == spec.digest and data.attrs["level"] == "nodal" and data.attrs["ideal"] == "dac"
    assert data["sensed"].attrs["units"] == data["value"].attrs["units"] == "V"
    assert data["i_out"].attrs["units"] == "A"
    np.testing.assert_array_equal(data["dac_codes"], CODES)
    np.testing.assert_array_equal(data["codes"], WHOLE.codes)
    np.testing.assert_array_equal(data["slice_codes"], SLICES.codes.reshape(2, 3, 3))
    assert data["slice_codes"].dims == ("batch", "bit", "col")
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["codes_2 [1]"]) for row in rows] == WHOLE.codes[:, 2].tolist()
    assert [float(row["sensed_0 [V]"]) for row in rows] == WHOLE.sensed[:, 0].tolist()
    assert rows[1]["dac_codes_3 [1]"] == "7.0"


def test_codes_of_another_reading_are_refused(make_spec):
    with pytest.raises(InputError, match=r"dac_codes has shape \(1, 4\)"):
        reading_dataset(WHOLE, spec=make_spec(4, 3), dac_codes=CODES[:1], level="nodal")
