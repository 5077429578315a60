"""Read a block folder (`block.lib`, `block.toml`) into a block."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from circuitsim.blocks.block import Block
from circuitsim.blocks.block_toml import BlockKind, read_block_toml
from circuitsim.devices import compare_defaults
from circuitsim.errors import InputError
from circuitsim.library import (
    Subckt,
    assigned_roles,
    find_subckt,
    folder_header,
    once_per_content,
    read_library,
)
from circuitsim.resources import netlists_folder

FOLDERS: dict[BlockKind, str] = {"driver": "drivers", "sense": "sense", "converter": "converters"}
"""Folder of `netlists/` with the shipped blocks of each kind."""


def list_blocks(kind: BlockKind) -> list[str]:
    """Names of the shipped blocks of a kind."""
    return sorted(path.parent.name for path in (netlists_folder() / FOLDERS[kind]).glob("*/block.toml"))


def load_block(kind: BlockKind, name: str) -> Block:
    """Load a shipped block.

    Raises:
        InputError: There is no such block, or its header or a key of its `block.toml` is missing or unusable.
    """
    folder = netlists_folder() / FOLDERS[kind] / name
    if not (folder / "block.toml").is_file():
        known = ", ".join(list_blocks(kind)) or "none yet"
        raise InputError(f"{kind} model = {name!r}: no such block, expected one of {known}")
    return load_block_folder(folder)


def load_block_folder(folder: str | Path) -> Block:
    """Load any block folder, with the checks of the shipped blocks; unchanged files are not read again.

    Raises:
        InputError: The header or a key of `block.toml` is missing or unusable, or the two files disagree; the sentence
            names file and key, port or line.
    """
    return _load(Path(folder).resolve())


def _files(folder: Path) -> tuple[Path, ...]:
    return folder / "block.toml", folder / "block.lib"


@once_per_content(_files)
def _load(folder: Path) -> Block:
    toml, lib = _files(folder)
    stated = read_block_toml(toml)
    header = folder_header(lib)
    terminals = tuple(header["ports"].lower().split())
    lines = []
    for sections in [(corner,) for corner in stated.corners] or [()]:
        line = find_subckt(read_library(lib, sections), stated.subckt or folder.name)
        compare_defaults(line, terminals, set(), stated.parameters, "parameters", toml)
        lines.append(line)
    return Block(
        name=folder.name,
        kind=stated.kind,
        title=stated.title,
        lib=lib,
        sections=stated.corners[:1],
        corners=stated.corners,
        subckt=lines[0].name,
        terminals=terminals,
        roles=block_roles(lines[0], stated.ports, f"{toml}: ports"),
        polarity=stated.polarity,
        output=stated.output,
        supply=stated.supply,
        reference=stated.reference,
        load=stated.load,
        parameters=MappingProxyType(stated.parameters),
        timing=MappingProxyType(stated.timing),
        phases=MappingProxyType(stated.phases),
        ready=stated.ready,
        temperature=stated.temperature,
        not_modelled=stated.not_modelled,
        source=header["source"],
        licence=header["licence"],
        valid=header["valid"],
        tested=header["tested"],
        input=stated.input,
        logic_energy=stated.logic_energy,
        logic=stated.logic,
        latch=stated.latch or (),
        comparator=stated.comparator,
    )


def block_roles(line: Subckt, ports: Mapping[str, Any], where: str) -> tuple[str, ...]:
    """Return the role of each terminal of a sub-circuit; numbered ones as "bits.7". Errors as `assigned_roles`."""
    assigned = assigned_roles(line, ports, where)
    return tuple(role if number is None else f"{role}.{number}" for role, number in assigned)
