"""Characterize the block that a command means beside an array of one cell, which gives it its conditions."""

from dataclasses import dataclass, fields
from typing import Any

from circuitsim.blocks import Block, block_of
from circuitsim.cli.block_choice import SECTION, Choice
from circuitsim.errors import InputError
from circuitsim.results import ComparatorTable, ConverterTable, SenseTable
from circuitsim.units import parse_quantity

BlockTable = SenseTable | ConverterTable | ComparatorTable


@dataclass(frozen=True)
class Conditions:
    """Options of a command that state where a block works; None where an option is not given.

    Attributes:
        v_ref: Voltage at which a column is held; lower voltage of a driver; voltage at `ref` of a converter [V].
        i_max: Largest column current [A].
        g_column: Largest conductance of a column [S].
        v_read: Range of a driver above `v_ref` [V].
        c_load: Capacitance of the row at a driver [F].
        bits: Resolution of a converter that counts, or of the ideal DAC before a driver without a digital word.
        supply: Supply voltage [V].
        load: Resistance from the output of a sense amplifier to ground [ohm].
    """

    v_ref: str | None = None
    i_max: str | None = None
    g_column: str | None = None
    v_read: str | None = None
    c_load: str | None = None
    bits: int | None = None
    supply: str | None = None
    load: str | None = None


_DEFAULTS = {"i_max": "100u", "g_column": "400u", "v_read": "200m", "c_load": "100f"}
_DEFAULT_BITS = 8
_OF_KIND = {
    "sense": {"v_ref", "i_max", "g_column", "supply", "load"},
    "driver": {"v_ref", "v_read", "c_load", "bits", "supply"},
    "converter": {"v_ref", "bits", "supply"},
}


def characterized_block(
    choice: Choice, given: Conditions, *, temperature_c: float, params: dict[str, float], timing: dict[str, float]
) -> BlockTable:
    """Return the table of a block.

    Args:
        choice: The block.
        given: Options of the command.
        temperature_c: Temperature [°C].
        params, timing: Overrides of parameters and durations.

    Raises:
        InputError: An option has no effect on a block of this kind, or a value cannot be used.
        SimulatorError: As `circuitsim.characterize`.
    """
    from circuitsim.characterization import characterize, comparator_table
    from circuitsim.spec import parse_spec

    _refuse_ignored(choice, given)
    section = SECTION[choice.kind]
    overrides = {"params": params, "timing": timing, "supply": given.supply}
    keys = {**choice.keys, **{key: value for key, value in overrides.items() if value}}
    spec = parse_spec(_document(choice, given, keys, temperature_c))
    block = block_of(spec, section)
    assert block is not None
    if block.kind == "converter" and block.bits == 1:
        return comparator_table(block, ref=spec.adc.v_ref, temperature_c=temperature_c)
    tables = characterize(spec)
    table = {"driver": tables.dac, "sense": tables.sense, "adc": tables.adc}[section]
    assert table is not None
    return table


def _refuse_ignored(choice: Choice, given: Conditions) -> None:
    for each in fields(given):
        if getattr(given, each.name) is not None and each.name not in _OF_KIND[choice.kind]:
            names = {"driver": "row driver", "sense": "sense amplifier", "converter": "converter"}
            raise InputError(
                f"--{each.name.replace('_', '-')} has no effect on a {names[choice.kind]}; leave the option out"
            )


def _document(choice: Choice, given: Conditions, keys: dict[str, Any], temperature_c: float) -> dict[str, Any]:
    """The keys of an array of one cell around the block."""

    def of(name: str) -> str:
        return getattr(given, name) or _DEFAULTS[name]

    g = parse_quantity(of("g_column"))
    document: dict[str, Any] = {
        "schema": 1,
        "array": {"rows": 1, "cols": 1, "cell": "1r", "temperature_c": temperature_c},
        "device": {"model": "rram_ohmic", "g_min": 1e-3 * g, "g_max": g},
        "wire": {"r_row": 0, "r_col": 0},
        "driver": {"v_read": parse_quantity(of("v_read"))},
    }
    if choice.kind == "sense":
        reference = _nominal_reference(choice.card)
        load = {} if given.load is None else {"load": given.load}
        v_ref = reference if given.v_ref is None else given.v_ref
        return document | {"sense": {**keys, **load, "i_max": of("i_max"), "v_ref": v_ref}}
    if choice.kind == "driver":
        wire = {**document["wire"], "c_row": of("c_load")}
        bits = given.bits if choice.card is None or choice.card.bits else (given.bits or _DEFAULT_BITS)
        driver = {**document["driver"], **keys, **({} if bits is None else {"dac_bits": bits})}
        return document | {"wire": wire, "driver": driver, "sense": {"v_ref": given.v_ref or 0.0}}
    counts = choice.card is not None and not choice.card.bits
    bits = given.bits or (_DEFAULT_BITS if counts else None)
    adc = {**keys, **({} if bits is None else {"bits": bits})}
    return document | {"adc": adc if given.v_ref is None else {**adc, "v_ref": given.v_ref}}


def _nominal_reference(card: Block | None) -> float:
    return card.reference.nominal if card is not None and card.reference is not None else 0.0
