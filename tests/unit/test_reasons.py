"""Every key that a level restricts says why, in the sentence that refuses it."""

import pytest

from circuitsim.errors import SpecError
from circuitsim.levels.can import CAN, CAN_IN_TIME
from circuitsim.network.fitting_array import READS
from circuitsim.programming.write_deck import _WRITTEN
from circuitsim.spec import Only, check_able, parse_spec

TABLES = {
    **{f"level {level}": table for level, table in CAN.items()},
    **{f"level {level} in time": table for level, table in CAN_IN_TIME.items()},
    "network": READS,
    "writing": _WRITTEN,
}
RESTRICTED = [
    (where, line, key, only)
    for where, table in TABLES.items()
    for line, keys in table.items()
    for key, only in keys.items()
]


@pytest.mark.parametrize(("where", "line", "key", "only"), RESTRICTED)
def test_a_restricted_key_has_a_reason(where, line, key, only):
    assert isinstance(only, Only) and only.values
    words = only.because.split()
    assert 4 <= len(words) <= 25, only.because
    assert not only.because.endswith((".", ",", ";")) and only.because[0].islower(), only.because


def test_a_refusal_says_why():
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": 2, "cols": 2, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": 1.0, "r_col": 1.0},
            "driver": {"v_read": 0.2},
        }
    )
    table = {"bl": {"array.cell": Only(("1t1r", "own"), "it takes cells with a gate")}}
    with pytest.raises(SpecError) as refused:
        check_able(spec, table, "level = 'x'", instead="; level = 'y' does")
    assert str(refused.value) == (
        "array.cell = '1r': level = 'x' does not simulate it, expected '1t1r' or 'own' (it takes cells with a gate); "
        "level = 'y' does"
    )


def test_what_physics_allows_is_not_restricted():
    for line, keys in CAN["nodal"].items():
        assert not {"wire.strap_row", "wire.strap_col", "technique.skip_zero_rows"} & keys.keys(), line
    assert "array.cell" not in CAN["nodal"]["bl"] and "driver.input_code" not in CAN["nodal"]["string"]
    assert not {"wire.strap_row", "wire.strap_col"} & (CAN["behavioral"]["bl"].keys() | CAN["behavioral"]["wl"].keys())
