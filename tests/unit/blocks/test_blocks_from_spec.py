"""The blocks that a specification names: shipped, a folder, or a file of the user's whose terminals a map names."""

from pathlib import Path

import pytest

import circuitsim as cs
from circuitsim import blocks, levels
from circuitsim.errors import InputError, OutsideRangeError, SpecError
from circuitsim.periphery import periphery_of

FILE = Path(__file__).parents[2] / "data" / "blocks" / "amplifiers.lib"
CORE = FILE.with_name("core.inc")
BASE = {
    "schema": 1,
    "array": {"rows": 4, "cols": 3, "cell": "1r"},
    "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
    "wire": {"r_row": 1, "r_col": 1},
    "driver": {"v_read": 0.2},
}
OWN = {
    "file": FILE,
    "corner": "slow",
    "subckt": "my_amp",
    "ports": {"in": "A", "out": "y", "ref": "vcm", "vdd": "vdda", "vss": "gnda"},
    "supply": 1.8,
}


def spec_of(**sections):
    return cs.parse_spec({**BASE, **{name: {**BASE.get(name, {}), **keys} for name, keys in sections.items()}})


def test_an_ideal_part_is_no_block():
    assert blocks.blocks_of(spec_of()) == {}


def test_overrides_are_written_into_the_block():
    spec = spec_of(
        sense={"model": "regulated_cascode", "v_ref": 0.5, "supply": 1.7, "load": "10k", "params": {"wm": "1u"}}
    )
    block = blocks.block_of(spec, "sense")
    assert (block.v_supply, block.load, block.parameters["wm"].value) == (1.7, 1e4, 1e-6)
    assert block.parameters["wm"].source == "the specification" and block.parameters["wc"].value == 20e-6
    card = blocks.load_block("sense", "regulated_cascode")
    assert (card.v_supply, card.load) == (1.8, 25e3)


def test_a_users_file_is_a_block_with_the_roles_of_its_map():
    block = blocks.block_of(spec_of(sense={**OWN, "params": {"gain": 500}}), "sense")
    assert block.roles == ("in", "out", "ref", "vdd", "vss")
    assert block.call("x1", {role: role.upper() for role in block.roles}) == "x1 IN OUT REF VDD VSS my_amp gain=500.0"
    assert block.include.endswith('amplifiers.lib" slow') and block.v_supply == 1.8


def test_a_pattern_names_numbered_terminals_and_nc_leaves_one_open():
    ports = {"bits": "D[{k}]", "in": "vin", "ref": "vref_hi", "nc": ["clk", "start"]}
    block = blocks.block_of(spec_of(adc={"file": CORE, "subckt": "my_sar", "ports": ports}), "adc")
    assert block.roles == ("bits.0", "bits.1", "bits.2", "in", "ref", "nc", "nc")
    nodes = {role: role for role in block.roles}
    assert block.call("x1", nodes) == "x1 bits.0 bits.1 bits.2 in ref x1_nc5 x1_nc6 my_sar"


def test_a_users_file_works_in_phases_whose_times_are_stated():
    ports = {"in": "a", "bits": "y", "phases": {"compare": "vcm"}, "vdd": ["vdda"], "vss": "gnda"}
    timing = {"compare_start": "1n", "compare_width": "2n", "ready": "2.9n"}
    keys = {**OWN, "ports": ports, "timing": timing}
    block = blocks.block_of(spec_of(adc=keys), "adc")
    assert block.roles == ("in", "bits", "phases.compare", "vdd", "vss") and block.clocked
    assert (block.output, block.logic, block.phases["compare"].high) == ("bits", 1.8, 1.8)
    durations = {key: item.value for key, item in block.timing.items()}
    assert blocks.phase_time(block.phases["compare"].width, durations) == 2e-9
    assert blocks.phase_time(block.ready or "", durations) == 2.9e-9


def test_supply_and_bulk_may_be_terminals_of_their_own(tmp_path):
    file = tmp_path / "inv.lib"
    file.write_text(".subckt inv A VGND VNB VPB VPWR Y\nr1 A Y 1\n.ends\n", encoding="utf-8")
    ports = {"in": "A", "out": "Y", "vdd": ["VPWR", "VPB"], "vss": ["VGND", "VNB"]}
    block = blocks.block_of(spec_of(sense={"file": file, "subckt": "inv", "ports": ports, "supply": 1.8}), "sense")
    assert block.roles == ("in", "vss", "vss", "vdd", "vdd", "out")
    assert block.call("x1", {role: role for role in block.roles}) == "x1 in vss vss vdd vdd out inv"


def without(key):
    return {**OWN, "ports": {role: name for role, name in OWN["ports"].items() if role != key}}


