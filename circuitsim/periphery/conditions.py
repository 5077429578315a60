"""Conditions at which a table holds, and what of a converter's table is worth a word before it is used."""

import warnings

from circuitsim.errors import MissingCodesWarning, OutsideRangeError, SpecError
from circuitsim.periphery.from_spec import Periphery
from circuitsim.periphery.linearity import linearity
from circuitsim.results.periphery_tables import ConverterTable
from circuitsim.results.sense_table import SenseTable
from circuitsim.spec import ArraySpec

SAME_TEMPERATURE = 1e-9  # [°C]
SAME_VOLTAGE = 1e-9  # [V]
SHOWN = 8  # missing codes that a message lists


def check_table_holds(table: ConverterTable, spec: ArraySpec) -> ConverterTable:
    """Return a converter's table if it was made for the conditions of an array.

    Args:
        table: The table; one that no circuit made holds anywhere.
        spec: The array; its temperature and, where it states them, the supply and reference of its converters.

    Raises:
        OutsideRangeError: Names block, condition, and the value at which the table was made.
        SpecError: The table of a driver codes by time or bit by bit, and the array takes another coding.

    Warns:
        MissingCodesWarning: No input gives some of the codes of an ADC.
    """
    part = spec.driver if table.drives else spec.adc
    stated = {"supply": (part.supply, table.supply), "v_ref": (getattr(part, "v_ref", None), table.reference)}
    _check_conditions(f"converter {table.block!r}", table.temperature_c, stated, spec)
    if table.drives and table.coding != spec.driver.input_code:
        raise SpecError(
            f"driver.input_code = {spec.driver.input_code!r}: the driver {table.block!r} codes by {table.coding}; "
            f"expected input_code = {table.coding!r}, or a driver of amplitudes such as 'string_dac'"
        )
    if not table.drives:
        _tell_missing_codes(table)
    return table


def check_periphery_holds(periphery: Periphery, spec: ArraySpec) -> Periphery:
    """Return the tables around an array if each holds for its conditions; errors and warnings as of the others."""
    for table in (periphery.dac, periphery.adc):
        if table is not None and table.block:
            check_table_holds(table, spec)
    if periphery.sense is not None:
        check_sense_holds(periphery.sense, spec)
    return periphery


def check_sense_holds(table: SenseTable, spec: ArraySpec) -> SenseTable:
    """Return a sense amplifier's table if it was made for the conditions of an array; its currents are checked later.

    Args:
        table: The table; one that no circuit made holds anywhere.
        spec: The array; its temperature, v_ref and, where it states it, the supply of its sense amplifiers.

    Raises:
        OutsideRangeError: Names block, condition, and the value at which the table was made.
    """
    stated = {"sense.supply": (spec.sense.supply, table.supply), "sense.v_ref": (spec.sense.v_ref, table.reference)}
    _check_conditions(f"sense amplifier {table.block!r}", table.temperature_c, stated, spec)
    return table


def _check_conditions(
    whose: str, temperature_c: float | None, stated: dict[str, tuple[float | None, float | None]], spec: ArraySpec
) -> None:
    asked_c = spec.array.temperature_c
    if temperature_c is not None and abs(asked_c - temperature_c) > SAME_TEMPERATURE:
        raise OutsideRangeError(
            f"array.temperature_c = {asked_c:g} °C: the table of the {whose} was made at {temperature_c:g} °C; "
            "characterize it at this temperature"
        )
    for key, (asked, made) in stated.items():
        if asked is not None and made is not None and abs(asked - made) > SAME_VOLTAGE:
            raise OutsideRangeError(
                f"{key} = {asked:g} V: the table of the {whose} was made at {made:g} V; characterize it at this voltage"
            )


def _tell_missing_codes(table: ConverterTable) -> None:
    if table.inl is None or table.bits < 2 or not table.block:
        return
    missing = linearity(table).missing
    if missing:
        listed = ", ".join(map(str, missing[:SHOWN])) + (", …" if len(missing) > SHOWN else "")
        warnings.warn(
            f"the ADC {table.block!r} has {len(missing)} missing codes: no input gives {listed}",
            MissingCodesWarning,
            stacklevel=3,
        )
