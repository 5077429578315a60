"""Judge a solution: whether its currents balance, and what error the characterization of the cell allows.

Both levels that solve the circuit, ngspice and the array solver, are held to the same balance.
"""

import warnings
from collections.abc import Sequence

import numpy as np

from circuitsim.errors import CellErrorWarning, NotConvergedError, UnbalancedWarning
from circuitsim.results import CellSurface, Solution
from circuitsim.spec import ArraySpec, WireGrid

# Imbalance of the terminals, relative to the current fed in. Measured on 6 x 4 arrays whose segments shrink from 1e-2
# to 1e-12 ohm: outputs of ngspice are off by up to 4 times its imbalance, power by up to 5 times; those of the array
# solver by less than its imbalance.
TOLD = {"ngspice": 1e-7, "nodal": 1e-6}
REFUSED = 1e-4
CELLS_TOLD = 1e-6  # error of an output, relative to the largest output of the vector: to this the levels agree
RESOLUTION = 1e-14  # error of the current of one cell in ngspice [A], ten times its abstol


def check_balance(
    level: str, spec: ArraySpec, wires: WireGrid, v_largest: np.ndarray, i_fed: np.ndarray, i_out: np.ndarray
) -> None:
    """Warn if the currents of a solution do not balance, or refuse the solution.

    The imbalance is |Σ i_fed − Σ i_out| over the larger of Σ |i_fed| and g_max · v_read, the current of one cell. Above
    `TOLD` it warns. Above `REFUSED` it raises an error if a resistance is too small for the arithmetic. It only warns
    if no resistance is: in ngspice the rest of the current then leaves through bulk or gates of the cells, as it does
    in the circuit, and the array solver was given a large tol.

    Args:
        level: "ngspice" or "nodal".
        spec: The array.
        wires: Its segments and end resistances [ohm].
        v_largest: Largest |voltage| of a terminal in each vector (batch,) [V].
        i_fed: Current that each source of a row, or of a column's bit line, delivers (batch, sources) [A].
        i_out: Column currents (batch, cols) [A].

    Raises:
        NotConvergedError: Names the vector, the imbalance and what to change.

    Warns:
        UnbalancedWarning: The same.
    """
    unbalanced = np.abs(i_fed.sum(axis=1) - i_out.sum(axis=1))
    off = unbalanced / np.maximum(np.abs(i_fed).sum(axis=1), spec.device.g_max * spec.driver.v_read)
    worst = int(np.argmax(off))
    if off[worst] <= TOLD[level]:
        return
    key, r = _smallest_resistance(wires)
    # A current through r is the difference of two rounded voltages over r.
    rounded = r > 0 and np.finfo(float).eps * v_largest[worst] / r > 0.01 * unbalanced[worst]
    if rounded:
        cause = (
            f"{key} = {r:g} ohm is too small for double precision, so that outputs and power may be off by as much or "
            f"a few times more; expected a larger resistance, or {key} = 0, which merges the nodes"
        )
    elif level == "ngspice":
        cause = (
            "the rest leaves through the bulk or the gates of the cells, which the other levels leave out; check "
            "sense.v_ref, driver.v_read and the model of the cell"
        )
    else:
        cause = "expected a smaller tol, or level = 'ngspice'"
    sentence = f"level = {level!r}, vector {worst}: {off[worst]:.1e} of the current fed in does not come out: {cause}"
    if off[worst] > REFUSED and rounded:
        raise NotConvergedError(sentence)
    warnings.warn(sentence, UnbalancedWarning, stacklevel=2)


def _smallest_resistance(wires: WireGrid) -> tuple[str, float]:
    """Return the key and the value of the smallest resistance above 0 [ohm]; a value of 0 if there is none."""
    given = {
        "wire.r_row": wires.r_row,
        "wire.r_col": wires.r_col,
        "wire.r_bl": np.zeros(0) if wires.r_bl is None else wires.r_bl,
        "driver.r_out": np.array([wires.r_driver]),
        "sense.r_in": np.array([wires.r_sense]),
    }
    for key, strap in (("wire.strap_row", wires.strap_row), ("wire.strap_col", wires.strap_col)):
        if strap is not None:
            given |= {f"{key}.r": np.array([strap.r]), f"{key}.r_via": np.array([strap.r_via])}
    smallest = {key: float(values[values > 0].min(initial=np.inf)) for key, values in given.items()}
    key = min(smallest, key=lambda name: smallest[name])
    return (key, smallest[key]) if np.isfinite(smallest[key]) else (key, 0.0)


