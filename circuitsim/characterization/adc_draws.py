"""Chips whose ADCs do not match: capacitors and comparators drawn by NumPy, thresholds by a law that ngspice gives.

The thresholds of a SAR follow the error of each capacitor nearly in proportion. One deck with an array of capacitors
for each of them, off by a little, gives the law; any number of draws is then a matrix product.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from circuitsim.blocks import Block, block_of
from circuitsim.characterization.adc_mismatch import capacitor_units
from circuitsim.characterization.cache import cached
from circuitsim.characterization.converters import block_key
from circuitsim.characterization.sar_levels import can_compose, composed_levels
from circuitsim.errors import InputError, SpecError
from circuitsim.netlist.conversions import Bench, bench_of
from circuitsim.resources import table_cache
from circuitsim.results import ConverterTable
from circuitsim.results.sealed_files import read_sealed, write_sealed
from circuitsim.spec import ArraySpec, checked
from circuitsim.spice import Simulator, find_ngspice

CAPACITOR_STEP = 0.01  # relative error of one unit at which the law is measured; of w units, a w-th part
_LAW, _LAW_SCHEMA = "circuitsim law of capacitors", 1
_EACH_OFFSET, _OFFSET = re.compile(r"os(\d+)"), "vos"


WIDEST = 0.3
"""Largest standard deviation of a unit capacitor: one of a thousand is then below a tenth of its size."""


@dataclass(frozen=True)
class AdcMismatch:
    """Chips to draw: the ADC of every column of every chip differs from its card.

    Attributes:
        instances: Number of chips.
        seed: Seed of the generator; a larger number of chips begins with those of a smaller one.
        capacitor: Standard deviation of a unit capacitor of a SAR, relative; one of w units has it over √w.
        offset: Standard deviation of the offset of each comparator, at its own input [V].
        array: Number of the array among those that techniques draw; each has draws of its own.

    Raises:
        InputError: There is no instance, a deviation is negative or not finite, or both are 0.
    """

    instances: int
    seed: int
    capacitor: float = 0.0
    offset: float = 0.0
    array: int = 0

    def __post_init__(self) -> None:
        for name, least in (("instances", 1), ("seed", 0), ("array", 0)):
            value = getattr(self, name)
            if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
                raise InputError(f"mismatch: {name} = {value!r}: expected a whole number >= {least}")
        for name in ("capacitor", "offset"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0):
                raise InputError(f"mismatch: {name} = {value:g}: expected a standard deviation >= 0")
        if self.capacitor > WIDEST:
            raise InputError(
                f"mismatch: capacitor = {self.capacitor:g}: expected a relative standard deviation up to {WIDEST:g}, "
                "above which capacitors are drawn below 0"
            )
        if self.capacitor == 0 and self.offset == 0:
            raise InputError("mismatch: capacitor and offset are 0: expected at least one > 0")


@dataclass(frozen=True)
class AdcDraws:
    """ADCs of drawn chips, chip after chip, column after column.

    Attributes:
        names: Parameters of the capacitors.
        capacitors: (ADCs, capacitors) their relative errors.
        offsets: (ADCs, comparators) offsets of the comparators [V].
    """

    names: tuple[str, ...]
    capacitors: np.ndarray
    offsets: np.ndarray


@checked
def draw_adcs(spec: ArraySpec, mismatch: AdcMismatch) -> AdcDraws:
    """Draw the ADCs of all columns of all chips; nothing is simulated.

    Raises:
        SpecError: [adc] names no circuit, or it has no capacitors or no comparator to draw.
    """
    block = _block(spec)
    key = f"adc.{spec.adc.sources[0]} = {block.name!r}"
    units = capacitor_units(block) if can_compose(bench_of(block)) else {}
    if mismatch.capacitor > 0 and not units:
        raise SpecError(f"{key}: mismatch.capacitor draws capacitors e0, e1, … of a SAR, and it has none; remove it")
    if mismatch.offset > 0 and bench_of(block).analog == "i":
        raise SpecError(f"{key}: mismatch.offset is that of a comparator of voltages, and it has none; remove it")
    comparators = sum(bool(_EACH_OFFSET.fullmatch(name)) for name in block.parameters) or 1
    sigma = np.append(mismatch.capacitor / np.sqrt(list(units.values())), np.full(comparators, mismatch.offset))
    count = mismatch.instances * spec.array.cols
    drawn = np.random.default_rng([mismatch.seed, mismatch.array]).standard_normal((count, len(sigma))) * sigma
    return AdcDraws(tuple(units), drawn[:, : len(units)], drawn[:, len(units) :])


@checked
def drawn_tables(
    spec: ArraySpec, table: ConverterTable, mismatch: AdcMismatch, *, simulator: Simulator | None = None
) -> list[list[ConverterTable]]:
    """Return the tables of the ADCs of drawn chips, (instances) lists of (cols) tables.

    Args:
        spec: The array, whose [adc] names a circuit.
        table: The table of the circuit as its card states it.
        mismatch: The chips.
        simulator: The ngspice that measures how thresholds follow capacitors; None: `find_ngspice()`.

    Returns:
        Tables with thresholds of their own; low and high are those of the card, which the digital side knows.

    Raises:
        SpecError: As `draw_adcs`.
        SimulatorError: As `composed_levels`.

    Valid for: errors of a few percent, to which thresholds are in proportion: at 1 % a unit, 8 bits, within .001 LSB of
        decks with the same capacitors.
    """
    inl = drawn_inl(spec, table, mismatch, simulator=simulator)
    return [[replace(table, inl=values) for values in chip] for chip in inl]


@checked
def drawn_inl(
    spec: ArraySpec, table: ConverterTable, mismatch: AdcMismatch, *, simulator: Simulator | None = None
) -> np.ndarray:
    """Return the INL (chips, cols, 2^bits − 1) [LSB] of the ADCs of drawn chips; all else as `drawn_tables`."""
    draws, block = draw_adcs(spec, mismatch), _block(spec)
    thresholds, comparators = 2**table.bits - 1, draws.offsets.shape[1]
    shift, attenuation = np.zeros((len(draws.offsets), 1)), 1.0
    bench = bench_of(block, spec.array.temperature_c, ref=spec.adc.v_ref)
    if draws.names:
        law, attenuation = _kept_law(bench, draws.names, simulator or find_ngspice())
        shift = draws.capacitors @ law
    shift = shift + draws.offsets / attenuation
    inl = np.zeros(thresholds) if table.inl is None else table.inl
    if comparators > thresholds:  # of a flash whose counter ends earlier: those above may switch before those below
        inl = np.pad(inl, (0, comparators - thresholds), mode="edge")
    inl = inl + shift / table.lsb
    if comparators > 1:  # comparators of a flash are counted, in whatever order they switch
        steps = np.arange(inl.shape[1])
        inl = (np.sort(inl + steps, axis=1) - steps)[:, :thresholds]
    return inl.reshape(mismatch.instances, spec.array.cols, -1)


def _kept_law(bench: Bench, names: Sequence[str], simulator: Simulator) -> tuple[np.ndarray, float]:
    """Return the law of `capacitor_law`, measured once and then read from the cache of tables."""
    key = block_key(bench.block, (_LAW, tuple(names), CAPACITOR_STEP, bench.ref, bench.temperature_c), simulator)

    def load(path: Path) -> tuple[np.ndarray, float]:
        _, arrays = read_sealed(path, _LAW, _LAW_SCHEMA, {"law", "attenuation"}.__contains__, key=key)
        return arrays["law"], float(arrays["attenuation"])

    def save(path: Path, found: tuple[np.ndarray, float]) -> None:
        write_sealed(path, _LAW, _LAW_SCHEMA, {}, {"law": found[0], "attenuation": np.array(found[1])}, key=key)

    make = partial(capacitor_law, bench, names, simulator)
    return cached(table_cache() / f"{key}.npz", load=load, make=make, save=save)


def capacitor_law(bench: Bench, names: Sequence[str], simulator: Simulator) -> tuple[np.ndarray, float]:
    """Measure how the thresholds of a SAR follow the error of each capacitor, in one deck.

    Args:
        bench: A SAR whose thresholds can be composed.
        names: Parameters of its capacitors.
        simulator: The ngspice to use.

    Returns:
        (capacitors, 2^bits − 1) change of each threshold per relative error [V], and the change of the comparator's
        input per change of the sampled one.

    Raises:
        SimulatorError: As `composed_levels`.
    """
    units = capacitor_units(bench.block)
    steps = [CAPACITOR_STEP / units[name] for name in names]
    none = dict.fromkeys(names, 0.0)
    each = [none, *({**none, name: step} for name, step in zip(names, steps, strict=True))]
    found = composed_levels(bench, simulator, parameters=each)
    changes = (found.thresholds[1:] - found.thresholds[0]) / np.array(steps)[:, None]
    return changes, float(found.attenuation[0])


@checked
def drawn_parameters(spec: ArraySpec, mismatch: AdcMismatch) -> list[list[Mapping[str, float]]]:
    """Return the parameters of the ADCs of drawn chips for a deck, (instances) lists of (cols) mappings.

    Raises:
        SpecError: As `draw_adcs`; or the circuit has no parameter for the offset of its comparator.
    """
    draws, block = draw_adcs(spec, mismatch), _block(spec)
    offsets = [name for name in block.parameters if _EACH_OFFSET.fullmatch(name)] or [_OFFSET]
    if mismatch.offset > 0 and offsets[0] not in block.parameters:
        raise SpecError(
            f"adc.{spec.adc.sources[0]} = {block.name!r}: it has no parameter {_OFFSET!r}, so that no deck can give "
            "its comparator an offset; level = 'nodal' moves its thresholds"
        )
    names = (*draws.names, *offsets) if mismatch.offset > 0 else draws.names
    values = np.hstack([draws.capacitors, draws.offsets])[:, : len(names)]
    every: list[Mapping[str, float]] = [dict(zip(names, row.tolist(), strict=True)) for row in values]
    cols = spec.array.cols
    return [every[k * cols : (k + 1) * cols] for k in range(mismatch.instances)]


def _block(spec: ArraySpec) -> Block:
    block = block_of(spec, "adc")
    if block is None:
        raise SpecError("mismatch is given, but [adc] names no circuit: expected one, such as model = 'sar'")
    return block
