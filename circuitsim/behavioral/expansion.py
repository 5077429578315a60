"""Write residual currents as short sums: functions of a cell's input times powers of its column's level.

The functions come from the tabulated currents themselves: beside 1 and s, the leading singular functions over all cells
of an array. One or two of them describe what s² and s³ describe only in part.
"""

import itertools
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from circuitsim.behavioral.grades import TileForm
from circuitsim.behavioral.residual import Residual
from circuitsim.behavioral.tile import InputFunction

TERMS = 4  # s² · (cubic in s)
_ROUNDING = 1e-9  # of the largest current: slopes below it are lost, as with inputs of both signs, where they cancel


@dataclass(frozen=True)
class Expansion:
    """Residual currents of all cells as a sum over powers of the level and functions of the scaled input.

        n_ij(s, t) = Σ_b t^b · Σ_f currents[b][f, i, j] · function_f(s)

    The functions are 1, s and the fitted ones, in this order.

    | field | shape and unit | meaning |
    |---|---|---|
    | functions | | fitted functions of power 0, and of power 1, which the higher powers share |
    | currents | for each power (functions, rows, cols) [A] | coefficients for the output currents |
    | levels | for each power (functions, rows, cols) [A] | coefficients for the levels, with the form's functions |
    | slope | (rows, cols) [A] | dn/dt, summed over the tabulated inputs with the weight s; 0 if lost in rounding |
    """

    functions: tuple[tuple[InputFunction, ...], tuple[InputFunction, ...]]
    currents: tuple[np.ndarray, ...]
    levels: tuple[np.ndarray, ...]
    slope: np.ndarray


def expand(residual: Residual, form: TileForm) -> Expansion:
    """Choose the functions and fit the coefficients of every cell by least squares over the table."""
    s, t = residual.s, residual.t
    rows, cols = residual.current.shape[:2]
    table = residual.current.reshape(rows * cols, -1)
    powers, of_table, to_powers = _maps(tuple(s.tolist()), tuple(t.tolist()), len(form.currents))
    beside = table @ of_table
    grams = [part.T @ part for part in np.split(beside[:, :-1], 2, axis=1)]
    least = len(table) * (_ROUNDING * np.abs(table).max(initial=0.0)) ** 2
    functions = [_leading(gram, least, to_powers, s, form.currents[b] - 2) for b, gram in enumerate(grams)]
    values = [_line(s, [evaluate_input_function(p, s) for p in chosen]) for chosen in functions]
    values += [values[1]] * (len(form.currents) - 2)

    def fit(counts: tuple[int, ...]) -> tuple[np.ndarray, ...]:
        basis = [values[b][:, None, :count] * powers[None, :, b, None] for b, count in enumerate(counts)]
        inverse = np.linalg.pinv(np.concatenate(basis, axis=2).reshape(table.shape[1], -1))
        fitted = np.moveaxis(inverse @ table.reshape(rows, cols, -1).swapaxes(1, 2), 1, 0)
        return tuple(np.split(fitted, np.cumsum(counts)[:-1]))

    currents = fit(form.currents)
    levels = currents if form.levels == form.currents or form.bands else fit(form.levels)
    slope = beside[:, -1].reshape(rows, cols)
    slope[np.abs(slope) <= _ROUNDING * np.abs(table).max(initial=0.0)] = 0.0
    return Expansion((functions[0], functions[1]), currents, levels, slope)


@lru_cache(maxsize=16)
def _maps(s: tuple[float, ...], t: tuple[float, ...], count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what depends on the points of a table alone.

    Returns:
        Powers of the levels (n_t, count); the map (n_s·n_t, 2·n_s + 1) of a cell's table to the coefficients of t⁰ and
        t¹ at each s, 1 and s taken out, and to `Expansion.slope`; and the map (powers, n_s) to powers of s.
    """
    powers = np.vander(t, count, increasing=True)
    line = _line(np.array(s), [])
    curved, by_power = np.eye(len(s)) - line @ np.linalg.pinv(line), np.linalg.pinv(powers)
    of_table = np.concatenate([np.kron(curved, by_power[0]), np.kron(curved, by_power[1]), [np.kron(s, by_power[1])]]).T
    return powers, of_table, np.linalg.pinv(np.vander(s, TERMS + 2, increasing=True))


def carry(coefficients: tuple[np.ndarray, ...], to: np.ndarray) -> list[np.ndarray]:
    """Carry currents of cells to outputs, for each power of the level and in one product.

    Returns:
        Σ_j coefficients (functions, i, j) · to (i, j, o) as (functions, i, o), contiguous.
    """
    whole = np.ascontiguousarray(np.moveaxis(np.concatenate(coefficients), 0, 1)) @ to
    ends = np.cumsum([0, *map(len, coefficients)]).tolist()
    return [np.ascontiguousarray(np.moveaxis(whole[:, a:b], 1, 0)) for a, b in itertools.pairwise(ends)]


def evaluate_input_function(function: InputFunction, s: np.ndarray) -> np.ndarray:
    """Evaluate s²·(c[0] + c[1]·s + …)."""
    return s * s * np.polynomial.polynomial.polyval(s, function)


def _leading(
    gram: np.ndarray, least: float, to_powers: np.ndarray, s: np.ndarray, count: int
) -> tuple[InputFunction, ...]:
    """Return the functions that describe values at s best beside 1 and s, each at most 1 in size.

    Args:
        gram: (n_s, n_s) products of the values, 1 and s taken out, summed over the cells.
        least: Sum of squares below which a function is lost in rounding, so that a power of s takes its place.
        to_powers: (powers of s, n_s), from `_maps`.
        s: (n_s,) scaled inputs.
        count: Number of functions.
    """
    if count <= 0:
        return ()
    squares, vectors = np.linalg.eigh(gram)
    functions = []
    for place in range(count):
        # 1 and s are features anyway: a function starts at s², which costs two operations less to evaluate.
        found = squares[-1 - place] > least
        higher = (to_powers @ vectors[:, -1 - place])[2:] if found else np.eye(TERMS)[min(place, TERMS - 1)]
        size = np.abs(evaluate_input_function(tuple(higher), s)).max()
        functions.append(tuple(float(c) for c in higher / (size if size > 0 else 1.0)))
    return tuple(functions)


def _line(s: np.ndarray, others: list[np.ndarray]) -> np.ndarray:
    """Columns 1, s and others (n_s, functions)."""
    return np.stack([np.ones_like(s), s, *others], axis=1)
