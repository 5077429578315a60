"""Export a calibrated tile as a statistical noise table of NeuroSim V1.5."""

from dataclasses import dataclass

import numpy as np

from circuitsim.behavioral import mvm, program
from circuitsim.errors import InputError
from circuitsim.export.added_currents import check_adds_currents
from circuitsim.results import TileModel
from circuitsim.spec import Count, checked, resting_input

_DENSITIES = (0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1.0)


@dataclass(frozen=True)
class NoiseTable:
    """Output statistics of a tile for each integer sum of binary inputs times binary weights.

    Attributes:
        output: (2^bits + 1,) ideal sums 0 … 2^bits.
        mean, std: (2^bits + 1,) mean and standard deviation of the tile's output, in units of one cell that is on.
        samples: (2^bits + 1,) number of outputs behind each row; 0 if the row is interpolated.
    """

    output: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    samples: np.ndarray

    @property
    def text(self) -> str:
        """The table as comma-separated text with the header `output,mean,std`."""
        rows = zip(self.output, self.mean, self.std, strict=True)
        return "\n".join(["output,mean,std", *(f"{k},{m:.8g},{s:.8g}" for k, m, s in rows), ""])


@checked
def neurosim_noise_table(
    model: TileModel, *, bits: Count, rng: np.random.Generator, matrices: Count = 8, vectors: Count = 400
) -> NoiseTable:
    """Tabulate mean and standard deviation of a tile's outputs for binary inputs and weights.

    Cells are at g_min or g_max. At most 2^bits rows are active at once, driven to the end of the range, as in
    NeuroSim's parallel read. The output is the column current minus that of as many cells at g_min, divided by the
    current difference of one cell; both references are without wires. A loss in the wires therefore lowers the mean
    below the ideal sum.

    Args:
        model: The calibrated model.
        bits: Resolution of the ADC; the table has a row for each sum from 0 to 2^bits.
        rng: Generates matrices and inputs.
        matrices: Number of matrices per density of ones.
        vectors: Number of input vectors per matrix.

    Raises:
        SpecError: The cells of a column are in series.
        InputError: The array has fewer than 2^bits rows, so that the largest sums cannot occur, or fewer than two
            different sums occurred.

    Source: NeuroSim V1.5, which draws each output from normal(mean[k], std[k]) for the ideal sum k, clamped to
        0 … 2^bits.
    """
    spec = model.spec
    check_adds_currents(spec, "NeuroSim")
    top = 2**bits
    if spec.array.rows < top:
        most = spec.array.rows.bit_length() - 1
        raise InputError(
            f"bits = {bits}: the table has sums up to {top}, which need {top} rows, and the array has "
            f"{spec.array.rows}; expected bits <= {most}, on the command line --bits {most}"
        )
    on, off = _one_cell(model)
    sums, answers = [], []
    for density in _DENSITIES:
        for _ in range(matrices):
            weights = rng.random(spec.shape) < density
            g = np.where(weights, spec.device.g_max, spec.device.g_min)
            active = _active_rows(spec.array.rows, top, vectors, rng)
            v = np.where(active, model.v_range[1], resting_input(spec))
            i_out = np.asarray(mvm(program(model, g, inputs="binary"), v))
            sums.append((active.astype(float) @ weights).ravel())
            answers.append(((i_out - active.sum(1, keepdims=True) * off) / (on - off)).ravel())
    return _statistics(np.concatenate(sums).astype(int), np.concatenate(answers), top)


def _one_cell(model: TileModel) -> tuple[float, float]:
    """Return the current [A] of one cell at g_max and at g_min, without wires."""
    spec = model.spec
    ends = {"r_row": 0.0, "r_col": 0.0, "strap_row": None, "strap_col": None} | (
        {} if spec.wire.r_bl is None else {"r_bl": 0.0}
    )
    alone = spec.replace(array={"rows": 1, "cols": 2}, wire=ends, driver={"r_out": 0.0}, sense={"r_in": 0.0})
    tile = program(
        TileModel(alone, model.surface, model.grade, model.v_range, off=model.off),
        np.array([[spec.device.g_max, spec.device.g_min]]),
        inputs="binary",
    )
    on, off = np.asarray(mvm(tile, np.array([[model.v_range[1]]])))[0]
    return float(on), float(off)


def _active_rows(rows: int, top: int, vectors: int, rng: np.random.Generator) -> np.ndarray:
    """Sample (vectors, rows) of True and False with 1 to `top` active rows, each count with equal probability."""
    order = rng.random((vectors, rows)).argsort(axis=1)
    return order < rng.integers(1, top + 1, (vectors, 1))


def _statistics(sums: np.ndarray, answers: np.ndarray, top: int) -> NoiseTable:
    count = np.bincount(sums, minlength=top + 1)[: top + 1]
    safe = np.maximum(count, 1)
    mean = np.bincount(sums, answers, top + 1)[: top + 1] / safe
    square = np.bincount(sums, (answers - mean[sums]) ** 2, top + 1)[: top + 1] / safe
    sampled = count >= 2
    if sampled.sum() < 2:
        raise InputError("the samples gave fewer than two different sums: expected more matrices or vectors")
    output = np.arange(top + 1)
    spread = np.interp(output, output[sampled], np.sqrt(square[sampled]))
    return NoiseTable(output, np.interp(output, output[sampled], mean[sampled]), spread, np.where(sampled, count, 0))
