"""Codes through the arrays that techniques draw: each array has drivers and converters of its own, codes are joined."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.chain import Reading
from circuitsim.devices import programmable_range
from circuitsim.errors import InputError
from circuitsim.levels.can import Level
from circuitsim.spec import ArraySpec, DrawnArray, checked, lay_out, put_together, real_numbers
from circuitsim.spice import Progress

ConvertArray = Callable[[int, ArraySpec, np.ndarray, np.ndarray, Path | None, Progress | None], Reading]
"""From the number of an array, its specification, conductances, codes, a folder and a listener to its reading."""


def convert_drawn(
    spec: ArraySpec,
    g: ArrayLike,
    codes: ArrayLike,
    level: Level,
    convert: ConvertArray,
    *,
    folder: str | Path | None,
    progress: Progress | None,
) -> Reading:
    """Read codes through every array that the techniques of a matrix draw, and join what comes out of the converters.

    Codes of sub-arrays of the same columns are added, those of replicas averaged, those of the reference column
    subtracted, those of dummy columns dropped; dummy rows take code 0. Currents, voltages and values follow the codes.

    Args:
        spec: The matrix, whose techniques draw other arrays.
        g: Its conductances (rows, cols) [S].
        codes: Its DAC codes (batch, rows).
        level: Level at which the arrays are read.
        convert: Reads one of them.
        folder: Where to keep the run folders, one for each array.
        progress: Called with (finished, total) decks, as if every array took as many.

    Returns:
        The reading of the matrix; voltages of rows are those of the first columns' arrays, waveforms those of the
        first array.

    Raises:
        InputError, OutsideRangeError: As `spec.lay_out`; or codes have another shape.
    """
    words = real_numbers("codes", codes)
    if words.ndim != 2 or words.shape[1] != spec.array.rows:
        raise InputError(f"codes has shape {words.shape}: expected (batch, rows) = (1 or more, {spec.array.rows})")
    drawn = lay_out(spec, g, g_range=None if level == "behavioral" else programmable_range(spec))
    readings = []
    for k, part in enumerate(drawn):
        place = None if folder is None else Path(folder) / f"array_{k}"
        own = drawn_codes(spec, part, words)
        readings.append(convert(k, part.spec, part.g, own, place, _share(progress, k, len(drawn))))
    return _joined(spec, drawn, readings)


@checked
def drawn_codes(spec: ArraySpec, array: DrawnArray, codes: np.ndarray) -> np.ndarray:
    """Return the codes (batch, rows) of one array: those of its rows of the matrix, and 0 for dummy rows.

    Args:
        spec: The matrix.
        array: From `spec.lay_out`.
        codes: Codes (batch, rows) of the matrix.
    """
    return np.pad(codes[:, array.rows], ((0, 0), (spec.technique.dummy_rows,) * 2))


def _share(progress: Progress | None, k: int, count: int) -> Progress | None:
    """Return the listener of array k out of `count`."""
    if progress is None:
        return None
    return lambda finished, total: progress(k * total + finished, count * total)


def _joined(spec: ArraySpec, drawn: Sequence[DrawnArray], readings: Sequence[Reading]) -> Reading:
    first, rows = readings[0], spec.technique.dummy_rows

    def together(name: str) -> np.ndarray:
        return put_together(spec, drawn, [np.asarray(getattr(reading, name)) for reading in readings])

    v_in = np.zeros((len(first.v_in), spec.array.rows))
    for part, reading in zip(drawn, readings, strict=True):
        if part.cols.start == 0:
            v_in[:, part.rows] = np.asarray(reading.v_in)[:, rows : len(reading.v_in[0]) - rows]
    chips = None
    if first.instances is not None:
        every = [np.asarray(reading.instances) for reading in readings]
        chips = np.stack([put_together(spec, drawn, [part[k] for part in every]) for k in range(len(every[0]))])
    slices = [reading.slices for reading in readings if reading.slices is not None]
    return Reading(
        v_in=v_in,
        i_out=together("i_out"),
        sensed=together("sensed"),
        codes=together("codes"),
        value=together("value"),
        ideal=first.ideal,
        unit=first.unit,
        slices=_joined(spec, drawn, slices) if slices else None,
        waveforms=first.waveforms,
        instances=chips,
    )
