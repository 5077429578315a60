"""Energy and time of one product, against what a hand adds up from tables."""

from dataclasses import replace

import numpy as np
import pytest
from calibration_arrays import array_spec
from numpy.testing import assert_allclose

from circuitsim.calibration.product_cost import SURVEY, SURVEY_YEARS, _range_of, product_cost, survey_place
from circuitsim.periphery import Periphery, sine_bits
from circuitsim.results import ConverterTable, Experiment, Provenance, SenseDynamics, SenseTable, Solution

SPEC = array_spec(3, 2, driver={"v_read": 0.2, "t_read": 1e-8})
READS = [Experiment("uniform", np.full((3, 2), 1e-5), ("uniform",) * 2, np.full((2, 3), 0.1))]
CURRENT = np.array([[1e-6, 3e-6], [2e-6, 2e-6]])
TRUTHS = [Solution(CURRENT, Provenance("nodal", "s", None, None, {}), i_sense=CURRENT, power=np.array([2e-6, 4e-6]))]
CODES = np.array([0, 3])
DAC = ConverterTable(
    2, 0.0, 0.2, r_out=np.full(4, 100.0), block="dac", unit="V",
    energy_code=CODES, energy={"supply": np.array([1e-12, 3e-12])}, settling=np.array([[1, 1e-9], [3, 2e-9]]),
)  # fmt: skip
SENSE = SenseTable(
    current=np.array([0.0, 4e-6]), drop=np.array([0.0, 1e-3]), power=np.array([1e-6, 5e-6]), supply=1.2, block="tia",
    dynamics=SenseDynamics(
        np.array([1e-6]), np.array([1e-5, 1e-4]), np.array([[3e-9, 5e-9]]), 1e-3, np.ones((1, 2)), np.ones((1, 2)), 1e6,
        np.ones((1, 2)), (1.0, 1e9), np.ones((1, 2)),
    ),
)  # fmt: skip
ADC = ConverterTable(
    2, 0.0, 4e-6, block="sar", t_conversion=7e-9, energy_code=CODES,
    energy={"comparator": np.array([2e-13, 4e-13]), "logic": np.array([1e-13, 1e-13])},
)  # fmt: skip
ALL = Periphery(DAC, SENSE, ADC)


def cost(tables, spec=SPEC):
    return product_cost(spec, tables, READS, TRUTHS)


def by_part(found):
    return {part.part: (part.energy, part.time) for part in found.parts}


def test_every_part_is_its_table_times_how_often_it_works():
    found = cost(ALL)
    duration = 2e-9 + 5e-9 + 7e-9  # slowest code, slowest current and column, conversion
    wanted = {
        "driver": (3 * 2e-12, 2e-9),
        "array": (duration * 3e-6, None),
        "sense": (2 * duration * 3e-6, 5e-9),  # at 2 µA on average: 1 µW + 1 W/A · 2 µA
        "adc comparator": (2 * 3e-13, 7e-9),
        "adc logic": (2 * 1e-13, None),
    }
    assert by_part(found).keys() == wanted.keys()
    for part, (energy, time) in wanted.items():
        assert_allclose(by_part(found)[part][0], energy, rtol=1e-12)
        assert by_part(found)[part][1] == pytest.approx(time)
    sources = {part.part: part.what for part in found.parts}
    assert sources["adc logic"].startswith("estimate of ") and "estimate" not in sources["adc comparator"]
    assert found.operations == 12 and found.reads == 1
    assert found.duration == found.latency == pytest.approx(duration)
    assert_allclose(found.energy, sum(energy for energy, _ in wanted.values()), rtol=1e-12)


def test_bit_serial_inputs_repeat_all_of_it():
    serial = array_spec(3, 2, driver={"v_read": 0.2, "dac_bits": 5, "input_code": "bit_serial"})
    once, each = cost(ALL), cost(ALL, serial)
    assert each.reads == 5
    assert_allclose(each.energy, 5 * once.energy, rtol=1e-12)
    assert_allclose(each.latency, 5 * once.latency, rtol=1e-12)


