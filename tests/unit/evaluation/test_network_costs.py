"""Energy, time and area of an inference: counted operations times tables, the user's numbers, published ones."""

import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.calibration.converter_survey import SURVEY_RANGES
from circuitsim.errors import InputError
from circuitsim.evaluation import (
    LayerShape,
    count_shapes,
    energy_files,
    load_costs,
    network_cost,
    standing_converter,
)
from circuitsim.evaluation.counted_product import CountedProduct
from circuitsim.evaluation.drawn_reads import drawn_power
from circuitsim.evaluation.products import BehavioralProduct, NodalProduct
from circuitsim.evaluation.published_energies import ADDITION, BYTE, DIGITAL
from circuitsim.network import TilePlace
from circuitsim.network.pulse_reads import read_in_intervals
from circuitsim.nodal import ohmic
from circuitsim.periphery import Periphery
from circuitsim.results import ConverterTable, SenseDynamics, SenseTable, TileModel
from circuitsim.spec import parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 8, "cols": 6, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 0.0, "r_col": 0.0},
        "driver": {"v_read": 0.2, "dac_bits": 4, "t_read": 20e-9},
        "adc": {"bits": 5},
    }
)
LAYERS = [LayerShape("fc", "Gemm", 1, 12, 5, 1), LayerShape("conv", "Conv", 1, 9, 2, 16, signed=False)]
COUNT = count_shapes(LAYERS, SPEC)
POWER = {"fc": (1e-6, 3e-6), "conv": (2e-6, 4e-6)}
CODES = np.array([0, 3])
DAC = ConverterTable(
    4, 0.0, 0.2, r_out=np.full(16, 1.0), block="dac", unit="V",
    energy_code=CODES, energy={"supply": np.array([1e-12, 3e-12])}, settling=np.array([[1, 1e-9], [3, 25e-9]]),
)  # fmt: skip
SENSE = SenseTable(
    current=np.array([0.0, 4e-6]), drop=np.array([0.0, 1e-3]), power=np.array([1e-6, 5e-6]), supply=1.2, block="tia",
    dynamics=SenseDynamics(
        np.array([1e-6]), np.array([1e-5]), np.array([[5e-9]]), 1e-3, np.ones((1, 1)), np.ones((1, 1)), 1e6,
        np.ones((1, 1)), (1.0, 1e9), np.ones((1, 1)),
    ),
)  # fmt: skip
ADC = ConverterTable(
    5, 0.0, 4e-6, block="sar", t_conversion=7e-9, energy_code=CODES,
    energy={"comparator": np.array([2e-13, 4e-13]), "logic": np.array([1e-13, 1e-13])},
)  # fmt: skip
COSTS = """
[adc]
energy = "2p"
time = "30n"
area = "1e-9"
source = "our chip"
[addition]
energy = "0.05p"
source = "synthesis"
[byte]
energy = "1p"
source = "compiler"
"""


def parts(cost):
    return {part.part: part for part in cost.parts}


def test_circuits_by_hand():
    """A cycle is 25 + 5 ns (slowest code, then amplifier; longer than t_read) and two conversions of 7 ns: 44 ns.

    fc has 2 cycles, 8 reads, 48 rows driven and 40 conversions; conv 16, 32, 144 and 128. Columns in use: 20 and 8.
    """
    cost = network_cost(COUNT, SPEC, POWER, tables=Periphery(DAC, SENSE, ADC), columns_per_adc=2)
    cycle = 44e-9
    assert_allclose([cost.times.cycle, cost.times.latency, cost.times.interval], [cycle, 18 * cycle, 16 * cycle])
    wanted = {
        "array": [8 * 1e-6 * cycle, 32 * 2e-6 * cycle],
        "driver": [48 * 2e-12, 144 * 2e-12],
        "sense": [8 * 3e-6 * cycle, 32 * 4e-6 * cycle],
        "sense at rest": [20 * 1e-6 * 16 * cycle, 8 * 1e-6 * 2 * cycle],
    }
    found = parts(cost)
    for name, energies in wanted.items():
        assert_allclose(found[name].by_layer, np.transpose([energies] * 2), rtol=1e-12)
        assert found[name].simulated and found[name].low == found[name].high == pytest.approx(sum(energies))
    assert_allclose([found["additions"].low, found["additions"].high], [168 * 0.1e-12, 168 * 0.21e-12])
    moved = 6 + 2.5 + 72 + 16
    assert_allclose([found["buffers"].low, found["buffers"].high], [moved * BYTE.low, moved * BYTE.high])
    row = cost.converters[0]
    assert (row.name, row.simulated) == ("sar", True)
    assert_allclose(
        [row.energy, dict(row.parts)["comparator"], dict(row.parts)["logic"]], 168e-13 * np.array([4, 3, 1])
    )
    assert cost.total(row) == pytest.approx([end + row.energy for end in cost.ends])
    layers = cost.layer_energies(row)
    assert sum(low for low, _ in layers.values()) == pytest.approx(cost.total(row)[0], rel=1e-12)
    assert layers["conv"][0] - cost.layer_energies()["conv"][0] == pytest.approx(128 * 4e-13)


