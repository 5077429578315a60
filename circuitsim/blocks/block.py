"""What is known about a driver, a sense amplifier or a converter: the frozen block made from a folder or a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from circuitsim.blocks.block_toml import BlockKind, InputRange, Output, Phase, Polarity, Span
from circuitsim.devices import Parameter

OPEN = "nc"
FROM_FILE = "the user's file"
"""Source of a parameter that stands in a user's file alone: its default there is not repeated."""


@dataclass(frozen=True)
class Block:
    """A driver, a sense amplifier or a converter that a netlist can instantiate.

    Attributes:
        name: Name of the folder, or of the user's sub-circuit.
        kind: "driver", "sense" or "converter".
        title: One line that says what it is.
        lib: SPICE file with the sub-circuit, absolute.
        sections: Sections of `lib` that are read; empty: what stands outside of sections.
        corners: Sections that the folder has, the default first; empty when it has none.
        subckt: Name of the sub-circuit.
        terminals: Names of its terminals, in order.
        roles: Role of each terminal, in the same order: "in", "out", "phases.reset"; "bits.7" for numbered ones. See
            `ROLES`; "nc" is left open.
        polarity: Where the current at `in` flows; see `Polarity`.
        output: Quantity at `out`.
        supply: Supply voltage between vdd and vss [V]; None where the block has no supply.
        reference: Voltages at `ref` for which it works [V]; None: any.
        load: Resistance from `out` to ground that it was designed for [ohm]; None: none.
        parameters: Parameters of the sub-circuit; overrides of a specification are already in.
        timing: Durations of its phases [s], overrides already in.
        phases: When each phase is on, by name.
        ready: When the output is taken, an expression of durations; None without phases.
        temperature: Temperatures for which it was run [°C]; None: unknown.
        not_modelled: What the block leaves out.
        source, licence, valid, tested: From the header of the file.
        input: What a converter takes; None: a voltage from `low` to `ref`.
        logic_energy: Estimate of what the logic of a converter takes in one conversion [J]; None: none given.
        logic: Voltage of a 1 at the terminals of its digital word [V].
        latch: Inner nodes of a comparator between which its decision grows; empty: unknown.
        comparator: Name of the shipped comparator in it, whose noise adds to that of its samples; None: none known.
    """

    name: str
    kind: BlockKind
    title: str
    lib: Path
    sections: tuple[str, ...]
    corners: tuple[str, ...]
    subckt: str
    terminals: tuple[str, ...]
    roles: tuple[str, ...]
    polarity: Polarity
    output: Output
    supply: Span | None
    reference: Span | None
    load: float | None
    parameters: Mapping[str, Parameter]
    timing: Mapping[str, Parameter]
    phases: Mapping[str, Phase]
    ready: str | None
    temperature: Span | None
    not_modelled: tuple[str, ...]
    source: str
    licence: str
    valid: str
    tested: str
    input: InputRange | None = None
    logic_energy: Parameter | None = None
    logic: float = 1.0
    latch: tuple[str, ...] = ()
    comparator: str | None = None

    @property
    def bits(self) -> int:
        """Number of terminals of the digital word; 0: it has none."""
        return sum(role.partition(".")[0] == "bits" for role in self.roles)

    @property
    def include(self) -> str:
        """The lines that bring the sub-circuit into a deck."""
        if not self.sections:
            return f'.include "{self.lib}"'
        return "\n".join(f'.lib "{self.lib}" {section}' for section in self.sections)

    @property
    def v_supply(self) -> float | None:
        """Supply voltage at which the block runs [V]; None where it has no supply."""
        return None if self.supply is None else self.supply.nominal

    @property
    def clocked(self) -> bool:
        """True if it needs phases, so that it has no operating point."""
        return any(role.startswith("phases.") for role in self.roles)

    def call(self, name: str, nodes: Mapping[str, str]) -> str:
        """Write one instance line.

        Args:
            name: Element name, starting with x.
            nodes: Node of each role; a terminal that is left open gets a node of its own.

        Raises:
            KeyError: A role has no node.
        """
        places = [f"{name}_nc{k}" if role == OPEN else nodes[role] for k, role in enumerate(self.roles)]
        values = (f"{key}={item.value!r}" for key, item in self.parameters.items() if item.source != FROM_FILE)
        return " ".join([name, *places, self.subckt, *values])
