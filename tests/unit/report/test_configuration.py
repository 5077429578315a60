"""Every key of the specification is shown, with its unit; nothing is ideal without saying so."""

from circuitsim.report.configuration import configuration
from circuitsim.spec import parse_spec

USER_KEYS = {"file", "corner", "subckt", "ports", "state", "folder"}


def _values(spec):
    return {f"{part}.{key}": value for part, lines in configuration(spec).items() for key, value, _ in lines}


def test_every_key_is_shown(spec):
    shown = _values(spec)
    lines = [line for part in configuration(spec).values() for line in part]
    absent = {key for name, _, keys in lines if name == "not given" for key in keys.split(", ")}
    for part in ("array", "device", "access", "wire", "driver", "sense", "adc", "mapping"):
        for key in type(getattr(spec, part)).model_fields:
            if part in ("device", "access") and key in USER_KEYS:
                assert f"{part}.{key}" not in shown  # keys of a user's own file, beside a shipped model
            else:
                assert f"{part}.{key}" in shown or key in absent


def test_values_have_units(spec):
    shown = _values(spec)
    assert shown["wire.r_row"] == "2 Ω"
    assert shown["wire.c_row"] == "0.2 fF"
    assert shown["device.g_max"] == "100 µS"
    assert shown["access.l"] == "130 nm"
    assert shown["driver.t_read"] == "10 ns"
    assert shown["array.temperature_c"] == "27 °C"
    assert shown["adc.full_scale"] == "auto"
    assert shown["device.params"] == "v0 = 0.25"


def test_what_is_ideal_says_so(spec):
    shown = _values(spec)
    assert shown["driver.dac_bits"] == "ideal"
    assert shown["adc.bits"] == "8 bit"
    assert _values(spec.replace(adc={"bits": None}))["adc.bits"] == "ideal"


def test_wire_resistance_over_conductance_is_shown(spec):
    shown = _values(spec)
    assert shown["wire.r_row · g_max"] == "0.0002"
    assert shown["wire.r_col · g_max"] == "0.0003"
    meanings = {key: meaning for key, _, meaning in configuration(spec)["wire"]}
    assert (
        meanings["r_row · g_max"]
        == "Resistance of one segment relative to the smallest resistance of a device, 1 / g_max"
    )


def test_file_of_the_user_is_named(spec, tmp_path):
    data = spec.model_dump(by_alias=True)
    data["device"] |= {"model": None, "file": tmp_path / "mine.lib", "subckt": "cell"}
    shown = _values(parse_spec(data))
    assert shown["device.file"] == "mine.lib"
    assert shown["device.ports"] == "te be"
    assert "device.model" not in shown


def test_a_device_folder_is_named(spec, tmp_path):
    data = spec.model_dump(by_alias=True)
    data["device"] |= {"model": None, "folder": tmp_path / "my_device"}
    shown = _values(parse_spec(data))
    assert shown["device.folder"] == "my_device"
    assert not {"device.model", "device.ports", "device.state"} & set(shown)
