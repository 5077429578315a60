"""Everything a report shows, as plain values: who fills these has done all the computing.

A part left out (None or an empty tuple) leaves its section out of the page; nothing is guessed in its place.
"""

from dataclasses import dataclass, field

import numpy as np

from circuitsim.report.device_figures import Panel
from circuitsim.results import Certificate, ChainWaveforms, ErrorStatistics
from circuitsim.results.error_scale import RelativeTo, error_scale
from circuitsim.results.evaluation import (
    Accuracy,
    Check,
    DeckRecord,
    InferenceEnergy,
    LayerTiles,
    SpiceLoop,
    Step,
    WireSweep,
)
from circuitsim.spec import ArraySpec


@dataclass(frozen=True)
class IrDrop:
    """Voltages inside the array for one input vector.

    Attributes:
        what: What was solved, to stand under the picture: "all rows at 200 mV, few high conductances, ngspice".
        row_drop: (rows, cols) voltage lost between the source of the row and the cell [V], positive.
        col_rise: (rows, cols) voltage of the column wire at the cell above the sense amplifier's v_ref [V].
        v_cell: (rows, cols) voltage left across device and transistor [V].
        v_applied: Voltage applied to the rows [V].
        worst: Largest fraction of `v_applied` that wires, driver and sense input take from a cell.
    """

    what: str
    row_drop: np.ndarray
    col_rise: np.ndarray
    v_cell: np.ndarray
    v_applied: float
    worst: float


@dataclass(frozen=True)
class Comparison:
    """Outputs of the model beside the truth, on the hold-out: column currents, or what sense amplifiers make of them.

    Attributes:
        kinds: (vectors,) kind of each input vector: "uniform", "sparse", …
        truth: (vectors, cols) outputs of the truth [unit].
        predicted: (vectors, cols) outputs of the model [unit].
        r_squared: Coefficient of determination of predicted on truth.
        full_scale: Full scale of the certificate [unit].
        error: Statistics of the errors, see `errors`.
        lsb: Step of the ADC [unit]; None: the ADC does not quantize, or its range is not known.
        ideal: (vectors, cols) products v·g without wires and transistors [A], for scale; None to leave them out.
        unit: Unit of the outputs.
        relative_to: What errors are fractions of.
    """

    kinds: tuple[str, ...]
    truth: np.ndarray
    predicted: np.ndarray
    r_squared: float
    full_scale: float
    error: ErrorStatistics
    lsb: float | None = None
    ideal: np.ndarray | None = None
    unit: str = "A"
    relative_to: RelativeTo = "full scale"

    @property
    def errors(self) -> np.ndarray:
        """(vectors, cols) predicted − truth, as a fraction of what `relative_to` names."""
        return (self.predicted - self.truth) / error_scale(self.truth, self.full_scale, self.relative_to)

    @property
    def lsb_share(self) -> float | None:
        """One LSB as such a fraction; None where it is none, or not known."""
        return None if self.lsb is None or self.relative_to != "full scale" else self.lsb / self.full_scale


@dataclass(frozen=True)
class CircuitCurves:
    """Curves of one circuit around the array.

    Attributes:
        part: "driver", "sense" or "adc".
        block: Name of the circuit.
        caption: What the panels show.
        panels: The curves.
    """

    part: str
    block: str
    caption: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class ReportContent:
    """A whole report.

    Attributes:
        title: What the page is about.
        created: UTC time, ISO 8601.
        spec: The array that was simulated.
        certificate: The statement about its model.
        comparison: Hold-out currents, model beside truth.
        ir_drop: Voltages inside the array.
        accuracies: Forms of the network, float first.
        wire_sweep: Accuracy against wire resistance.
        spice_loop: Images through ngspice.
        own_tiles: What the certificate states of the network's own tiles, layer by layer.
        energy: Energy of one inference.
        checks: Requirements and whether they are met.
        steps: Run time of each step.
        decks: Runs of ngspice that can be repeated by hand.
        versions: Name of a program or library and its version.
        notes: Sentences on what is modelled and what is not.
        circuits: Curves of the circuits around the array.
        waveforms: One product of the whole chain in ngspice.
    """

    title: str
    created: str
    spec: ArraySpec
    certificate: Certificate
    comparison: Comparison | None = None
    ir_drop: IrDrop | None = None
    accuracies: tuple[Accuracy, ...] = ()
    wire_sweep: WireSweep | None = None
    spice_loop: SpiceLoop | None = None
    own_tiles: tuple[LayerTiles, ...] = ()
    energy: InferenceEnergy | None = None
    checks: tuple[Check, ...] = ()
    steps: tuple[Step, ...] = ()
    decks: tuple[DeckRecord, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    circuits: tuple[CircuitCurves, ...] = ()
    waveforms: ChainWaveforms | None = None
