"""A specification is its values: what is equal has one digest, and nothing changes behind its back."""

import copy
import pickle
import types
from typing import Annotated, Union, get_args, get_origin

import numpy as np
import pytest

from circuitsim.errors import InputError, SpecError
from circuitsim.spec import ArraySpec, load_spec, parse_spec
from circuitsim.spec.base import Part

DATA = {
    "schema": 1,
    "array": {"rows": 6, "cols": 4, "cell": "1t1r"},
    "device": {"model": "rram_sinh", "params": {"v0": 0.3}, "g_min": "1u", "g_max": "100u"},
    "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8},
    "wire": {"r_row": 2.0, "r_col": 2.0},
    "driver": {"v_read": 0.2},
}
SPEC = parse_spec(DATA)


def test_a_copy_with_another_value_has_its_own_digest():
    _ = SPEC.digest  # nothing that was computed before travels along
    other = SPEC.model_copy(update={"wire": SPEC.wire.model_copy(update={"r_row": 200})})
    assert other != SPEC and other.digest != SPEC.digest
    assert SPEC.copy(update={"wire": other.wire}).digest == other.digest
    assert other == SPEC.replace(wire={"r_row": 200.0}) and other.digest == SPEC.replace(wire={"r_row": 200.0}).digest


def test_a_copy_is_checked_as_any_other_part():
    with pytest.raises(SpecError, match=r"unknown key r_rwo: did you mean 'r_row'\?"):
        SPEC.wire.model_copy(update={"r_rwo": 1.0})
    with pytest.raises(SpecError, match=r"r_row = -1\.0: expected a value greater than or equal to 0"):
        SPEC.wire.model_copy(update={"r_row": -1.0})


@pytest.mark.parametrize("change", [lambda p: p.update(v0=1.0), lambda p: p.pop("v0"), lambda p: p.clear()])
def test_parameters_cannot_be_changed_in_place(change):
    for params in (SPEC.device.params, SPEC.access.params):
        with pytest.raises(TypeError, match="frozen"):
            params["v0"] = 0.05
        with pytest.raises(TypeError, match="frozen"):
            change(params)
    assert SPEC.device.params == {"v0": 0.3}


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s)), lambda s: s])
def test_equal_specifications_have_equal_hashes_and_digests(again):
    same = again(parse_spec(DATA))
    assert same == SPEC and hash(same) == hash(SPEC) and same.digest == SPEC.digest


def test_minus_zero_is_zero():
    parts = {"sense": {"v_ref": -0.0}, "wire": {"r_row": -0.0, "taper_row": -0.0, "c_row": np.full((6, 4), -0.0)}}
    minus = SPEC.replace(**parts)
    plus = SPEC.replace(sense={"v_ref": 0.0}, wire={"r_row": 0.0, "taper_row": 0.0, "c_row": np.zeros((6, 4))})
    assert minus == plus and minus.digest == plus.digest


def test_numbers_of_numpy_are_ordinary_values():
    numpy = SPEC.replace(array={"rows": np.int64(6), "temperature_c": np.float32(27)}, wire={"r_row": np.int32(2)})
    assert numpy == SPEC.replace() and numpy.digest == SPEC.digest
    assert SPEC.replace(wire={"first_row_segment": np.bool_(False)}).wire.first_row_segment is False


def _fields(part: type[Part], place=()):
    """Place and annotation of every value of a part and of the parts in it."""
    for name, field in part.model_fields.items():
        for kind in _kinds(field.annotation):
            if isinstance(kind, type) and issubclass(kind, Part):
                yield from _fields(kind, (*place, name))
            else:
                yield (*place, name), kind


def _kinds(annotation):
    if get_origin(annotation) in (Union, types.UnionType):
        return [kind for each in get_args(annotation) for kind in _kinds(each)]
    return _kinds(get_args(annotation)[0]) if get_origin(annotation) is Annotated else [annotation]


def _given(place, value):
    """The data with one value; parts that it lacks get what they require."""
    whole = {"strap_row": {"every": 2, "r": 1.0, "r_via": 1.0}, "strap_col": {"every": 2, "r": 1.0, "r_via": 1.0}}
    data = copy.deepcopy(DATA)
    table = data
    for name in place[:-1]:
        table = table.setdefault(name, whole.get(name, {}))
    table[place[-1]] = value
    return data


WHOLE = [place for place, kind in _fields(ArraySpec) if kind is int]
SWITCHES = [place for place, kind in _fields(ArraySpec) if kind is bool]


def test_the_fields_are_found():
    assert ("array", "rows") in WHOLE and ("driver", "dac_bits") in WHOLE and ("wire", "strap_row", "every") in WHOLE
    assert ("wire", "first_row_segment") in SWITCHES and len(WHOLE) >= 8


@pytest.mark.parametrize("place", WHOLE, ids=".".join)
@pytest.mark.parametrize("value", [True, "6", 2.5])
def test_whole_numbers_are_not_guessed(place, value):
    with pytest.raises(SpecError, match=rf"{'.'.join(place)} = .*: expected a whole number"):
        parse_spec(_given(place, value))


@pytest.mark.parametrize("place", SWITCHES, ids=".".join)
@pytest.mark.parametrize("value", [1, "yes", "true"])
def test_switches_are_not_guessed(place, value):
    with pytest.raises(SpecError, match=rf"{'.'.join(place)} = .*: expected true or false"):
        parse_spec(_given(place, value))


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"device": {"ports": ("be", "te")}}, r"ports = \['be', 'te'\] has no effect"),
        ({"device": {"state": "nonsense"}}, "state = 'nonsense' has no effect"),
        ({"access": {"ports": ("s", "g", "d", "b")}}, "ports = .* has no effect"),
        ({"technique": {"g_dummy": "1u"}}, "g_dummy = 1e-06 S has no effect without dummies"),
    ],
)
def test_keys_without_effect_are_refused(parts, sentence):
    with pytest.raises(SpecError, match=sentence):
        SPEC.replace(**parts)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: SPEC.replace(foo={"a": 1}), "unknown section 'foo': expected one of array, device"),
        (lambda: SPEC.replace(wire=5), "wire = 5: expected a table"),
        (lambda: parse_spec(5), "data = 5: expected a mapping"),
        (lambda: parse_spec({1: 2}), "a key of data = 1: expected a text"),
        (lambda: load_spec(5), "path = 5: expected a text or a Path"),
        (lambda: ArraySpec(**DATA | {"wire": {"r_row": 1.0}}), "wire.r_col is missing"),
        (lambda: parse_spec(DATA | {"schema": True}), "schema = True: expected a whole number"),
    ],
)
def test_what_is_no_specification_is_refused_in_our_words(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call()