@pytest.mark.parametrize(
    ("tables", "parts"),
    [
        (Periphery(DAC), {"driver"}),
        (Periphery(None, SENSE), {"sense"}),
        (Periphery(None, None, ADC), {"adc comparator", "adc logic"}),
    ],
)
def test_ideal_parts_take_nothing(tables, parts):
    found = cost(tables)
    known = {name for name, (energy, _) in by_part(found).items() if energy is not None}
    assert known == parts | {"array"}
    assert all(time is None for name, (energy, time) in by_part(found).items() if energy is None)
    assert cost(Periphery()) is None


def test_what_a_table_does_not_know_is_unknown_and_said():
    macro = replace(SENSE, supply=None, power=None)
    found = cost(Periphery(replace(DAC, energy={}, energy_code=None), macro, replace(ADC, energy={}, energy_code=None)))
    assert by_part(found)["driver"] == (None, 2e-9)
    assert by_part(found)["sense"] == (None, 5e-9)
    assert by_part(found)["adc"] == (None, 7e-9)
    assert [part.what for part in found.parts if part.part == "adc"] == ["table of sar, without energies"]
    assert found.remarks == (
        "tia is a macro-model without a supply: its energy is not known",
        "the table of dac states no energy",
        "the table of sar states no energy",
    )
    assert found.survey is None


def test_settling_longer_than_the_read_is_said():
    assert cost(ALL).remarks == ()
    (remark,) = cost(ALL, array_spec(3, 2, driver={"v_read": 0.2, "t_read": 6e-9})).remarks
    assert remark.startswith("drivers and sense amplifiers settle in 7e-09 s, longer than driver.t_read = 6e-09 s")


def test_the_time_of_a_clocked_amplifier_and_of_a_driver_by_its_conversion():
    found = cost(Periphery(replace(DAC, t_conversion=4e-9), replace(SENSE, dynamics=None, t_ready=6e-9), ADC))
    assert by_part(found)["driver"][1] == 4e-9 and by_part(found)["sense"][1] == 6e-9


def ideal_adc(bits, energy):
    return ConverterTable(bits, 0.0, 1.0, energy_code=np.array([0]), energy={"comparator": np.array([energy])})


def test_the_survey_rises_from_percentile_to_percentile_within_published_energies():
    levels = np.array(list(SURVEY.values()))
    assert np.all(np.diff(levels, axis=1) > 0) and levels.min() > 1e-13 and levels.max() < 1e-9
    assert [low for low, _ in SURVEY] == list(range(4, 10)) and all(high == low + 1 for low, high in SURVEY)
    assert SURVEY_YEARS[0] < SURVEY_YEARS[1]


@pytest.mark.parametrize(
    ("energy", "place"),
    [
        (1e-13, "below the 10th percentile"),
        (2e-12, "between the 10th and the 50th percentile"),
        (3.8e-12, "between the 50th and the 90th percentile"),
        (1e-10, "above the 90th percentile"),
    ],
)
def test_a_converter_has_a_place_among_those_of_its_effective_bits(energy, place):
    found = survey_place(ideal_adc(7, energy))
    assert found is not None and found.bits == (6, 7) and 6 <= found.enob < 7
    assert found.place == place and found.energy == pytest.approx(energy)
    assert found.enob == sine_bits(ideal_adc(7, energy))
    assert found.percentiles == SURVEY[6, 7]


def test_converters_outside_the_survey_have_no_place():
    assert survey_place(ideal_adc(3, 1e-12)) is None
    assert survey_place(ideal_adc(1, 1e-12)) is None
    assert survey_place(ConverterTable(7, 0.0, 1.0)) is None
    noisy = survey_place(replace(ideal_adc(8, 2e-12), noise=0.004))
    assert noisy is not None and noisy.enob < survey_place(ideal_adc(8, 2e-12)).enob


@pytest.mark.parametrize(
    ("enob", "low"), [(3.999, None), (4.0, 4), (4.999, 4), (5.0, 5), (7.5, 7), (9.999, 9), (10.0, None)]
)
def test_a_range_of_the_survey_holds_its_lower_end_and_not_its_upper_one(enob, low):
    assert _range_of(enob) == (None if low is None else ((low, low + 1), SURVEY[low, low + 1]))


def test_the_survey_has_a_range_for_each_bit_and_rising_percentiles():
    ranges = list(SURVEY)
    assert ranges == [(bits, bits + 1) for bits in range(4, 10)]
    for energies in SURVEY.values():
        assert 0 < energies[0] < energies[1] < energies[2] < 1e-9
