"""Write decks of converters: one or many of them on shared rails and clocks, which convert inputs one after another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from circuitsim.blocks import Block, phase_time
from circuitsim.devices import Parameter
from circuitsim.netlist.index_sweep import save_cards
from circuitsim.netlist.names import check_path, number
from circuitsim.netlist.phases import clock_nodes, phase_window
from circuitsim.spec import checked

CLOCK_EDGE = 2e-11  # [s] rise and fall of clocks, and the time in which inputs change between conversions
STEPS = 100  # time steps of a conversion, at least
MOST_STEP = 1e-9  # [s]


@dataclass(frozen=True)
class Bench:
    """What surrounds the converters of a deck.

    Attributes:
        block: The circuit.
        ref: Voltage at `ref` [V]; its reference, or where the card states none its supply.
        temperature_c: Temperature [°C].
    """

    block: Block
    ref: float
    temperature_c: float = 27.0

    @property
    def cycle(self) -> float:
        """Time from one conversion to the next, at whose end the output is taken [s]."""
        durations = {key: item.value for key, item in self.block.timing.items()}
        return phase_time(self.block.ready or "0", durations, n=self.block.bits)

    @property
    def step(self) -> float:
        """Largest time step [s]."""
        return min(self.cycle / STEPS, MOST_STEP)

    @property
    def analog(self) -> str:
        """Letter of the sources at the inputs: "v" or "i"."""
        return "i" if self.block.input is not None and self.block.input.quantity == "current" else "v"


@checked
def bench_of(block: Block, temperature_c: float = 27.0, *, ref: float | None = None) -> Bench:
    """Return the bench of a block at its nominal conditions.

    Args:
        block: The converter.
        temperature_c: Temperature [°C].
        ref: Voltage at `ref` [V]; None: that of the card, or the supply where the card states none.
    """
    if ref is None:
        ref = block.reference.nominal if block.reference is not None else (block.v_supply or 1.0)
    return Bench(block, ref, temperature_c)


@checked
def with_parameters(block: Block, values: Mapping[str, float]) -> Block:
    """Return a block with other values of parameters, which exist."""
    changed = {
        key: Parameter(value=float(value), unit=block.parameters[key].unit, source="the bench", fit="user")
        for key, value in values.items()
    }
    return replace(block, parameters=MappingProxyType({**block.parameters, **changed}))


def head_cards(bench: Bench, what: str) -> list[str]:
    """Write title, include, temperature and the sources of the rails: `vvdd`, `vref`, `vcm`."""
    block = bench.block
    check_path(f"file of {block.name}", block.lib)
    cards = [
        f"* {what} of the converter {block.name}",
        f"* {bench.temperature_c:g} degC, ref {bench.ref:g} V, supply {block.v_supply or 0.0:g} V",
        block.include,
        f".temp {number(bench.temperature_c)}",
    ]
    rails = {"vdd": block.v_supply, "ref": bench.ref, "cm": bench.ref / 2, "low": 0.0}
    return cards + [f"v{role} {role} 0 {number(volts or 0.0)}" for role, volts in rails.items() if role in block.roles]


def clock_cards(bench: Bench, cycle: float, *, on: Sequence[str] | None = None) -> list[str]:
    """Write one source for each clock: a pulse that repeats with `cycle` [s].

    Args:
        bench: The bench.
        cycle: Period [s].
        on: Roles of the clocks that run, the others stay at 0 V; None: all run.
    """
    cards = []
    for role, node in clock_nodes(bench.block).items():
        name, _, digit = role.removeprefix("phases.").partition(".")
        if on is not None and role not in on:
            cards.append(f"v{node} {node} 0 0")
            continue
        start, width = phase_window(bench.block, name, k=int(digit or 0))
        high = number(bench.block.phases[name].high)
        wave = [start - CLOCK_EDGE / 2, CLOCK_EDGE, CLOCK_EDGE, width - CLOCK_EDGE, cycle]
        if start < CLOCK_EDGE:  # on from the start of the run
            cards.append(f"v{node} {node} 0 pulse({high} 0 {' '.join(map(number, _inverted(start, width, cycle)))})")
        else:
            cards.append(f"v{node} {node} 0 pulse(0 {high} {' '.join(map(number, wave))})")
    return cards


def _inverted(start: float, width: float, cycle: float) -> list[float]:
    """Delay, edges, width and period of the pulse that is off outside of a phase at the start of the cycle [s]."""
    end = start + width
    return [end - CLOCK_EDGE / 2, CLOCK_EDGE, CLOCK_EDGE, cycle - width - CLOCK_EDGE, cycle]


def held(values: np.ndarray, cycle: float) -> str:
    """Write a source that holds each of `values` (cycles,) for one cycle [s]."""
    if (values == values[0]).all():
        return number(values[0])
    points = []
    for k, value in enumerate(values.tolist()):
        points += [number(k * cycle), number(value), number((k + 1) * cycle - CLOCK_EDGE), number(value)]
    return f"pwl({' '.join(points)})"


def converter_cards(
    bench: Bench,
    inputs: np.ndarray,
    cycle: float,
    *,
    parameters: Sequence[Mapping[str, float]] | None = None,
    forced: Mapping[int, np.ndarray] | None = None,
) -> list[str]:
    """Write converters side by side and the sources of their inputs.

    Converter m is `xadc_<m>` with the nodes `in_<m>`, `out_<m>`, `b_<m>_<k>`, `plus_<m>`, `minus_<m>`. One column of
    inputs drives all of them at `in_0`.

    Args:
        bench: The bench.
        inputs: (cycles, converters) or (cycles, 1) inputs [V] or [A].
        cycle: Time for each of them [s].
        parameters: Other parameters of each converter; None: one converter per column of `inputs`, as the block states.
        forced: (cycles,) logic levels at which sources hold a bit, by the number of the bit; the others are free.
    """
    block, cards = bench.block, []
    count = inputs.shape[1] if parameters is None else len(parameters)
    for m in range(inputs.shape[1]):
        nodes = f"in_{m} 0" if bench.analog == "v" else f"0 in_{m}"
        cards.append(f"{bench.analog}in_{m} {nodes} {held(inputs[:, m], cycle)}")
    for m in range(count):
        own = block if parameters is None else with_parameters(block, parameters[m])
        nodes = {"in": f"in_{m if inputs.shape[1] > 1 else 0}", "vss": "0", "shared": "shared", **clock_nodes(block)}
        nodes |= {role: role for role in ("vdd", "ref", "cm", "low")}
        nodes |= {"out": f"out_{m}", "plus": f"plus_{m}", "minus": f"minus_{m}"}
        nodes |= {role: bit_node(role, m) for role in block.roles if role.startswith("bits")}
        cards.append(own.call(f"xadc_{m}", nodes))
        for k, levels in (forced or {}).items():
            node = bit_node(f"bits.{k}", m)
            cards.append(f"v{node} {node} 0 {held(block.logic * levels, cycle)}")
    return cards


def bit_node(role: str, m: int) -> str:
    """Return the node of a bit of converter m by its role, "bits.3" or "bits"."""
    return f"b_{m}_{role.partition('.')[2] or 0}"


@checked
def conversion_deck(
    bench: Bench,
    inputs: np.ndarray,
    *,
    what: str,
    saved: Sequence[str],
    cycle: float | None = None,
    on: Sequence[str] | None = None,
    parameters: Sequence[Mapping[str, float]] | None = None,
    forced: Mapping[int, np.ndarray] | None = None,
) -> str:
    """Write a whole deck of conversions in time; arguments as in `clock_cards` and `converter_cards`.

    Args:
        what: What the deck is for, for its title.
        saved: Vectors to save.
        cycle: Time for each input [s]; None: that of a conversion.
    """
    cycle = bench.cycle if cycle is None else cycle
    stop = number(cycle * len(inputs))
    lines = [
        *head_cards(bench, what),
        *clock_cards(bench, cycle, on=on),
        *converter_cards(bench, inputs, cycle, parameters=parameters, forced=forced),
        *save_cards(list(saved)),
        f".tran {number(bench.step)} {stop} 0 {number(bench.step)}",
    ]
    return "\n".join([*lines, ".end", ""])
