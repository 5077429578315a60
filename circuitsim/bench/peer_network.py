"""A small neural network in place of an array, fitted on solved arrays: what a learned surrogate reaches.

For each output it corrects the ideal product by a factor, learned from a few numbers that describe the column, its
inputs and what its wires carry: i = Σ v·g · (1 + f(features)). f has one hidden layer of tanh units.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from circuitsim.results import Experiment, Solution

HIDDEN = 24
STEPS = 400


@dataclass(frozen=True)
class ColumnNetwork:
    """The fitted network.

    Attributes:
        mean, scale: (features,) of the data it was fitted on.
        weights: (features + 1, hidden), (hidden + 1,): the last row and entry are the biases.
    """

    mean: np.ndarray
    scale: np.ndarray
    weights: tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class ProgrammedNetwork:
    """The network with the sums over a matrix's conductances done.

    Attributes:
        network: The fitted network.
        products: (rows, 3 · cols) matrices: g, and g weighted with the drop along its row and its column.
        columns: (cols, 3) what is known of each column before an input.
    """

    network: ColumnNetwork
    products: np.ndarray
    columns: np.ndarray


def program_network(network: ColumnNetwork, g: np.ndarray) -> ProgrammedNetwork:
    """Prepare a matrix (rows, cols) [S] for reads."""
    cols = g.shape[1]
    along_row = np.cumsum(np.cumsum(g[:, ::-1], axis=1)[:, ::-1], axis=1)
    along_col = np.cumsum(np.cumsum(g, axis=0)[::-1], axis=0)[::-1]
    products = np.concatenate([g, g * along_row, g * along_col], axis=1)
    place = np.arange(cols) / max(cols - 1, 1)
    columns = np.stack([place, g.mean(axis=0), g.mean(axis=0) * place], axis=1)
    return ProgrammedNetwork(network, products, columns)


def read_network(programmed: ProgrammedNetwork, v_in: np.ndarray) -> np.ndarray:
    """Return the outputs (batch, cols) [A] for inputs (batch, rows) [V]."""
    network = programmed.network
    ideal, features = _features(programmed.products, programmed.columns, v_in)
    x = (features - network.mean) / network.scale
    return ideal * (1 + _forward(network.weights, x.reshape(-1, x.shape[-1]))[0].reshape(ideal.shape))


def fit_network(
    experiments: Sequence[Experiment], truths: Sequence[Solution], *, rng: np.random.Generator
) -> ColumnNetwork:
    """Fit the network to solved arrays by L-BFGS on the squared error of the outputs.

    Args:
        experiments: Matrices and inputs.
        truths: Their solutions.
        rng: Draws the first weights.
    """
    empty = ColumnNetwork(np.zeros(0), np.ones(0), (np.zeros((0, 0)), np.zeros(0)))
    parts = []
    for experiment in experiments:
        programmed = program_network(empty, experiment.g)
        parts.append(_features(programmed.products, programmed.columns, experiment.v_in))
    ideal = np.concatenate([part[0].ravel() for part in parts])
    features = np.concatenate([part[1].reshape(-1, part[1].shape[-1]) for part in parts])
    out = np.concatenate([truth.out.ravel() for truth in truths])
    full_scale = np.abs(out).max()
    ideal, miss = ideal / full_scale, (out - ideal) / full_scale
    mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-12
    x = (features - mean) / scale
    shapes = ((x.shape[1] + 1, HIDDEN), (HIDDEN + 1,))
    first = rng.normal(0, 0.3, int(sum(np.prod(shape) for shape in shapes)))

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = _split(flat, shapes)
        factor, hidden = _forward(weights, x)
        error = ideal * factor - miss
        back = 2 * error * ideal / len(error)
        to_hidden = back[:, None] * weights[1][:-1] * (1 - hidden**2)
        gradient = [np.vstack([x.T @ to_hidden, to_hidden.sum(0)]), np.append(hidden.T @ back, back.sum())]
        # Errors are some thousandths of full scale: scaled up so that the optimizer's stopping rules see them.
        return 1e4 * float(np.mean(error**2)), 1e4 * np.concatenate([part.ravel() for part in gradient])

    found = minimize(loss, first, jac=True, method="L-BFGS-B", options={"maxiter": STEPS, "ftol": 1e-12, "gtol": 1e-9})
    return ColumnNetwork(mean, scale, _split(found.x, shapes))


def _features(products: np.ndarray, columns: np.ndarray, v_in: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ideal product (batch, cols) [A], and the features (batch, cols, 7)."""
    cols = len(columns)
    ideal, by_row, by_col = np.split(v_in @ products, 3, axis=1)
    safe = np.where(np.abs(ideal) > 0, ideal, 1.0)
    mean = np.broadcast_to(v_in.mean(axis=1)[:, None], ideal.shape)
    of_column = [np.broadcast_to(columns[:, k], (len(v_in), cols)) for k in range(columns.shape[1])]
    return ideal, np.stack([ideal, by_row / safe, by_col / safe, mean, *of_column], axis=-1)


def _forward(weights: tuple[np.ndarray, np.ndarray], x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    hidden = np.tanh(x @ weights[0][:-1] + weights[0][-1])
    return hidden @ weights[1][:-1] + weights[1][-1], hidden


def _split(flat: np.ndarray, shapes: tuple[tuple[int, ...], ...]) -> tuple[np.ndarray, np.ndarray]:
    size = int(np.prod(shapes[0]))
    return flat[:size].reshape(shapes[0]), flat[size:]
