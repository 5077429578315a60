"""The blocks that a specification asks for, with its overrides, each checked against its card."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from circuitsim.blocks.block import Block
from circuitsim.blocks.block_toml import NAMES, BlockKind, Span
from circuitsim.blocks.load import load_block, load_block_folder
from circuitsim.blocks.user_file import user_block
from circuitsim.devices import Parameter
from circuitsim.errors import OutsideRangeError, SpecError
from circuitsim.spec import ArraySpec, beyond_circuits
from circuitsim.spec.block import BlockSpec

SECTIONS: dict[str, BlockKind] = {"driver": "driver", "sense": "sense", "adc": "converter"}
"""Sections of a specification that may name a block, and the kind of block that each takes."""


def blocks_of(spec: ArraySpec) -> dict[str, Block]:
    """Return the blocks of a specification by their section; ideal parts are left out.

    Raises:
        InputError, SpecError, OutsideRangeError: As `block_of`.
    """
    found = {section: block_of(spec, section) for section in SECTIONS}
    return {section: block for section, block in found.items() if block is not None}


def block_of(spec: ArraySpec, section: str) -> Block | None:
    """Return the block of a section as this array uses it: supply, load, parameters and timing written into it.

    Args:
        spec: The array.
        section: "driver", "sense" or "adc".

    Returns:
        The block; None where the part is ideal.

    Raises:
        InputError: No such block, or a user's file has no such corner, sub-circuit or port.
        SpecError: The block is of another kind; an override names a parameter, a duration or a supply that the block
            does not have; a supply of a user's file is missing.
        OutsideRangeError: Supply, reference or temperature lies outside the range of the card.
    """
    part: BlockSpec = getattr(spec, section)
    if part.block is None:
        return None
    kind = SECTIONS[section]
    block = user_block(kind, part, section) if part.file is not None else _stated(part, kind, section)
    block = replace(
        block,
        parameters=_overridden(block.parameters, part.params or {}, f"{section}.params", block.name, "parameter"),
        timing=_timed(block, part.timing or {}, section),
        supply=_supply(block, part, section),
        load=getattr(part, "load", None) or block.load,
    )
    _check_range(block, "array.temperature_c", block.temperature, spec.array.temperature_c, "°C")
    if section == "sense" and "ref" in block.roles:
        _check_range(block, "sense.v_ref", block.reference, spec.sense.v_ref, "V")
    if section == "adc" and spec.adc.v_ref is not None:
        if "ref" not in block.roles:
            raise SpecError(f"adc.v_ref = {spec.adc.v_ref:g} V: {block.name} has no terminal of the role ref")
        _check_range(block, "adc.v_ref", block.reference, spec.adc.v_ref, "V")
    return block


def _stated(part: BlockSpec, kind: BlockKind, section: str) -> Block:
    """Return the block of a folder, at the corner that the specification names."""
    key = part.sources[0]
    block = load_block(kind, part.model) if part.model is not None else load_block_folder(part.folder or "")
    if block.kind != kind:
        raise SpecError(f"{section}.{key} = {block.name!r}: a {NAMES[block.kind]}, expected a {NAMES[kind]}")
    for corner in part.corners:
        if corner not in block.corners:
            known = ", ".join(block.corners) or "none"
            raise SpecError(f"{section}.corner = {corner!r}: {block.name} has no such corner; there is {known}")
    return replace(block, sections=part.corners) if part.corners else block


def _overridden(
    stated: Mapping[str, Parameter], changes: Mapping[str, float], key: str, name: str, what: str
) -> Mapping[str, Parameter]:
    values = dict(stated)
    known = {each.lower(): each for each in stated}
    for given, value in changes.items():
        own = known.get(given.lower())
        if own is None:
            raise SpecError(f"{key}.{given}: {name} has no such {what}; there is {', '.join(stated) or 'none'}")
        if said := beyond_circuits(value, stated[own].unit):
            raise SpecError(f"{key}.{given}: got {said}")
        values[own] = Parameter(value=value, unit=stated[own].unit, source="the specification", fit="user")
    return MappingProxyType(values)


def _timed(block: Block, changes: Mapping[str, float], section: str) -> Mapping[str, Parameter]:
    for given, value in changes.items():
        if value <= 0:
            raise SpecError(f"{section}.timing.{given} = {value:g} s: expected a duration > 0")
    return _overridden(block.timing, changes, f"{section}.timing", block.name, "duration")


def _supply(block: Block, part: BlockSpec, section: str) -> Span | None:
    if "vdd" not in block.roles:
        if part.supply is not None:
            raise SpecError(f"{section}.supply = {part.supply:g} V: {block.name} has no terminal of the role vdd")
        return None
    if part.supply is None:
        if block.supply is None:
            raise SpecError(f"{section}.supply is missing: the file of {block.name} does not state the voltage at vdd")
        return block.supply
    _check_range(block, f"{section}.supply", block.supply, part.supply, "V")
    low, high = (part.supply, part.supply) if block.supply is None else (block.supply.minimum, block.supply.maximum)
    return Span(nominal=part.supply, minimum=low, maximum=high, source="the specification")


def _check_range(block: Block, key: str, span: Span | None, value: float, unit: str) -> None:
    if span is not None and not span.minimum <= value <= span.maximum:
        raise OutsideRangeError(
            f"{key} = {value:g} {unit}: {block.name} works from {span.minimum:g} to {span.maximum:g} {unit}"
        )
