"""Write residual currents as short sums: functions of the own input times powers of the column's level.

Which functions serve best is read off the tabulated currents themselves: beside 1 and x, the leading singular functions
over all cells of an array. One or two of them describe what x² and x³ describe only in part.
"""

from dataclasses import dataclass

import numpy as np

from circuitsim.behavioral.residual import Residual
from circuitsim.behavioral.tile import Polynomial

_TERMS = 4  # x² · (cubic in x)


@dataclass(frozen=True)
class Form:
    """How much of the residual currents a grade keeps.

    Attributes:
        currents: Functions of the input for each power of the level: 1, x, and then the leading ones.
        levels: The same for what the residual currents do to the levels themselves; no more than `currents`.
    """

    currents: tuple[int, ...]
    levels: tuple[int, ...]

    @property
    def products(self) -> int:
        """Matrix products of one read: one for each function but the constant."""
        return sum(count - 1 for count in self.currents + self.levels)


FORMS = {2: Form((3, 3, 2), (2,)), 3: Form((4, 3, 2), (3, 2)), 0: Form((2, 2, 2), (2, 2))}


@dataclass(frozen=True)
class Expansion:
    """Residual currents as Σ_b t^b Σ_f coefficients[b][f, i, j]·f(x_i), functions in the order 1, x, others.

    Attributes:
        functions: Functions of order 0 and of order 1 beside 1 and x.
        currents: Coefficients for each power of the level, (functions, rows, cols) [A].
        levels: The same, fitted with fewer functions where the form says so.
        slope: (rows, cols) change with the level, for an input as large as x [A].
    """

    functions: tuple[tuple[Polynomial, ...], tuple[Polynomial, ...]]
    currents: tuple[np.ndarray, ...]
    levels: tuple[np.ndarray, ...]
    slope: np.ndarray


def expand(residual: Residual, form: Form) -> Expansion:
    """Choose the functions and fit the coefficients of every cell by least squares over the table."""
    x, t = residual.x, residual.t
    powers = np.vander(t, len(form.currents), increasing=True)
    by_power = np.tensordot(residual.current, np.linalg.pinv(powers), axes=(3, 1))  # (rows, cols, x, power)
    functions = tuple(_leading(by_power[:, :, :, b], x, form.currents[b] - 2) for b in (0, 1))
    values = [_line(x, [evaluate(p, x) for p in chosen]) for chosen in functions]
    values += [_line(x, [])] * (len(form.currents) - 2)
    table = residual.current.reshape(*residual.current.shape[:2], -1)

    def fit(counts: tuple[int, ...]) -> tuple[np.ndarray, ...]:
        basis = [values[b][:, None, :count] * powers[None, :, b, None] for b, count in enumerate(counts)]
        inverse = np.linalg.pinv(np.concatenate(basis, axis=2).reshape(table.shape[2], -1))
        return tuple(np.split(np.moveaxis(table @ inverse.T, 2, 0), np.cumsum(counts)[:-1]))

    currents = fit(form.currents)
    levels = currents if form.levels == form.currents else fit(form.levels)
    return Expansion((functions[0], functions[1]), currents, levels, by_power[:, :, :, 1] @ x)


def evaluate(polynomial: Polynomial, x: np.ndarray) -> np.ndarray:
    """Evaluate x²·(c[0] + c[1]·x + …)."""
    return x * x * np.polynomial.polynomial.polyval(x, polynomial)


def _leading(values: np.ndarray, x: np.ndarray, count: int) -> tuple[Polynomial, ...]:
    """Return the functions that describe `values` (rows, cols, n_x) best beside 1 and x, each at most 1 in size."""
    if count <= 0:
        return ()
    line = _line(x, [])
    curved = values.reshape(-1, len(x))
    curved = curved - curved @ line @ np.linalg.pinv(line)
    _, vectors = np.linalg.eigh(curved.T @ curved)
    powers = np.vander(x, _TERMS + 2, increasing=True)
    found = []
    for vector in vectors[:, ::-1][:, :count].T:
        # 1 and x are at hand anyway: what is left starts at x², which costs two products less to evaluate.
        higher = (np.linalg.pinv(powers) @ vector)[2:]
        size = np.abs(evaluate(tuple(higher), x)).max()
        found.append(tuple(float(c) for c in higher / (size if size > 0 else 1.0)))
    return tuple(found)


def _line(x: np.ndarray, others: list[np.ndarray]) -> np.ndarray:
    """Columns 1, x and others (n_x, functions)."""
    return np.stack([np.ones_like(x), x, *others], axis=1)
