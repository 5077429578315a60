"""The cards a specification asks for: overrides, corners, ranges, and the user's own files."""

import numpy as np
import pytest

import circuitsim as cs
from circuitsim.devices import access_card, access_values, device_card, device_values, tell_read_voltage
from circuitsim.devices.statistics import read_statistics
from circuitsim.errors import DeclaredRangeWarning, InputError, OutsideRangeError, SpecError
from circuitsim.resources import device_models_folder
from circuitsim.spec import parse_spec

BASE = {
    "schema": 1,
    "array": {"rows": 2, "cols": 2},
    "device": {"model": "rram_sinh", "g_min": 1e-6, "g_max": 1e-4},
    "access": {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8},
    "wire": {"r_row": 1.0, "r_col": 1.0},
    "driver": {"v_read": 0.2},
}
LIBRARY = """* a library
.option scale=1
.lib tt
.option scale=1e-6
.subckt nfet drain gate source bulk
+ w=1 l=0.15 mult=1
m1 drain gate source bulk core w={w} l={l}
.ends
.model core nmos level=1
.endl tt
.lib ss
.subckt memory a b params: cond=1u v0 = 0.3
g1 a b a b {cond}
.ends
.endl
"""


@pytest.fixture
def library(tmp_path):
    path = tmp_path / "pdk.lib"
    path.write_text(LIBRARY, encoding="utf-8")
    return path


def spec_with(**parts):
    return parse_spec({**BASE, **{name: {**BASE.get(name, {}), **part} for name, part in parts.items()}})


def own_device(path, **keys):
    device = {"file": path, "corner": "ss", "subckt": "memory", "state": "cond", "g_min": 1e-6, "g_max": 1e-4, **keys}
    return parse_spec({**BASE, "device": device})


def own_access(path, **keys):
    access = {"file": path, "corner": "tt", "subckt": "nfet", "w": 2e-6, "l": 0.15e-6, "v_gate": 1.8, **keys}
    return parse_spec({**BASE, "access": access})


def test_the_read_voltage_of_the_driver_and_overrides_reach_the_card():
    card = device_card(spec_with(device={"params": {"v0": 0.3}}, driver={"v_read": 0.25}))
    assert device_values(card) == {"v0": 0.3, "v_read": 0.25}
    assert card.parameters["v0"].fit == "user"
    assert card.parameters["v0"].unit == "V"


@pytest.fixture
def folder(tmp_path):
    """A device folder of the user's: a shipped card under another name."""

    def copy(card, name):
        place = tmp_path / name
        place.mkdir()
        for file in ("model.lib", "device.toml"):
            text = (device_models_folder() / card / file).read_text(encoding="utf-8").replace(card, name)
            (place / file).write_text(text, encoding="utf-8")
        return place

    return copy


def test_a_device_folder_gives_card_range_and_statistics_as_a_shipped_one(folder):
    mine = folder("pcm_joshi", "my_pcm")
    spec = spec_with(device={"model": None, "folder": mine, "g_min": 1e-6, "g_max": 2e-5})
    card, shipped = device_card(spec), device_card(spec_with(device={"model": "pcm_joshi", "g_max": 2e-5}))
    assert (card.name, card.lib) == ("my_pcm", mine / "model.lib")
    assert card.statistics == shipped.statistics is not None
    assert device_values(card) == device_values(shipped)
    assert read_statistics(card).g_max == 2.5e-5
    with pytest.raises(OutsideRangeError, match=r"device\.g_max = 0\.001 S: my_pcm holds"):
        device_card(spec.replace(device={"g_max": 1e-3}))


