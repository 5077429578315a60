"""Write the clocks of a block that works in phases: pulses of voltage, one source a clock input."""

from collections.abc import Sequence

from circuitsim.blocks import Block, phase_time
from circuitsim.errors import InputError
from circuitsim.netlist.names import moment, number

EDGE = 1e-10  # [s] rise and fall of a clock that runs once
CLOCK_EDGE = 2e-11  # [s] rise and fall of clocks that repeat
ROLE = "phases."
PREFIX = "ck_"


def clock_nodes(block: Block, prefix: str = PREFIX) -> dict[str, str]:
    """Return the node of each clock input by its role: `ck_reset` for "phases.reset", `ck_set_7` for numbered ones."""
    clocks = (role for role in block.roles if role.startswith(ROLE))
    return {role: prefix + role.removeprefix(ROLE).replace(".", "_") for role in clocks}


def repeated_phase_cards(
    block: Block, cycle: float, *, delay: float = 0.0, prefix: str = PREFIX, on: Sequence[str] | None = None
) -> list[str]:
    """Write one source for each clock input, `v<node>`, which repeats its phase every cycle.

    Args:
        block: The circuit.
        cycle: Period [s]; no phase is longer.
        delay: From the start of a cycle to that of the phases [s].
        prefix: Start of the nodes' names.
        on: Roles of the clocks that run, the others stay at 0 V; None: all run.
    """
    cards = []
    for role, node in clock_nodes(block, prefix).items():
        name, _, digit = role.removeprefix(ROLE).partition(".")
        if on is not None and role not in on:
            cards.append(f"v{node} {node} 0 0")
            continue
        start, width = phase_window(block, name, k=int(digit or 0))
        start, high = start + delay, number(block.phases[name].high)
        if start < CLOCK_EDGE:  # on from the start of the run
            off = [start + width - CLOCK_EDGE / 2, CLOCK_EDGE, CLOCK_EDGE, cycle - width - CLOCK_EDGE, cycle]
            cards.append(f"v{node} {node} 0 pulse({high} 0 {' '.join(map(moment, off))})")
        else:
            wave = [start - CLOCK_EDGE / 2, CLOCK_EDGE, CLOCK_EDGE, width - CLOCK_EDGE, cycle]
            cards.append(f"v{node} {node} 0 pulse(0 {high} {' '.join(map(moment, wave))})")
    return cards


def phase_cards(block: Block) -> list[str]:
    """Write one source for each clock input, `v<node>`: 0 V, and the phase's voltage while it is on.

    An edge ends when the phase begins or ends at its half.
    """
    cards = []
    for role, node in clock_nodes(block).items():
        name, _, digit = role.removeprefix(ROLE).partition(".")
        start, width = phase_window(block, name, k=int(digit or 0))
        high, half, end = block.phases[name].high, EDGE / 2, start + width
        rise = [(start - half, 0.0), (start + half, high)] if start > half else [(0.0, high)]
        corners = [*([(0.0, 0.0)] if start > half else []), *rise, (end - half, high), (end + half, 0.0)]
        cards.append(f"v{node} {node} 0 pwl({' '.join(f'{number(t)} {number(v)}' for t, v in corners)})")
    return cards


def phase_window(block: Block, name: str, *, k: int = 0) -> tuple[float, float]:
    """Return start and width of a phase [s]; `k` is the number of the terminal in a phase of several."""
    durations = {key: item.value for key, item in block.timing.items()}
    count = sum(role.startswith(f"{ROLE}{name}.") for role in block.roles) or 1
    phase = block.phases[name]
    try:
        return phase_time(phase.start, durations, k=k, n=count), phase_time(phase.width, durations, k=k, n=count)
    except InputError as error:
        raise InputError(f"{block.name}: the phase {name!r}: {error}") from None


def ready_time(block: Block) -> float:
    """Return when the output of a block that works in phases is taken, from the start of its phases on [s]."""
    assert block.ready is not None
    return phase_time(block.ready, {key: item.value for key, item in block.timing.items()})
