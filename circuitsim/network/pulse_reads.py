"""Read a tile by pulses: intervals in which every row is on or at rest, and the mean current over the read."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.network.linear import as_numpy
from circuitsim.network.product import IntervalRead, ReadTile
from circuitsim.periphery import constant_rows
from circuitsim.spec import ArraySpec

_MOST_READS = 1 << 16  # of one call: what they need in memory is that of a large batch


def read_in_intervals(read: ReadTile, spec: ArraySpec, share: Any) -> Any:
    """Return the mean currents (vectors, cols) [A] over `driver.t_read` of rows that are pulsed for a share of it.

    Args:
        read: Reads inputs that stay: voltages [V], or 0 and 1 on gates. An `IntervalRead` is told how long.
        spec: The array; its pulses rise from v_ref to v_ref + v_read, or switch gates.
        share: Width of each pulse (vectors, rows), from 0 to 1; all start together. They are cut into intervals on the
            CPU, wherever they lie; the currents stay where `read` leaves them.

    Valid for: pulses whose edges are short against them. Gates that are off leak until the end of the read.
    """
    share = as_numpy(share)
    intervals = list(_intervals(spec, share))
    if not intervals:
        intervals = [(np.full(share.shape, _ends(spec)[0]), np.zeros(len(share)))]
    step = max(_MOST_READS // len(intervals), 1)
    parts = [_mean(read, intervals, slice(begin, begin + step)) for begin in range(0, len(share), step)]
    return array_api_compat.array_namespace(parts[0]).concat(parts, axis=0)


def _ends(spec: ArraySpec) -> tuple[float, float]:
    """Input of a row at rest and in its pulse."""
    return spec.drive_range if spec.array.input_line == "bl" else (0.0, 1.0)


def _intervals(spec: ArraySpec, share: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield inputs (vectors, rows) that stay, and for which share of the read (vectors,)."""
    rest, high = _ends(spec)
    end = 1.0 if spec.array.input_line != "bl" else 0.0
    widths = np.unique(np.append(share, [0.0, end]))
    if len(widths) > share.shape[1]:
        yield from constant_rows(np.full(share.shape, high), share, rest, end)
        return
    for before, after in pairwise(widths.tolist()):  # codes of few bits: the same ends for all
        yield np.where(share >= after, high, rest), np.full(len(share), after - before)


def _mean(read: ReadTile, intervals: list[tuple[np.ndarray, np.ndarray]], part: slice) -> Any:
    rows, duration = (np.stack(each)[:, part] for each in zip(*intervals, strict=True))
    inputs = rows.reshape(-1, rows.shape[2])
    i_out = read.in_intervals(inputs, duration) if isinstance(read, IntervalRead) else read(inputs)
    xp = array_api_compat.array_namespace(i_out)
    weight = xp.asarray(duration, dtype=i_out.dtype, device=array_api_compat.device(i_out))
    return xp.sum(xp.reshape(i_out, (*duration.shape, -1)) * weight[..., None], axis=0)
