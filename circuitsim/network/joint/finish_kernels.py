"""Compiled maximum over the windows of planes that a read has just written."""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from circuitsim.network.finishes import Finish
from circuitsim.nodal.kernel import bare_kernel
from circuitsim.nodal.lanes import WIDTH, larger, load, store
from circuitsim.spec import by_value

CHANNELS, ROWS, COLS, HIGH, WIDE, DOWN, ACROSS = range(7)
"""Numbers of `windows_of`: channels, size of their planes, of the windows, and steps between windows."""

_TWO = 2


def windows_of(finish: Finish | None, shape: tuple[int, ...]) -> np.ndarray:
    """Return the windows of planes of a shape (images, channels, rows, columns); empty without windows."""
    found = () if finish is None or not finish.window else (*shape[1:], *finish.window, *finish.strides)
    return np.array(found, np.int64)


@by_value
@dataclass(frozen=True)
class WrittenOutput:
    """What a read of a layer writes.

    Attributes:
        out: Its output, flat; with windows only the last images, which the next ones overwrite.
        ring: How many numbers of images it holds, after which it begins anew.
        windows: See `windows_of`.
        finished: The largest numbers of the windows, flat; `out` itself without windows.
        shape: Shape of the finished tensor.
    """

    out: np.ndarray
    ring: int
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
                largest_of_windows(self.out, image, image + 1, self.ring, self.windows, self.row(), self.finished)


@intrinsic
def _every_second(typingctx, a, b):
    """Every second lane of `a` followed by `b`, from the first on."""

    def generate(context, builder, signature, args):
        places = list(range(0, 2 * a.width, 2))
        return builder.shuffle_vector(*args, ir.Constant(ir.VectorType(ir.IntType(32), a.width), places))

    return a(a, a), generate


@bare_kernel
def _largest_of_window(planes, at, cols, high, wide):
    """The maxima of the windows that begin at `at` and the places behind it, one a lane."""
    found = load(planes, at)
    for line in range(at, at + high * cols, cols):
        for pixel in range(line, line + wide):
            found = larger(found, load(planes, pixel))
    return found


@bare_kernel
def largest_of_windows(planes, first, last, ring, windows, row, out):
    """Write the largest number of each window of images first to last − 1, from `planes` to `out`, both flat.

    Args:
        planes: Flat; 2 · WIDTH numbers and the width of a window more than the planes, because lanes are read whole.
        first, last: Images.
        ring: How many numbers of images `planes` holds; the next image lies where the first of them lay.
        windows: See `windows_of`.
        row: Room for a row of a plane and `WIDTH` numbers more.
        out: Flat.
    """
    rows, cols, high, wide = windows[ROWS], windows[COLS], windows[HIGH], windows[WIDE]
    down, across = windows[DOWN], windows[ACROSS]
    many, width = (rows - high) // down + 1, (cols - wide) // across + 1
    to, end = first * windows[CHANNELS] * many * width, last * windows[CHANNELS] * many * width
    for plane in range(first * windows[CHANNELS], last * windows[CHANNELS]):
        at = plane * rows * cols % ring - down * cols
        for _ in range(many):
            at += down * cols
            if across == _TWO and width <= WIDTH and to + WIDTH <= end:  # what is beyond a row, the next one corrects
                some = _largest_of_window(planes, at, cols, high, wide)
                store(out, to, _every_second(some, _largest_of_window(planes, at + WIDTH, cols, high, wide)))
            else:
                for lane in range(0, cols, WIDTH):  # a window for each pixel, those between the steps included
                    store(row, lane, _largest_of_window(planes, at + lane, cols, high, wide))
                for col in range(width):
                    out[to + col] = row[col * across]
            to += width
