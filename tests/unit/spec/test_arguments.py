"""An annotation is the contract of an argument; what breaks it is said in one sentence."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import numpy as np
import pytest
from numpy.typing import ArrayLike

from circuitsim.errors import InputError
from circuitsim.spec import Count, DriverSpec, Tolerance, checked


class Runs(Protocol):
    def run(self) -> None: ...


@checked
def function(
    a: float = 1.0,
    b: int | None = None,
    c: Literal["x", "y"] = "x",
    d: tuple[float, float] | None = None,
    e: Sequence[DriverSpec] = (),
    f: str | Path | None = None,
    g: Callable[[float], float] | None = None,
    h: dict[str, float] | None = None,
    i: Runs | None = None,
    j: Annotated[DriverSpec | None, "what somebody returns"] = None,
    k: ArrayLike | None = None,
    l: Any = None,
    m: Count = 1,
    n: Tolerance = 1.0,
    o: np.random.Generator | None = None,
    p: bool = False,
) -> str:
    return "called"


@pytest.mark.parametrize(
    "given",
    [
        {"a": np.float32(1), "b": np.int64(2)},
        {"a": 3},
        {"d": (0.0, 1)},
        {"d": np.array([0.0, 1.0])},
        {"e": [DriverSpec(v_read=0.1)]},
        {"f": Path("x")},
        {"g": abs, "h": {"q": 1}},
        {"i": type("Runner", (), {"run": lambda self: None})()},
        {"k": object(), "l": object()},
        {"m": np.int8(3), "n": 1, "o": np.random.default_rng(0), "p": np.bool_(True)},
    ],
)
def test_what_fits_passes(given):
    assert function(**given) == "called"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"a": "1m"}, "a = '1m': expected a number"),
        ({"a": True}, "a = True: expected a number"),
        ({"b": 2.5}, "b = 2.5: expected a whole number or None"),
        ({"c": "z"}, "c = 'z': expected 'x' or 'y'"),
        ({"c": np.array(["x", "y"])}, r"c = array\(\['x', 'y'\].*: expected 'x' or 'y'"),
        ({"d": 0.3}, "d = 0.3: expected 2 values, a number and a number or None"),
        ({"d": (0, "1")}, r"d\[1\] = '1': expected a number"),
        ({"d": (0, 1, 2)}, r"d = \(0, 1, 2\): expected 2 values"),
        ({"e": [1]}, r"e\[0\] is of type int: expected DriverSpec"),
        ({"e": "text"}, "e = 'text': expected a sequence, each item DriverSpec"),
        ({"f": 5}, "f = 5: expected a text or a Path or None"),
        ({"g": 5}, "g = 5: expected a function or None"),
        ({"h": {"q": "1"}}, r"h\['q'\] = '1': expected a number"),
        ({"i": object()}, "i is of type object: expected Runs or None"),
        ({"j": 5}, "j is of type int: expected what somebody returns"),
        ({"m": 0}, "m = 0: expected a whole number >= 1"),
        ({"n": float("nan")}, "n = nan: expected a finite number > 0"),
        ({"o": 0}, r"o is of type int: expected a generator such as numpy.random.default_rng\(0\) or None"),
        ({"p": 1}, "p = 1: expected True or False"),
    ],
)
def test_what_does_not_fit_is_said(given, sentence):
    with pytest.raises(InputError, match=f"^{sentence}"):
        function(**given)


def test_a_call_without_an_argument_stays_an_error_of_the_language():
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        function(z=1)
