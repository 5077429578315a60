"""When each part of a chain works: rows, sense amplifiers and ADCs of one read, laid out after their cards."""

from dataclasses import dataclass

from circuitsim.blocks import INTEGRATE, Block, blocks_of
from circuitsim.errors import SpecError
from circuitsim.netlist.conversions import bench_of
from circuitsim.netlist.phases import CLOCK_EDGE, phase_window, ready_time
from circuitsim.spec import ArraySpec, checked

LEAD, TAIL = 0.05, 0.15  # of t_read: from the start of the phase "integrate" to a pulse, and from its end to the end
SAMPLE = "sample"  # phases of an ADC in which it samples begin with this name


@dataclass(frozen=True)
class ChainTiming:
    """Moments of one read, from its start on [s].

    Attributes:
        sense: The phases of the sense amplifiers begin.
        drive: Rows leave their rest or their last input.
        release: Rows return to rest; None: they stay until the next read.
        convert: The phases of the ADCs begin.
        taken: The ADCs take their inputs: they stop sampling, or begin to convert where they do not sample.
        code: The codes are taken.
        cycle: From one read to the next.
        edge: Rise and fall of ideal drivers.
    """

    sense: float
    drive: float
    release: float | None
    convert: float
    taken: float
    code: float
    cycle: float
    edge: float


@checked
def chain_timing(spec: ArraySpec) -> ChainTiming:
    """Lay out one read of a chain.

    A sense amplifier at rest has driver.t_read to settle, then the ADCs convert. Of a sense amplifier in phases, rows
    are pulsed for driver.t_read within its phase "integrate", and the ADCs sample until its output is ready. A driver
    that puts out bit after bit gives each its t_slot.

    Raises:
        SpecError: A pulse does not fit into the phase "integrate", or a read into a slot of the driver; states what
            would.
        InputError: Durations of a card make a phase shorter than nothing.
    """
    blocks = blocks_of(spec)
    sense, adc, driver = (blocks.get(section) for section in ("sense", "adc", "driver"))
    t_read, start, drive, release = spec.driver.t_read, 0.0, 0.0, None
    sampled, conversion = (0.0, 0.0) if adc is None else (_sampled(adc), bench_of(adc).cycle)
    taken = t_read + sampled
    if sense is not None and sense.clocked:
        begin = _integration(spec, sense, driver)
        start = max(0.0, sampled - ready_time(sense))  # the ADC may sample for longer than the amplifier takes
        drive = start + begin + LEAD * t_read
        release = drive + t_read
        taken = start + ready_time(sense)
    code = taken - sampled + max(conversion, CLOCK_EDGE)
    cycle = code + CLOCK_EDGE
    if driver is not None and driver.bits and driver.clocked:
        cycle = _slot(spec, driver, cycle)
    return ChainTiming(start, drive, release, taken - sampled, taken, code, cycle, spec.driver.edge)


def _sampled(adc: Block) -> float:
    """Return how long after the start of its phases an ADC stops sampling [s]; 0: it does not sample."""
    ends = [sum(phase_window(adc, name)) for name in adc.phases if name.startswith(SAMPLE)]
    return min(ends, default=0.0)


def _integration(spec: ArraySpec, sense: Block, driver: Block | None) -> float:
    """Return the start of the phase "integrate" [s], in which the pulse of a row must lie."""
    begin, width = phase_window(sense, INTEGRATE)
    longest = spec.driver.t_read
    if driver is not None and driver.clocked and not driver.bits:
        longest = max(phase_window(driver, name)[1] for name in driver.phases)
    needed = (1 + LEAD + TAIL) * longest + spec.driver.edge - spec.driver.usual_edge
    if width < needed * (1 - 1e-9):
        raise SpecError(
            f"driver.t_read = {spec.driver.t_read:g} s: the phase {INTEGRATE!r} of {sense.name} lasts {width:g} s, and "
            f"a pulse of {longest:g} s with its edges needs {needed:g} s; change driver.t_read or sense.timing"
        )
    return begin


def _slot(spec: ArraySpec, driver: Block, cycle: float) -> float:
    """Return the time from one bit to the next of a driver that puts them out one after another [s]."""
    slots = [phase_window(driver, name, k=1) for name in driver.phases]
    step, width = slots[0]
    needed = max(cycle, cycle + step - width)
    if width < cycle * (1 - 1e-9):
        raise SpecError(
            f"driver.timing: a bit of {driver.name} stands for {width:g} s, and its read with conversion takes "
            f"{cycle:g} s; expected a slot of {needed:g} s or more"
        )
    return step
