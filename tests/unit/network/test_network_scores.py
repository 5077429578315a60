import numpy as np
import pytest

from circuitsim.errors import InputError
from circuitsim.network.scores import Score, score

OUTPUTS = np.array([[3.0, 1.0, 0.0], [0.0, 2.0, 1.0], [1.0, 0.0, 5.0], [4.0, 3.0, 0.0]])  # classes 0, 1, 2, 0


@pytest.mark.parametrize(
    "labels",
    [
        np.array([0, 1, 2, 1]),
        np.array([0.0, 1.0, 2.0, 1.0]),
        np.array([[0], [1], [2], [1]]),
        np.eye(3)[[0, 1, 2, 1]],
        np.eye(3, dtype=bool)[[0, 1, 2, 1]],
    ],
    ids=["whole", "float", "column", "one-hot", "boolean one-hot"],
)
def test_classes_are_read_in_every_usual_form(labels):
    assert score(OUTPUTS, labels) == Score("classification", accuracy=0.75)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array(["a", "b", "c", "a"]), r"labels are text \('a', 'b', 'c'\); expected the number of each image"),
        (np.array([0, 1, 3, 0]), "labels hold 3 for image 2; expected whole numbers from 0 to 2"),
        (np.array([0, -1, 2, 0]), "labels hold -1 for image 1"),
        (np.array([0.5, 1, 2, 0]), "labels hold 0.5 for image 0"),
        (np.array([0, 1, np.nan, 0]), "labels hold values that are not finite"),
        (np.zeros((4, 2)), r"labels have shape \(4, 2\), expected \(4,\), one for each image, or numbers of shape"),
        (np.zeros(3), r"labels have shape \(3,\), expected \(4,\), one for each image"),
    ],
)
def test_labels_that_are_no_classes_are_refused(labels, message):
    with pytest.raises(InputError, match=message):
        score(OUTPUTS, labels)


def test_numbers_are_a_regression():
    found = score(OUTPUTS, OUTPUTS + 0.5)
    assert (found.task, found.accuracy, found.rmse) == ("regression", None, 0.5)
    about = OUTPUTS + 0.5 - (OUTPUTS + 0.5).mean(axis=0)
    assert found.r2 == pytest.approx(1 - 0.25 / np.mean(about**2))


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
@pytest.mark.parametrize("label_shape", [(4,), (4, 1)])
def test_one_output_is_no_class(shape, label_shape):
    """The largest of one output is always class 0."""
    found = score(np.array([0.0, 1.0, 2.0, 3.0]).reshape(shape), np.array([0.0, 1.0, 2.0, 5.0]).reshape(label_shape))
    assert found == Score("regression", rmse=1.0, r2=pytest.approx(1 - 1 / 3.5))


def test_labels_that_do_not_vary_have_no_r2():
    assert score(np.array([1.0, 2.0]), np.array([1.0, 1.0])).r2 is None


def test_pixels_are_classified_each():
    outputs = np.zeros((2, 3, 4, 5))
    outputs[:, 1] = 1.0
    labels = np.ones((2, 4, 5), dtype=int)
    labels[0, 0, 0] = 2
    assert score(outputs, labels) == Score("per-pixel classification", accuracy=39 / 40)
    assert score(outputs, np.moveaxis(np.eye(3)[labels], -1, 1)).accuracy == 39 / 40
    labels[0, 0, 0] = 255
    with pytest.raises(InputError, match="labels hold 255 for image 0; expected whole numbers from 0 to 2"):
        score(outputs, labels)
    with pytest.raises(InputError, match=r"expected \(2, 4, 5\), one for each pixel"):
        score(outputs, np.zeros(2))


@pytest.mark.parametrize(
    ("outputs", "labels"), [((2, 2), (4,)), ((2, 6), (2, 2, 3)), ((2, 6), (2, 3, 2)), ((6, 1), (2, 3)), ((4,), (2, 2))]
)
def test_as_many_numbers_in_another_shape_are_no_regression(outputs, labels):
    with pytest.raises(InputError, match="labels have shape"):
        score(
            np.arange(float(np.prod(outputs))).reshape(outputs),
            np.linspace(0.1, 0.9, int(np.prod(labels))).reshape(labels),
        )


def test_a_regression_of_several_axes_pairs_number_with_number():
    outputs = np.random.default_rng(0).normal(size=(5, 1, 3, 2))
    labels = outputs[:, 0] + np.array([0.5, -0.25])
    found = score(outputs, labels)
    assert found.task == "regression" and found.rmse == pytest.approx(np.sqrt((0.25 + 0.0625) / 2))
    assert found.r2 == pytest.approx(1 - (0.25 + 0.0625) / 2 / np.mean((labels - labels.mean(axis=0)) ** 2))