@pytest.mark.parametrize(
    ("keys", "error", "sentence"),
    [
        ({"model": "tia", "params": {"rx": 1}}, SpecError, "sense.params.rx: tia has no such parameter; there is rf"),
        ({"model": "tia", "supply": 1.8}, SpecError, "sense.supply = 1.8 V: tia has no terminal of the role vdd"),
        ({"model": "tia", "corner": "tt"}, SpecError, "sense.corner = 'tt': tia has no such corner; there is none"),
        (
            {"model": "regulated_cascode"},
            OutsideRangeError,
            "sense.v_ref = 0 V: regulated_cascode works from 0.3 to 0.7",
        ),
        (
            {"model": "regulated_cascode", "v_ref": 0.5, "supply": 3.3},
            OutsideRangeError,
            "sense.supply = 3.3 V: regulated_cascode works from 1.62 to 1.98 V",
        ),
        (
            {"model": "sc_integrator", "timing": {"t_x": 1}},
            SpecError,
            "sense.timing.t_x: sc_integrator has no such dur",
        ),
        (
            {"model": "sc_integrator", "timing": {"t_hold": 0}},
            SpecError,
            "sense.timing.t_hold = 0 s: expected a duration",
        ),
        ({**OWN, "supply": None}, SpecError, "sense.supply is missing: the file of my_amp does not state"),
        ({**OWN, "params": {"gian": 1}}, SpecError, "sense.params.gian: my_amp has no such parameter; there is gain"),
        ({**OWN, "corner": "typical"}, InputError, "no corner 'typical'; there is slow, fast"),
        ({**OWN, "subckt": "my_ampp"}, InputError, "no sub-circuit 'my_ampp'; there is my_amp"),
        (without("in"), InputError, "sense.ports: no terminal has the role 'in', which a sense amplifier needs"),
        (without("vss"), InputError, "sense.ports: 'gnda' of .* has no role; add ROLE = 'gnda'"),
        ({**OWN, "ports": {**OWN["ports"], "out": "z"}}, InputError, "sense.ports.out = 'z': .* has no such terminal"),
        ({**OWN, "ports": {**OWN["ports"], "out": "a"}}, InputError, "'a' of .* is in and out; expected one"),
        ({**OWN, "ports": {**OWN["ports"], "top": "y"}}, InputError, "sense.ports.top: expected one of in, out, ref"),
        (
            {**OWN, "ports": {**without("ref")["ports"], "phases": {"clk": "vcm"}}},
            InputError,
            "sense.ports.phases names clk: a sense amplifier that works in phases needs 'integrate'",
        ),
        (
            {**OWN, "ports": {**without("ref")["ports"], "phases": {"integrate": "vcm"}}},
            InputError,
            "sense.timing.integrate_start is missing: my_amp works in the phases integrate, and a file does not say",
        ),
        (
            {**OWN, "ports": {"in": "a", "nc": "gnda", "out": "vdda", "phases": {"1st": "vcm", "integrate": "y"}}},
            InputError,
            "sense.ports.phases.1st: expected the name of a phase",
        ),
    ],
)
def test_a_block_that_does_not_fit_is_refused_by_key_and_port(keys, error, sentence):
    with pytest.raises(error, match=sentence) as refused:
        blocks.block_of(spec_of(sense=keys), "sense")
    assert "\n" not in str(refused.value)


def test_a_block_of_another_kind_is_refused():
    folder = blocks.load_block("sense", "tia").lib.parent
    with pytest.raises(SpecError, match=r"driver.folder = 'tia': a sense amplifier, expected a driver"):
        blocks.block_of(spec_of(driver={"folder": folder}), "driver")


def test_numbers_that_miss_one_are_refused(tmp_path):
    file = tmp_path / "adc.lib"
    file.write_text(".subckt adc b0 b2 vin\nr1 vin b0 1\n.ends\n", encoding="utf-8")
    keys = {"file": file, "subckt": "adc", "ports": {"bits": "b{k}", "in": "vin"}}
    with pytest.raises(InputError, match=r"adc.ports.bits = 'b\{k\}': .* numbers them 0, 2; expected 0, 1, 2, …"):
        blocks.block_of(spec_of(adc=keys), "adc")


@pytest.mark.parametrize("section", ["driver", "adc"])
@pytest.mark.parametrize("level", ["ngspice", "nodal", "behavioral"])
def test_what_no_level_simulates_is_refused_by_name_at_every_level(section, level):
    spec = spec_of(**{section: {"folder": "mine"}})
    with pytest.raises(SpecError, match=f"{section}.folder = 'mine': level = '{level}' does not simulate it"):
        levels.check_can(spec, level)


def test_no_ideal_converter_stands_in_for_a_circuit():
    with pytest.raises(SpecError, match=r"adc.model = 'sar': an ideal ADC does not simulate this circuit"):
        periphery_of(spec_of(adc={"model": "sar", "bits": 8}))
    with pytest.raises(SpecError, match=r"driver.model = 'r_string': an ideal DAC does not simulate this circuit"):
        periphery_of(spec_of(driver={"model": "r_string", "dac_bits": 8}))
