"""Labels, and the score that fits a network's task: classes of images or pixels, numbers, or the user's measure."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from circuitsim.errors import InputError
from circuitsim.spec import checked, real_numbers

TASKS = ("classification", "per-pixel classification", "regression")

Metric = Callable[[np.ndarray, np.ndarray], float]
"""A measure of the user's: function of outputs (images, …) and labels (images, …), as they are given, to a number."""


@dataclass(frozen=True)
class Score:
    """How well outputs agree with labels.

    Attributes:
        task: One of `TASKS`, or the name of a measure of the user's.
        accuracy: Fraction of the images, or of their pixels, classified correctly; None for a regression.
        rmse: Root mean square error in the network's units; None for classes.
        r2: Coefficient of determination 1 − Σ(error²)/Σ((label − mean)²), over all outputs about the mean of each;
            None for classes, and where the labels do not vary.
        metric: Value of a measure of the user's; None without one.
    """

    task: str
    accuracy: float | None = None
    rmse: float | None = None
    r2: float | None = None
    metric: float | None = None


@checked
def has_classes(outputs: np.ndarray) -> bool:
    """Tell whether outputs (images, classes, *pixels) can name classes: axis 1 holds two or more."""
    outputs = real_numbers("outputs", outputs, keep_type=True)
    return outputs.ndim >= 2 and outputs.shape[1] >= 2


def score(outputs: np.ndarray, labels: np.ndarray, metric: Metric | None = None) -> Score:
    """Score outputs by the task that they and the labels describe, or by a measure of the user's.

    Args:
        outputs: (images, …); for classes (images, classes) or (images, classes, *pixels).
        labels: Classes (images,) or (images, *pixels), counted from 0, or one-hot in the shape of the outputs;
            otherwise numbers in the shape of the outputs for a regression, where (images,) fits one output as well.
        metric: The user's measure, which takes any labels; None: the score that fits the labels.

    Raises:
        InputError: The labels are not numbers, or fit neither classes nor a regression, or the user's measure
            fails or does not return one finite number.
    """
    if metric is not None:
        return _own_score(outputs, np.asarray(labels), metric)
    values, classes = _numbers(labels), has_classes(outputs)
    wanted = (len(outputs), *outputs.shape[2:])
    if classes and values.shape == (len(outputs), 1) != outputs.shape and outputs.ndim == 2:
        values = values[:, 0]
    if values.shape == outputs.shape and classes and _is_one_hot(values):
        values = values.argmax(axis=1)
    if classes and values.shape == wanted:
        _check_classes(values, outputs.shape[1])
        task = TASKS[0] if outputs.ndim == 2 else TASKS[1]
        return Score(task, accuracy=float(np.mean(outputs.argmax(axis=1) == values)))
    if values.size == outputs.size and _without_ones(values) == _without_ones(outputs):
        return _regression(outputs.astype(float).reshape(len(outputs), -1), values.reshape(len(outputs), -1))
    numbers = f"or numbers of shape {outputs.shape} for a regression"
    raise InputError(
        f"labels have shape {values.shape}, expected {wanted}, one for each "
        + (f"{'image' if outputs.ndim == 2 else 'pixel'}, {numbers}" if classes else "image, numbers for a regression")
    )


def _own_score(outputs: np.ndarray, labels: np.ndarray, metric: Metric) -> Score:
    name = getattr(metric, "__name__", "metric")
    try:
        value = float(metric(outputs.copy(), labels))
    except (Exception, SystemExit) as error:  # whatever a function of the user's raises
        raise InputError(
            f"metric {name!r} fails for outputs of shape {outputs.shape} and labels of shape {labels.shape}, with "
            f"{type(error).__name__}; expected a function of both that returns a number"
        ) from None
    if not np.isfinite(value):
        raise InputError(f"metric {name!r} returns {value:g}; expected a finite number")
    return Score(name, metric=value)


def _numbers(labels: np.ndarray) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.dtype.kind not in "biuf":
        names = [repr(str(value)) for value in np.unique(labels.astype(str))]
        few = ", ".join(names[:3] + ["…"] * (len(names) > 3))
        raise InputError(
            f"labels are text ({few}); expected the number of each image's class, counted from 0 in the order of "
            "the network's outputs"
        )
    values = labels.astype(float)
    if not np.isfinite(values).all():
        raise InputError("labels hold values that are not finite; expected finite numbers")
    return values


def _is_one_hot(values: np.ndarray) -> bool:
    return bool(np.isin(values, (0.0, 1.0)).all() and (values.sum(axis=1) == 1.0).all())


def _check_classes(values: np.ndarray, classes: int) -> None:
    wrong = (values != np.rint(values)) | (values < 0) | (values >= classes)
    if wrong.any():
        place = np.unravel_index(int(wrong.argmax()), wrong.shape)
        raise InputError(
            f"labels hold {values[place]:g} for image {place[0]}; expected whole numbers from 0 to {classes - 1}, "
            f"because the network has {classes} outputs"
        )


def _without_ones(values: np.ndarray) -> tuple[int, ...]:
    return (len(values), *(length for length in values.shape[1:] if length != 1))


def _regression(outputs: np.ndarray, values: np.ndarray) -> Score:
    square = float(np.mean((outputs - values) ** 2))
    spread = float(np.mean((values - values.mean(axis=0)) ** 2))
    return Score(TASKS[2], rmse=square**0.5, r2=1.0 - square / spread if spread > 0.0 else None)
