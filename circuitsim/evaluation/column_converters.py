"""Converters that differ from column to column: gain, offset, noise and thresholds of circuits, drawn for each tile."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from circuitsim.characterization import AdcMismatch, drawn_inl
from circuitsim.errors import InputError
from circuitsim.evaluation.drawn_tiles import tile_entropy
from circuitsim.network import LayerRange, ProgrammedNetwork, TilePlace, layer_adc
from circuitsim.network.layer_range import column_steps
from circuitsim.periphery import Periphery, convert_columns, decode, has_adc
from circuitsim.results import ConverterTable
from circuitsim.spec import ArraySpec, by_value, checked

_STREAM, _NOISE_STREAM = 2, 3  # beside those of cells and of their read noise
_LARGEST_GAIN = 0.3
_SAME_NOISE = 0.01  # relative: notes print three digits


@dataclass(frozen=True)
class ConverterSpread:
    """By how much the converter of each column differs from what the digital side takes it for.

    Attributes:
        gain: Standard deviation of the gain of a column's amplifier and ADC, relative.
        offset: Standard deviation of its offset [LSB].
        noise: Noise of each conversion, rms [LSB].
        capacitor: Standard deviation of a unit capacitor of a SAR, relative; as in `AdcMismatch`.
        comparator: Standard deviation of the offset of each comparator of a circuit [V]; as in `AdcMismatch`.

    Raises:
        InputError: A deviation is negative or not finite, `gain` is above 0.3, or all are 0.
    """

    gain: float = 0.0
    offset: float = 0.0
    noise: float = 0.0
    capacitor: float = 0.0
    comparator: float = 0.0

    def __post_init__(self) -> None:
        stated = {name: getattr(self, name) for name in ("gain", "offset", "noise", "capacitor", "comparator")}
        for name, value in stated.items():
            if not (np.isfinite(value) and value >= 0):
                raise InputError(f"spread: {name} = {value:g}: expected a standard deviation >= 0")
        if self.gain > _LARGEST_GAIN:
            raise InputError(f"spread: gain = {self.gain:g}: expected a relative standard deviation up to 0.3")
        if not any(stated.values()):
            raise InputError("spread: all deviations are 0: expected at least one > 0")

    @property
    def of_circuit(self) -> bool:
        """Whether parts of a circuit differ."""
        return self.capacitor > 0 or self.comparator > 0


@by_value
@dataclass(frozen=True)
class ColumnConverters:
    """The converters of a tile's columns in use.

    Attributes:
        gain: (cols,) what multiplies an output in front of the ADC.
        offset, noise: (cols,) what is added to it, and the standard deviation of its noise [unit of the output].
        entropy: Seed of the noise.
        table: What the digital side takes an ADC for whose thresholds were drawn; None: they were not.
        inl: (cols, 2^bits − 1) INL of each column's ADC [LSB of the table]; None: thresholds were not drawn.
    """

    gain: np.ndarray
    offset: np.ndarray
    noise: np.ndarray
    entropy: tuple[int, ...]
    table: ConverterTable | None = None
    inl: np.ndarray | None = None

    def rng(self, *stream: int) -> np.random.Generator:
        """Return the generator of the noise of a stream."""
        return np.random.default_rng((*self.entropy, _NOISE_STREAM, *stream))

    @property
    def line(self) -> tuple[np.ndarray, np.ndarray]:
        """Gain and offset (cols,) of the straight line from an output to the value of its code, thresholds included."""
        if self.table is None or self.inl is None:
            return self.gain, self.offset
        steps = np.arange(self.inl.shape[1]) + 0.5
        first, step = np.polynomial.polynomial.polyfit(steps, (steps + self.inl).T, 1)  # thresholds along codes
        low, lsb = self.table.low, self.table.lsb
        return self.gain / step, low + (self.offset - low - lsb * first) / step

    def convert(self, out: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return outputs (batch, cols) as they reach the ADC, or as the codes of drawn thresholds stand for them.

        What lies outside the range and takes an end code stays as it is, so that the ADC behind counts it as clipped.
        """
        out = out * self.gain + self.offset
        if self.noise.any():
            out = out + self.noise * rng.standard_normal(out.shape)
        if self.table is None or self.inl is None:
            return out
        codes = convert_columns(self.table, self.inl, out)
        steps, top = (out - self.table.low) / self.table.lsb, 2**self.table.bits - 1
        clipped = ((steps < -0.5) & (codes == 0)) | ((steps > top + 0.5) & (codes == top))
        return np.where(clipped, out, decode(self.table, codes))


