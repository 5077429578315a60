"""A mapping that cannot change, so that what contains it keeps its digest and can be hashed."""

from typing import Any, NoReturn


class FrozenMapping(dict[Any, Any]):
    """A dictionary whose contents are fixed when it is made; it is written to JSON and compared like any other.

    Raises:
        TypeError: On every attempt to change it.
    """

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("this mapping is frozen: build a new one, or use ArraySpec.replace for a specification")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse  # type: ignore

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)
