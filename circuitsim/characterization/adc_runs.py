"""Run benches of converters: codes at the end of each conversion, and what they took from each source."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from circuitsim.characterization.kept_runs import kept_runs, run_benches
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
ZERO, ONE = 0.3, 0.7  # of the voltage of a 1: a bit below is 0, above is 1, and between it has not settled


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
        high = bench.block.logic
        bad = (levels > ZERO * high) & (levels < ONE * high)
        if bad.any():
            when = int(np.argwhere(bad)[0][0])
            raise SimulatorError(
                f"the converter {bench.block.name!r}: its port {role!r} is at {levels[bad][0]:.3g} V when the code of "
                f"conversion {when} is taken; expected 0 or {high:g} V, longer phases in timing may settle it",
                raw.folder,
            )
        codes += (levels > ONE * high).astype(int) << int(role.partition(".")[2] or 0)
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
    return words_and_deck(bench, inputs, simulator, parameters=parameters)[0]


def words_and_deck(
    bench: Bench,
    inputs: np.ndarray,
    simulator: Simulator,
    *,
    parameters: Sequence[Mapping[str, float]] | None = None,
    folder: Path | None = None,
) -> tuple[np.ndarray, str]:
    """Return the codes of `convert_words` and the digest of the deck; arguments and errors as there.

    `folder` is the place of the run, which stays there; None: a new one, which is removed if the run succeeds.
    """
    check_supply(bench)
    count = inputs.shape[1] if parameters is None else len(parameters)
    warmed = np.concatenate([inputs[:1], inputs])
    deck = conversion_deck(bench, warmed, what="conversions", saved=word_vectors(bench, count), parameters=parameters)
    if folder is not None:
        (raw,) = run_benches([deck], folder, simulator, TOLERANCES)
        return read_words(bench, raw, count, bench.cycle, len(warmed))[1:], raw.deck_digest
    with converter_run(deck, simulator) as raw:
        return read_words(bench, raw, count, bench.cycle, len(warmed))[1:], raw.deck_digest
