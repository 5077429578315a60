"""Energy and time of one product of an array, part by part."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PartCost:
    """What one part takes for one product: one input vector on all rows, one output from every column.

    Attributes:
        part: "driver", "array", "sense", or "adc" with what it is spent on: "adc comparator", "adc reference", …
        energy: Energy of all circuits of this part [J]; None: unknown.
        time: Time that the part adds to the product [s]; None: it adds none, or it is unknown.
        what: Where both come from, in one phrase.
    """

    part: str
    energy: float | None
    time: float | None
    what: str


@dataclass(frozen=True)
class SurveyPlace:
    """Where the energy of a converter lies among published ones of the same effective bits.

    Attributes:
        enob: Effective bits of the converter.
        energy: Its energy per conversion [J].
        bits: Range of effective bits of the published converters.
        percentiles: Their energies per conversion at 10, 50 and 90 % [J].
        place: "below the 10th percentile", "between the 10th and the 50th percentile", …
        years: Years in which they were published.
        source: The survey.
        missing: What the survey's numbers here do not tell.
    """

    enob: float
    energy: float
    bits: tuple[int, int]
    percentiles: tuple[float, float, float]
    place: str
    years: tuple[int, int]
    source: str
    missing: str


@dataclass(frozen=True)
class ProductCost:
    """Energy and time of one product, split by part.

    Attributes:
        parts: The parts, in the order of the circuit.
        operations: Operations of the product; 1 multiply-accumulate = 2 operations.
        duration: Time for which rows and sense amplifiers are on [s].
        reads: Reads of the array in one product: one for each bit of bit-serial inputs.
        remarks: Sentences on times that do not fit and energies that are not known.
        survey: Place of the ADC among published converters; None for an ideal one, or for bits that the survey lacks.
    """

    parts: tuple[PartCost, ...]
    operations: int
    duration: float
    reads: int = 1
    remarks: tuple[str, ...] = ()
    survey: SurveyPlace | None = None

    @property
    def energy(self) -> float:
        """Sum of the energies that are known [J]."""
        return sum(part.energy for part in self.parts if part.energy is not None)

    @property
    def latency(self) -> float:
        """Sum of the times that are known [s]."""
        return sum(part.time for part in self.parts if part.time is not None)
