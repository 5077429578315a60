"""A small neural network fitted to solved arrays: the accuracy and speed of a learned surrogate.

The network corrects each ideal output by a factor, i = Σ v·g · (1 + f(features)). The features describe the column, its
inputs and the currents in its wires. f has one hidden layer of tanh units.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from circuitsim.errors import require
from circuitsim.results import Experiment, Solution

HIDDEN = 24
STEPS = 400


@dataclass(frozen=True)
class FittedPeer:
    """The fitted correction.

    Attributes:
        model: scikit-learn regressor from features (samples, 7) to f / `scale`.
        scale: Root mean square of the corrections to which it was fitted, with the weights of the fit.
    """

    model: Any
    scale: float


@dataclass(frozen=True)
class PreparedPeer:
    """The correction with precomputed sums over the conductances of one matrix.

    Attributes:
        peer: The fitted correction.
        products: (rows, 3 · cols) three matrices side by side: g [S], and g weighted by the drop along its row and
            along its column [S²].
        columns: (cols, 3) features of each column that do not depend on inputs: its position from 0 to 1, its mean
            conductance [S], and the product of both.
    """

    peer: FittedPeer
    products: np.ndarray
    columns: np.ndarray


def fit_peer(experiments: Sequence[Experiment], truths: Sequence[Solution], *, rng: np.random.Generator) -> FittedPeer:
    """Fit the correction to solved arrays by L-BFGS on the squared error of the outputs.

    Args:
        experiments: Matrices and inputs.
        truths: Their solutions.
        rng: Generates the initial weights.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    require("sklearn", extra="bench", package="scikit-learn")
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    parts = [_features(*_sums(experiment.g), experiment.v_in) for experiment in experiments]
    ideal = np.concatenate([part[0].ravel() for part in parts])
    features = np.concatenate([part[1].reshape(-1, part[1].shape[-1]) for part in parts])
    out = np.concatenate([truth.out.ravel() for truth in truths])
    driven = ideal != 0
    ideal, features, out = ideal[driven], features[driven], out[driven]
    # The weights turn errors of the factor into errors of the output.
    correction, weight = out / ideal - 1, (ideal / np.abs(ideal).max()) ** 2
    # The optimizer's stopping rules expect values of order one; corrections may be a few thousandths.
    scale = float(np.sqrt(np.average(correction**2, weights=weight)))
    network = MLPRegressor(
        hidden_layer_sizes=(HIDDEN,),
        activation="tanh",
        solver="lbfgs",
        alpha=0.0,
        max_iter=STEPS,
        tol=1e-9,
        random_state=int(rng.integers(2**32)),
    )
    model = make_pipeline(StandardScaler(), network)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the limit of steps is part of the method
        model.fit(features, correction / scale, mlpregressor__sample_weight=weight)
    return FittedPeer(model, scale)


def prepare_peer(peer: FittedPeer, g: np.ndarray) -> PreparedPeer:
    """Prepare a matrix g (rows, cols) [S] for reads."""
    return PreparedPeer(peer, *_sums(g))


def read_peer(prepared: PreparedPeer, v_in: np.ndarray) -> np.ndarray:
    """Return the outputs (batch, cols) [A] for inputs (batch, rows) [V]."""
    peer = prepared.peer
    ideal, features = _features(prepared.products, prepared.columns, v_in)
    correction = peer.scale * peer.model.predict(features.reshape(-1, features.shape[-1]))
    return ideal * (1 + correction.reshape(ideal.shape))


def _sums(g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return `products` and `columns` of a `PreparedPeer`."""
    cols = g.shape[1]
    along_row = np.cumsum(np.cumsum(g[:, ::-1], axis=1)[:, ::-1], axis=1)
    along_col = np.cumsum(np.cumsum(g, axis=0)[::-1], axis=0)[::-1]
    products = np.concatenate([g, g * along_row, g * along_col], axis=1)
    place = np.arange(cols) / max(cols - 1, 1)
    return products, np.stack([place, g.mean(axis=0), g.mean(axis=0) * place], axis=1)


def _features(products: np.ndarray, columns: np.ndarray, v_in: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ideal product (batch, cols) [A] and the features (batch, cols, 7)."""
    cols = len(columns)
    ideal, by_row, by_col = np.split(v_in @ products, 3, axis=1)
    safe = np.where(np.abs(ideal) > 0, ideal, 1.0)
    mean = np.broadcast_to(v_in.mean(axis=1)[:, None], ideal.shape)
    of_column = [np.broadcast_to(columns[:, k], (len(v_in), cols)) for k in range(columns.shape[1])]
    return ideal, np.stack([ideal, by_row / safe, by_col / safe, mean, *of_column], axis=-1)
