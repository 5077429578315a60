"""The transfer of a block as CSV: one line a code or a current, units in the head."""

import numpy as np
import pytest

from circuitsim.cli.block_transfer import write_transfer
from circuitsim.errors import InputError
from circuitsim.results import ComparatorTable, ConverterTable, SenseTable


def written(table, tmp_path):
    write_transfer(table, tmp_path / "transfer.csv")
    head, *lines = (tmp_path / "transfer.csv").read_text().splitlines()
    return head, np.array([[float(value) for value in line.split(",")] for line in lines])


def test_an_adc_has_the_threshold_below_each_code(tmp_path):
    table = ConverterTable(2, 0.0, 3e-6, inl=np.array([0.0, 0.25, -0.25]))
    head, values = written(table, tmp_path)
    assert head == "code [1],threshold [A],INL [LSB]"
    np.testing.assert_allclose(values, [[1, 0.5e-6, 0], [2, 1.75e-6, 0.25], [3, 2.25e-6, -0.25]], rtol=1e-12)


def test_a_driver_has_the_level_of_each_code(tmp_path):
    table = ConverterTable(1, 0.1, 0.3, inl=np.array([0.0, 0.5]), unit="V")
    head, values = written(table, tmp_path)
    assert head == "code [1],level [V],INL [LSB]"
    np.testing.assert_allclose(values, [[0, 0.1, 0], [1, 0.4, 0.5]], rtol=1e-12)


def test_a_sense_amplifier_has_its_output_at_each_current(tmp_path):
    current, drop, output = np.array([0.0, 1e-4]), np.array([0.0, 0.01]), np.array([0.9, 0.1])
    head, values = written(SenseTable(current=current, drop=drop, reported=output, unit="V"), tmp_path)
    assert head == "column current [A],output [V],column above v_ref [V]"
    np.testing.assert_array_equal(values, np.column_stack([current, output, drop]))


def test_a_comparator_has_none(tmp_path):
    table = object.__new__(ComparatorTable)
    with pytest.raises(InputError, match="a comparator has one threshold and no transfer; leave the option out"):
        write_transfer(table, tmp_path / "transfer.csv")
