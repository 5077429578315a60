"""Values that no circuit has are refused in one sentence, whatever key, parameter or axis states them."""

import pytest

from circuitsim.blocks import list_blocks, load_block
from circuitsim.campaign import CampaignFile, plan_campaign
from circuitsim.devices import access_card, device_card, list_cards, load_card
from circuitsim.errors import CircuitsimError, SpecError
from circuitsim.spec import DIMENSIONS, ArraySpec, beyond_circuits, document_keys, parse_spec

DATA = {
    "schema": 1,
    "array": {"rows": 2, "cols": 2},
    "device": {"model": "rram_sinh", "g_min": "1u", "g_max": "100u"},
    "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.2},
    "wire": {"r_row": 1.0, "r_col": 1.0},
    "driver": {"v_read": 0.2},
}
LINE = {"width": "50n", "thickness": "100n", "pitch": "100n", "resistivity": "3u"}


def with_key(section, name, value):
    return parse_spec(DATA | {section: DATA.get(section, {}) | {name: value}})


@pytest.mark.parametrize(
    ("section", "name", "value", "said"),
    [
        (
            "access",
            "l",
            "1.8",
            "access.l: got 1.8 m, which no circuit has; expected 1e-11 to 0.01 m; did you mean '1.8u'",
        ),
        ("access", "a_vt", 4, "access.a_vt: got 4 V m, .* did you mean '4n'"),
        ("wire", "r_row", 1e16, r"wire.r_row: got 1e\+16 ohm .*which no circuit has"),
        ("wire", "r_col", [[1.0, 1.0], [1.0, 1e16]], r"wire.r_col: got 1e\+16 ohm"),
        ("wire", "c_row", "1", "wire.c_row: got 1 F, .* did you mean '1f'"),
        ("wire", "row", LINE | {"pitch": 0.1}, "pitch: got 0.1 m"),
        ("wire", "strap_row", {"every": 1, "r": 1e16, "r_via": 1}, "wire.strap_row.r: got"),
        ("wire", "tc_row", 3900, "wire.tc_row: got 3900 1/K, .* did you mean '3900u'"),
        ("driver", "t_read", "10", "driver.t_read: got 10 s, .* did you mean '10n'"),
        ("driver", "v_read", 2000, r"driver.v_read: got 2000 V \(2 kV\)"),
        ("driver", "timing", {"a": 10}, "driver.timing.a: got 10 s"),
        ("device", "g_max", 100, "device.g_max: got 100 S, .* did you mean '100u'"),
        ("adc", "full_scale", 5000, r"adc.full_scale: got 5000 A \(5 kA\)"),
        ("adc", "full_scale", -1, "adc.full_scale = -1: expected a value greater than 0, or 'auto'"),
    ],
)
def test_a_value_that_no_circuit_has(section, name, value, said):
    with pytest.raises(SpecError, match=said):
        with_key(section, name, value)


def test_a_line_may_float():
    assert with_key("wire", "r_row", "1t").wire.r_row == 1e12


def test_conductances_of_capacitive_cells_are_farads():
    cell = {
        "array": {"rows": 2, "cols": 2, "cell": "1c"},
        "device": {"model": "charge_cell", "g_min": "1f", "g_max": 1},
    }
    with pytest.raises(SpecError, match=r"device.g_max: got 1 F, .* did you mean '1f'"):
        parse_spec({key: value for key, value in (DATA | cell).items() if key != "access"})


def test_parameters_of_a_model_and_axes_of_a_campaign():
    with pytest.raises(SpecError, match=r"device.params.v0: got 2000 V"):
        device_card(with_key("device", "params", {"v0": 2000}))
    plan = {"schema": 1, "base": DATA, "axes": {"access.l": ["0.13u", "0.2"]}, "measures": {"read": {}}}
    with pytest.raises(CircuitsimError, match=r"access\.l: got 0\.2 m"):
        plan_campaign(CampaignFile(**plan), ".")


@pytest.mark.parametrize(("default", "unit", "refused"), [("1u", "1", True), ("1", "1u", False)])
def test_the_file_of_a_transistor_shows_whether_it_takes_metres(default, unit, refused, tmp_path):
    file = tmp_path / "fet.lib"
    sizes = f"w={{w*{unit}}} l={{l*{unit}}}"
    file.write_text(
        f".model n nmos level=1\n.subckt fet d g s b w={default} l={default}\nm1 d g s b n {sizes}\n.ends\n"
    )
    access = {"file": str(file), "subckt": "fet", "w": 1.0, "l": 0.5, "v_gate": 1.2}
    spec = parse_spec(DATA | {"access": access})
    if not refused:
        assert access_card(spec).name == "fet"
        return
    with pytest.raises(CircuitsimError, match=r"access\.w: got 1 m, which no circuit has"):
        access_card(spec)


def test_every_key_with_a_unit_states_the_range_of_its_dimension():
    keys = [each for each in document_keys(ArraySpec) if each.unit in DIMENSIONS]
    assert len(keys) > 40
    for each in keys:
        words = "up to 0.01 m" if each.key == "access.a_beta" else DIMENSIONS[each.unit].words
        assert words in each.bounds, each.key


def test_no_shipped_card_or_block_states_a_value_outside():
    for name in list_cards():
        card = load_card(name)
        dynamic = card.dynamic.parameters if card.dynamic else {}
        for own, each in {**card.parameters, **card.model_parameters, **dynamic}.items():
            assert each.unit == "s" or not beyond_circuits(each.value, each.unit), (name, own)
    for kind in ("driver", "sense", "converter"):
        for name in list_blocks(kind):
            block = load_block(kind, name)
            for own, each in {**block.parameters, **block.timing}.items():
                assert not beyond_circuits(each.value, each.unit), (name, own)


def test_a_mismatch_is_no_length_and_may_be_as_small_as_one_likes():
    assert with_key("access", "a_beta", "1e-13").access.a_beta == 1e-13
    with pytest.raises(SpecError, match=r"access\.a_beta: got 1 m, which no circuit has; expected up to"):
        with_key("access", "a_beta", 1)
