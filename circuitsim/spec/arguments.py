"""Check the arguments of public functions by their annotations: one sentence for the first that does not fit.

The annotation of a parameter is its contract, so that it is written once. Arrays are left to `real_numbers`, which also
knows their shape and unit.
"""

import functools
import inspect
import numbers
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, ParamSpec, TypeVar, Union, get_args, get_origin

import numpy as np

from circuitsim.errors import InputError
from circuitsim.spec.base import LONGEST_NAME, is_plain_name

_P = ParamSpec("_P")
_R = TypeVar("_R")

Count = Annotated[int, "a whole number >= 1"]
Tolerance = Annotated[float, "a finite number > 0"]
PlainName = Annotated[str, f"a name of letters, digits and _, at most {LONGEST_NAME} long"]

# What a plain annotation accepts, and how a sentence calls it. NumPy's scalars are ordinary numbers.
_PLAIN: dict[Any, tuple[Callable[[Any], bool], str]] = {
    float: (lambda value: isinstance(value, numbers.Real) and not isinstance(value, bool), "a number"),
    int: (lambda value: isinstance(value, numbers.Integral) and not isinstance(value, bool), "a whole number"),
    bool: (lambda value: isinstance(value, bool | np.bool_), "True or False"),
    str: (lambda value: isinstance(value, str), "a text"),
    Path: (lambda value: isinstance(value, Path), "a Path"),
    Count: (lambda value: _PLAIN[int][0](value) and value >= 1, "a whole number >= 1"),
    Tolerance: (lambda value: _PLAIN[float][0](value) and 0 < value < np.inf, "a finite number > 0"),
    PlainName: (lambda value: isinstance(value, str) and is_plain_name(value), get_args(PlainName)[1]),
    type(None): (lambda value: value is None, "None"),
}
_NAMES: dict[type, str] = {np.random.Generator: "a generator such as numpy.random.default_rng(0)"}


