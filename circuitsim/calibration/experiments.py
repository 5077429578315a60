"""Generate the matrices and inputs on which a model is chosen and certified.

A model is judged on arrays and inputs that it was not fitted to. Each kind stresses something else. Uniform inputs are
the average case; sparse and binary inputs test the ends of the range. All inputs on ("all_on") give the largest current
and so the largest IR drop; faint inputs show the small-signal slope. Driving only the half of the rows farthest from
the sense amplifiers ("far") gives the most uneven column voltages; driving only the half nearest to them ("near") gives
columns whose two halves differ most. Dense arrays and arrays with one hot column lie at the ends of the range, where
models err most. Where inputs switch gates they are 0 or 1, and blocks of adjacent rows are the worst kind; gates of
several levels have kinds of their own besides (`level_inputs`). The tiles
and activations of a network are the model's actual use; "differential" and "relu" resemble them.
"""

from collections.abc import Sequence

import numpy as np

from circuitsim.calibration.level_inputs import LEVEL_KINDS, LEVEL_VALIDATION, LEVEL_VECTORS, draw_levels, last_level
from circuitsim.chain import sensed_inputs
from circuitsim.devices import has_two_states
from circuitsim.errors import InputError
from circuitsim.results import Experiment, SenseTable
from circuitsim.spec import ArraySpec, checked, input_unit

MATRIX_KINDS = ("log_uniform", "uniform", "binary", "few_high", "dense", "hot", "differential")
INPUT_KINDS = ("uniform", "sparse", "binary", "faint", "all_on", "far", "near", "relu")
SPREAD = 0.25  # standard deviation of the weights of "few_high" and "differential", as a fraction of the largest
HOLD_OUT_MATRICES = ("log_uniform", "few_high", "binary")
GATE_KINDS = ("half", "most", "sparse_on", "near_half", "far_half", "adjacent", "single", "all_on")
SERIES_KINDS = (*GATE_KINDS, "none_on")
"""Kinds of inputs of strings: with no row on they carry their largest current."""
SHARES_ON = {"half": 0.5, "most": 0.8, "sparse_on": 0.1, "far_half": 0.5, "near_half": 0.5, "single": 0.0}
"""Share of the rows that are on, of those that a kind allows; all of them else."""
HOLD_OUT_VECTORS = {"uniform": 8, "sparse": 4, "binary": 4, "faint": 2, "all_on": 1, "far": 1}
EXTREME_MATRICES = ("dense", "hot")
EXTREME_VECTORS = {"uniform": 4, "binary": 4, "all_on": 1, "far": 1, "near": 1}
NETWORK_MATRICES = ("differential",)
NETWORK_VECTORS = {"relu": 12}
GATE_VECTORS = (
    {"half": 6, "most": 2, "sparse_on": 3, "near_half": 2, "far_half": 2, "adjacent": 3, "single": 1, "all_on": 1},
    {"half": 3, "adjacent": 4, "single": 1, "all_on": 1, "far_half": 1, "near_half": 1},
    {"half": 6, "sparse_on": 6},
)
"""The same three where inputs switch gates."""
VALIDATION_VECTORS = {
    "V": {"uniform": 10, "sparse": 6, "all_on": 1},
    "1": {"half": 10, "sparse_on": 6, "adjacent": 6, "all_on": 1},
}
"""Inputs on which a grade is chosen, by the unit of the inputs."""
_NONE_ON = {"none_on": 1}


@checked
def draw_matrix(kind: str, spec: ArraySpec, rng: np.random.Generator) -> np.ndarray:
    """Sample conductances (rows, cols) [S] of one of `MATRIX_KINDS` from the device's range.

    "few_high" resembles a trained network: most cells lie near g_min and a few reach up to g_max. "differential" is one
    with signed weights, a normal distribution, each on a pair of columns. "hot" is one column at g_max among cells at
    g_min. A device with two states takes the one that is nearer on a logarithmic scale.

    Raises:
        InputError: The kind is unknown.
    """
    low, high = spec.device.g_min, spec.device.g_max
    g = _between(kind, low, high, spec.shape, rng)
    return np.where(g * g < low * high, low, high) if has_two_states(spec) else g


