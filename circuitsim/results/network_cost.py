"""Energy, time and area of one inference of a network on arrays, part by part, each with where it comes from."""

from dataclasses import dataclass

from circuitsim.results.network_counts import NetworkCount


@dataclass(frozen=True)
class EnergyRange:
    """Energy of one part in one inference; one number where low and high are equal.

    Attributes:
        part: "array", "driver", "sense", "sense at rest", "additions", "buffers", "digital products".
        low, high: Its ends [J]; None: unknown.
        by_layer: The ends for each layer, in the order of the counts; empty: unknown.
        what: Where the energy comes from, in one phrase.
        simulated: Whether it follows from circuits simulated here; others are published numbers that were not verified.
    """

    part: str
    low: float | None
    high: float | None
    by_layer: tuple[tuple[float, float], ...]
    what: str
    simulated: bool


@dataclass(frozen=True)
class ConverterRow:
    """What the conversions of an inference take with one kind of ADC.

    Attributes:
        name: The converter.
        per_conversion: Energy of a conversion [J].
        energy: Energy of all conversions of an inference [J].
        parts: The same by what it is spent on, for a circuit: "comparator", "reference", …
        area: Area of all ADCs [m²]; None: unknown.
        source: Where the numbers come from.
        simulated: Whether they follow from a circuit simulated here.
    """

    name: str
    per_conversion: float
    energy: float
    parts: tuple[tuple[str, float], ...]
    area: float | None
    source: str
    simulated: bool


@dataclass(frozen=True)
class LayerTime:
    """How long one layer takes.

    Attributes:
        name: Name of the layer.
        cycles: Reads one after the other.
        time: Their duration [s].
    """

    name: str
    cycles: float
    time: float


@dataclass(frozen=True)
class InferenceTime:
    """Time of an inference.

    Attributes:
        read: Time of a read until its first conversion starts [s].
        conversion: Time of one conversion [s]; None: unknown, and left out.
        columns_per_adc: Columns that an ADC converts one after the other.
        layers: Time of each layer.
        what: Where the times come from.
    """

    read: float
    conversion: float | None
    columns_per_adc: int
    layers: tuple[LayerTime, ...]
    what: str

    @property
    def cycle(self) -> float:
        """Time of a read with its conversions [s]."""
        return self.read + self.columns_per_adc * (self.conversion or 0.0)

    @property
    def latency(self) -> float:
        """Time of an inference whose layers follow one another [s]."""
        return sum(layer.time for layer in self.layers)

    @property
    def interval(self) -> float:
        """Time from one inference to the next where every layer works on another image: that of the slowest [s]."""
        return max(layer.time for layer in self.layers)


@dataclass(frozen=True)
class AreaRange:
    """Area of one part.

    Attributes:
        part: "cells", "converters".
        low, high: Its ends [m²]; None: unknown.
        what: Where the area comes from, or why it is unknown.
    """

    part: str
    low: float | None
    high: float | None
    what: str


@dataclass(frozen=True)
class PublishedEnergy:
    """A published energy per operation, not verified here; sources that disagree give a range.

    Attributes:
        what: What takes it.
        low, high: Its ends [J].
        unit: The operation: "multiply-accumulate", "addition", "byte".
        source: The publications.
        remark: What the number holds for.
    """

    what: str
    low: float
    high: float
    unit: str
    source: str
    remark: str


@dataclass(frozen=True)
class NetworkCost:
    """What one inference takes.

    Attributes:
        count: What is counted.
        parts: Energies without converters.
        converters: Conversions with each kind of converter that is known; the first one gives the sum.
        times: Time of an inference.
        areas: Areas.
        digital: Digital machines for comparison, by energy per multiply-accumulate.
        left_out: What is not counted.
        remarks: Sentences on what is assumed or unknown.
    """

    count: NetworkCount
    parts: tuple[EnergyRange, ...]
    converters: tuple[ConverterRow, ...]
    times: InferenceTime
    areas: tuple[AreaRange, ...]
    digital: tuple[PublishedEnergy, ...]
    left_out: tuple[str, ...]
    remarks: tuple[str, ...] = ()

    @property
    def ends(self) -> tuple[float, float]:
        """Sum of the known energies without converters, low and high [J]."""
        return sum(part.low or 0.0 for part in self.parts), sum(part.high or 0.0 for part in self.parts)

    def total(self, converter: ConverterRow) -> tuple[float, float]:
        """Return the sum of the known energies with a converter, low and high [J]."""
        return self.ends[0] + converter.energy, self.ends[1] + converter.energy

    def layer_energies(self, converter: ConverterRow | None = None) -> dict[str, tuple[float, float]]:
        """Return the known energy of each layer, low and high [J], with the conversions of a converter."""
        found = {}
        for k, layer in enumerate(self.count.layers):
            own = [part.by_layer[k] for part in self.parts if part.by_layer]
            converted = 0.0 if converter is None else converter.per_conversion * layer.conversions
            found[layer.name] = (sum(low for low, _ in own) + converted, sum(high for _, high in own) + converted)
        return found
