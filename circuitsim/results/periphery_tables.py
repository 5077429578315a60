"""Converters between the array and numbers, as tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from circuitsim.errors import InputError
from circuitsim.results.provenance import Provenance
from circuitsim.spec import FrozenMapping, by_value

Decision = Literal["sorted", "search"]
Coding = Literal["amplitude", "bit_serial", "pulse_width"]
"""How a row driver puts a code on its row, as `driver.input_code` names it."""


@by_value
@dataclass(frozen=True)
class ConverterTable:
    """A digital-to-analog or analog-to-digital converter; ideal by default.

    Code k represents low + k·lsb, with lsb = (high − low) / (2^bits − 1).

    Attributes:
        bits: Resolution.
        low, high: Values of the smallest and the largest code [unit].
        inl: Integral nonlinearity [LSB]; None: 0. DAC: (2^bits,) deviation of each level. ADC: (2^bits − 1,) deviation
            of each threshold; the ideal threshold between code k and k + 1 is at k + ½.
        noise: Standard deviation of the noise on the analog side, independent in each conversion [unit].
        provenance: Origin of a characterized converter.
        decide: How an ADC makes a code of its thresholds: "sorted", the number of thresholds below the input, which
            must not fall by more than 1 LSB; "search", bit by bit as a SAR does: a bit stays where the input is above
            the threshold of the code that is tried. Codes can be missing then.
        unit: Unit of the analog side: of an ADC "A", or "V" for a circuit that converts a voltage; of a driver "V", or
            "s" for one that codes by time.
        block: Name of the characterized circuit; empty for a table that no circuit made.
        supply, reference: Voltages at which the table holds [V]; None: it has none, or they are unknown.
        temperature_c: Temperature at which it holds [°C]; None: unknown.
        error: Largest deviation from simulated thresholds or levels that the table was not made of [LSB]; None:
            unknown.
        offset: (n, 2) codes, and the offset of the comparator measured there [LSB]; it is part of low, high and inl.
            None: unknown.
        t_conversion: Time from the start of a conversion until its code is taken [s]; None: unknown.
        energy_code: (n,) codes at which the energy was measured; None: it is unknown.
        energy: (n,) energy of one conversion at these codes by its part [J]: "comparator" from vdd ("oscillator" of a
            converter of currents, "supply" of a driver), "reference" from ref into capacitors, ladder or ramp, "input"
            from the source of the input, "logic" as an estimate.
        r_out: (2^bits,) output resistance of a DAC at each code [ohm]; None: that of the driver.
        settling: (n, 2) codes, and the time after the code changed from 0 until the output of a DAC stays within ½ LSB
            [s]; None: unknown.
        c_load: Capacitance at the output at which `settling` holds [F].
        noise_parts: Standard deviations of which `noise` is made, by their origin [unit]: "sampling" (kT/C),
            "comparator".
        simulated: First and last code whose thresholds were simulated; the line through both goes on beyond them. None:
            all of them.
        coding: Of a driver: "amplitude", a voltage that stays; "bit_serial", the bits of a code one after another, and
            the levels are what shift and add makes of them; "pulse_width", the levels are times at full amplitude.
    """

    bits: int
    low: float
    high: float
    inl: np.ndarray | None = None
    noise: float = 0.0
    provenance: Provenance | None = None
    decide: Decision = "sorted"
    unit: str = "A"
    block: str = ""
    supply: float | None = None
    reference: float | None = None
    temperature_c: float | None = None
    error: float | None = None
    offset: np.ndarray | None = None
    t_conversion: float | None = None
    energy_code: np.ndarray | None = None
    energy: Mapping[str, np.ndarray] = field(default_factory=FrozenMapping)
    r_out: np.ndarray | None = None
    settling: np.ndarray | None = None
    c_load: float | None = None
    noise_parts: Mapping[str, float] = field(default_factory=FrozenMapping)
    simulated: tuple[int, int] | None = None
    coding: Coding = "amplitude"

    def __post_init__(self) -> None:
        for name in ("energy", "noise_parts"):
            object.__setattr__(self, name, FrozenMapping(getattr(self, name)))
        if not 1 <= self.bits <= 24:
            raise InputError(f"converter: bits = {self.bits}: expected 1 to 24")
        if not (np.isfinite(self.low) and np.isfinite(self.high) and self.low < self.high):
            raise InputError(
                f"converter: range {self.low:g} to {self.high:g}: expected finite ends, the lower one first"
            )
        if not (np.isfinite(self.noise) and self.noise >= 0):
            raise InputError(f"converter: noise = {self.noise:g}: expected a standard deviation >= 0")
        if self.decide not in get_args(Decision):
            raise InputError(f"converter: decide = {self.decide!r}: expected one of {', '.join(get_args(Decision))}")
        if self.coding not in get_args(Coding):
            raise InputError(f"converter: coding = {self.coding!r}: expected one of {', '.join(get_args(Coding))}")
        if self.r_out is not None and self.r_out.shape != (2**self.bits,):
            raise InputError(
                f"converter: r_out has shape {self.r_out.shape}: expected ({2**self.bits},), one value per code"
            )
        count = 0 if self.energy_code is None else len(self.energy_code)
        for part, values in self.energy.items():
            if np.shape(values) != (count,):
                raise InputError(
                    f"converter: energy.{part} has shape {np.shape(values)}: expected ({count},), one value per "
                    "energy_code"
                )

    @property
    def drives(self) -> bool:
        """Whether it is the table of a driver: it states output resistances, or an INL for each code."""
        return self.r_out is not None or (self.inl is not None and len(self.inl) == 2**self.bits)

    @property
    def lsb(self) -> float:
        """Step between adjacent codes [unit]."""
        return (self.high - self.low) / (2**self.bits - 1)

    @property
    def thresholds(self) -> np.ndarray:
        """(2^bits − 1,) thresholds of an ADC [unit]; that of index k lies between the codes k and k + 1."""
        steps = np.arange(2**self.bits - 1) + 0.5
        return self.low + self.lsb * (steps if self.inl is None else steps + self.inl)

    @property
    def levels(self) -> np.ndarray:
        """(2^bits,) outputs of a driver [unit]."""
        steps = np.arange(2**self.bits)
        return self.low + self.lsb * (steps if self.inl is None else steps + self.inl)
