"""Operations that follow one layer alone: its read may do them before it stores the output."""

from dataclasses import dataclass

_PLANE_AXES = 4  # of a tensor of images with channels of two axes


@dataclass(frozen=True)
class Finish:
    """ReLU and the maximum of each window of a plane, in any order: neither rounds, and they commute.

    Attributes:
        rectify: Numbers below 0 become 0.
        window, strides: Size of the windows (rows, columns), and steps between them [pixels]; () without windows.
        flat: All axes of an image become one.
    """

    rectify: bool
    window: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()
    flat: bool = False

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Tell whether an output of a shape can be finished so; where windows do not fit, onnxruntime says why."""
        if not self.window:
            return True
        return len(shape) == _PLANE_AXES and all(n >= k for n, k in zip(shape[2:], self.window, strict=True))

    def shape_of(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape that an output of a shape that fits takes, before it is made flat."""
        if not self.window:
            return shape
        sizes = zip(shape[2:], self.window, self.strides, strict=True)
        return (*shape[:2], *((n - k) // step + 1 for n, k, step in sizes))
