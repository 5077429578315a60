"""Headings of measured tables: quantity and unit, or no column at all."""

import pytest

from circuitsim.devices.measured_columns import read_column, read_unit


@pytest.mark.parametrize(
    ("heading", "quantity", "exponent"),
    [
        *[(name, "v", 0) for name in ("v", "V", "V1", "v_V", "Voltage", "VOLTAGE", "Voltage (V)", "v(V)", "V [V]")],
        *[(name, "v", 0) for name in ("Smu1.V[1][1]", "v_set_V", "set_v", "Vset", "AV", "DrainV", "V/V", "Bias (V)")],
        *[(name, "v", -3) for name in ("v_mV", "V [mV]", "V / mV", "Voltage (millivolts)", "mV", "Gate mV", "v_mv")],
        *[(name, "i", 0) for name in ("i", "I1", "i_A", "Current (A)", "A", "Smu1.I[1][1]", "AI", "i_a", "|I|", "Ids")],
        *[(name, "i", -6) for name in ("i_uA", "i_µA", "I (μA)", "I [uA]", "I / uA", "Current (microamps)", "uA")],
        *[(name, "i", -9) for name in ("I_nA", "Drain (nA)", "i_reset_nA", "Current, nA")],
        *[("gap", "gap", -9), ("gap_nm", "gap", -9), ("Gap (pm)", "gap", -12), ("gap [m]", "gap", 0)],
    ],
)
def test_a_heading_names_quantity_and_unit(heading, quantity, exponent):
    column = read_column(heading, 3)
    assert column is not None
    assert (column.name, column.place, column.quantity, column.exponent) == (heading, 3, quantity, exponent)


@pytest.mark.parametrize("heading", ["v_mA", "i_NA", "I (MA)", "V [mA]", "V(te)", "Current (foo)", "v_MV", "gap (V)"])
def test_a_unit_that_is_none_of_the_quantity_is_kept_for_the_refusal(heading):
    column = read_column(heading, 0)
    assert column is not None
    assert column.exponent is None
    assert column.unit in heading


@pytest.mark.parametrize("heading", ["Time", "t (s)", "Resistance (Ohm)", "R", "value", "", "Index", "width_nm", "v i"])
def test_other_columns_are_none(heading):
    assert read_column(heading, 0) is None


def test_what_the_user_says_a_column_holds_counts():
    column = read_column("U (mV)", 0, "v")
    assert column is not None
    assert (column.quantity, column.exponent) == ("v", -3)
    plain = read_column("U", 0, "v")
    assert plain is not None
    assert plain.exponent == 0


def test_a_prefix_is_read_as_written():
    assert read_unit("[mV]") == ("v", -3)
    assert read_unit("(A)") == ("i", 0)
    assert [read_unit(text) for text in ("MV", "MA", "s", "", "V/s")] == [None] * 5
