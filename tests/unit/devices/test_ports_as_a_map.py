"""Terminals of a user's device or transistor named by their roles: the order of the file is found."""

import pytest

from circuitsim.devices import user_device
from circuitsim.devices.user_file import user_transistor
from circuitsim.errors import InputError
from circuitsim.spec import AccessSpec, DeviceSpec

TEXT = """* cells
.subckt cell bot mon top m2 params: g=1u
b1 top bot i=g*v(top,bot)
.ends
.subckt fet gate source drain body params: w=1u l=1u
m1 drain gate source body nm w={w} l={l}
.ends
.model nm nmos level=1
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "own.lib"
    path.write_text(TEXT, encoding="utf-8")
    return path


def device(file, ports):
    return DeviceSpec(file=file, subckt="cell", ports=ports, g_min=1e-6, g_max=1e-4)


def test_a_map_finds_the_order_that_a_list_states(file):
    named = user_device(device(file, {"te": "TOP", "be": "bot", "nc": ["mon", "m2"]}))
    listed = user_device(device(file, ["be", "nc", "te", "nc"]))
    assert named.ports == listed.ports == ("be", "nc_1", "te", "nc_3")
    fet = AccessSpec(
        file=file,
        subckt="fet",
        w=1e-6,
        l=1e-6,
        v_gate=1,
        ports={"d": "drain", "g": "gate", "s": "source", "b": "body"},
    )
    assert user_transistor(fet).ports == ("g", "s", "d", "b")


@pytest.mark.parametrize(
    ("ports", "sentence"),
    [
        (
            {"te": "tip", "be": "bot", "nc": ["mon", "m2"]},
            "device.ports.te = 'tip': .* no such terminal; there is bot mon",
        ),
        ({"te": "top", "be": "bot", "nc": "mon"}, "device.ports: 'm2' of .* has no role; add ROLE = 'm2'"),
        ({"te": "top", "be": "top", "nc": ["mon", "m2"]}, "'top' of .* is te and be; expected one"),
        (["te", "be"], r"has 4 terminals \(bot mon top m2\), expected 2"),
    ],
)
def test_a_map_that_does_not_fit_is_refused(file, ports, sentence):
    with pytest.raises(InputError, match=sentence):
        user_device(device(file, ports))
