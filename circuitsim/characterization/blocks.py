"""Turn the blocks of a specification into tables, by small decks, once for each circuit and condition."""

import hashlib
from dataclasses import replace
from functools import partial
from pathlib import Path

from circuitsim import spice
from circuitsim.blocks import Block, block_of
from circuitsim.characterization import sense_curves, sense_dynamics, sense_phases
from circuitsim.characterization.cache import cached
from circuitsim.characterization.converters import adc_characterized, driver_block_table
from circuitsim.characterization.steps import stepped_range
from circuitsim.errors import InputError
from circuitsim.periphery import Periphery
from circuitsim.resources import table_cache
from circuitsim.results import SenseTable
from circuitsim.results.table_files import TABLE_SCHEMA, load_sense_table, save_sense_table
from circuitsim.spec import ArraySpec, checked

SENSE_VERSION = 2  # increase it when the benches change, so that tables in users' caches are made again

# Ranges are rounded up to steps of 1.25, so that similar arrays share a table.
SMALLEST_CURRENT = 1e-9  # [A]
SMALLEST_CONDUCTANCE = 1e-9  # [S]


@checked
def characterize(
    spec: ArraySpec, *, cache: str | Path | None = None, simulator: spice.Simulator | None = None
) -> Periphery:
    """Turn every block that a specification names into a table, by small ngspice decks.

    A sense amplifier is characterized for column currents up to `sense.i_max`, or rows · g_max · v_read rounded up, as
    far as it works and holds the column within v_read of v_ref; in time for columns of up to rows · g_max. A DAC
    settles into the capacitance of a row. Tables are cached. Their key covers the text of the circuit and of every file
    that it includes, its parameters and conditions, the ranges, the simulator and the benches.

    Args:
        spec: The array; its blocks, size, range of conductances, read voltage, v_ref and temperature matter.
        cache: Folder of cached tables; None: the user's cache folder.
        simulator: The ngspice to use; None: the one that `spice.find_ngspice` finds.

    Returns:
        The tables; None for an ideal part.

    Raises:
        SpecError: The number of bits of a converter is missing, or is not that of its circuit.
        InputError, OutsideRangeError: A block does not fit its key, its file or its range, see `blocks.block_of`.
        SimulatorError: ngspice failed, or a circuit draws no supply current, does not follow its input, or does not
            settle; the run folder is kept.

    Valid for: the temperature, supply, load and v_ref of the specification, which the table states.
    """
    block = block_of(spec, "sense")
    found = simulator or spice.find_ngspice()
    folder = Path(cache) if cache is not None else table_cache()
    return Periphery(
        dac=driver_block_table(spec, folder, found),
        sense=None if block is None else _sense_table(spec, block, folder, found),
        adc=adc_characterized(spec, folder, found),
    )


def _sense_table(spec: ArraySpec, block: Block, folder: Path, simulator: spice.Simulator) -> SenseTable:
    i_max = (
        spec.sense.i_max
        or stepped_range((0.0, spec.array.rows * spec.device.g_max * spec.driver.v_read), SMALLEST_CURRENT)[1]
    )
    g_column = stepped_range((0.0, spec.array.rows * spec.device.g_max), SMALLEST_CONDUCTANCE)[1]
    conditions = {"v_ref": spec.sense.v_ref, "temperature_c": spec.array.temperature_c, "simulator": simulator}

    def make() -> SenseTable:
        if block.clocked:
            table = sense_phases.phased_sense(block, i_max, g_column, **conditions)
        else:
            table = sense_curves.sense_curve(block, i_max, spec.driver.v_read, **conditions)
            table = replace(table, dynamics=sense_dynamics.sense_dynamics(block, table, g_column, **conditions))
        assert table.provenance is not None  # the benches state it
        return replace(table, provenance=replace(table.provenance, files_digest=_contents(block, table)))

    key = _key(block, (i_max, g_column, spec.driver.v_read), spec, simulator)
    return cached(
        folder / f"{key}.npz",
        load=partial(load_sense_table, key=key),
        make=make,
        save=partial(save_sense_table, key=key),
    )


def check_sense_contents(spec: ArraySpec, table: SenseTable | None) -> None:
    """Refuse an array whose sense amplifier is another circuit than that from which a table was made.

    Args:
        spec: The array.
        table: The table, such as that of a calibrated model; None, and one that no circuit made, pass.

    Raises:
        InputError: The text of the circuit, a file that it includes, its parameters or phases differ.
        SpecError, OutsideRangeError: As `blocks.block_of`.
    """
    block = block_of(spec, "sense")
    then = None if table is None or table.provenance is None else table.provenance.files_digest
    if block is None or table is None or then is None:
        return
    if (now := _contents(block, table)) != then:
        part = spec.sense
        raise InputError(
            f"sense.{part.sources[0]} = {part.block!r}: the circuit differs from that of which its table was made "
            f"(contents {now[:12]}, not {then[:12]}): calibrate the array again"
        )


def _contents(block: Block, table: SenseTable) -> str:
    """Return a digest of a circuit with its files, at the conditions of its table."""
    assert table.reference is not None and table.temperature_c is not None  # a characterized table states them
    return sense_curves.bench_digest(block, v_ref=table.reference, temperature_c=table.temperature_c)


def _key(block: Block, ranges: tuple[float, ...], spec: ArraySpec, simulator: spice.Simulator) -> str:
    """Return a digest of all inputs of a table: circuit, files, conditions, ranges, simulator and benches."""
    benches = {
        f"{module.__name__}.{name}": value
        for module in (sense_curves, sense_dynamics, sense_phases)
        for name, value in vars(module).items()
        if name.isupper()
    }
    about = (
        sense_curves.bench_digest(block, v_ref=spec.sense.v_ref, temperature_c=spec.array.temperature_c),
        ranges,
        simulator.version_text,
        sorted(benches.items()),
        (TABLE_SCHEMA, SENSE_VERSION),
    )
    return hashlib.sha256(repr(about).encode()).hexdigest()
