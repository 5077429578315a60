"""Errors of a model behind its ADC: in steps of the ADC, and as codes that differ."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CodeErrors:
    """What the errors of a model mean behind an ADC.

    Attributes:
        block: Name of the converter's circuit; empty for an ideal one.
        bits: Resolution.
        low, high: Outputs of the sense amplifiers at the smallest and at the largest code [unit of the certificate].
        rule: What sets this range, in one phrase.
        codes: Number of codes compared, one for each output of the hold-out.
        predicted: Share of the codes that the errors of the hold-out should change: an error e crosses an edge with
            the chance |e| / LSB where outputs are spread evenly within their codes.
        found: Share of the codes of the hold-out that do differ, through the converter without noise.
        largest_step: Largest difference between two codes of the hold-out.
        missing: Number of codes that the converter never puts out.
    """

    block: str
    bits: int
    low: float
    high: float
    rule: str
    codes: int
    predicted: float
    found: float
    largest_step: int
    missing: int = 0

    @property
    def lsb(self) -> float:
        """Step between adjacent codes [unit of the certificate]."""
        return (self.high - self.low) / (2**self.bits - 1)


@dataclass(frozen=True)
class SenseError:
    """What the table of a sense amplifier adds to the error of a model; fractions of the certificate's full scale.

    Attributes:
        block: Name of the circuit.
        drop: Largest error of the column voltage between the points of the table [V].
        by_drop: What that can change at an output.
        reported: Largest error of the output curve between its points.
        current: Smallest and largest column current of the table [A].
    """

    block: str
    drop: float
    by_drop: float
    reported: float
    current: tuple[float, float]

    @property
    def bound(self) -> float:
        """Both errors together."""
        return self.by_drop + self.reported
