"""What the file of a campaign may say, and the one sentence for what it may not."""

import re
import shutil
from pathlib import Path

import campaign_points
import pytest
from array_toml import ARRAY

from circuitsim import campaign
from circuitsim.campaign.campaign_file import AxisRange, axis_values
from circuitsim.campaign.constraints import read_constraint
from circuitsim.errors import InputError

PAGE = Path(__file__).parents[3] / "docs" / "tutorial" / "09_a_campaign.md"
FILE = (
    'schema = 1\nbase = "array.toml"\n[axes]\n"wire.r_row" = [1, 2]\n[measures.m]\nfunction = "campaign_points:drawn"\n'
)


def planned(folder, text):
    (folder / "array.toml").write_text(ARRAY)
    shutil.copy(campaign_points.__file__, folder)
    (folder / "c.toml").write_text(text)
    return campaign.plan_campaign(campaign.load_campaign(folder / "c.toml"), folder)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"wire.r_row"', '"wire.rrow"', "unknown key wire.rrow: did you mean 'r_row'"),
        ('"wire.r_row"', '"wires.r_row"', "axes.wires.r_row: no such key; expected section.key"),
        ('"wire.r_row"', '"adc.bits"', "describes the ADC, which no measure of the campaign depends on"),
        ("[1, 2]", "[]", "axes.wire.r_row has no values"),
        ("[1, 2]", "[1, 1]", "axes.wire.r_row has 1 twice"),
        ("[1, 2]", '{ from = 0, to = 1, n = 3, scale = "log" }', "takes ends of one sign"),
        ("[1, 2]", "[1, -2]", "point wire.r_row = -2: wire.r_row = -2"),
        ("schema = 1", 'schema = 1\nconstraints = ["wire.r_row > 5"]', "no point meets 'wire.r_row > 5'"),
        ("schema = 1", 'schema = 1\nconstraints = ["wire.none > 5"]', "wire.none is no key of the specification"),
        ("schema = 1", "schema = 1\nreplicate = 3", "unknown key replicate: did you mean 'replicates'"),
        ("campaign_points:drawn", "drawn", "no measure 'drawn'; expected one of read, error_against_ngspice"),
        ("campaign_points:drawn", "no_such:drawn", "module 'no_such' cannot be imported"),
        ("campaign_points:drawn", "campaign_points:none", "has no function 'none'"),
        ("campaign_points:drawn", "campaign_points:traced", "measures.m.trace is missing"),
        (':drawn"', ':drawn"\narguments = { size = 1 }', "measures.m.size: campaign_points:drawn has no such argument"),
        (':drawn"', ':drawn"\narguments = { scale = "x" }', "measures.m.scale = 'x': expected a number"),
        ("array.toml", "none.toml", "none.toml: no such file"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(tmp_path, old, new, said):
    text = FILE.replace(old, new)
    if "adc.bits" in new:
        text = text.replace("campaign_points:drawn", "read")
    with pytest.raises(InputError) as refused:
        planned(tmp_path, text)
    assert said in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "array.rows",
        "open('x') > 1",
        "array.rows > [1]",
        "1 < 2",
        "x" * 600,
        "array.rows >",
        "a[0] > 1",
    ],
)
def test_constraints_are_comparisons_and_nothing_else(text):
    with pytest.raises(InputError, match=r"^constraint "):
        read_constraint(text)


def test_constraints_hold_as_written():
    values = {"array.rows": 4, "wire.r_row": 2.5, "access.corner": "tt"}
    for text, holds in (
        ("array.rows * wire.r_row <= 10", True),
        ("1 < array.rows < 4", False),
        ("access.corner == 'tt' and not array.rows ** 2 > 16", True),
        ("array.rows == 3 or -wire.r_row < 0", True),
    ):
        assert read_constraint(text).holds(values) is holds
    with pytest.raises(InputError, match="cannot be compared"):
        read_constraint("access.corner < 3").holds(values)
    with pytest.raises(InputError, match="cannot be computed"):
        read_constraint("array.rows / 0 < 3").holds(values)


def test_ranges_have_both_ends():
    assert axis_values(AxisRange(**{"from": 1, "to": "1k", "n": 4, "scale": "log"})) == [1, 10, 100, 1000]
    assert axis_values(AxisRange(**{"from": 2, "to": 8, "n": 7})) == [2, 3, 4, 5, 6, 7, 8]
    assert axis_values(AxisRange(**{"from": 0, "to": 1, "n": 3})) == [0.0, 0.5, 1.0]


def test_keys_depend_on_all_that_decides_a_result_and_on_nothing_else(tmp_path):
    keys = [point.key for point in planned(tmp_path, FILE).points]
    assert [point.key for point in planned(tmp_path, FILE.replace("[1, 2]", '["2000m", 1.0]')).points] == keys[::-1]
    for old, new in (
        ("schema = 1", "schema = 1\nseed = 1"),
        ("[1, 2]", "[3, 4]"),
        (':drawn"', ':drawn"\narguments = { scale = 2 }'),
        ("drawn", "changing"),
    ):
        assert not set(keys) & {point.key for point in planned(tmp_path, FILE.replace(old, new)).points}


def test_an_axis_that_a_measure_does_not_feel_repeats_no_work(tmp_path):
    text = FILE.replace('"wire.r_row" = [1, 2]', '"measures.m.scale" = [1, 2, 3]') + "[measures.read]\n"
    keys = [point.key for point in planned(tmp_path, text).points]
    assert len(keys) == 6 and len(set(keys)) == 4


def test_the_campaign_of_the_manual_can_be_planned(tmp_path):
    (text,) = re.findall(r"```toml file=campaign.toml\n(schema = 1\nbase = .*?)```", PAGE.read_text(), flags=re.DOTALL)
    (after,) = re.findall(r"```toml\n(\[statistics\].*?)\[design\]", PAGE.read_text(), flags=re.DOTALL)
    assert len(planned(tmp_path, text).points) == 4 * 3 * 4
    more = text[: text.index("[statistics")].replace("replicates = 4 ", "replicates = 30 ")
    assert len(planned(tmp_path, more + after).points) == 4 * 3 * 30


def test_a_layer_read_by_pulses_depends_on_the_capacitance_of_rows(tmp_path):
    axes, measure = '[axes]\n"wire.c_row" = ["0.1f", "1f"]\n', "[measures.layer.arguments]\ninputs = 4\noutputs = 2\n"
    text = f'schema = 1\nbase = "array.toml"\n{axes}{measure}'
    with pytest.raises(InputError, match=r"axes\.wire\.c_row describes the capacitance of wires, which no measure"):
        planned(tmp_path, text)
    (tmp_path / "array.toml").write_text(ARRAY + 'input_code = "pulse_width"\ndac_bits = 4\n[adc]\nbits = 6\n')
    campaign.plan_campaign(campaign.load_campaign(tmp_path / "c.toml"), tmp_path)
