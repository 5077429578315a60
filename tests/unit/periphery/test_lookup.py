"""Codes of many inputs by an even grid are those of the search and of the sorted edges."""

import numpy as np
import pytest

from circuitsim.periphery import converters, output_noise, straight_output
from circuitsim.results import ConverterTable, SenseDynamics, SenseTable

K = np.arange(255)
TABLES = {
    "bowed": ConverterTable(8, 0.0, 1.0, 2 * np.sin(np.pi * K / 254)),
    "rough": ConverterTable(8, 0.0, 1.0, 0.4 * np.sin(K)),
    "missing": ConverterTable(8, 0.0, 1.0, np.where(K >= 127, -3.0, 0.0), decide="search"),
    "crowded": ConverterTable(
        8, 0.0, 1.0, np.where(K < 100, 0.0, 0.999 * (np.maximum(130 - K, 0) - 30)), decide="search"
    ),
    "coarse": ConverterTable(2, -1.0, 1.0, np.array([0.0, -0.5, -0.7])),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_many_inputs_get_the_codes_of_few(name, dtype):
    table = TABLES[name]
    v = np.random.default_rng(0).uniform(table.low - 0.2, table.high + 0.2, (200, 40)).astype(dtype)
    v[0, : len(table.thresholds[:40])] = table.thresholds[:40]
    many = converters.convert_and_count(table, v)[0]
    few = np.concatenate([converters.convert_and_count(table, v[n : n + 1])[0] for n in range(len(v))])
    assert v.size > converters._LEAST_LAID_OUT > v.shape[1]
    assert many.dtype == few.dtype and np.array_equal(many, few)


def test_a_table_that_was_changed_is_laid_out_again():
    table = ConverterTable(8, 0.0, 1.0, np.zeros(255))
    v = np.random.default_rng(0).uniform(0.0, 1.0, (200, 40))
    before = converters.convert_and_count(table, v)[0]
    table.inl[:] = 2.0
    after = converters.convert_and_count(table, v)[0]
    assert np.array_equal(after, converters.convert_and_count(ConverterTable(8, 0.0, 1.0, np.full(255, 2.0)), v)[0])
    assert (after != before).mean() > 0.9


def test_codes_without_a_level_are_no_voltages():
    table = ConverterTable(3, 0.0, 0.7, np.linspace(-0.3, 0.3, 8))
    codes = np.array([[0.0, 7.0], [3.0, 5.0]])
    assert np.allclose(converters.drive(table, codes), (codes + table.inl[codes.astype(int)]) * 0.1, rtol=1e-15)
    for wrong in (8.0, np.inf, np.nan):
        with pytest.raises(IndexError), np.errstate(invalid="ignore"):
            converters.drive(table, np.array([[0.0, wrong]]))


def test_a_straight_line_stands_for_an_output_curve():
    i = np.linspace(0.0, 1e-4, 300)
    bent = SenseTable(current=i, drop=0 * i, reported=0.9 - 5e3 * i, unit="V")
    assert straight_output(bent) == pytest.approx((-5e3, 0.9))
    assert straight_output(SenseTable(gain=2.0, offset=1e-6)) == (2.0, 1e-6)


def test_noise_lies_between_the_points_of_its_table():
    rms = np.array([[1e-4, 2e-4], [3e-4, 4e-4]])
    known = {name: np.ones((2, 2)) for name in ("settling", "bandwidth", "noise_density", "energy")}
    points = np.array([1e-6, 1e-5])
    dynamics = SenseDynamics(points, np.array([1e-5, 1e-3]), band=1e-3, noise_frequency=1e6, noise_rms=rms,
                             noise_band=(1e4, 1e9), **known)  # fmt: skip
    sense = SenseTable(current=np.array([0.0, 1e-5]), drop=np.zeros(2), dynamics=dynamics)
    column = np.array([1e-5, 1e-4, 1e-3, 1.0])
    found = output_noise(sense, np.array([[1e-6] * 4, [1e-5] * 4, [5.5e-6] * 4, [1.0] * 4]), column)
    np.testing.assert_allclose(found[0], [1e-4, 1.5e-4, 2e-4, 2e-4])
    np.testing.assert_allclose(found[1], [3e-4, 3.5e-4, 4e-4, 4e-4])
    np.testing.assert_allclose(found[2], [2e-4, 2.5e-4, 3e-4, 3e-4])
    np.testing.assert_allclose(found[3], found[1])
    assert output_noise(SenseTable(noise=1e-3), np.zeros((1, 2)), column[:2]).tolist() == [[1e-3, 1e-3]]