Converters = Mapping[str, tuple[ColumnConverters, ...]]
"""The converters of every tile, by layer."""


@checked
def check_spread(spec: ArraySpec, tables: Periphery | None, spread: ConverterSpread) -> None:
    """Refuse a spread of converters that are not there.

    Raises:
        InputError: There is no ADC, or the ADC is ideal and has no parts that could differ.
    """
    if not has_adc(spec, tables):
        raise InputError("spread: adc.bits is missing, so that no converter could differ; expected [adc] with bits")
    if spread.of_circuit and spec.adc.block is None:
        raise InputError(
            "spread: capacitor and comparator are those of an ADC that is a circuit, and [adc] names none; expected "
            "gain, offset or noise"
        )


def draw_converters(
    programmed: ProgrammedNetwork, spread: ConverterSpread, ranges: dict[str, LayerRange], seed: int
) -> Converters:
    """Draw the converters of all columns, from a stream of their own: they move no other draw, and no time moves them.

    Args:
        programmed: The network; its places and tables count.
        spread: How they differ.
        ranges: Give the LSB.
        seed: Of the draws.

    Raises:
        SpecError: As `characterization.draw_adcs`.
    """
    found = {}
    for name, layer in programmed.layers.items():
        adc = layer_adc(programmed.spec, programmed.tables, ranges[name].full_scale) if name in ranges else None
        if adc is not None:
            steps = [column_steps(ranges[name], index) for index in range(len(layer.places))]
            drawn = [
                _of_tile(programmed.spec, adc, spread, place, step, seed)
                for place, step in zip(layer.places, steps, strict=True)
            ]
            found[name] = tuple(drawn)
    return found


def _of_tile(
    spec: ArraySpec, adc: ConverterTable, spread: ConverterSpread, place: TilePlace, step: np.ndarray | None, seed: int
) -> ColumnConverters:
    entropy = tile_entropy(seed, place)
    rng = np.random.default_rng((*entropy, _STREAM))
    gain, offset = rng.standard_normal((2, place.cols))
    lsb = adc.lsb * (np.ones(place.cols) if step is None else step)
    table, inl = None, None
    if spread.of_circuit:
        chip = AdcMismatch(1, int(rng.integers(2**62)), spread.capacitor, spread.comparator)
        table, inl = replace(adc, noise=0.0), drawn_inl(spec, adc, chip)[0, place.col_part]
    converters = (1.0 + spread.gain * gain, spread.offset * lsb * offset, spread.noise * lsb)
    return ColumnConverters(*converters, entropy, table, inl)


def nominal_tables(tables: Periphery | None, spread: ConverterSpread | None) -> Periphery | None:
    """Return the tables behind drawn thresholds: the digital side takes codes for those of even steps."""
    if tables is None or tables.adc is None or spread is None or not spread.of_circuit:
        return tables
    return replace(tables, adc=replace(tables.adc, inl=None, noise=0.0, decide="sorted"))


def undrawn_noise(tables: Periphery | None, spread: ConverterSpread | None) -> tuple[str, ...]:
    """Say which noise of the circuits around the tiles is not drawn, or drawn otherwise than their tables state it."""
    if tables is None:
        return ()
    said, (dac, sense, adc) = [], (tables.dac, tables.sense, tables.adc)
    if dac is not None and dac.noise > 0:
        said.append(f"noise of the driver {dac.block} ({dac.noise / dac.lsb:.3g} LSB by its table) is not drawn")
    if sense is not None and (sense.noise > 0 or (sense.dynamics is not None and sense.dynamics.noise_rms.any())):
        said.append(f"noise of the sense amplifier {sense.block} is not drawn")
    if adc is not None and adc.noise > 0:
        stated = adc.noise / adc.lsb
        asked = 0.0 if spread is None else spread.noise
        if asked == 0:
            said.append(
                f"noise of the ADC {adc.block} ({stated:.3g} LSB by its table) is not drawn; --adc-noise {stated:.3g} "
                "draws it"
            )
        elif abs(asked - stated) > _SAME_NOISE * stated:
            said.append(f"noise of the ADC is drawn as {asked:.3g} LSB, in place of {stated:.3g} LSB by its table")
    return tuple(said)
