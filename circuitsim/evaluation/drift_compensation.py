"""Gains and offsets, from reference reads, that take a common drift of the cells off what arrays put out."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from circuitsim.evaluation.column_converters import ColumnConverters, Converters
from circuitsim.network import LayerRange, NoiseRead, ProgrammedNetwork, ReadTile, as_numpy
from circuitsim.network.product import put_like
from circuitsim.spec import by_value, full_scale_inputs, resting_input

DriftCompensation = Literal["none", "network", "layer", "column", "column_offset"]
"""What a compensation sets: nothing; one gain for the network, for each layer, or for each column of each tile; or gain
and offset of each column. A gain is what a reference read, all rows in use at v_read, gave after programming over what
it gives now (global drift compensation: V. Joshi et al., Nat. Commun. 11, 2473, 2020). Gain and offset are fitted to
five reads: all rows in use, every other row, the others, and either half. Gains of networks and layers act behind the
ADC, digitally; those of columns in front of it, as trimmed amplifiers.

What reads gave after programming is known from a converter without spread, such as that which verified the programming;
later reads pass the columns' own converters, whose gain and offset are compensated with the drift. Reference reads are
neither rounded nor clipped: a converter acts on them as the straight line through its thresholds.

Read noise of a relative s in each cell lowers the gain of `column_offset` by 3.6 s² over the number of rows: 0.5 % at
30 % and 64 rows, 0.04 % at 10 % (400 draws)."""


TrimLine = tuple[np.ndarray, np.ndarray]
"""Gain (cols,) and offset (cols,) [unit of the output] of each column in use."""

TrimLines = dict[str, list[TrimLine]]
"""Those of every tile, by layer."""


@by_value
@dataclass(frozen=True)
class Instant:
    """A network at one time after programming.

    Attributes:
        programmed: The network on its cells at that time.
        t: Time since the end of programming [s].
        converters: How the converters of its columns differ; None: not at all.
    """

    programmed: ProgrammedNetwork
    t: float
    converters: Converters | None = None

    def reads(self, stream: int, patterns: str) -> dict[str, list[np.ndarray]]:
        """Return reference reads through the converters, with a noise of their own, see `_reference_reads`."""
        found = _reference_reads(with_own_noise(self.programmed, stream, _bits(self.t)), patterns)
        for name, tiles in (self.converters or {}).items():
            for index, each in enumerate(tiles):
                gain, offset = each.line
                noise = each.noise * each.rng(stream, _bits(self.t)).standard_normal(found[name][index].shape)
                found[name][index] = found[name][index] * gain + offset + noise
        return found


class ColumnRead:
    """Reads a tile through trimmed amplifiers and through converters that differ from column to column.

    Amplifiers and converters are computed with NumPy on the CPU, wherever the tile is; outputs return to where it is.

    Attributes:
        read: The read of the array.
        columns: The columns in use.
        gain, offset: (cols,) of the trim, in front of the converters.
        converters: How they differ; None: not at all.
        stream: Numbers that name the stream of their noise.
    """

    def __init__(
        self,
        read: ReadTile,
        columns: slice,
        trim: tuple[np.ndarray, np.ndarray] | None,
        converters: ColumnConverters | None,
        stream: tuple[int, ...],
    ) -> None:
        self.read, self.columns, self.trim, self.converters, self.stream = read, columns, trim, converters, stream
        self.rng = None if converters is None else converters.rng(*stream)

    def __call__(self, v_in: np.ndarray) -> Any:
        """Outputs (batch, cols) of one read each."""
        there = self.read(v_in)
        out = np.array(as_numpy(there))
        used = out[:, self.columns]
        if self.trim is not None:
            used = used * self.trim[0] + self.trim[1]
        if self.converters is not None and self.rng is not None:
            used = self.converters.convert(used, self.rng)
        out[:, self.columns] = used
        return put_like(there, out)

    def anew(self, *stream: int) -> "ColumnRead":
        """The same columns with a noise of their own for what a stream of numbers names."""
        read = self.read.anew(*stream) if isinstance(self.read, NoiseRead) else self.read
        return ColumnRead(read, self.columns, self.trim, self.converters, (*self.stream, *stream))


def compensated(
    compensation: DriftCompensation,
    fresh: ProgrammedNetwork | None,
    trimmed: Instant | None,
    now: Instant,
    ranges: dict[str, LayerRange],
) -> tuple[ProgrammedNetwork, dict[str, LayerRange], float]:
    """Return the network and ranges with the gains of a compensation, and their mean.

    Reference reads and those of images have a read noise each, the same under every compensation.

    Args:
        compensation: What it sets.
        fresh: The network after programming; None where nothing is compensated.
        trimmed: The network when the reference reads were made; None: at no time since programming.
        now: The network as it is read.
        ranges: Without compensation.
    """
    images = with_own_noise(now.programmed, 3, _bits(now.t))
    if compensation == "none" or fresh is None or trimmed is None:
        return _through(images, None, now), ranges, 1.0
    patterns = "several" if compensation == "column_offset" else "all"
    before = _reference_reads(with_own_noise(fresh, 1), patterns)
    after = trimmed.reads(2, patterns)
    if compensation in ("column", "column_offset"):
        line = _straight_line if compensation == "column_offset" else _ratio
        lines = {name: [line(b, n) for b, n in zip(before[name], after[name], strict=True)] for name in before}
        every = np.concatenate([gain for each in lines.values() for gain, _ in each])
        return _through(images, lines, now), ranges, float(every.mean())
    sums = {name: (_total(before[name]), _total(after[name])) for name in after}
    if compensation == "network":
        sums = dict.fromkeys(sums, (sum(b for b, _ in sums.values()), sum(n for _, n in sums.values())))
    gain = {name: b / n if n else 1.0 for name, (b, n) in sums.items()}
    known = {name: replace(each, gain=each.gain * gain[name]) for name, each in ranges.items()}
    return _through(images, None, now), known, float(np.mean(list(gain.values())))


def _through(programmed: ProgrammedNetwork, lines: TrimLines | None, now: Instant) -> ProgrammedNetwork:
    """Return the network whose reads pass trimmed amplifiers and its converters; itself without both."""
    if lines is None and now.converters is None:
        return programmed
    layers = {}
    for name, layer in programmed.layers.items():
        drawn, reads = (now.converters or {}).get(name), []
        for k, (place, read) in enumerate(zip(layer.places, layer.reads, strict=True)):
            converters = None if drawn is None else drawn[k]
            trim = None if lines is None else _in_front(lines[name][k], converters)
            reads.append(ColumnRead(read, place.col_part, trim, converters, (3, _bits(now.t))))
        layers[name] = replace(layer, reads=tuple(reads))
    return replace(programmed, layers=layers)


def _in_front(line: TrimLine, converters: ColumnConverters | None) -> TrimLine:
    """Return the trim in front of a converter that does what a line behind it would do."""
    if converters is None:
        return line
    (gain, offset), (of_converter, added) = line, converters.line
    return gain, ((gain - 1.0) * added + offset) / of_converter


def with_own_noise(programmed: ProgrammedNetwork, *stream: int) -> ProgrammedNetwork:
    """Return the same cells, whose reads draw the noise of a stream of their own."""
    layers = {}
    for name, layer in programmed.layers.items():
        reads = tuple(read.anew(*stream) if isinstance(read, NoiseRead) else read for read in layer.reads)
        layers[name] = replace(layer, reads=reads)
    return replace(programmed, layers=layers)


def _bits(t: float) -> int:
    return int(np.float64(t).view(np.uint64))


def _reference_reads(programmed: ProgrammedNetwork, patterns: str) -> dict[str, list[np.ndarray]]:
    """Return currents (reads, columns in use) [A] of every tile, its driven rows at v_read and the others at rest."""
    spec, reads = programmed.spec, {}
    for name, layer in programmed.layers.items():
        reads[name] = []
        for place, read in zip(layer.places, layer.reads, strict=True):
            rows = np.arange(spec.array.rows)[place.row_part]
            half = len(rows) // 2
            driven = [rows] if patterns == "all" else [rows, rows[::2], rows[1::2], rows[:half], rows[half:]]
            v_in = np.full((len(driven), spec.array.rows), resting_input(spec))
            for k, each in enumerate(driven):
                v_in[k, each] = full_scale_inputs(spec)[each]
            reads[name].append(as_numpy(read(v_in))[:, place.col_part])
    return reads


def _total(currents: list[np.ndarray]) -> float:
    return float(sum(each.sum() for each in currents))


def _ratio(before: np.ndarray, now: np.ndarray) -> TrimLine:
    """Return the gain of each column, and no offset."""
    gain = np.divide(before[0], now[0], out=np.ones_like(before[0]), where=now[0] != 0)
    return gain, np.zeros_like(gain)


def _straight_line(before: np.ndarray, now: np.ndarray) -> TrimLine:
    """Return gain and offset [A] of each column: the least-squares line from reads now to those after programming."""
    away, was = now - now.mean(axis=0), before - before.mean(axis=0)
    square = (away**2).sum(axis=0)
    gain = np.divide((away * was).sum(axis=0), square, out=np.ones_like(square), where=square > 0)
    return gain, before.mean(axis=0) - gain * now.mean(axis=0)
