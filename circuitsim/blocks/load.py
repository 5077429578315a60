"""Read a block folder (`block.lib`, `block.toml`), or a sub-circuit in a user's file, into a block."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from circuitsim.blocks.block import FROM_FILE, Block
from circuitsim.blocks.block_toml import BlockKind, check_roles, read_block_toml
from circuitsim.devices import Parameter, compare_defaults
from circuitsim.errors import InputError
from circuitsim.library import (
    Subckt,
    assigned_roles,
    find_subckt,
    once_per_content,
    read_header,
    read_library,
    spice_number,
    tell_left_out,
)
from circuitsim.resources import netlists_folder
from circuitsim.spec.block import PHASES, BlockSpec

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
    header = read_header(lib)
    if header["name"] != folder.name:
        raise InputError(f"{lib}: header name = {header['name']!r}, expected the folder's name {folder.name!r}")
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
        roles=_roles(lines[0], stated.ports, f"{toml}: ports"),
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
    )


def user_block(kind: BlockKind, part: BlockSpec, section: str) -> Block:
    """Make a block of a sub-circuit in a user's file; what no card states is unknown, and its output is a voltage.

    Args:
        kind: What the block is.
        part: Section of the specification, with file, subckt and ports.
        section: Name of the section, for messages: "sense".

    Raises:
        InputError: File, corner or sub-circuit do not exist; a port that `ports` names does not exist, a terminal has
            no role, or a role that the kind needs is missing.
    """
    assert part.file is not None and part.subckt is not None and part.ports is not None
    library = read_library(part.file.resolve(), part.corners)
    line = find_subckt(library, part.subckt)
    try:
        check_roles(kind, part.ports)
    except ValueError as error:
        raise InputError(f"{section}.{error} ({line.file}:{line.line}: .subckt {line.name})") from None
    if PHASES in part.ports:
        raise InputError(
            f"{section}.ports.phases: a file does not say when its phases are on; put {line.name} into a folder with a "
            f"block.toml and name it by {section}.folder"
        )
    roles = _roles(line, part.ports, f"{section}.ports")
    tell_left_out(library)
    values = {name: spice_number(text) for name, text in (line.inner | line.defaults).items()}
    return Block(
        name=line.name,
        kind=kind,
        title=f"{line.name} of {library.path.name}",
        lib=library.path,
        sections=library.sections,
        corners=(),
        subckt=line.name,
        terminals=line.terminals,
        roles=roles,
        polarity="both",
        output=cast(Any, "bits" if "bits" in part.ports else "voltage"),
        supply=None,
        reference=None,
        load=None,
        parameters=MappingProxyType({name: _of_file(value) for name, value in values.items() if value is not None}),
        timing=MappingProxyType({}),
        phases=MappingProxyType({}),
        ready=None,
        temperature=None,
        not_modelled=(),
        source=str(library.path),
        licence=FROM_FILE,
        valid=FROM_FILE,
        tested="not by circuitsim",
    )


def _of_file(value: float) -> Parameter:
    return Parameter(value=value, unit="as in the file", source=FROM_FILE, fit="user")


def _roles(line: Subckt, ports: Mapping[str, Any], where: str) -> tuple[str, ...]:
    assigned = assigned_roles(line, ports, where)
    return tuple(role if number is None else f"{role}.{number}" for role, number in assigned)
