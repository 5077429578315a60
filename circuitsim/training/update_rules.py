"""How weights in cells are changed during training: by trains of pulses that meet, by counted pulses, by two arrays."""

from dataclasses import dataclass, field

from circuitsim.errors import InputError
from circuitsim.spec import shown


def _check_rate(name: str, rate: float) -> None:
    if not 0.0 < rate < float("inf"):
        raise InputError(f"{name} = {rate:g}: expected a number above 0, with which cells are changed")


def _check_count(name: str, count: int) -> None:
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise InputError(f"{name} = {shown(count)}: expected a whole number >= 1")


@dataclass(frozen=True)
class PulseTrains:
    """Stochastic gradient descent by trains of random pulses along rows and columns, all cells of a tile at once.

    Each vector that a tile read is one update, in the order of the batch, of the outer product of its inputs and its
    errors. With x the input in parts of v_read and d the change that a cell at x = 1 is due [S], the probabilities of a
    pulse in one of n slots are |x|·√(m / (n·step)) and |d| / √(m·n·step): a cell is due n·step·p_row·p_col = |x·d| in
    the mean, `step` being that of the mean device at its symmetry point. m = max|d| / max|x| makes the largest of both
    equal. Up and down pulses take n slots each. What wires take of an input or an error is left out of the update.

    Attributes:
        rate: Learning rate: without limits of the device a weight changes by −rate · ∂loss/∂weight.
        bit_length: Number of slots n.

    Raises:
        InputError: The rate is not above 0, or the number of slots below 1.

    Source: T. Gokmen, Y. Vlasov, Front. Neurosci. 10, 333 (2016); m: T. Gokmen, M. Onen, W. Haensch, Front. Neurosci.
        11, 538 (2017).
    """

    rate: float
    bit_length: int = 31

    def __post_init__(self) -> None:
        _check_rate("rate", self.rate)
        _check_count("bit_length", self.bit_length)


@dataclass(frozen=True)
class PulseCounts:
    """Gradient descent by counted pulses, row by row: every cell gets as many as its change of one batch holds steps.

    What is left, less than a step, is kept digitally for each cell and added to the next change. The derivative by the
    conductances is that of `TrainingTiles`, wires included.

    Attributes:
        rate: Learning rate, as in `PulseTrains`.

    Raises:
        InputError: The rate is not above 0.

    Source: S. R. Nandakumar et al., Front. Neurosci. 14, 406 (2020), for changes gathered digitally.
    """

    rate: float

    def __post_init__(self) -> None:
        _check_rate("rate", self.rate)


@dataclass(frozen=True)
class TikiTaka:
    """Training with two arrays: a fast one gathers gradients about its symmetry point, a slow one holds the weights.

    The fast array begins at the symmetry point of each of its cells, to which random updates return it, and is read
    against a reference array that stays there. After so many updates one row of it is read through the tile, by an
    input of v_read on this row alone, and the share `transfer` of what is read is written into that row of the slow
    array; rows take turns. Errors and outputs are those of the slow array alone. The ADC's bits, where there are some,
    round the difference from the reference to ±v_read · (g_max − g_min).

    Attributes:
        updates: Writes gradients into the fast array; its kind of pulses writes the slow one too.
        every: Number of updates (vectors that a tile read) from one row to the next.
        transfer: Share of the fast array's deviation from its reference that a row of the slow array is changed by.

    Raises:
        InputError: The share is not above 0, or `every` is below 1.

    Valid for: fast arrays put onto their symmetry points without error; the pulses that this takes are not counted.

    Source: T. Gokmen, W. Haensch, Front. Neurosci. 14, 103 (2020).
    """

    updates: PulseTrains | PulseCounts = field(default_factory=lambda: PulseTrains(0.1))
    every: int = 1
    transfer: float = 0.1

    def __post_init__(self) -> None:
        _check_rate("transfer", self.transfer)
        _check_count("every", self.every)


UpdateRule = PulseTrains | PulseCounts | TikiTaka