def checked(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Return a function that first checks its arguments by their annotations.

    A class accepts its instances; a protocol, whatever has its members; `float` and `int` also take the scalars of
    NumPy; sequences and mappings are checked item by item. `Annotated[kind, "words"]` states how a sentence names what
    is expected. Array annotations (`ArrayLike`, `np.ndarray`) and `Any` accept everything here.

    Raises:
        InputError: When called with an argument that does not fit; names argument, value and expectation.
    """
    contract: list[_Contract] = []  # read at the first call: most functions of a package are never called

    @functools.wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        if not contract:
            contract.append(_contract(function))
        kinds, accepts, bind = contract[0]
        for name, value in bind(*args, **kwargs).items():
            if name in accepts and not any(accept(value) for accept in accepts[name]):
                check_argument(name, value, kinds[name])
        return function(*args, **kwargs)

    return call


class _Contract(NamedTuple):
    """What a function accepts: annotation and tests of each parameter, and how arguments get the names of those."""

    kinds: dict[str, Any]
    accepts: dict[str, list[Callable[[Any], bool]]]
    bind: Callable[..., Mapping[str, Any]]


def _contract(function: Callable[..., Any]) -> _Contract:
    signature = inspect.signature(function)
    kinds = {
        name: tuple[each.annotation, ...] if each.kind is inspect.Parameter.VAR_POSITIONAL else each.annotation
        for name, each in signature.parameters.items()
    }
    accepts = {name: [_acceptor(member) for member in _members(kind)] for name, kind in kinds.items()}
    of_any_number = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    if of_any_number.isdisjoint(each.kind for each in signature.parameters.values()):
        # Ten times as fast as `bind`; what has no name here is refused by the function itself.
        return _Contract(kinds, accepts, lambda *args, **kwargs: dict(zip(kinds, args, strict=False)) | kwargs)
    return _Contract(kinds, accepts, lambda *args, **kwargs: signature.bind(*args, **kwargs).arguments)


def check_argument(name: str, value: object, kind: Any) -> None:
    """Refuse an argument that its annotation does not accept.

    Raises:
        InputError: The value does not fit; names argument, value and expectation.
    """
    if (sentence := misfit(name, value, kind)) is not None:
        raise InputError(sentence)


def misfit(name: str, value: object, kind: Any) -> str | None:
    """Return the sentence that refuses a value which its annotation does not accept; None if it fits."""
    members = _members(kind)
    if any(_accepts(member, value) for member in members):
        return None
    deeper = [member for member in members if get_origin(member) is not Literal and _container(member, value)]
    for member in deeper:  # the container fits, so one of its items does not
        for part, item, item_kind in _items(name, value, member):
            if (sentence := misfit(part, item, item_kind)) is not None:
                return sentence
    choices = any(get_origin(member) is Literal for member in members)
    named = [member for member in members if not (choices and member is type(None))]  # an option that is absent
    expected = get_args(kind)[1] if get_origin(kind) is Annotated else " or ".join(dict.fromkeys(map(_words, named)))
    if all((isinstance(member, type) and member not in _PLAIN) or member is type(None) for member in members):
        return f"{name} is of type {type(value).__name__}: expected {expected}"
    return f"{name} = {_short(value)}: expected {expected}"


def _members(kind: Any) -> list[Any]:
    """Return the alternatives of an annotation."""
    if kind in _PLAIN:
        return [kind]
    if get_origin(kind) is Annotated:
        return _members(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [member for each in get_args(kind) for member in _members(each)]
    return [kind]


def _accepts(kind: Any, value: Any) -> bool:
    return _acceptor(kind)(value)


def _acceptor(kind: Any) -> Callable[[Any], bool]:
    """Return the test of one alternative of an annotation."""
    if kind in _PLAIN:
        return _PLAIN[kind][0]
    origin = get_origin(kind)
    if origin is Literal:
        return lambda value: isinstance(value, str | int) and value in get_args(kind)
    if origin is Callable or kind is Callable:
        return callable
    if origin in (Sequence, list, tuple, dict, Mapping):
        return lambda value: _container(kind, value) and all(misfit(*item) is None for item in _items("", value, kind))
    if kind is Any or kind is np.ndarray or not isinstance(kind, type):
        return lambda value: True
    if getattr(kind, "_is_protocol", False):
        names = [name for name in vars(kind) if name == "__call__" or name[0] != "_"]
        return lambda value: all(hasattr(value, name) for name in names)
    return lambda value: isinstance(value, kind)


def _container(kind: Any, value: object) -> bool:
    """Tell whether a value is the kind of container that an annotation names, whatever its items are."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (dict, Mapping):
        return isinstance(value, Mapping)
    if origin in (Sequence, list, tuple):
        many = isinstance(value, Sequence) and not isinstance(value, str | bytes)
        if not many and not (isinstance(value, np.ndarray) and value.ndim > 0):
            return False
        return origin is not tuple or Ellipsis in arguments or len(value) == len(arguments)  # type: ignore[arg-type]
    return False


def _items(name: str, value: Any, kind: Any) -> list[tuple[str, Any, Any]]:
    """Return name, value and annotation of each item of a container."""
    arguments = get_args(kind)
    if isinstance(value, Mapping):
        keys = [(f"a key of {name}", key, arguments[0]) for key in value]
        return keys + [(f"{name}[{key!r}]", item, arguments[1]) for key, item in value.items()]
    kinds = arguments if get_origin(kind) is tuple and Ellipsis not in arguments else [arguments[0]] * len(value)
    return [(f"{name}[{k}]", item, each) for k, (item, each) in enumerate(zip(value, kinds, strict=True))]


def _words(kind: Any) -> str:
    if kind in _PLAIN:
        return _PLAIN[kind][1]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " or ".join(map(repr, arguments))
    if origin is tuple and Ellipsis not in arguments:
        return f"{len(arguments)} values, {' and '.join(map(_words, arguments))}"
    if origin in (Sequence, list, tuple):
        return f"a sequence, each item {' or '.join(map(_words, _members(arguments[0])))}"
    if origin in (dict, Mapping):
        return "a mapping"
    if origin is Callable:
        return "a function"
    return _NAMES.get(kind, getattr(kind, "__name__", str(kind)))


def _short(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
