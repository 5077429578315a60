"""Make a block of a sub-circuit in a user's SPICE file, as a specification describes its terminals and phases."""

from collections.abc import Mapping
from types import MappingProxyType

from circuitsim.blocks.block import FROM_FILE, Block
from circuitsim.blocks.block_toml import INTEGRATE, NAMES, BlockKind, Output, Phase, check_roles
from circuitsim.blocks.load import block_roles
from circuitsim.devices import Parameter
from circuitsim.errors import InputError
from circuitsim.library import find_subckt, read_library, spice_number, tell_left_out
from circuitsim.spec.block import PHASES, BlockSpec

READY = "ready"
"""Key of `timing` with the moment at which the output of a user's circuit is taken [s]."""

LOGIC = 1.0
"""Voltage of a 1 where a circuit has no supply [V]."""


def user_block(kind: BlockKind, part: BlockSpec, section: str) -> Block:
    """Make a block of a sub-circuit in a user's file.

    What no card states is unknown. The output is a voltage, of a converter its bits or else a count in volts. A 1 of
    its word and its clocks has the voltage of the supply.

    Args:
        kind: What the block is.
        part: Section of the specification, with file, subckt and ports; with phases also timing: P_start and P_width of
            each phase P, and ready [s].
        section: Name of the section, for messages: "sense".

    Raises:
        InputError: File, corner or sub-circuit do not exist; a port that `ports` names does not exist, a terminal has
            no role, or a role that the kind needs is missing; a phase has no times.
    """
    assert part.file is not None and part.subckt is not None and part.ports is not None
    library = read_library(part.file.resolve(), part.corners)
    line = find_subckt(library, part.subckt)
    try:
        check_roles(kind, part.ports)
    except ValueError as error:
        raise InputError(f"{section}.{error} ({line.file}:{line.line}: .subckt {line.name})") from None
    roles = block_roles(line, part.ports, f"{section}.ports")
    high = part.supply or LOGIC
    phases = _phases(kind, part, high, f"{section}.timing", line.name)
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
        output=_output(kind, part.ports),
        supply=None,
        reference=None,
        load=None,
        parameters=MappingProxyType({name: _of_file(value) for name, value in values.items() if value is not None}),
        timing=MappingProxyType({key: _duration(value) for key, value in (part.timing or {}).items()}),
        phases=MappingProxyType(phases),
        ready=READY if phases else None,
        temperature=None,
        not_modelled=(),
        source=str(library.path),
        licence=FROM_FILE,
        valid=FROM_FILE,
        tested="not by circuitsim",
        logic=high,
    )


def _output(kind: BlockKind, ports: Mapping[str, object]) -> Output:
    if "bits" in ports and kind == "converter":
        return "bits"
    return "count" if kind == "converter" else "voltage"


def _phases(kind: BlockKind, part: BlockSpec, high: float, where: str, name: str) -> dict[str, Phase]:
    """Return the phases of a user's circuit, whose times `timing` states."""
    assert part.ports is not None
    names = tuple(part.ports.get(PHASES, ()))
    if kind == "sense" and names and INTEGRATE not in names:
        raise InputError(
            f"{where.partition('.')[0]}.ports.phases names {', '.join(names)}: a {NAMES[kind]} that works in phases "
            f"needs {INTEGRATE!r}, in which the column current counts"
        )
    for phase in names:
        if not phase.isidentifier():
            raise InputError(
                f"{where.partition('.')[0]}.ports.phases.{phase}: expected the name of a phase, of letters, digits and "
                "_, the first no digit"
            )
    needed = [f"{phase}_{what}" for phase in names for what in ("start", "width")]
    for key in (*needed, READY) if names else ():
        if key not in (part.timing or {}):
            raise InputError(
                f"{where}.{key} is missing: {name} works in the phases {', '.join(names)}, and a file does not say "
                f"when; expected {', '.join(needed)} and {READY} [s], or a folder with a block.toml"
            )
    return {
        phase: Phase(start=f"{phase}_start", width=f"{phase}_width", what="as the specification states", high=high)
        for phase in names
    }


def _of_file(value: float) -> Parameter:
    return Parameter(value=value, unit="as in the file", source=FROM_FILE, fit="user")


def _duration(value: float) -> Parameter:
    return Parameter(value=value, unit="s", source="the specification", fit="user")