def cell_errors(surface: CellSurface | None, g: np.ndarray) -> np.ndarray:
    """Return the largest error of the current of each cell that its surface allows, in the shape of g [A].

    It is the bound of the surface over its whole range of voltages, or over the current of the cell's own conductance
    where that is less: i = (g + g_parallel) · U · k.

    Args:
        surface: The characterized cell; None for ohmic cells, which have no error.
        g: Conductances [S]; 0 is an open cell, which has no error.
    """
    if surface is None:
        return np.zeros(g.shape)
    error = np.full(g.shape, surface.bound * surface.i_max)
    if surface.bound_over_g is not None:
        error = np.minimum(error, surface.bound_over_g * (g + surface.g_parallel) * surface.u_max)
    return np.where(g > 0, error, 0.0)


def share_of_error(surface: CellSurface | None, v_span: np.ndarray) -> np.ndarray:
    """Return the share of `cell_errors` that is left at small voltages, in the shape of `v_span`.

    i = g · U · k, and the error of k does not grow towards small voltages U.

    Args:
        surface: The characterized cell.
        v_span: Highest less lowest voltage of the terminals in each vector (batch,) [V]; of strings the largest that a
            cell can see (batch, cols).
    """
    return np.ones(v_span.shape) if surface is None else np.minimum(v_span / surface.u_max, 1.0)


def output_error(error: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Return the error of the outputs relative to the largest output of each vector (batch,).

    Args:
        error: Sum of the errors of all cells that one output collects (batch,) [A].
        out: Outputs (batch, cols) [A].

    Returns:
        (batch,); 0 where no output exceeds `RESOLUTION`, because there is nothing to compare.
    """
    largest = np.abs(out).max(axis=1)
    present = largest > RESOLUTION
    return np.where(present, error / np.where(present, largest, 1.0), 0.0)


def settling_band(out: np.ndarray, least: float) -> float:
    """Half a code of 8 bits of the largest of outputs (cols,) [A], and not less than `least` [A], which is no current.

    A band is the half width within which an output counts as settled [A].
    """
    return max(float(np.abs(out).max()) / 512, least)


def joint_cell_error(spec: ArraySpec, solutions: Sequence[Solution], out: np.ndarray) -> np.ndarray | None:
    """Return the error of outputs that were put together from those of several arrays; warn as `tell_cell_error`.

    Args:
        spec: The specification of the matrix, with its techniques.
        solutions: Solutions of the arrays that were drawn.
        out: Outputs of the matrix (batch, cols) [A], or charges of reads of `driver.t_read` [C].

    Returns:
        (batch,) relative to the largest output of the matrix; None if a level states no such error.
    """
    error = np.zeros(len(out))
    for solution in solutions:
        if solution.cell_error is None:
            return None
        error += solution.cell_error * np.abs(solution.out).max(axis=1)
    if spec.technique.g_reference is not None:
        error *= 2  # an output and the reference that is subtracted from it err in opposite directions at worst
    duration = spec.driver.t_read if solutions[0].unit == "C" else 1.0
    joint = output_error(error / duration, out / duration)
    tell_cell_error(joint)
    return joint


def tell_cell_error(cell_error: np.ndarray) -> None:
    """Warn if the characterization of the cell allows errors of outputs above `CELLS_TOLD`.

    Args:
        cell_error: From `output_error` (batch,).

    Warns:
        CellErrorWarning: Says how large the error may be, why, and what to do.
    """
    largest = float(cell_error.max(initial=0.0))
    if largest > CELLS_TOLD:
        warnings.warn(
            f"outputs may be off by {largest:.0e} of the largest output of their vector, because the current of the "
            "cell is not smooth enough for the array solver, or as small as its leak into the bulk and the error of "
            "ngspice, 1e-14 A; use level = 'ngspice', a higher gate voltage or a smaller driver.v_read",
            CellErrorWarning,
            stacklevel=3,
        )
