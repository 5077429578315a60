"""Which block a command means, and the keys of a specification that say so: a name, a block folder or a SPICE file."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from circuitsim.blocks import FOLDERS, Block, BlockKind, list_blocks, load_block, load_block_folder
from circuitsim.errors import InputError
from circuitsim.units import parse_quantity

SECTION: dict[BlockKind, str] = {"driver": "driver", "sense": "sense", "converter": "adc"}
"""Section of a specification that takes a block of each kind."""

_LISTS = ("vdd", "vss", "nc")


@dataclass(frozen=True)
class Choice:
    """A block as the command line names it.

    Attributes:
        kind: What it is.
        keys: Keys of its section in a specification.
        card: Its card; None for a user's SPICE file, which has none.
    """

    kind: BlockKind
    keys: dict[str, Any] = field(default_factory=dict)
    card: Block | None = None


def shipped_or_folder(name: str) -> Block:
    """Return a shipped block, or that of a block folder.

    Raises:
        InputError: There is neither.
    """
    kinds: list[BlockKind] = [kind for kind in FOLDERS if name in list_blocks(kind)]
    if kinds:
        return load_block(kinds[0], name)
    if Path(name).is_dir():
        return load_block_folder(name)
    raise InputError(f"block {name!r}: no such block, expected one of {_known()}, or a folder with a block.toml")


def chosen_block(
    name: str, *, kind: str | None, subckt: str | None, ports: str | None, corner: list[str] | None
) -> Choice:
    """Find what a name means: a shipped block, a block folder, or a SPICE file with a sub-circuit.

    Args:
        name: Name or path.
        kind: "driver", "sense" or "converter", of a sub-circuit in a file; None: as its ports tell.
        subckt, ports, corner: What describes a sub-circuit in a file.

    Raises:
        InputError: There is no such block, folder or file; a file needs a description, or something else has its own.
    """
    path = Path(name)
    if path.is_file():
        if subckt is None or ports is None:
            missing = [key for key, value in (("--subckt", subckt), ("--ports", ports)) if value is None]
            raise InputError(f"{name}: a SPICE file needs --subckt and --ports; give {' and '.join(missing)}")
        roles = _roles(ports)
        keys = {"file": path, "subckt": subckt, "ports": roles}
        return Choice(_kind(kind, roles), {**keys, "corner": corner} if corner else keys)
    if not path.is_dir() and (path.suffix or path.name != name):
        raise InputError(f"{name}: no such file or folder; expected a SPICE file, a block folder, or one of {_known()}")
    block = shipped_or_folder(name)
    given = {"--kind": kind, "--subckt": subckt, "--ports": ports, "--corner": corner if path.is_dir() else None}
    if ignored := [option for option, value in given.items() if value is not None]:
        what = "a block folder" if path.is_dir() else "a shipped block"
        raise InputError(f"{name}: {what} states its own {', '.join(ignored)}; leave the option out")
    keys = {"folder": block.lib.parent}
    return Choice(block.kind, {**keys, "corner": corner} if corner else keys, block)


def quantities(option: str, pairs: list[str] | None) -> dict[str, float]:
    """Return the values of an option that is repeated as NAME=VALUE.

    Raises:
        InputError: A text is not NAME=VALUE, or its value is no number.
    """
    found = {}
    for text in pairs or []:
        name, sign, value = text.partition("=")
        if not (name and sign and value):
            raise InputError(f"{option} {text!r}: expected NAME=VALUE, such as cu=1f")
        found[name.strip()] = parse_quantity(value.strip())
    return found


def _roles(text: str) -> dict[str, Any]:
    """Terminals by their roles: a role given several times has a list, phases.NAME a map of its own."""
    found: dict[str, Any] = {}
    for role, sign, terminal in (word.partition("=") for word in text.replace(",", " ").split()):
        if not (role and sign and terminal):
            raise InputError(f"--ports {text!r}: expected ROLE=TERMINAL between commas, such as in=a,out=y")
        if role.startswith("phases."):
            found.setdefault("phases", {})[role.removeprefix("phases.")] = terminal
        elif role in _LISTS:
            found.setdefault(role, []).append(terminal)
        elif role in found:
            raise InputError(f"--ports {text!r}: {role} is given twice; expected one terminal with this role")
        else:
            found[role] = terminal
    return {role: names[0] if isinstance(names, list) and len(names) == 1 else names for role, names in found.items()}


def _kind(stated: str | None, roles: dict[str, Any]) -> BlockKind:
    for kind in FOLDERS:
        if stated == kind:
            return kind
    if stated is not None:
        raise InputError(f"--kind {stated!r}: expected one of {', '.join(FOLDERS)}")
    if "bits" in roles:
        return "converter" if "in" in roles else "driver"
    return "sense" if "in" in roles else "driver"


def _known() -> str:
    return ", ".join(each for kind in FOLDERS for each in list_blocks(kind))