def test_a_folder_of_a_transistor_takes_corners_and_overrides(folder):
    mine = folder("sky130_nfet_01v8", "my_nfet")
    access = {"model": None, "folder": mine, "corner": "ss"}
    assert access_card(spec_with(access=access)).include == f'.lib "{mine / "model.lib"}" ss'
    with pytest.raises(SpecError, match=r"access\.corner = 'sf': my_nfet has no such corner; there is tt, ss, ff"):
        access_card(spec_with(access={**access, "corner": "sf"}))
    with pytest.raises(SpecError, match=r"access\.params\.vth0: my_nfet has no such parameter"):
        access_card(spec_with(access={**access, "params": {"vth0": 0.4}}))
    with pytest.raises(SpecError, match=r"device\.folder = 'my_nfet': a transistor, expected a memory"):
        device_card(spec_with(device={"model": None, "folder": mine}))
    with pytest.raises(InputError, match=r"device\.toml: no such file, expected the parameters of a device"):
        device_card(spec_with(device={"model": None, "folder": mine.parent}))


@pytest.mark.parametrize(
    ("parts", "error", "match"),
    [
        ({"device": {"params": {"vo": 0.3}}}, SpecError, r"device\.params\.vo: rram_sinh has no such parameter"),
        ({"device": {"params": {"v_read": 0.3}}}, SpecError, r"device\.params\.v_read = 0\.3 V"),
        ({"device": {"model": "nmos_130"}}, SpecError, r"device\.model = 'nmos_130': a transistor, expected a memory"),
        (
            {"device": {"model": "rram_wan", "g_max": 5e-5}},
            OutsideRangeError,
            r"device\.g_max = 5e-05 S: rram_wan holds",
        ),
        (
            {"device": {"corner": "tt"}},
            SpecError,
            r"device\.corner = 'tt': rram_sinh has no such corner; there is none",
        ),
    ],
)
def test_what_a_device_cannot_be_is_refused(parts, error, match):
    with pytest.raises(error, match=match):
        device_card(spec_with(**parts))


@pytest.mark.parametrize(
    ("access", "match"),
    [
        ({"model": "rram_sinh"}, r"access\.model = 'rram_sinh': a memory, expected a transistor"),
        ({"model": "sky130_nfet_01v8", "corner": "sf"}, r"access\.corner = 'sf'.*there is tt, ss, ff"),
        ({"params": {"vth0": 0.4}}, r"access\.params\.vth0: nmos_130 has no such parameter"),
    ],
)
def test_what_a_transistor_cannot_be_is_refused(access, match):
    with pytest.raises(SpecError, match=match):
        access_card(spec_with(access=access))


def test_corners_of_a_shipped_card_are_chosen_by_the_specification():
    card = access_card(spec_with(access={"model": "sky130_nfet_01v8", "corner": "ss"}))
    assert card.include.endswith('" ss')


def test_a_users_transistor_takes_lengths_in_the_unit_of_its_file(library):
    spec = own_access(library)
    card = access_card(spec)
    assert card.deck_scale == 1e-6
    assert access_values(spec, card) == pytest.approx({"w": 2.0, "l": 0.15}, rel=1e-12)
    assert card.include == f'.lib "{library}" tt'
    line = card.instance("xt", {"d": "x", "g": "wl", "s": "sl", "b": "0"}, access_values(spec, card))
    assert line.startswith("xt x wl sl 0 nfet w=2.0 l=")


def test_only_overridden_parameters_of_a_users_file_are_written(library):
    spec = own_access(library, params={"mult": 2})
    assert access_values(spec, access_card(spec))["mult"] == 2
    assert "mult" not in access_values(own_access(library), access_card(own_access(library)))


def test_a_users_memory_takes_the_conductance_in_its_own_parameter(library):
    card = device_card(own_device(library, ports=["be", "te"]))
    assert card.state is not None
    assert card.state.parameter == "cond"
    assert card.instance("xd", {"te": "bl", "be": "x"}, {"cond": "{g}"}) == "xd x bl memory cond={g}"


