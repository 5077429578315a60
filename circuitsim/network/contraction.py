"""A product of a tensor with constant weights along named axes: how the tensor becomes vectors for matrices."""

import math
from dataclasses import dataclass

import numpy as np

REST = "..."
"""Stands for any number of leading axes; they are matched from the last one on, as in NumPy."""


@dataclass(frozen=True)
class Contraction:
    """Which axes of an input meet which axes of the weights; each axis has a name, as in Einstein's notation.

    An axis of input and weights that the output lacks is summed. An axis of all three separates groups, each with a
    matrix of its own. The axes that `REST` stands for are named by their place from the last: "-1", "-2", …

    Attributes:
        x: Names of the input's axes; the first may be `REST`.
        groups, inputs, outputs: Names and lengths of the axes of which the weights (groups, inputs, outputs) consist.
        out: Names of the output's axes; the first may be `REST`.
        row: The axis that an input of one axis lacks, and so its output, as in a MatMul of a vector; "": none.
        depth: Least number of axes that `REST` of the output stands for.
    """

    x: tuple[str, ...]
    groups: tuple[tuple[str, int], ...]
    inputs: tuple[tuple[str, int], ...]
    outputs: tuple[tuple[str, int], ...]
    out: tuple[str, ...]
    row: str = ""
    depth: int = 0

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Tell whether an input of a shape has the axes of `x`, each as long as that of the weights.

        An axis that separates groups may have the length 1, for all groups.
        """
        stated = [name for name in self.x if name != REST]
        least = len(stated) - (len(shape) == 1 and self.row in stated)
        if len(shape) < least or (len(shape) > least and REST not in self.x):
            return False
        lengths = dict(zip(self._names(len(shape)), shape, strict=True))
        same = all(lengths.get(name, length) == length for name, length in self.inputs)
        return same and all(lengths.get(name, 1) in (1, length) for name, length in self.groups)

    def vectors(self, x: np.ndarray) -> np.ndarray:
        """Return an input that fits as vectors (vectors, groups, inputs), float64."""
        names, lengths = self._names(x.ndim), dict((*self.groups, *self.inputs))
        free = self._free(names)
        spare = tuple(k for k, name in enumerate(names) if name not in free and name not in lengths)
        x = np.asarray(x, dtype=float).sum(axis=spare)
        names = [name for k, name in enumerate(names) if k not in spare]
        absent = [name for name in lengths if name not in names]  # every group gets the same vector
        x, names = x.reshape(*x.shape, *[1] * len(absent)), [*names, *absent]
        x = x.transpose([names.index(name) for name in (*free, *lengths)])
        x = np.broadcast_to(x, (*x.shape[: len(free)], *lengths.values()))
        return x.reshape(math.prod(x.shape[: len(free)]), _size(self.groups), _size(self.inputs))

    def tensor(self, y: np.ndarray, x_shape: tuple[int, ...]) -> np.ndarray:
        """Return products (vectors, groups, outputs) as the output for an input of `x_shape`."""
        names = self._names(len(x_shape))
        lengths = dict(zip(names, x_shape, strict=True))
        free = self._free(names)
        made = {**{name: lengths[name] for name in free}, **dict((*self.groups, *self.outputs))}
        rest = len([name for name in names if name.startswith("-")])
        missing = [str(-k) for k in range(1, max(rest, self.depth) + 1) if str(-k) not in made]
        y = y.reshape((*made.values(), *[1] * len(missing)))
        order = [*made, *missing]
        leading = sorted((name for name in order if name.startswith("-")), key=int)
        out = [*leading, *self.out[1:]] if self.out[:1] == (REST,) else [*self.out]
        return y.transpose([order.index(name) for name in out if name in order])

    def _names(self, axes: int) -> list[str]:
        """Return the names of all axes of an input with a number of them."""
        stated = [name for name in self.x if name != REST and not (axes == 1 and name == self.row)]
        return [*(str(-k) for k in range(axes - len(stated), 0, -1)), *stated]

    def _free(self, names: list[str]) -> list[str]:
        """Return the axes along which the vectors of one matrix lie."""
        taken = {name for name, _ in (*self.groups, *self.inputs)}
        kept = {*self.out, *([name for name in names if name.startswith("-")] if REST in self.out else [])}
        return [name for name in names if name not in taken and name in kept]


def contraction_of(
    x: tuple[str, ...], w: tuple[str, ...], out: tuple[str, ...], weights: np.ndarray, *, row: str = ""
) -> tuple[np.ndarray, Contraction] | None:
    """Return weights as matrices (groups, inputs, outputs), and the contraction that an input meets them in.

    Args:
        x, w, out: Names of the axes of input, weights and output; the first of each may be `REST`.
        weights: The weights, with the axes `w`.
        row: See `Contraction`.

    Returns:
        None where an axis occurs twice in one operand, which takes its diagonal, or the axes do not fit the weights.
    """
    depth = weights.ndim - (len(w) - (REST in w))
    if depth < 0 or (depth > 0 and REST not in w):
        return None
    names = [*(str(-k) for k in range(depth, 0, -1)), *(name for name in w if name != REST)]
    if any(len(set(axes)) < len(axes) for axes in (x, names, out)):
        return None
    one = [k for k, name in enumerate(names) if name.startswith("-") and weights.shape[k] == 1]
    spare = [k for k, name in enumerate(names) if not name.startswith("-") and name not in x and name not in out]
    weights = weights.sum(axis=tuple(one + spare))
    names = [name for k, name in enumerate(names) if k not in (*one, *spare)]
    length = dict(zip(names, weights.shape, strict=True))
    groups = [name for name in names if name.startswith("-") or (name in x and name in out)]
    inputs = [name for name in names if name not in groups and name in x]
    outputs = [name for name in names if name not in groups and name not in inputs]
    matrices = weights.transpose([names.index(name) for name in (*groups, *inputs, *outputs)])
    g, i, o = (tuple((name, length[name]) for name in part) for part in (groups, inputs, outputs))
    return matrices.reshape(_size(g), _size(i), _size(o)), Contraction(x, g, i, o, out, row, depth)


def _size(axes: tuple[tuple[str, int], ...]) -> int:
    return math.prod(length for _, length in axes)