def test_capacitors_take_their_charge_once_however_long_a_cycle_is():
    spec = SPEC.replace(array={"cell": "1c"}, device={"model": "charge_cell", "g_min": 1e-16, "g_max": 1e-15})
    cost = network_cost(COUNT, spec, POWER, tables=Periphery(DAC, SENSE, ADC), columns_per_adc=2)
    assert cost.times.cycle == pytest.approx(44e-9)
    assert_allclose(
        parts(cost)["array"].by_layer, np.transpose([[8 * 1e-6 * 20e-9, 32 * 2e-6 * 20e-9]] * 2), rtol=1e-12
    )


def test_ideal_parts_take_nothing_and_the_survey_stands_for_the_converter():
    cost = network_cost(COUNT, SPEC, POWER)
    assert list(parts(cost)) == ["array", "additions", "buffers"]
    assert cost.times.cycle == 20e-9 and cost.times.conversion is None
    assert any("conversion is unknown" in each for each in cost.remarks)
    assert any("ADC is ideal" in each for each in cost.remarks)
    survey = SURVEY_RANGES[4, 5]  # an ideal ADC of 5 bits has a little less than 5 effective ones
    assert [row.per_conversion for row in cost.converters] == list(survey.energies)
    assert [row.name.rpartition(" ")[2] for row in cost.converters] == [f"({year})" for year in survey.published]
    assert not any(row.simulated for row in cost.converters)
    area = {each.part: each for each in cost.areas}
    assert area["cells"].low is None and "unknown" in area["cells"].what
    assert_allclose([area["converters"].low, area["converters"].high], [28 * 0.028e-6, 28 * 0.598e-6])
    beyond = network_cost(COUNT, SPEC.replace(adc={"bits": 12}), POWER)
    assert beyond.converters == () and beyond.areas[1].low is None


def test_areas_of_drivers_and_amplifiers_are_those_stated_or_unknown(tmp_path):
    """One a row and one a column of each of the six arrays, used or not."""
    text = COSTS + '[driver]\narea = 2e-12\nsource = "layout"\n[sense]\narea = "3p"\nsource = "layout"\n'
    (tmp_path / "costs.toml").write_text(text)
    own, none = (
        {each.part: each for each in network_cost(COUNT, SPEC, POWER, own=costs).areas}
        for costs in (load_costs(tmp_path / "costs.toml"), None)
    )
    assert own["drivers"].low == own["drivers"].high == pytest.approx(6 * SPEC.array.rows * 2e-12)
    assert own["sense amplifiers"].low == pytest.approx(6 * SPEC.array.cols * 3e-12)
    assert "layout" in own["drivers"].what
    assert none["drivers"].low is None and "[driver] of a file for --costs" in none["drivers"].what
    assert none["sense amplifiers"].low is None and "unknown" in none["sense amplifiers"].what
    (tmp_path / "costs.toml").write_text(text.replace("2e-12", "0"))
    with pytest.raises(InputError, match=r"driver\.area = 0"):
        load_costs(tmp_path / "costs.toml")


