"""Numbers that write down what is done to them: a formula for anything becomes instructions on lanes."""

from typing import Any

from llvmlite import ir

from circuitsim.nodal.lanes import WIDTH

_FUSED = ("contract",)  # a·b + c may round once


class WrittenLanes:
    """Lanes of which the compiler knows: an operation on them becomes an instruction."""

    def __init__(self, builder: ir.IRBuilder, value: Any):
        self.builder, self.value = builder, value

    def _with(self, instruction: str, other: Any, *, reflected: bool = False) -> "WrittenLanes":
        if not isinstance(other, WrittenLanes):
            other = WrittenLanes(self.builder, _constant(self.value.type, other))
        pair = (other.value, self.value) if reflected else (self.value, other.value)
        return WrittenLanes(self.builder, getattr(self.builder, instruction)(*pair, flags=_FUSED))

    def __add__(self, other: Any) -> "WrittenLanes":
        return self._with("fadd", other)

    def __sub__(self, other: Any) -> "WrittenLanes":
        return self._with("fsub", other)

    def __rsub__(self, other: Any) -> "WrittenLanes":
        return self._with("fsub", other, reflected=True)

    def __mul__(self, other: Any) -> "WrittenLanes":
        return self._with("fmul", other)

    def __rmul__(self, other: Any) -> "WrittenLanes":
        return self._with("fmul", other)

    def __truediv__(self, other: Any) -> "WrittenLanes":
        return self._with("fdiv", other)

    def __rtruediv__(self, other: Any) -> "WrittenLanes":
        return self._with("fdiv", other, reflected=True)


def _constant(kind: ir.VectorType, number: float) -> ir.Constant:
    return ir.Constant(kind, [ir.Constant(kind.element, float(number))] * WIDTH)
