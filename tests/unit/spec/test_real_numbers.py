"""The one door for arrays: numbers pass, everything that only looks like them is refused."""

import numpy as np
import pytest

from circuitsim.errors import InputError
from circuitsim.spec import real_numbers

MASKED = np.ma.masked_array([1.0, 2.0], mask=[True, False])


@pytest.mark.parametrize(
    "values",
    [
        MASKED,
        [MASKED, MASKED],
        [np.ma.masked, 1.0],
        [[1], [1, 2]],
        ["1.0", "2.0"],
        np.array([1.0, 2.0], dtype=object),
        np.array([(1.0,)], dtype=[("a", float)]),
        [1 + 2j],
        [None, 1.0],
        np.array(["2024-01-01"], dtype="datetime64[D]"),
        {"a": 1.0},
        object(),
    ],
    ids=lambda values: type(values).__name__,
)
def test_what_is_no_array_of_numbers_is_refused(values):
    with pytest.raises(InputError, match=r"^x (has masked values|cannot be read as an array of real numbers)"):
        real_numbers("x", values)


@pytest.mark.parametrize(
    "values", [[True, False], [1, 0], np.float32([1, 0]), np.ma.masked_array([1.0, 0.0]), ((1.0), 0)]
)
def test_numbers_of_every_type_pass(values):
    array = real_numbers("x", values)
    assert array.dtype == np.float64 and array.tolist() == [1.0, 0.0] and type(array) is np.ndarray


def test_the_shape_and_the_type_on_request():
    with pytest.raises(InputError, match=r"g has shape \(1, 2\), expected \(rows, cols\) = \(2, 1\)"):
        real_numbers("g", [[1.0, 2.0]], shape=(2, 1), axes="(rows, cols)")
    assert real_numbers("images", np.zeros(2, np.uint8), keep_type=True).dtype == np.uint8
