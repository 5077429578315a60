"""Compiled maximum over the windows of planes that a read has just written."""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from circuitsim.network.finishes import Finish
from circuitsim.nodal.kernel import bare_kernel
from circuitsim.nodal.lanes import WIDTH, larger, load, store
from circuitsim.spec import by_value

CHANNELS, ROWS, COLS, HIGH, WIDE, DOWN, ACROSS = range(7)
"""Numbers of `windows_of`: channels, size of their planes, of the windows, and steps between windows."""


def windows_of(finish: Finish | None, shape: tuple[int, ...]) -> np.ndarray:
    """Return the windows of planes of a shape (images, channels, rows, columns); empty without windows."""
    found = () if finish is None or not finish.window else (*shape[1:], *finish.window, *finish.strides)
    return np.array(found, np.int64)


@by_value
@dataclass(frozen=True)
class WrittenOutput:
    """What a read of a layer writes.

    Attributes:
        out: Its output, flat.
        windows: See `windows_of`.
        finished: The largest numbers of the windows, flat; `out` itself without windows.
        shape: Shape of the finished tensor.
    """

    out: np.ndarray
    windows: np.ndarray
    finished: np.ndarray
    shape: tuple[int, ...]

    def row(self) -> np.ndarray:
        """Return room for a row of a plane; each thread needs its own."""
        return np.empty((self.windows[COLS] if len(self.windows) else 0) + WIDTH, self.out.dtype)

    def finish_images_of_two_parts(self, boundaries: Sequence[int]) -> None:
        """Finish the images that no thread read whole, given the first vector of each thread."""
        if len(self.windows):
            pixels = int(self.windows[ROWS] * self.windows[COLS])
            for image in sorted({begin // pixels for begin in boundaries if begin % pixels}):
                largest_of_windows(self.out, image, image + 1, self.windows, self.row(), self.finished)


@bare_kernel
def largest_of_windows(planes, first, last, windows, row, out):
    """Write the largest number of each window of images first to last − 1, from `planes` to `out`, both flat.

    Args:
        planes: Flat, `WIDTH` numbers behind the planes, which count for nothing.
        first, last: Images.
        windows: See `windows_of`.
        row: Room for a row of a plane and `WIDTH` numbers more.
        out: Flat.
    """
    rows, cols, high, wide = windows[ROWS], windows[COLS], windows[HIGH], windows[WIDE]
    down, across = windows[DOWN], windows[ACROSS]
    many, width = (rows - high) // down + 1, (cols - wide) // across + 1
    to = first * windows[CHANNELS] * many * width
    for plane in range(first * windows[CHANNELS], last * windows[CHANNELS]):
        for window in range(many):
            at = (plane * rows + window * down) * cols
            for lane in range(0, cols, WIDTH):
                found = load(planes, at + lane)
                for line in range(1, high):
                    found = larger(found, load(planes, at + line * cols + lane))
                store(row, lane, found)
            for col in range(width):
                largest = row[col * across]
                for beside in range(1, wide):
                    largest = max(largest, row[col * across + beside])
                out[to + col] = largest
            to += width
