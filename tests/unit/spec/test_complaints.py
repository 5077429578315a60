"""A complaint of pydantic becomes one sentence: key, value, expectation."""

from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError

from circuitsim.spec.base import Part, Positive, Quantity
from circuitsim.spec.complaints import sentence


class Round(Part):
    form: Literal["round"]
    radius: Positive


class Square(Part):
    form: Literal["square"]
    side: float


class Whole(Part):
    number: Quantity = 1.0
    scale: Literal["auto"] | Positive = "auto"
    kind: Literal["plain"] = "plain"
    shape: Annotated[Round | Square, Field(discriminator="form")] | None = None
    named: dict[str, Round] = Field(default_factory=dict)
    lines: tuple[tuple[float, float], ...] = ()
    renamed: int = Field(default=0, alias="as_written")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"numbr": 2}, "unknown key numbr: did you mean 'number'?"),
        ({"zzz": 2}, "unknown key zzz: expected one of number, scale, kind, shape, named, lines, as_written"),
        ({"renamed": 2}, "unknown key renamed: did you mean 'named'?"),
        ({"number": "1M"}, "number: got '1M': SPICE reads M as milli; write '1meg' or '1e6'"),
        ({"scale": "all"}, "scale = 'all': expected 'auto'"),
        ({"kind": "rich"}, "kind = 'rich': expected 'plain'"),
        (
            {"kind": "fancy", "zzz": 1},
            "unknown key zzz: expected one of number, scale, kind, shape, named, lines, as_written",
        ),
        ({"kind": ["fancy"]}, "kind = ['fancy']: expected 'plain'"),
        ({"shape": {"form": "round", "radius": 0}}, "shape.radius = 0: expected a value greater than 0"),
        ({"shape": {"form": "round", "raduis": 1}}, "unknown key shape.raduis: did you mean 'radius'?"),
        ({"shape": {"form": "square"}}, "shape.side is missing: it has no default"),
        ({"shape": {"form": "oval"}}, "shape.form = 'oval': expected one of 'round', 'square'"),
        ({"shape": {"radius": 1}}, "shape.form is missing: it has no default"),
        ({"shape": 3}, "shape = 3: expected a table"),
        ({"named": {"a": {"form": "round", "radus": 1}}}, "unknown key named.a.radus: did you mean 'radius'?"),
        ({"named": {"a": 1}}, "named.a = 1: expected a table"),
        ({"lines": [[1, "x"]]}, "lines.0.1 = 'x': expected a number"),
        ({"as_written": "x"}, "as_written = 'x': expected a whole number"),
    ],
)
def test_a_complaint_names_key_value_and_expectation(data, expected):
    with pytest.raises(ValidationError) as caught:
        Whole.model_validate(data)
    assert sentence(caught.value, Whole) == expected
