"""Conditions at which the table of a converter holds."""

from circuitsim.errors import OutsideRangeError
from circuitsim.results.periphery_tables import ConverterTable
from circuitsim.spec import ArraySpec

SAME_TEMPERATURE = 1e-9  # [°C]
SAME_VOLTAGE = 1e-9  # [V]


def check_table_holds(table: ConverterTable, spec: ArraySpec) -> ConverterTable:
    """Return a converter's table if it was made for the conditions of an array.

    Args:
        table: The table; one that no circuit made holds anywhere.
        spec: The array; its temperature and, where it states them, the supply and reference of its converters.

    Raises:
        OutsideRangeError: Names block, condition, and the value at which the table was made.
    """
    temperature = spec.array.temperature_c
    if table.temperature_c is not None and abs(temperature - table.temperature_c) > SAME_TEMPERATURE:
        raise OutsideRangeError(
            f"array.temperature_c = {temperature:g} °C: the table of the converter {table.block!r} was made at "
            f"{table.temperature_c:g} °C; characterize it at this temperature"
        )
    part = spec.driver if table.r_out is not None else spec.adc
    stated = {"supply": (part.supply, table.supply), "v_ref": (getattr(part, "v_ref", None), table.reference)}
    for key, (asked, made) in stated.items():
        if asked is not None and made is not None and abs(asked - made) > SAME_VOLTAGE:
            raise OutsideRangeError(
                f"{key} = {asked:g} V: the table of the converter {table.block!r} was made at {made:g} V; characterize "
                "it at this voltage"
            )
    return table
