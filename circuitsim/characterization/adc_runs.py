"""Run benches of converters: codes at the end of each conversion, and what they took from each source."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np

from circuitsim.characterization.kept_runs import kept_runs
from circuitsim.errors import InputError, SimulatorError
from circuitsim.netlist.conversions import CLOCK_EDGE, Bench, bit_node, conversion_deck
from circuitsim.spice import RawResult, Simulator

TOLERANCES = {
    "reltol": "1e-4",  # codes equal those with 1e-6, thresholds to 1e-3 LSB of 8 bits
    "abstol": "1e-12",
    "vntol": "1e-7",
    "gmin": "1e-15",
    "chgtol": "1e-17",
    "num_threads": "1",
}
ZERO, ONE = 0.3, 0.7  # [V] a bit below is 0, above is 1, and between it has not settled


@contextmanager
def converter_run(deck: str, simulator: Simulator) -> Iterator[RawResult]:
    """Run one deck of converters; its folder is removed when the block ends without an error."""
    with kept_runs([deck], simulator, TOLERANCES) as (raw,):
        yield raw


def check_supply(bench: Bench) -> None:
    """Refuse a supply or a reference of 0 V: ngspice simulates it without a word.

    Raises:
        InputError: Names block, port and voltage.
    """
    block = bench.block
    for role, volts in (("vdd", block.v_supply), ("ref", bench.ref)):
        if role in block.roles and not (volts is not None and volts > 0):
            raise InputError(f"the converter {block.name!r}: {volts} V at {role!r}; expected a voltage > 0")


def at_ends(raw: RawResult, names: Sequence[str], cycle: float, cycles: int, *, before: float = 0.0) -> np.ndarray:
    """Return vectors at the end of each cycle (cycles, names), or `before` [s] earlier."""
    moments = (np.arange(cycles) + 1) * cycle - 1.5 * CLOCK_EDGE - before
    return np.stack([np.interp(moments, raw["time"], raw[name]) for name in names], axis=1)


def read_words(bench: Bench, raw: RawResult, count: int, cycle: float, cycles: int) -> np.ndarray:
    """Return the codes (cycles, count) of converters with bits at the end of each cycle.

    Raises:
        SimulatorError: A bit is neither 0 nor 1; names block, bit and voltage. The run folder is kept.
    """
    roles = [role for role in bench.block.roles if role.startswith("bits")]
    codes = np.zeros((cycles, count), dtype=int)
    for role in roles:
        levels = at_ends(raw, [f"v({bit_node(role, m)})" for m in range(count)], cycle, cycles)
        bad = (levels > ZERO) & (levels < ONE)
        if bad.any():
            when = int(np.argwhere(bad)[0][0])
            raise SimulatorError(
                f"the converter {bench.block.name!r}: its port {role!r} is at {levels[bad][0]:.3g} V when the code of "
                f"conversion {when} is taken; expected 0 or 1 V, longer phases in timing may settle it",
                raw.folder,
            )
        codes += (levels > ONE).astype(int) << int(role.partition(".")[2] or 0)
    return codes


def word_vectors(bench: Bench, count: int) -> list[str]:
    """Return the vectors of the bits of `count` converters."""
    return [f"v({bit_node(role, m)})" for m in range(count) for role in bench.block.roles if role.startswith("bits")]


def convert_words(
    bench: Bench,
    inputs: np.ndarray,
    simulator: Simulator,
    *,
    parameters: Sequence[Mapping[str, float]] | None = None,
) -> np.ndarray:
    """Convert inputs one after another in a transient run.

    The first input is converted twice and its first code dropped: a run starts from an operating point, in which the
    capacitors and the comparator are not as another conversion leaves them (.1 LSB of the transistor SAR).

    Args:
        bench: A converter with bits.
        inputs: (cycles, converters) or, for all converters of `parameters` alike, (cycles, 1) inputs [V] or [A].
        simulator: The ngspice to use.
        parameters: Parameters of each converter; None: those of the block.

    Returns:
        Codes (cycles, converters).

    Raises:
        InputError: The supply is 0 V.
        SimulatorError: ngspice failed, or a bit is neither 0 nor 1.
    """
    check_supply(bench)
    count = inputs.shape[1] if parameters is None else len(parameters)
    warmed = np.concatenate([inputs[:1], inputs])
    deck = conversion_deck(bench, warmed, what="conversions", saved=word_vectors(bench, count), parameters=parameters)
    with converter_run(deck, simulator) as raw:
        return read_words(bench, raw, count, bench.cycle, len(warmed))[1:]


def part_energies(bench: Bench, raw: RawResult, cycle: float, cycles: int) -> dict[str, np.ndarray]:
    """Return the energy (cycles,) that each source delivers in each cycle [J], by the part that it feeds."""
    sources = {"comparator": ("vdd", "v(vdd)", "i(vvdd)"), "reference": ("ref", "v(ref)", "i(vref)")}
    time, found = raw["time"], {}
    for part, (role, volts, amperes) in sources.items():
        if role in bench.block.roles:
            found[part] = _per_cycle(time, -raw[volts] * raw[amperes], cycle, cycles)
    if bench.analog == "v":
        found["input"] = _per_cycle(time, -raw["v(in_0)"] * raw["i(vin_0)"], cycle, cycles)
    if bench.block.logic_energy is not None:
        found["logic"] = np.full(cycles, bench.block.logic_energy.value)
    return found


def energy_vectors(bench: Bench) -> list[str]:
    """Return the vectors that `part_energies` needs."""
    names = [name for role in ("vdd", "ref") if role in bench.block.roles for name in (f"v({role})", f"i(v{role})")]
    return names + (["v(in_0)", "i(vin_0)"] if bench.analog == "v" else [])


def _per_cycle(time: np.ndarray, power: np.ndarray, cycle: float, cycles: int) -> np.ndarray:
    edges = np.arange(cycles + 1) * cycle
    total = np.concatenate([[0.0], np.cumsum((power[1:] + power[:-1]) / 2 * np.diff(time))])
    return np.diff(np.interp(edges, time, total))