def test_own_numbers_take_the_place_of_published_ones(tmp_path):
    (tmp_path / "costs.toml").write_text(COSTS)
    own = load_costs(tmp_path / "costs.toml")
    cost = network_cost(COUNT, SPEC, POWER, own=own, columns_per_adc=4)
    assert (cost.converters[0].name, cost.converters[0].energy) == ("your converter", pytest.approx(168 * 2e-12))
    assert cost.times.cycle == pytest.approx(20e-9 + 4 * 30e-9)
    assert parts(cost)["additions"].low == parts(cost)["additions"].high == pytest.approx(168 * 0.05e-12)
    assert parts(cost)["buffers"].low == pytest.approx(96.5e-12) and not parts(cost)["buffers"].simulated
    # Arrays of fc have 5 columns on average: two ADCs each; those of conv have 4: one each.
    assert cost.areas[1].low == pytest.approx((4 * 2 + 2 * 1) * 1e-9)
    both = network_cost(COUNT, SPEC, POWER, tables=Periphery(adc=ADC), own=own)
    assert [row.name for row in both.converters[:2]] == ["sar", "your converter"]
    assert both.times.conversion == 7e-9 and any("not those of your costs" in each for each in both.remarks)


def test_a_converter_may_stand_for_an_ideal_one():
    cost = network_cost(COUNT, SPEC, POWER, converter=ADC)
    assert (cost.converters[0].name, cost.times.cycle) == ("sar", pytest.approx(27e-9))
    assert [each for each in cost.remarks if "sar stands for the ideal ADC" in each]
    assert not [each for each in cost.remarks if "conversion is unknown" in each]
    own = network_cost(COUNT, SPEC, POWER, tables=Periphery(adc=replace(ADC, block="own")), converter=ADC)
    assert own.converters[0].name == "own" and not any("stands for" in each for each in own.remarks)


@pytest.mark.parametrize(
    ("name", "adc", "sentence"),
    [
        ("sarr", {}, "converter model = 'sarr': no such block, expected one of "),
        ("sar", {"model": "flash", "full_scale": "auto"}, "converter = 'sar' has no effect: .adc. names the circuit"),
    ],
)
def test_a_converter_that_cannot_stand_for_one_is_refused(name, adc, sentence):
    with pytest.raises(InputError, match=sentence):
        standing_converter(SPEC.replace(adc=adc), name)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[adc]\nenergy = "1p"\n', r"adc.source is missing"),
        ('[adc]\nenergy = -1\nsource = "x"\n', r"adc.energy = -1: expected"),
        ('[adc]\nenergi = "1p"\nsource = "x"\n', r"unknown key adc.energi: did you mean 'energy'"),
        ('[sum]\nenergy = "1p"\n', r"unknown key sum"),
        ("[adc\n", r"not valid TOML"),
    ],
)
def test_costs_that_cannot_be_used_are_one_sentence(tmp_path, text, sentence):
    (tmp_path / "costs.toml").write_text(text)
    with pytest.raises(InputError, match=sentence) as refused:
        load_costs(tmp_path / "costs.toml")
    assert "\n" not in str(refused.value)


def test_tables_without_energies_leave_unknown_parts():
    silent = Periphery(replace(DAC, energy={}, energy_code=None), replace(SENSE, supply=None, power=None), ADC)
    found = parts(network_cost(COUNT, SPEC, POWER, tables=silent))
    assert found["driver"].low is None and found["sense"].low is None and "sense at rest" not in found
    assert "unknown" in found["driver"].what


def test_the_pitch_gives_the_area_of_cells():
    wire = {"width": 1e-7, "thickness": 2e-7, "resistivity": 3e-8}
    keys = {"row": {**wire, "pitch": 5e-7}, "col": {**wire, "pitch": 4e-7}, "r_row": None, "r_col": None}
    drawn = parse_spec(
        {**SPEC.model_dump(by_alias=True, exclude_none=True), "wire": {k: v for k, v in keys.items() if v}}
    )
    assert network_cost(COUNT, drawn, POWER).areas[0].low == pytest.approx(6 * 48 * 5e-7 * 4e-7)


