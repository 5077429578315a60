"""The causes of error around an array: drivers, sense amplifiers, converters and their noise, ideal or as tables."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from circuitsim.behavioral import meet_curve
from circuitsim.periphery import (
    Periphery,
    adc_table,
    convert,
    dac_table,
    decode,
    nearest_codes,
    output_noise,
    report,
    straight_output,
)
from circuitsim.results import ConverterTable, Experiment, SenseTable
from circuitsim.spec import ArraySpec, with_ideal


@dataclass(frozen=True)
class CircuitNoise:
    """Normal numbers behind the noise of circuits in one experiment, and the noise of the DAC.

    Attributes:
        dac: (batch, rows) noise of the row voltages [V].
        sense, adc: (batch, cols) of standard deviation 1.
    """

    dac: np.ndarray
    sense: np.ndarray
    adc: np.ndarray


@dataclass(frozen=True)
class Around:
    """What stands around an array.

    Attributes:
        spec: The array with ideal parts in place of circuits.
        dac: Its DAC; None without one, or where it cannot drive these inputs.
        sense: Table of its sense amplifiers; None for ideal ones.
        adc: Table of its ADC where that is a circuit.
        left_out: Parts that cannot be a cause here, and why.
    """

    spec: ArraySpec
    dac: ConverterTable | None
    sense: SenseTable | None
    adc: ConverterTable | None
    left_out: tuple[str, ...]

    @property
    def quiet_dac(self) -> ConverterTable | None:
        """The DAC without noise."""
        return None if self.dac is None else replace(self.dac, noise=0.0)

    @property
    def converts(self) -> bool:
        """Whether there is an ADC that takes these outputs."""
        return self.adc is not None or (self.spec.adc.bits is not None and self.sense is None)

    @cached_property
    def line(self) -> tuple[float, float]:
        """Gain [unit/A] and offset [unit] of the straight line through the output curve."""
        return (1.0, 0.0) if self.sense is None else straight_output(self.sense)

    def draw(self, inputs: tuple[int, int], cols: int, rng: np.random.Generator) -> CircuitNoise:
        """Draw the noise of one experiment with inputs of this shape (batch, rows)."""
        sigma = 0.0 if self.dac is None else self.dac.noise
        outputs = (inputs[0], cols)
        return CircuitNoise(
            sigma * rng.standard_normal(inputs), rng.standard_normal(outputs), rng.standard_normal(outputs)
        )

    def alone(self, v_in: np.ndarray, g: np.ndarray, ideal: np.ndarray, noise: CircuitNoise) -> dict[str, np.ndarray]:
        """Return the outputs (batch, cols) [A] with each circuit alone around an ideal array."""
        outputs = {}
        v_ref = self.spec.sense.v_ref
        if self.dac is not None and self.dac.r_out is not None:
            r_out = self.dac.r_out[nearest_codes(self.dac, v_in).astype(int)]
            outputs["driver"] = ((v_in - v_ref) / (1.0 + r_out * g.sum(axis=1))) @ g
        if self.sense is not None:
            current = meet_curve(self.sense, ideal, ideal, g.sum(axis=0), 0.0)[0]
            outputs["sense"] = self.as_current(current, g, None)
        if self.noisy:
            outputs["circuit noise"] = ideal + noise.dac @ g + self._added(ideal, g, noise)
        return outputs

    @property
    def noisy(self) -> bool:
        """Whether a table states noise."""
        tables = [table for table in (self.dac, self.sense, self.adc) if table is not None]
        dynamics = self.sense is not None and self.sense.dynamics is not None
        return dynamics or any(table.noise > 0 for table in tables)

    def as_current(self, current: np.ndarray, g: np.ndarray, noise: CircuitNoise | None) -> np.ndarray:
        """Return the currents (batch, cols) that the outputs of the amplifiers stand for [A]."""
        gain, offset = self.line
        out = current if self.sense is None else (report(replace(self.sense, noise=0.0), current) - offset) / gain
        return out if noise is None else out + self._added(current, g, noise)

    def _added(self, current: np.ndarray, g: np.ndarray, noise: CircuitNoise) -> np.ndarray:
        """Noise of amplifiers and ADCs as a current (batch, cols) [A]."""
        added = np.zeros_like(current)
        if self.sense is not None:
            added += output_noise(self.sense, current, g.sum(axis=0)) * noise.sense
        if self.adc is not None:
            added += self.adc.noise * noise.adc
        return added / abs(self.line[0])


def around(spec: ArraySpec, tables: Periphery | None, experiments: Sequence[Experiment]) -> Around:
    """Return what stands around an array, of the tables and of what its specification states of ideal parts.

    Args:
        spec: The array.
        tables: Tables of its circuits; None: all parts are ideal.
        experiments: Their inputs decide whether the DAC can drive them.
    """
    found, ideal, left_out = tables or Periphery(), with_ideal(spec, "driver", "sense", "adc"), []
    gated = spec.array.input_line != "bl"  # inputs of 0 and 1
    dac, adc = None if gated else found.dac or dac_table(ideal), found.adc
    v_ref = spec.sense.v_ref
    if dac is not None and any(np.any(each.v_in < v_ref - 1e-9 * spec.driver.v_read) for each in experiments):
        left_out.append(
            "dac: it drives rows above v_ref, and these sense amplifiers take the currents of rows below it"
        )
        dac = None
    unit = "A" if found.sense is None else found.sense.unit
    if adc is not None and adc.unit != unit:
        left_out.append(f"adc: {adc.block} converts {adc.unit}, and the sense amplifiers put out {unit}")
        adc = None
    elif adc is None and found.sense is not None and spec.adc.bits is not None:
        left_out.append(f"adc: an ideal one converts currents, and the circuit {found.sense.block} puts out {unit}")
    return Around(ideal, dac, found.sense, adc, tuple(left_out))


def circuit_causes(circuits: Around) -> dict[str, str]:
    """Return what is switched on for each cause that is a circuit."""
    words = {}
    dac, sense, adc = circuits.dac, circuits.sense, circuits.adc
    if dac is not None and dac.block:
        words["dac"] = f"levels of the circuit {dac.block}, from its table"
        words["driver"] = f"output resistance of the circuit {dac.block} at each code, from its table"
    if sense is not None:
        words["sense"] = (
            f"column voltage and output curve of the circuit {sense.block}, from its table, as a straight line"
        )
    if adc is not None:
        words["adc"] = f"thresholds and range of the circuit {adc.block}, from its table"
    names = [table.block for table in (dac, sense, adc) if table is not None and table.block]
    words["circuit noise"] = f"noise of {' and '.join(names)}, from their tables"
    return words


def digitized(circuits: Around, currents: list[np.ndarray]) -> list[np.ndarray]:
    """Convert outputs [A] to codes and back; an ADC with automatic full scale takes the largest of these outputs."""
    if circuits.adc is not None:
        table, (gain, offset) = replace(circuits.adc, noise=0.0), circuits.line
        return [(decode(table, convert(table, offset + gain * out)) - offset) / gain for out in currents]
    automatic = circuits.spec.adc.full_scale == "auto"
    table = adc_table(circuits.spec, full_scale=max(float(out.max()) for out in currents) if automatic else None)
    assert table is not None  # called only if there is an ADC
    return [np.asarray(decode(table, convert(table, out))) for out in currents]
