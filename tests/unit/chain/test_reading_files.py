"""Readings on disk: every number with its name and unit."""

import csv
import dataclasses

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
    assert rows[1]["dac_codes_3 [1]"] == "7"


def test_codes_in_tables_are_whole_numbers_and_averages_are_not_cut(make_spec, tmp_path):
    codes = np.array([[3.0, 4.0, 250.0], [0.0, 1.0, 2.0]])
    reading = Reading(*(RNG.uniform(size=(2, n)) for n in (4, 3, 3)), codes, codes / 7, unit="V")
    about = {"spec": make_spec(4, 3), "dac_codes": CODES.astype(float), "level": "nodal"}
    _, table = save_reading(tmp_path, reading, **about)
    lines = table.read_text(encoding="utf-8").splitlines()
    assert lines[1].split(",")[:8] == ["0", "0", "1", "2", "3", "3", "4", "250"]
    averaged = dataclasses.replace(reading, codes=codes + 0.5)
    _, table = save_reading(tmp_path / "averaged", averaged, **about)
    assert table.read_text(encoding="utf-8").splitlines()[1].split(",")[5:8] == ["3.5", "4.5", "250.5"]


def test_chips_have_a_table_with_a_line_for_each_chip_and_vector(make_spec, tmp_path):
    chips = np.arange(12.0).reshape(2, 2, 3)
    reading = Reading(*(RNG.uniform(size=(2, n)) for n in (4, 3, 3)), chips[0], chips[0], unit="V", instances=chips)
    paths = save_reading(tmp_path, reading, spec=make_spec(4, 3), dac_codes=CODES, level="nodal")
    assert [path.name for path in paths] == ["reading.nc", "reading.csv", "reading_chips.csv"]
    lines = paths[2].read_text(encoding="utf-8").splitlines()
    assert lines[0] == "chip [1],vector [1],codes_0 [1],codes_1 [1],codes_2 [1]"
    assert lines[1:] == ["0,0,0,1,2", "0,1,3,4,5", "1,0,6,7,8", "1,1,9,10,11"]


def test_codes_of_another_reading_are_refused(make_spec):
    with pytest.raises(InputError, match=r"dac_codes has shape \(1, 4\)"):
        reading_dataset(WHOLE, spec=make_spec(4, 3), dac_codes=CODES[:1], level="nodal")
