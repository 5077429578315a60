"""Write a whole chain as one deck in time: row drivers, array, sense amplifiers, ADCs, for codes one after another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.blocks import Block, blocks_of
from circuitsim.devices import programmable_range
from circuitsim.netlist.array import ArrayText, array_text
from circuitsim.netlist.cell import cell_text
from circuitsim.netlist.chain_adcs import AdcColumns
from circuitsim.netlist.chain_checks import check_chain
from circuitsim.netlist.chain_drivers import code_bits, driver_cards, switched_gates
from circuitsim.netlist.chain_timing import ChainTiming, chain_timing
from circuitsim.netlist.header import header_lines
from circuitsim.netlist.index_sweep import save_cards
from circuitsim.netlist.names import moment
from circuitsim.netlist.phases import clock_nodes, phase_window, repeated_phase_cards
from circuitsim.netlist.sense_amplifiers import SENSE_CLOCKS
from circuitsim.spec import ArraySpec, by_value, check_codes, check_conductances, checked, full_scale_inputs
from circuitsim.spec.matrices import gate_voltages

STEPS = 20  # time steps of t_read, at least
MOST_STEP = 1e-9  # [s]
PER_PULSE_LSB = 8  # steps; with a quarter of them, pulses of a circuit end up to .6 LSB beside their codes


@by_value
@dataclass(frozen=True)
class ChainNetlist:
    """A complete deck of a chain, with the meaning of every vector that it saves.

    Attributes:
        text: The deck, from title line to `.end`.
        codes: (batch, rows) DAC codes.
        bits: Their resolution.
        serial: Reads of a code: its bits where inputs are bit-serial, else 1.
        timing: Layout of one read.
        t_step: Largest time step [s].
        shape: (rows, cols).
        spec_digest: Digest of the specification behind the deck.
        cell_digest: Digest of the cell and of the contents of its files, see `CellText.digest`.
        includes: Absolute paths of the included files.
        v_in: (rows,) vector names of the voltage behind each driver [V].
        i_out: (cols,) vector names of the current into each sense amplifier [A].
        v_out: (cols,) vector names of the output of each sense amplifier [V]; empty if it is ideal.
        words: (cols, bits) vector names of the bits of each ADC, the lowest first; empty if it has none.
        counts: (cols,) vector names of the output of each ADC without bits; empty if it has bits or is ideal.
        clocks: Vector names of the clocks of sense amplifiers and ADCs.
    """

    text: str
    codes: np.ndarray
    bits: int
    serial: int
    timing: ChainTiming
    t_step: float
    shape: tuple[int, int]
    spec_digest: str
    cell_digest: str
    includes: tuple[Path, ...]
    v_in: tuple[str, ...]
    i_out: tuple[str, ...]
    v_out: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]
    counts: tuple[str, ...]
    clocks: tuple[str, ...]

    @property
    def reads(self) -> int:
        """Number of reads, one after another."""
        return len(self.codes) * self.serial

    @property
    def t_stop(self) -> float:
        """End of the simulation [s]."""
        return self.reads * self.timing.cycle


@checked
def chain(
    spec: ArraySpec,
    g: ArrayLike,
    codes: ArrayLike,
    *,
    state: ArrayLike | None = None,
    adc_parameters: Sequence[Mapping[str, float]] | None = None,
) -> ChainNetlist:
    """Write the deck that reads an array from DAC codes to ADC codes, one code after another.

    Ideal drivers are sources behind `driver.r_out`, circuits `xdrv_<row>`. Every column ends in `xamp_<col>` and
    `xadc_<col>` where those are circuits. All columns share their clocks, `vck_sense_<phase>` and `vck_adc_<phase>`.
    Bit k of column 3 is the node `b_3_<k>`. An ideal ADC is not in the deck.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S].
        codes: DAC codes (batch, rows), whole numbers from 0 to 2^bits − 1.
        state: (rows, cols) state of each device in the unit of its card; None for devices that take a conductance.
        adc_parameters: Other parameters of the ADC of each column, such as errors of its capacitors; None: none differ.

    Raises:
        InputError: A shape or value does not fit, or a file cannot be used.
        SpecError: The parts do not fit each other or their times, see `chain_timing`; or no chain reads such an array.
        OutsideRangeError: A conductance lies outside the device's range.
    """
    blocks = blocks_of(spec)
    check_chain(spec, blocks)
    g = check_conductances(spec, g, g_range=programmable_range(spec))
    bits = code_bits(spec, blocks.get("driver"))
    words, timing = check_codes(codes, bits, spec.array.rows, "the driver"), chain_timing(spec)
    adc = AdcColumns(spec, blocks.get("adc"), adc_parameters)
    gates = gate_voltages(spec, full_scale_inputs(spec)[None])
    switched = switched_gates(spec, words, bits, timing)
    array = array_text(
        spec, g, state, gates=gates, sense=blocks.get("sense"), taker=adc.taker, gate_cards=switched or None
    )
    serial = bits if spec.driver.input_code == "bit_serial" else 1
    steps = (timing.cycle, spec.driver.t_read / STEPS, MOST_STEP, adc.step, _pulse_step(blocks.get("driver"), bits))
    deck = ChainNetlist(
        text="",  # follows from the names
        codes=words,
        bits=bits,
        serial=serial,
        timing=timing,
        t_step=min(steps),
        shape=spec.shape,
        spec_digest=spec.digest,
        cell_digest=cell_text(spec).digest,
        includes=tuple(dict.fromkeys((*array.files, *(block.lib for block in blocks.values())))),
        v_in=tuple(f"v(in_{a})" for a in range(spec.array.rows)),
        i_out=array.i_out,
        v_out=array.v_out,
        words=adc.words,
        counts=adc.counts,
        clocks=tuple(f"v({node})" for node in (*_sense_clocks(blocks).values(), *adc.clocks)),
    )
    return replace(deck, text="\n".join(_lines(spec, blocks, array, deck, adc)))


def _pulse_step(driver: Block | None, bits: int) -> float:
    """Return the largest time step that resolves where the pulses of a circuit end [s]; infinity without pulses."""
    if driver is None or driver.bits or not driver.clocked:
        return float("inf")
    longest = max(phase_window(driver, name)[1] for name in driver.phases)
    return longest / (2**bits - 1) / PER_PULSE_LSB


def _sense_clocks(blocks: Mapping[str, Block]) -> dict[str, str]:
    return clock_nodes(blocks["sense"], SENSE_CLOCKS) if "sense" in blocks else {}


def _lines(
    spec: ArraySpec, blocks: Mapping[str, Block], array: ArrayText, deck: ChainNetlist, adc: AdcColumns
) -> Iterator[str]:
    """Write the lines of a deck."""
    timing, driver, sense = deck.timing, blocks.get("driver"), blocks.get("sense")
    yield from header_lines(spec, f"chain of {len(deck.codes)} codes in {deck.reads} reads", converters=True)
    yield f"* one read: {', '.join(f'{key} {value:.6g} s' for key, value in vars(timing).items() if value is not None)}"
    others = (block.include for section, block in blocks.items() if section != "sense")
    yield from dict.fromkeys((*array.head[:-3], *others))
    yield from array.head[-3:]
    yield from driver_cards(spec, driver, deck.codes, deck.bits, timing)
    if sense is not None and sense.clocked:
        yield from ["", "* phases of the sense amplifiers"]
        yield from repeated_phase_cards(sense, timing.cycle, delay=timing.sense, prefix=SENSE_CLOCKS)
    yield from array.body
    yield from adc.cards(timing)
    yield from ["", "* analysis"]
    bits = [name for word in deck.words for name in word]
    yield from save_cards(deck.v_in, deck.i_out, deck.v_out, bits, deck.counts, deck.clocks)
    yield ".print tran " + " ".join(bits or deck.counts or deck.i_out)
    yield f".tran {moment(deck.t_step)} {moment(deck.t_stop)} 0 {moment(deck.t_step)}"
    yield from [".end", ""]