def _between(kind: str, low: float, high: float, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Sample conductances from low to high [S]."""
    if kind == "log_uniform":
        return np.exp(rng.uniform(np.log(low), np.log(high), shape))
    if kind == "uniform":
        return rng.uniform(low, high, shape)
    if kind == "binary":
        return np.where(rng.random(shape) < 0.5, low, high)
    if kind == "few_high":
        return low + (high - low) * np.clip(np.abs(rng.normal(0.0, SPREAD, shape)), 0, 1) * (rng.random(shape) < 0.5)
    if kind == "dense":
        return np.where(rng.random(shape) < 0.9, high, low)
    if kind == "hot":
        return np.where(np.arange(shape[1]) == rng.integers(shape[1]), high, np.full(shape, low))
    if kind == "differential":
        weights = np.repeat(rng.normal(0.0, SPREAD, (shape[0], (shape[1] + 1) // 2)), 2, axis=1)[:, : shape[1]]
        weights[:, 1::2] *= -1
        return low + (high - low) * np.clip(weights, 0, 1)
    raise InputError(f"matrix kind = {kind!r}: expected one of {', '.join(MATRIX_KINDS)}")


def draw_inputs(kind: str, count: int, spec: ArraySpec, rng: np.random.Generator, *, side: int = 1) -> np.ndarray:
    """Sample inputs (count, rows) of one of `INPUT_KINDS` [V], between v_ref and v_ref + side · v_read.

    Where they switch gates, they are 0 or 1, of one of `GATE_KINDS`, in strings of `SERIES_KINDS`. Gates of several
    levels also take those of `LEVEL_KINDS`.

    Raises:
        InputError: The kind is unknown.
    """
    if last_level(spec) > 1 and kind in LEVEL_KINDS:
        return draw_levels(kind, count, spec, rng)
    if input_unit(spec) != "V":
        return _switched(kind, count, spec, rng)
    return spec.sense.v_ref + side * _amplitudes(kind, count, spec, rng)


def _switched(kind: str, count: int, spec: ArraySpec, rng: np.random.Generator) -> np.ndarray:
    """Sample inputs (count, rows) of a kind, 0 or 1, with at least one row on unless the kind says none."""
    kinds = SERIES_KINDS if _in_series(spec) else GATE_KINDS
    if kind not in kinds:
        raise InputError(f"input kind = {kind!r}: expected one of {', '.join(kinds)}")
    rows, from_far = spec.array.rows, _from_far(spec)
    if kind == "none_on":
        return np.zeros((count, rows))
    allowed = np.ones((count, rows), dtype=bool)
    if kind == "far_half":
        allowed &= from_far < (rows + 1) // 2
    elif kind == "near_half":
        allowed &= from_far >= rows // 2
    elif kind == "adjacent":
        first, last = np.sort(rng.integers(0, rows + 1, (2, count)), axis=0)[:, :, None]
        allowed &= (np.minimum(first, rows - 1) <= np.arange(rows)) & (np.arange(rows) < np.maximum(last, first + 1))
    on = allowed & (rng.random((count, rows)) < SHARES_ON.get(kind, 1.0))
    one = (rng.random((count, rows)) * allowed).argmax(axis=1)[:, None] == np.arange(rows)
    return np.where(on.any(axis=1, keepdims=True), on, one).astype(float)


def _in_series(spec: ArraySpec) -> bool:
    return spec.array.input_line == "string"


def validation_vectors(spec: ArraySpec) -> dict[str, int]:
    """Return how many inputs of each kind a grade is chosen on."""
    if last_level(spec) > 1:
        return LEVEL_VALIDATION
    return VALIDATION_VECTORS[input_unit(spec)] | (_NONE_ON if _in_series(spec) else {})


def _amplitudes(kind: str, count: int, spec: ArraySpec, rng: np.random.Generator) -> np.ndarray:
    """Sample inputs (count, rows) [V] relative to v_ref, between 0 and v_read."""
    v_read = spec.driver.v_read
    shape = (count, spec.array.rows)
    if kind == "uniform":
        return rng.uniform(0, v_read, shape)
    if kind == "sparse":
        return rng.uniform(0, v_read, shape) * (rng.random(shape) < 0.15)
    if kind == "binary":
        return v_read * (rng.random(shape) < rng.uniform(0.1, 0.9, (count, 1)))
    if kind == "faint":
        return rng.uniform(0, v_read, shape) * 0.1
    if kind == "all_on":
        return np.full(shape, v_read)
    if kind == "far":
        return np.broadcast_to(np.where(_from_far(spec) < (spec.array.rows + 1) // 2, v_read, 0.0), shape).copy()
    if kind == "near":
        return np.broadcast_to(np.where(_from_far(spec) >= spec.array.rows // 2, v_read, 0.0), shape).copy()
    if kind == "relu":
        return v_read * np.clip(rng.normal(0.0, 1 / 3, shape), 0, 1)
    raise InputError(f"input kind = {kind!r}: expected one of {', '.join(INPUT_KINDS)}")


def _from_far(spec: ArraySpec) -> np.ndarray:
    """Number the rows (rows,) from the one farthest from the sense amplifiers, which has 0."""
    rows = np.arange(spec.array.rows)
    return rows[::-1] if spec.wire.col_sense == "top" else rows


def hold_out_experiments(
    spec: ArraySpec, rng: np.random.Generator, *, added: np.random.Generator, side: int = 1
) -> tuple[Experiment, ...]:
    """Sample the hold-out of a certificate: usual matrices from `rng`; extreme and network-like ones from `added`."""
    volts = (HOLD_OUT_VECTORS, EXTREME_VECTORS, NETWORK_VECTORS)
    gates = LEVEL_VECTORS if last_level(spec) > 1 else GATE_VECTORS
    usual, extreme, network = volts if input_unit(spec) == "V" else gates
    if _in_series(spec):
        usual, extreme = usual | _NONE_ON, extreme | _NONE_ON
    return (
        *random_experiments(spec, rng, matrices=HOLD_OUT_MATRICES, vectors=usual, side=side),
        *random_experiments(spec, added, matrices=EXTREME_MATRICES, vectors=extreme, side=side),
        *random_experiments(spec, added, matrices=NETWORK_MATRICES, vectors=network, side=side),
    )


def input_side(spec: ArraySpec, sense: SenseTable | None) -> int:
    """Return 1 for inputs above v_ref, −1 for amplifiers that take inputs below it."""
    return -1 if sensed_inputs(spec, sense)[0] < spec.sense.v_ref else 1


def usual_experiments(experiments: Sequence[Experiment]) -> tuple[Experiment, ...]:
    """Return the experiments without those of extreme and network-like matrices, or all if there are no others.

    What is stated of the array itself, its energy and the error of its product, is an average over these.
    """
    added = (*EXTREME_MATRICES, *NETWORK_MATRICES)
    return tuple(e for e in experiments if e.matrix_kind not in added) or tuple(experiments)


@checked
def random_experiments(
    spec: ArraySpec, rng: np.random.Generator, *, matrices: Sequence[str], vectors: dict[str, int], side: int = 1
) -> tuple[Experiment, ...]:
    """Sample one experiment per name in `matrices`, each read with `vectors[kind]` inputs of each kind.

    Inputs lie above v_ref, or with `side` −1 below it.

    Raises:
        InputError: A kind is unknown.
    """
    kinds = tuple(kind for kind, count in vectors.items() for _ in range(count))
    experiments = []
    for matrix in matrices:
        g = draw_matrix(matrix, spec, rng)
        v_in = np.concatenate([draw_inputs(kind, count, spec, rng, side=side) for kind, count in vectors.items()])
        experiments.append(Experiment(matrix, g, kinds, v_in))
    return tuple(experiments)
