"""What the terminals of a read add up to: its balance, and the power that enters through them."""

import numpy as np

from circuitsim.results import Convergence


def convergence(i_fed: np.ndarray, i_out: np.ndarray, residual: np.ndarray, iterations: np.ndarray) -> Convergence:
    """Return how well a read balances.

    Args:
        i_fed: Current that each source of a row, or of a column's bit line, delivers (batch, sources) [A].
        i_out: Column currents (batch, cols) [A].
        residual: Largest current left unbalanced at a node (batch,) [A].
        iterations: Iterations of the solver (batch,).
    """
    largest = np.maximum(np.abs(i_fed).max(axis=1), np.abs(i_out).max(axis=1))
    unbalanced = np.abs(i_fed.sum(axis=1) - i_out.sum(axis=1))
    return Convergence(
        kirchhoff=_relative(unbalanced, np.abs(i_fed).sum(axis=1)),
        residual=_relative(residual, largest),
        iterations=iterations,
    )


def with_references(from_drivers: np.ndarray, v_sense: np.ndarray | float, i_out: np.ndarray) -> np.ndarray:
    """Add the power of the sense references to that of the drivers (batch,) [W].

    Args:
        from_drivers: Power that the drivers' sources deliver (batch,) [W].
        v_sense: Voltage of the references, a number or (batch, cols) [V]. A current into a reference above 0 V takes
            power out of the array.
        i_out: Column currents (batch, cols) [A], positive into the references.
    """
    if isinstance(v_sense, float) and v_sense == 0.0:
        return from_drivers  # to the last bit, the sign of a zero included
    return from_drivers - (v_sense * i_out).sum(axis=1)


def _relative(value: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return value / np.where(scale > 0, scale, 1.0)
