"""What a compiled read of a whole layer needs of each tile: the matrix products of which its read consists."""

from dataclasses import dataclass

import numpy as np

from circuitsim.spec import by_value

PowerProduct = tuple[int, int, np.ndarray]
"""First feature, the one after the last, and the matrix (features, cols) that multiplies them."""


@by_value
@dataclass(frozen=True)
class JointForm:
    """The products of a tile that is read by inputs on bit lines, as NumPy arrays of one floating-point type.

    With the scaled input s = (v_in − v_ref) / v_scale, a read is

        features = [f(s) | s | 1 | h(s)]                    (batch, features); f, h = s² · (c[0] + c[1]·s + …)
        t        = features @ levels_0, then `repeats` times Σ_b (features @ levels_b) · t^b
        i_out    = Σ_b (features @ currents_b) · t^b        (batch, cols) [A]

    A read that has such a form is a `product.JointRead`. Where all tiles of a layer have one,
    `network.evaluate` reads them together. A row at v_ref, s = 0, contributes nothing.

    Attributes:
        rows: Number of rows.
        v_ref: Voltage of rows without input [V].
        v_scale: Voltage above it at s = 1 [V].
        before, after: Coefficients c (functions, terms) of f and h.
        currents, levels: Products of each power of t; of a linear tile one of s alone, and none.
        repeats: How often the levels act on themselves.
    """

    rows: int
    v_ref: float
    v_scale: float
    currents: tuple[PowerProduct, ...]
    levels: tuple[PowerProduct, ...] = ()
    before: np.ndarray | None = None
    after: np.ndarray | None = None
    repeats: int = 0

    @property
    def dtype(self) -> np.dtype:
        """Type of the matrices."""
        return self.currents[0][2].dtype

    @property
    def functions(self) -> tuple[int, int]:
        """Number of functions f and h."""
        return (0 if self.before is None else len(self.before)), (0 if self.after is None else len(self.after))
