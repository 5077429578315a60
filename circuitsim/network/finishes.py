"""What a network computes of the output of one layer alone, so that the layer's read may do it before it stores."""

from dataclasses import dataclass

_PLANE_AXES = 4  # of a tensor of images with channels of two axes


@dataclass(frozen=True)
class Finish:
    """ReLU, and the largest number of each window of a plane; neither rounds, and their order makes no difference.

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
        """Tell whether a layer's output of a shape can be finished so; where not, the network says why."""
        if not self.window:
            return True
        return len(shape) == _PLANE_AXES and all(n >= k for n, k in zip(shape[2:], self.window, strict=True))

    def shape_of(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of the tensor that a layer's output of a shape that fits becomes, before it is made flat."""
        if not self.window:
            return shape
        sizes = zip(shape[2:], self.window, self.strides, strict=True)
        return (*shape[:2], *((n - k) // step + 1 for n, k, step in sizes))
