"""Predict the run time and memory of an array's deck before it starts."""

import math
import os
from dataclasses import dataclass

from circuitsim.errors import InputError
from circuitsim.spec import checked
from circuitsim.spice.simulator import KLU_SINCE, Simulator


@dataclass(frozen=True)
class Cost:
    """Measured costs of one linear solver, by rows of a square 1T1R array with a BSIM4 transistor.

    Attributes:
        first: Time for the first operating point [s]: reading, ordering the matrix, Newton from zero.
        further: Time for each further input vector of an index sweep [s].
        memory: Peak size of the process [B].
    """

    first: dict[int, float]
    further: dict[int, float]
    memory: dict[int, float]


# Measured on one core of an otherwise idle machine; load on the other cores makes it 2 to 4 times slower.
# Sparse: ngspice 39.3. At 128 x 128 most of the time is ordering and factoring, which varies by 2 between arrays.
SPARSE = Cost(
    first={16: 0.04, 32: 0.3, 64: 3.0, 128: 120.0},
    further={16: 0.006, 32: 0.035, 64: 0.46, 128: 10.0},
    memory={16: 16e6, 32: 28e6, 64: 82e6, 128: 304e6},
)
# KLU: ngspice 44 and 46.
KLU = Cost(
    first={32: 0.06, 64: 0.30, 128: 1.7, 256: 13.5},
    further={64: 0.065, 128: 0.43},
    memory={64: 120e6, 128: 280e6, 256: 910e6},
)


@dataclass(frozen=True)
class Prediction:
    """Predicted cost of an array's deck.

    Attributes:
        shape: (rows, cols).
        vectors: Number of input vectors in the deck.
        simulator: Version of ngspice and its linear solver.
        seconds: Run time on one idle core [s], within a factor of about 3.
        memory: Peak size of the process [B].
        seconds_with_klu: Run time with KLU [s]; None if the simulator already uses it.
    """

    shape: tuple[int, int]
    vectors: int
    simulator: str
    seconds: float
    memory: float
    seconds_with_klu: float | None

    @property
    def sentence(self) -> str:
        """The prediction in words."""
        rows, cols = self.shape
        inputs = "1 input vector" if self.vectors == 1 else f"{self.vectors} input vectors"
        cost = f"takes about {duration(self.seconds)} and {math.ceil(self.memory / 1e6)} MB"
        better = "" if self.seconds_with_klu is None else f"; ngspice {KLU_SINCE} or later with KLU about "
        better += "" if self.seconds_with_klu is None else duration(self.seconds_with_klu)
        return f"{rows} x {cols} with {inputs} on {self.simulator} {cost}{better}"


@checked
def predict(shape: tuple[int, int], *, vectors: int = 1, simulator: Simulator) -> Prediction:
    """Predict run time and memory of one deck from its size and the version of ngspice.

    Power laws in the number of cells interpolate between the measured sizes and extrapolate beyond them.

    Args:
        shape: (rows, cols).
        vectors: Number of input vectors in the deck.
        simulator: The ngspice to use.

    Valid for: 1R and 1T1R arrays, DC, whose cells make Newton's method converge without gmin stepping.
    """
    size = math.sqrt(shape[0] * shape[1])
    cost = KLU if simulator.klu else SPARSE
    return Prediction(
        shape=shape,
        vectors=vectors,
        simulator=f"{simulator.version_text} ({'KLU' if simulator.klu else 'Sparse 1.3'})",
        seconds=_seconds(cost, size, vectors),
        memory=_power_law(cost.memory, size),
        seconds_with_klu=None if simulator.klu else _seconds(KLU, size, vectors),
    )


def check_size(prediction: Prediction, *, time_limit_s: float, memory: float | None = None) -> None:
    """Refuse a deck that would exceed the time limit or the memory of this machine.

    Args:
        prediction: From `predict`.
        time_limit_s: Limit of the run [s].
        memory: Memory of this machine [B]; None: `machine_memory()`.

    Raises:
        InputError: The predicted time exceeds the limit, or the predicted memory exceeds that of the machine.
    """
    memory = machine_memory() if memory is None else memory
    if prediction.seconds > time_limit_s:
        raise InputError(
            f"{prediction.sentence}: more than the time limit of {duration(time_limit_s)};"
            " raise time_limit_s, take a later ngspice, or solve the array at level 'nodal'"
        )
    if prediction.memory > memory:
        raise InputError(
            f"{prediction.sentence}: more than the {memory / 1e9:.1f} GB of this machine;"
            " solve the array at level 'nodal'"
        )


def machine_memory() -> float:
    """Return the physical memory [B]; infinite if the system does not report it."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (ValueError, OSError):
        return math.inf


def duration(seconds: float) -> str:
    """Write a duration in words: "0.3 s", "2 minutes", "3 hours"."""
    if seconds < 1:
        return f"{seconds:.1g} s"
    if seconds < 100:
        return f"{seconds:.2g} s"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.0f} hours"


def _seconds(cost: Cost, size: float, vectors: int) -> float:
    return _power_law(cost.first, size) + (vectors - 1) * _power_law(cost.further, size)


def _power_law(measured: dict[int, float], size: float) -> float:
    """Interpolate by the power law between the neighbouring measured sizes; beyond an end, by that of the last two."""
    sizes = sorted(measured)
    above = next((k for k, value in enumerate(sizes) if value >= size), len(sizes) - 1)
    high = max(above, 1)
    low, high = sizes[high - 1], sizes[high]
    exponent = math.log(measured[high] / measured[low]) / math.log(high / low)
    return measured[low] * (size / low) ** exponent
