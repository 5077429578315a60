"""Write the clocks of a block that works in phases: pulses of voltage, one source a clock input."""

from circuitsim.blocks import Block, phase_time
from circuitsim.netlist.names import number

EDGE = 1e-10  # [s] rise and fall of a clock
ROLE = "phases."


def clock_nodes(block: Block) -> dict[str, str]:
    """Return the node of each clock input by its role: `ck_reset` for "phases.reset", `ck_set_7` for numbered ones."""
    clocks = (role for role in block.roles if role.startswith(ROLE))
    return {role: "ck_" + role.removeprefix(ROLE).replace(".", "_") for role in clocks}


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
    return phase_time(phase.start, durations, k=k, n=count), phase_time(phase.width, durations, k=k, n=count)


def ready_time(block: Block) -> float:
    """Return when the output of a block that works in phases is taken, from the start of its phases on [s]."""
    assert block.ready is not None
    return phase_time(block.ready, {key: item.value for key, item in block.timing.items()})
