"""What a network on an array turned out to be: accuracy, energy, agreement with ngspice, and how it was found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Accuracy:
    """Classification by one form of the network.

    Attributes:
        name: "float", "ideal quantized", "array", …
        what: One phrase that says what is and what is not modelled.
        accuracy: Fraction of the images classified correctly.
        images: Images classified.
        differing: Images classified otherwise than by the float network; None for the float network itself.
    """

    name: str
    what: str
    accuracy: float
    images: int
    differing: int | None = None


@dataclass(frozen=True)
class AccuracyPoint:
    """A network at one value of a key of the specification, the model calibrated for it.

    Attributes:
        key: Section and key, joined by a point.
        value: Value of the key.
        accuracy: Fraction of the images classified correctly on the array.
        rms, max: Error of the model relative to full scale, against the level that judged it.
    """

    key: str
    value: float | str | bool
    accuracy: float
    rms: float
    max: float


@dataclass(frozen=True)
class WirePoint:
    """The network at one wire resistance, the model recalibrated for it.

    Attributes:
        r_wire: Resistance of one row or column segment [ohm].
        accuracy: Fraction of the images classified correctly on the array.
        ir_drop: Largest fraction of the read voltage that a cell loses.
        rms, max: Error of the model relative to full scale, against the array solver.
        ngspice_rms, ngspice_max: The same against ngspice, where it was checked.
        ngspice_images, ngspice_agree: Images sent through ngspice, and how many got the model's class.
    """

    r_wire: float
    accuracy: float
    ir_drop: float
    rms: float
    max: float
    ngspice_rms: float | None = None
    ngspice_max: float | None = None
    ngspice_images: int | None = None
    ngspice_agree: int | None = None


@dataclass(frozen=True)
class WireSweep:
    """Accuracy against wire resistance.

    Attributes:
        points: In order of resistance.
        images: Images classified at each point.
        float_accuracy: Fraction that the float network gets right on the same images.
        nominal: Resistance of the specification [ohm].
    """

    points: tuple[WirePoint, ...]
    images: int
    float_accuracy: float
    nominal: float


@dataclass(frozen=True)
class LoopLayer:
    """One layer with its products solved by ngspice instead of the model.

    Attributes:
        name: The layer.
        products: Tile reads (one array, one input vector) solved by ngspice.
        currents: Column currents compared.
        rms, max: Error of the model relative to the certificate's full scale.
        codes: ADC codes compared; 0 without quantization.
        codes_differing: Codes that differ.
        codes_predicted: Number the certificate predicts.
        codes_limit: Number it allows at most (three sigma).
        largest_step: Largest difference of a code [LSB].
    """

    name: str
    products: int
    currents: int
    rms: float
    max: float
    codes: int
    codes_differing: int
    codes_predicted: float
    codes_limit: float
    largest_step: int


@dataclass(frozen=True)
class SpiceLoop:
    """Whole images through the network with ngspice in place of the model.

    Attributes:
        images: Images sent through.
        same_class: How many of them got the class that the model gives.
        layers: What was compared on the way.
        holds: Whether currents and codes are within what the certificate says.
    """

    images: int
    same_class: int
    layers: tuple[LoopLayer, ...]
    holds: bool


@dataclass(frozen=True)
class EnergyPart:
    """Energy of one part of an inference.

    Attributes:
        name: Layer or circuit.
        energy: Per inference [J].
        what: One phrase that says what is counted.
    """

    name: str
    energy: float
    what: str = ""


@dataclass(frozen=True)
class InferenceEnergy:
    """Energy of one inference.

    Attributes:
        parts: What is added up.
        total: Their sum [J].
        macs: Multiply-accumulates per inference; 1 MAC = 2 operations.
        per_mac: Energy per multiply-accumulate [J].
        what: What is counted, and what is not.
    """

    parts: tuple[EnergyPart, ...]
    total: float
    macs: int
    per_mac: float
    what: str


@dataclass(frozen=True)
class Step:
    """One step of the job.

    Attributes:
        name: The step.
        seconds: Wall-clock time [s].
        what: How much was done in it: "3 decks of 19 vectors".
    """

    name: str
    seconds: float
    what: str = ""


@dataclass(frozen=True)
class DeckRecord:
    """One ngspice run that can be repeated by hand.

    Attributes:
        what: What it solves.
        path: The deck, relative to the folder of the report.
        digest: SHA-256 of the deck and its included files.
        seconds: Run time [s]; None where it was not recorded.
        attempts: Runs needed; more than one means that options were changed (see the log).
    """

    what: str
    path: str
    digest: str
    seconds: float | None = None
    attempts: int = 1


@dataclass(frozen=True)
class Check:
    """One requirement held against its number.

    Attributes:
        what: The requirement.
        measured, limit: The number and what it must not exceed, in `unit`.
        unit: SI unit; "1" for fractions of full scale, "count" for whole numbers.
        passed: Whether it is met.
    """

    what: str
    measured: float
    limit: float
    unit: str
    passed: bool
