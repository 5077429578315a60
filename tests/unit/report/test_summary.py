"""The numbers at the top of the page fit into their tiles, one number and its unit in each."""

from dataclasses import replace

from circuitsim.report.summary import key_numbers
from circuitsim.results import CodeErrors

LONGEST = 11  # characters of the value: a tile is 8.3 rem wide, and a value does not wrap


def test_every_key_number_is_one_short_number(content):
    codes = CodeErrors("", 8, 0.0, 1.482e-4, "full scale", 7552, 0.0041, 0.0048, 1)
    shown = key_numbers(replace(content, certificate=replace(content.certificate, code_errors=codes)))
    assert max(len(each.value) for each in shown) <= LONGEST
    behind = {each.name: each.value for each in shown if "behind the ADC" in each.name}
    assert len(behind) == 2
    assert all(value.endswith(" LSB") for value in behind.values())
