"""Write the ADCs of a chain: one in every column, on shared rails and clocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from circuitsim.blocks import Block
from circuitsim.netlist.chain_timing import ChainTiming
from circuitsim.netlist.conversions import Bench, bench_of, bit_node, with_parameters
from circuitsim.netlist.names import check_path, number
from circuitsim.netlist.phases import clock_nodes, repeated_phase_cards
from circuitsim.spec import ArraySpec

ADC_CLOCKS = "ck_adc_"
PER_PERIOD = 20  # time steps


@dataclass(frozen=True)
class AdcColumns:
    """The ADCs of an array's columns, with the names in their cards.

    Attributes:
        spec: The array.
        block: The circuit; None: ideal ADCs, which are in no deck.
        parameters: Other parameters of each column's ADC; None: all are as the card states.
    """

    spec: ArraySpec
    block: Block | None
    parameters: Sequence[Mapping[str, float]] | None = None

    @cached_property
    def bench(self) -> Bench | None:
        """The circuit at its reference and temperature."""
        if self.block is None:
            return None
        return bench_of(self.block, self.spec.array.temperature_c, ref=self.spec.adc.v_ref)

    @property
    def taker(self) -> str | None:
        """Nodes at which the ADCs take column currents; None: they take voltages, or are ideal."""
        return "take" if self.bench is not None and self.bench.analog == "i" else None

    @property
    def words(self) -> tuple[tuple[str, ...], ...]:
        """(cols, bits) vector names of the bits, the lowest first; empty without bits."""
        if self.block is None or not self.block.bits:
            return ()
        roles = [f"bits.{k}" for k in range(self.block.bits)]
        return tuple(tuple(f"v({bit_node(role, b)})" for role in roles) for b in range(self.spec.array.cols))

    @property
    def counts(self) -> tuple[str, ...]:
        """(cols,) vector names of the outputs of ADCs without bits."""
        if self.block is None or self.block.bits:
            return ()
        return tuple(f"v(count_{b})" for b in range(self.spec.array.cols))

    @property
    def clocks(self) -> tuple[str, ...]:
        """Nodes of the clocks."""
        return () if self.block is None else tuple(clock_nodes(self.block, ADC_CLOCKS).values())

    @property
    def step(self) -> float:
        """Largest time step [s]; a twentieth of the shortest period where an oscillator puts out its frequency."""
        if self.block is None or self.bench is None or not self.bench.cycle:
            return float("inf")
        count = self.block.timing.get("t_count")
        if self.block.output != "frequency" or count is None:
            return self.bench.step
        return min(self.bench.step, count.value / 2 ** (self.spec.adc.bits or 1) / PER_PERIOD)

    def cards(self, timing: ChainTiming) -> list[str]:
        """Write rails, clocks and one ADC for each column."""
        if self.block is None or self.bench is None:
            return []
        check_path(f"file of {self.block.name}", self.block.lib)
        rails = {"vdd": self.block.v_supply, "ref": self.bench.ref, "cm": self.bench.ref / 2, "low": 0.0}
        cards = ["", f"* ADCs: {self.block.name}"]
        cards += [
            f"v{role} {role} 0 {number(volts or 0.0)}" for role, volts in rails.items() if role in self.block.roles
        ]
        cards += repeated_phase_cards(self.block, timing.cycle, delay=timing.convert, prefix=ADC_CLOCKS)
        shared = {role: role for role in rails} | {"vss": "0", "shared": "shared"} | clock_nodes(self.block, ADC_CLOCKS)
        source = self.taker or "out"
        for b in range(self.spec.array.cols):
            own = {"in": f"{source}_{b}", "out": f"count_{b}", "plus": f"plus_{b}", "minus": f"minus_{b}"}
            bits = {role: bit_node(role, b) for role in self.block.roles if role.startswith("bits")}
            drawn = self.block if self.parameters is None else with_parameters(self.block, self.parameters[b])
            cards.append(drawn.call(f"xadc_{b}", shared | own | bits))
        return cards