def test_pulses_by_hand():
    """A read takes t_read, 20 ns, and two conversions of 7 ns follow it, during which rows are at rest.

    A row of six segments of 2 fF takes 12 fF (0.2 V)^2 for each vector: fc drives 24 rows in the two phases of its
    vector, conv 9 rows of 16 vectors.
    """
    spec = SPEC.replace(driver={"input_code": "pulse_width"}, wire={"c_row": 2e-15})
    sense = replace(SENSE, dynamics=None)
    cost = network_cost(COUNT, spec, POWER, tables=Periphery(None, sense, ADC), columns_per_adc=2)
    assert (cost.times.read, cost.times.cycle) == (pytest.approx(20e-9), pytest.approx(34e-9))
    wanted = {
        "array": [8 * 1e-6 * 20e-9, 32 * 2e-6 * 20e-9],
        "pulse edges": [24 * 12e-15 * 0.2**2, 144 * 12e-15 * 0.2**2],
        "sense": [8 * 3e-6 * 20e-9 + 40 * 1e-6 * 14e-9, 32 * 4e-6 * 20e-9 + 128 * 1e-6 * 14e-9],
    }
    for name, energies in wanted.items():
        assert_allclose(parts(cost)[name].by_layer, np.transpose([energies] * 2), rtol=1e-12)
    assert cost.left_out[0] == "word lines and the charging of column wires"
    bare = network_cost(COUNT, SPEC.replace(driver={"input_code": "pulse_width"}), POWER)
    assert "pulse edges" not in parts(bare) and "charging of wires" in bare.left_out[0]


def test_the_power_of_pulses_is_that_of_their_mean_width():
    """Without wires: sum of g v^2 times the width of its row; half of full scale where widths are uniform."""
    spec = SPEC.replace(driver={"input_code": "pulse_width"})
    place = TilePlace("fc", 0, 0, (0, 8), (0, 3), cols=6)
    rng = np.random.default_rng(0)
    g, x = rng.uniform(1e-6, 1e-4, (8, 6)), rng.integers(0, 16, (5, 8)) / 15
    tile = TileModel(SPEC, ohmic((1e-6, 1e-4), (0.0, 0.2)), 1, (0.0, 0.2))
    for product in (NodalProduct(spec), NodalProduct(SPEC), BehavioralProduct(tile)):  # whatever the product's own code
        calls = []
        read = CountedProduct(product, calls)(place, g)
        assert_allclose(read_in_intervals(read, spec, x), 0.2 * x @ g, rtol=1e-9)
        assert [call.reads for call in calls] == [5]
        assert calls[0].power == pytest.approx(0.2**2 * (x @ g).sum(), rel=1e-9)
    large = spec.replace(array={"rows": 64, "cols": 64})
    layers = [LayerShape("on", "Gemm", 1, 64, 32, 1, signed=False)]
    found = drawn_power(layers, large, NodalProduct(large), tables=None, rng=rng)["on"]
    drawn = 64 * 64 * 1e-6 + 64 * 32 * np.sqrt(2 / np.pi) / 4 * 99e-6
    assert found[0] == pytest.approx(drawn * 0.2**2 / 2, rel=0.05)


def test_drawn_reads_have_the_power_of_their_distributions():
    """Without wires: Σ g · v², with E|w| = √(2/π)/4 of the largest weight and E v² = v_read²/3 on rows that are on."""
    large = SPEC.replace(array={"rows": 64, "cols": 64}, driver={"dac_bits": 8})
    layers = [LayerShape("on", "Gemm", 1, 64, 32, 1, signed=False), LayerShape("half", "Gemm", 1, 64, 32, 1)]
    found = drawn_power(layers, large, NodalProduct(large), tables=None, rng=np.random.default_rng(0))
    g = 64 * 64 * 1e-6 + 64 * 32 * np.sqrt(2 / np.pi) / 4 * 99e-6
    assert found["on"][0] == pytest.approx(g * 0.2**2 / 3, rel=0.05) and found["on"][1] is None
    assert found["half"][0] == pytest.approx(found["on"][0] / 2, rel=0.1)


def test_files_hold_what_was_computed(tmp_path):
    spec = SPEC.replace(array={"rows": 64, "cols": 64})
    content = energy_files("digits", spec, rng=np.random.default_rng(0), out=tmp_path)
    assert json.loads((tmp_path / "results.json").read_text()) == json.loads(json.dumps(content))
    head, *rows = (tmp_path / "energy.csv").read_text().splitlines()
    assert len(rows) == 3 and all("[" in name for name in head.replace('"', "").split(",")[2:] if "survey" not in name)
    assert content["total"]["macs"] == 14_624 and content["parts"][0]["low_J"] > 0


def test_published_numbers_are_ranges_with_a_source():
    for each in (ADDITION, BYTE, *DIGITAL):
        assert 0 < each.low <= each.high < 1e-10 and each.source and each.remark
    assert_allclose([DIGITAL[2].low * 3.858e9, DIGITAL[2].high * 3e9], [1 / 571, 0.02370], rtol=1e-3)
