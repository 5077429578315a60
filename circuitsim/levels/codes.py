"""Read an array at any level from DAC codes to ADC codes, with the converters of its specification."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from circuitsim import chain
from circuitsim.chain import Reading
from circuitsim.characterization import AdcMismatch
from circuitsim.errors import InputError, SpecError
from circuitsim.levels.can import Level, refuse_unused
from circuitsim.levels.converted import convert_through_circuits
from circuitsim.levels.drawn_codes import convert_drawn
from circuitsim.levels.in_one_deck import convert_in_one_deck
from circuitsim.levels.preparing import AnyArray, TileUse, check_tile_use, prepare
from circuitsim.levels.reading import read
from circuitsim.levels.serial_rows import one_bit_dac, serial_bits
from circuitsim.periphery import Periphery, adc_table
from circuitsim.results import Certificate, ConverterTable, TileModel
from circuitsim.spec import ArraySpec, check_around_charges, check_codes, checked, real_numbers
from circuitsim.spice import Progress


@checked
def convert_codes(
    spec: ArraySpec,
    g: ArrayLike,
    codes: ArrayLike,
    level: Level = "nodal",
    *,
    model: TileModel | None = None,
    certificate: Certificate | None = None,
    strict: bool = False,
    max_error: float | None = None,
    full_scale: float | None = None,
    rng: np.random.Generator | None = None,
    mismatch: AdcMismatch | None = None,
    folder: str | Path | None = None,
    progress: Progress | None = None,
) -> Reading:
    """Read an array from DAC codes to ADC codes.

    Where [driver] or [adc] names a circuit, level "ngspice" runs one deck of the whole chain in time, one code after
    another, see `netlist.chain`. Levels "nodal" and "behavioral" take the tables of `characterize` in place of the
    circuits: rows lie behind the output resistance that the DAC has at their code. At level "nodal" pulses that an
    amplifier integrates are intervals of constant rows. Where driver.input_code is "bit_serial", each code becomes
    reads of one bit, whose codes are shifted and added, at every level.

    Where [technique] draws other arrays, ideal converters take the joined currents of all of them. Where [driver] or
    [adc] names a circuit, each drawn array has its own, and codes are joined: those of sub-arrays are added, those of
    replicas averaged, those of a reference column subtracted.

    Args:
        spec: The array; `driver.dac_bits` and `adc.bits` must be stated where a circuit does not state them.
        g: Conductances (rows, cols) [S].
        codes: DAC codes (batch, rows), whole numbers from 0 to 2^dac_bits − 1.
        level, model, certificate, strict, max_error: As in `solve`.
        full_scale: Current of the largest ADC code [A], charge of 1c cells [C], if `adc.full_scale` is "auto".
        rng: Source of the noise of circuits, in the order DAC, sense amplifier, ADC, then that of each chip; None:
            without noise.
        mismatch: Chips whose ADCs differ from the card, see `AdcMismatch`: their codes are `Reading.instances`. Levels
            "nodal" and "behavioral" read the array once and move the thresholds of the table; level "ngspice" runs a
            deck for each chip.
        folder: Where to keep the run folders of the deck of a whole chain; None removes them after success.
        progress: Called with (finished, total) after each such deck.

    Returns:
        Voltages, currents and codes of all stages, and the names of the ideal stages; the reads of single bits where
        inputs are bit-serial, and the waveforms of the first code where a deck of the whole chain was run.

    Raises:
        InputError: The DAC or the ADC is missing, its full scale is unknown, or a value is not a code.
        SpecError: The inputs of this array are not voltages, or circuits stand around capacitors; the level does not
            simulate a converter, or the parts do not fit each other or their times.
        SimulatorError: The deck of a chain failed, or a part of it never settles or never changes its code; the run
            folder is kept.
        InputError, SpecError, OutsideRangeError, SimulatorError, NotConvergedError: As `solve`.

    Warns:
        ClippingWarning: The ADC clips more than one output in a hundred, or a sense amplifier in a deck saturates.
        SettlingWarning: An output in a deck has not settled when the ADC takes it.
    """
    check_converters(spec)
    if spec.driver.block is not None or spec.adc.block is not None:
        use = TileUse(model, certificate, strict, max_error)
        check_tile_use(level, use)
        convert = partial(_through_circuits, level=level, full_scale=full_scale, rng=rng, mismatch=mismatch, use=use)
        if not spec.technique.changes_size:
            return convert(0, spec, g, codes, folder, progress)
        return convert_drawn(spec, g, codes, level, convert, folder=folder, progress=progress)
    given = {"rng": rng, "mismatch": mismatch, "folder": folder, "progress": progress}
    for name, value in given.items():
        if value is not None:
            raise InputError(f"{name} has no effect: it goes with a circuit in [driver] or [adc]; leave it out")
    array = prepare(spec, g, level, model=model, certificate=certificate, strict=strict, max_error=max_error)
    if spec.driver.input_code == "pulse_width":
        return _pulse_widths(spec, array, codes, full_scale)
    if spec.driver.input_code != "bit_serial":
        words = real_numbers("codes", codes)
        return chain.read_codes(spec, words, lambda v: read(array, v).out, full_scale=full_scale)
    bits = serial_bits(spec)
    words = chain.one_bit_reads(check_codes(codes, bits, spec.array.rows, "the driver"), bits)
    tables = Periphery(dac=one_bit_dac(spec), adc=adc_table(spec, full_scale=full_scale))
    return chain.shift_and_add(chain.read_codes(spec, words, lambda v: read(array, v).out, periphery=tables), bits)


def _through_circuits(
    array: int,
    spec: ArraySpec,
    g: ArrayLike,
    codes: ArrayLike,
    folder: str | Path | None,
    progress: Progress | None,
    *,
    level: Level,
    full_scale: float | None,
    rng: np.random.Generator | None,
    mismatch: AdcMismatch | None,
    use: TileUse,
) -> Reading:
    """Read one array with circuits around it, the one of that number among those that techniques draw."""
    if mismatch is not None:
        mismatch = replace(mismatch, array=mismatch.array + array)
    if level == "ngspice":
        refuse_unused(level, {"rng": rng}, "nodal, whose tables have noise")
        return convert_in_one_deck(
            spec, g, codes, full_scale=full_scale, mismatch=mismatch, folder=folder, progress=progress
        )
    refuse_unused(level, {"folder": folder, "progress": progress}, "ngspice")
    if spec.technique.skip_zero_rows:
        raise SpecError(
            f"technique.skip_zero_rows = True: level = {level!r} does not simulate it, expected False (the table of a "
            "driver states voltages, not which code switches the gates of its row off); level = 'ngspice' does"
        )
    return convert_through_circuits(spec, g, codes, level, full_scale=full_scale, rng=rng, mismatch=mismatch, use=use)


def _pulse_widths(spec: ArraySpec, array: AnyArray, codes: ArrayLike, full_scale: float | None) -> Reading:
    """Read codes as widths of pulses; currents are charges over t_read, as an ideal integrator reports them."""
    if spec.driver.dac_bits is None:
        raise InputError("driver.dac_bits = None: expected 1 to 24 bits, codes need a DAC")
    words, v_ref = check_codes(codes, spec.driver.dac_bits, spec.array.rows, "the driver"), spec.sense.v_ref
    tables = Periphery(dac=ConverterTable(spec.driver.dac_bits, 0.0, 1.0), adc=adc_table(spec, full_scale=full_scale))
    t_read, gated = spec.driver.t_read, spec.array.input_line != "bl"
    reading = chain.read_codes(spec, words, lambda share: read(array, share).out / t_read, periphery=tables)
    return reading if gated else replace(reading, v_in=v_ref + spec.driver.v_read * np.asarray(reading.v_in))


@checked
def check_converters(spec: ArraySpec) -> None:
    """Reject an array whose inputs are not voltages, or whose converters do not take its outputs.

    Raises:
        SpecError: Names the key and what takes codes instead.
    """
    check_around_charges(spec)
    off_or_on = spec.array.input_line != "bl" and spec.driver.gate_levels is None
    if off_or_on and spec.driver.input_code == "amplitude":
        takes = (
            "gates take codes with driver.input_code = 'bit_serial' or 'pulse_width', or word lines with "
            "driver.gate_levels"
        )
        if spec.array.input_line == "string":
            takes = "strings take codes bit by bit, with driver.input_code = 'bit_serial'"
        raise SpecError(
            f"array.input_line = {spec.array.input_line!r}: a DAC drives bit lines by their voltage, expected 'bl'; "
            f"{takes}"
        )
    if spec.sense.block is not None and spec.adc.block is None:
        raise SpecError(
            f"sense.{spec.sense.sources[0]} = {spec.sense.block!r}: an ADC of codes takes currents, and the circuit "
            "puts out a voltage; name a circuit in [adc], read it by circuitsim.solve, or remove it"
        )
