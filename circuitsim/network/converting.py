"""The circuits around every tile of a network: their tables, and what the digital side makes of their outputs."""

from typing import Any

import array_api_compat
import numpy as np

from circuitsim.errors import SpecError
from circuitsim.network.linear import as_numpy
from circuitsim.periphery import Periphery, adc_table, check_table_holds, dac_table, output_noise, straight_output
from circuitsim.results import ConverterTable, SenseTable
from circuitsim.spec import ArraySpec, check_around_charges, checked, output_unit, with_ideal

_PARTS = {"driver": "dac", "sense": "sense", "adc": "adc"}
_NAMES = {"A": "currents", "V": "voltages", "C": "charges"}
_LEAST_MOVED = 0.5  # LSB of the DAC: rows that its output resistance may move by so much count as driven by voltages


@checked
def network_tables(spec: ArraySpec, given: Periphery | None) -> Periphery:
    """Return the tables around the tiles: those given of circuits, and the DAC that the specification states.

    Args:
        spec: The array.
        given: Tables of the circuits that it names, from `characterization.characterize`; None: it names none.

    Raises:
        SpecError: Circuits stand around capacitors; codes are bit-serial and have no resolution; a circuit has no table
            or works in phases, the ADC does not take what the sense amplifiers put out, or the output resistance of the
            DAC moves the rows.
        OutsideRangeError: A table was made for other conditions.
    """
    check_around_charges(spec)
    tables = given or Periphery()
    for section, name in _PARTS.items():
        part, table = getattr(spec, section), getattr(tables, name)
        if part.block is not None and table is None:
            raise SpecError(
                f"{section}.{part.sources[0]} = {part.block!r}: the network has no table of this circuit; pass "
                "tables = circuitsim.characterize(spec)"
            )
        if part.block is None and table is not None:
            raise SpecError(f"tables.{name} is given, but [{section}] names no circuit: expected both or neither")
    for table in (tables.dac, tables.adc):
        if table is not None:
            check_table_holds(table, spec)
    _check_sense(spec, tables)
    _check_rows(spec, tables.dac)
    if spec.driver.input_code == "pulse_width" and spec.driver.block is not None:
        raise SpecError(
            f"driver.{spec.driver.sources[0]} = {spec.driver.block!r}: a network takes pulses of ideal drivers; remove "
            "the circuit. circuitsim.convert_codes reads one array through it"
        )
    dac = tables.dac or dac_table(with_ideal(spec, "driver"))
    if dac is None and spec.driver.input_code == "bit_serial":
        raise SpecError("driver.dac_bits is missing: driver.input_code = 'bit_serial' needs the number of bits")
    return Periphery(dac, tables.sense, tables.adc)


def _check_sense(spec: ArraySpec, tables: Periphery) -> None:
    """Refuse an ADC that does not take what the sense amplifiers put out, and an amplifier that works in phases."""
    sense, part = tables.sense, spec.sense
    if sense is not None and sense.t_ready is not None:
        raise SpecError(
            f"sense.{part.sources[0]} = {part.block!r}: it works in phases, and a network reads its arrays at rest; "
            "expected an amplifier without phases"
        )
    unit = output_unit(spec) if sense is None else sense.unit
    takes = tables.adc.unit if tables.adc is not None else output_unit(spec)
    if takes != unit and (tables.adc is not None or spec.adc.bits is not None):
        which = "an ideal ADC" if tables.adc is None else f"the circuit {tables.adc.block!r}"
        raise SpecError(
            f"adc: {which} converts {_NAMES[takes]}, and the sense amplifiers put out {_NAMES[unit]}; expected a "
            "circuit in [sense] for a converter of voltages, and none for currents"
        )


def _check_rows(spec: ArraySpec, dac: ConverterTable | None) -> None:
    """Refuse a DAC whose output resistance moves the rows: a network is read by voltages."""
    if dac is None or dac.r_out is None:
        return
    r_out = float(np.max(dac.r_out))
    drop = r_out * spec.array.cols * spec.device.g_max
    moved = drop / (1 + drop) * (2**dac.bits - 1)
    if moved > _LEAST_MOVED:
        raise SpecError(
            f"driver.{spec.driver.sources[0]} = {dac.block!r}: its output resistance of up to {r_out:.3g} ohm may move "
            f"a row by {moved:.2g} LSB, and a network is read by voltages; expected a DAC with a buffer such as "
            "'string_dac_buffered', or an ideal driver with r_out. circuitsim.convert_codes reads one array through it"
        )


def without_circuits(spec: ArraySpec, tables: Periphery) -> ArraySpec:
    """Return the array with ideal converters of the same resolutions in place of its circuits."""
    bits = {
        "driver": {"dac_bits": None if tables.dac is None else tables.dac.bits},
        "adc": {"bits": spec.adc.bits if tables.adc is None else tables.adc.bits},
    }
    return with_ideal(spec, "driver", "sense", "adc").replace(**bits)


@checked
def layer_adc(spec: ArraySpec, tables: Periphery, full_scale: float | None) -> ConverterTable | None:
    """Return the ADC of a layer: the circuit with its own range, or an ideal one; None without quantization."""
    return tables.adc or adc_table(spec, full_scale=full_scale)


@checked
def equivalent_currents(sense: SenseTable | None, outputs: Any) -> Any:
    """Return the currents (any shape) that outputs of sense amplifiers represent, by the straight line through them."""
    if sense is None:
        return outputs
    gain, offset = straight_output(sense)
    return (outputs - offset) * (1.0 / gain)


def with_sense_noise(sense: SenseTable | None, outputs: Any, conductance: np.ndarray, rng: np.random.Generator) -> Any:
    """Add the noise of sense amplifiers to outputs (batch, cols) of columns with these conductances (cols,) [S].

    Its deviation is looked up, and the noise is drawn, on the CPU; outputs stay where they are.
    """
    if sense is None or sense.reported is None or sense.current is None:
        return outputs
    xp, device = array_api_compat.array_namespace(outputs), array_api_compat.device(outputs)
    order = np.argsort(sense.reported)
    current = np.interp(as_numpy(outputs), sense.reported[order], sense.current[order])
    noise = output_noise(sense, current, conductance) * rng.standard_normal(current.shape)
    return outputs + xp.asarray(noise, dtype=outputs.dtype, device=device)
