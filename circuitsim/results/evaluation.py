"""Results of a network on an array: accuracy, energy, agreement with ngspice, and the steps that gave them."""

from dataclasses import dataclass
from typing import Self

from circuitsim.results.provenance import Provenance


@dataclass(frozen=True)
class Accuracy:
    """Accuracy of one form of the network.

    Attributes:
        name: "float", "ideal quantized", "array", …
        what: What is modelled and what is not, in one phrase.
        accuracy: Fraction of the images classified correctly.
        images: Number of images.
        differing: Number of images with another class than the float network gives; None for the float network.
    """

    name: str
    what: str
    accuracy: float
    images: int
    differing: int | None = None


@dataclass(frozen=True)
class AccuracyPoint:
    """Accuracy at one value of a key of the specification, with a model calibrated for that value.

    Attributes:
        key: Section and key, such as "wire.r_row".
        value: Value of the key.
        accuracy: Fraction of the images classified correctly on the array.
        rms, max: Typical error of the model against its truth, rms and largest of those drawn, relative to full scale.
    """

    key: str
    value: float | str | bool
    accuracy: float
    rms: float
    max: float


@dataclass(frozen=True)
class WirePoint:
    """Accuracy at one wire resistance, with a model calibrated for it.

    Attributes:
        r_wire: Resistance of one row or column segment [ohm].
        accuracy: Fraction of the images classified correctly on the array.
        ir_drop: Largest fraction of the read voltage that a cell loses to wires, driver and sense amplifier.
        rms, max: Typical error of the model against the array solver, rms and largest of those drawn, relative to full
            scale.
        ngspice_rms, ngspice_max: Error of the model against ngspice, relative to full scale; None if not checked.
    """

    r_wire: float
    accuracy: float
    ir_drop: float
    rms: float
    max: float
    ngspice_rms: float | None = None
    ngspice_max: float | None = None


@dataclass(frozen=True)
class WireSweep:
    """Accuracy against wire resistance.

    Attributes:
        points: The points, in order of resistance.
        images: Number of images at each point.
        float_accuracy: Fraction of the same images that the float network classifies correctly.
        nominal: Wire resistance of the specification [ohm].
    """

    points: tuple[WirePoint, ...]
    images: int
    float_accuracy: float
    nominal: float


@dataclass(frozen=True)
class LoopLayer:
    """One layer, computed by ngspice and by the model.

    Attributes:
        name: Name of the layer.
        products: Number of tile reads (one array, one input vector) in ngspice.
        currents: Number of column currents compared.
        rms, max: Error of the model relative to the full scale of the certificate; `max` is the largest of these reads.
        codes: Number of ADC codes compared; 0 without quantization.
        codes_differing: Number of codes that differ.
        codes_predicted: Number of differing codes that the certificate predicts.
        codes_limit: Largest number of differing codes that the certificate allows (three sigma).
        largest_step: Largest difference between two codes [LSB].
        worst: Largest error that the certificate knows of for matrices with the load of these tiles: the worst found,
            or without a search the largest of the hold-out.
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
    worst: float

    @property
    def codes_allowed(self) -> float:
        """`codes_limit`, but at least 1: three sigma of a mean far below 1 would not allow a single code."""
        return max(self.codes_limit, 1.0)


@dataclass(frozen=True)
class LayerTiles:
    """What is known of the tiles of one layer; errors are fractions of the certificate's full scale. No bounds.

    Attributes:
        name: Name of the layer.
        tiles: Number of tiles.
        load: Largest column load of a tile, see `column_load`.
        worst: Largest error that the certificate's search found among matrices up to this load; None: not sought.
        worst_inputs: Largest error that a search over the inputs of each of these tiles found; None: not sought.
    """

    name: str
    tiles: int
    load: float
    worst: float | None
    worst_inputs: float | None = None


@dataclass(frozen=True)
class LayerPacking:
    """How one layer fills its tiles; crosstalk is a fraction of the largest product that the weights allow.

    Attributes:
        name: Name of the layer.
        tiles: Number of tiles.
        groups: Largest number of groups on one tile.
        utilization: Fraction of the cells of its tiles that hold weights.
        expected: What the wires let expect of the groups' crosstalk; None: no groups share a tile, or capacitors do.
        found: Crosstalk found on a tile; None: not sought.
        allowed: Crosstalk allowed; None: no groups share a tile.
    """

    name: str
    tiles: int
    groups: int
    utilization: float
    expected: float | None = None
    found: float | None = None
    allowed: float | None = None


@dataclass(frozen=True)
class SpiceLoop:
    """Whole images classified by the network with ngspice in place of the model.

    Attributes:
        images: Number of images.
        same_class: Number of images with the class that the model gives.
        layers: Comparison of each layer.
        holds: True if currents and codes are within the limits that follow from the certificate.
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
        energy: Energy per inference [J].
        what: What is counted, in one phrase.
    """

    name: str
    energy: float
    what: str = ""


@dataclass(frozen=True)
class InferenceEnergy:
    """Energy of one inference.

    Attributes:
        parts: Parts of the total.
        total: Sum of the parts [J].
        macs: Number of multiply-accumulates per inference; 1 MAC = 2 operations.
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
    """One step of a job.

    Attributes:
        name: Name of the step.
        seconds: Wall-clock time [s].
    """

    name: str
    seconds: float


@dataclass(frozen=True)
class DeckRecord:
    """One ngspice run that can be repeated by hand.

    Attributes:
        what: What the deck solves.
        path: Path of the deck, relative to the folder of the report.
        digest: SHA-256 of the deck and its included files.
        seconds: Run time [s]; None if it was not recorded.
        attempts: Number of runs; more than one means that solver options were changed, see the log.
    """

    what: str
    path: str
    digest: str
    seconds: float | None = None
    attempts: int = 1

    @classmethod
    def of_run(cls, what: str, path: str, provenance: Provenance) -> Self:
        """Describe the run of a solution by its provenance."""
        return cls(what, path, provenance.deck_digest or "", provenance.seconds, provenance.attempts)


@dataclass(frozen=True)
class Check:
    """One requirement, compared with a measured number.

    Attributes:
        what: The requirement.
        measured, limit: The number, and the largest value that it may have, in `unit`.
        unit: SI unit; "1" for fractions of full scale, "count" for whole numbers.
        passed: True if the requirement is met.
    """

    what: str
    measured: float
    limit: float
    unit: str
    passed: bool