@pytest.mark.parametrize(
    ("keys", "match"),
    [
        ({"corner": "ff"}, r"pdk\.lib: no corner 'ff'; there is tt, ss"),
        ({"subckt": "memori"}, r"corner ss: no sub-circuit 'memori'; there is memory"),
        ({"state": "g"}, r"pdk\.lib:\d+: .subckt memory has no parameter device\.state = 'g'; there is cond, v0"),
    ],
)
def test_a_users_memory_that_is_not_there_is_named(library, keys, match):
    with pytest.raises(InputError, match=match):
        device_card(own_device(library, **keys))


def test_a_wrong_number_of_terminals_is_refused_with_file_and_line(library):
    library.write_text(LIBRARY.replace("drain gate source bulk\n+", "drain gate source\n+"), encoding="utf-8")
    with pytest.raises(InputError, match=r"pdk\.lib:5: .subckt nfet has 3 terminals \(drain gate source\), expected 4"):
        access_card(own_access(library))


def test_included_files_are_searched_relative_to_the_including_one(library, tmp_path):
    (tmp_path / "deep").mkdir()
    outer = tmp_path / "deep" / "outer.lib"
    outer.write_text('* outer\n.lib all\n.lib "../pdk.lib" tt\n.endl\n', encoding="utf-8")
    assert access_card(own_access(outer, corner="all")).deck_scale == 1e-6
    assert access_card(own_access(outer, corner="all")).subckt == "nfet"


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.lib: no such file"):
        access_card(own_access(tmp_path / "none.lib"))


def test_the_bias_of_the_array_reaches_the_state_of_a_transistor_memory():
    device = {"model": "flash_fg", "g_min": 1e-7, "g_max": 1e-5, "v_gate": 1.8}
    spec = parse_spec(
        {"schema": 1, **{key: BASE[key] for key in ("wire", "driver")}, "device": device}
        | {"array": {"rows": 2, "cols": 2, "cell": "1t"}}
    )
    card = device_card(spec)
    assert card.state is not None
    assert dict(card.state.bias) == {"g": 1.8}
    assert card.state.v_read == 0.2


def test_a_users_capacitor_takes_farads(library):
    device = {"file": library, "corner": "ss", "subckt": "memory", "state": "cond", "g_min": 1e-16, "g_max": 1e-15}
    spec = parse_spec(
        {"schema": 1, **{key: BASE[key] for key in ("wire", "driver")}, "device": device}
        | {"array": {"rows": 2, "cols": 2, "cell": "1c"}}
    )
    card = device_card(spec)
    assert card.state is not None
    assert (card.state.kind, card.state.unit) == ("capacitance", "F")


@pytest.mark.parametrize(("celsius", "inside"), [(-200.0, False), (-40.0, True), (125.0, True), (400.0, False)])
def test_a_card_is_not_used_outside_its_temperatures(celsius, inside):
    """Every level, deck and calibration takes its cards here."""
    spec = spec_with(array={"temperature_c": celsius})
    for card_of in (device_card, access_card):
        if inside:
            assert card_of(spec).temperature.max_c == 125
        else:
            with pytest.raises(OutsideRangeError, match=f"array.temperature_c = {celsius:g}: .* holds from -40 to 125"):
                card_of(spec)


@pytest.mark.parametrize("level", ["ngspice", "nodal"])
def test_no_level_reads_a_card_outside_its_temperatures(level):
    spec = spec_with(array={"temperature_c": 400.0})
    with pytest.raises(OutsideRangeError, match=r"array\.temperature_c = 400: .* holds from -40 to 125"):
        cs.prepare(spec, np.full(spec.shape, 1e-5), level)


def test_a_read_beyond_the_voltages_of_the_card_is_told():
    spec = parse_spec({**BASE, "device": {**BASE["device"], "model": "pcm_joshi", "g_max": 2.5e-5}})
    tell_read_voltage(spec)
    far = spec.replace(driver={"v_read": 0.6})
    sentence = r"driver\.v_read = 0\.6 V: the read model of pcm_joshi holds up to 0\.5 V across the device"
    with pytest.warns(DeclaredRangeWarning, match=sentence):
        cs.prepare(far, np.full((2, 2), 1e-5), "nodal")
