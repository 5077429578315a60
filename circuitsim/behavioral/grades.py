"""The grades of a tile: how much of its cells' nonlinearity each keeps, and at what price. To add one, edit this file.

A tile starts from the linear array in which every cell is its least-squares conductance. What a cell carries beyond
that, its residual current, depends on the cell's scaled input s and on the level t of its column (see `Tile`). A form
says how many functions of s the tile keeps for each power of t; each of them but the constant costs one matrix product.
Calibration tries the grades from the fewest products to the most.
"""

from dataclasses import dataclass

from circuitsim.errors import InputError

# Points at which residual currents are tabulated: no form can tell more functions of s, or powers of t, apart.
INPUT_POINTS, LEVEL_POINTS = {"analog": 6, "binary": 2}, 3
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@dataclass(frozen=True)
class TileForm:
    """What a tile keeps of its cells' residual currents.

    With `currents = (3, 3, 2)` the residual current of a cell is

        n(s, t) = c00 + c01·s + c02·f(s)  +  t·(c10 + c11·s + c12·h(s))  +  t²·(c20 + c21·s)

    where f and h are fitted to the array (see `expansion`): 2 + 2 + 1 products of (rows, cols).

    Attributes:
        inputs: Inputs it serves: "analog" (anything in the range) or "binary" (v_ref or the end of the range).
        currents: Functions of s kept in the output currents, one number for each power of t, in the order 1, s, and
            then the fitted ones; powers from t² on share the functions fitted to t. Empty: the linear array alone,
            which is one product.
        levels: The same for what the residual currents do to the levels themselves; no number above that of `currents`.

    Raises:
        InputError: The kind of inputs is unknown, the table of residual currents cannot tell that many functions or
            powers apart, or the numbers contradict each other.
    """

    inputs: str
    currents: tuple[int, ...] = ()
    levels: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _check_inputs(self.inputs)
        if not self.currents and not self.levels:
            return
        most = INPUT_POINTS[self.inputs]
        if not (2 <= len(self.currents) <= LEVEL_POINTS and 1 <= len(self.levels) <= len(self.currents)):
            raise InputError(
                f"form: currents = {self.currents}, levels = {self.levels}: expected 2 to {LEVEL_POINTS} powers of the "
                "level in the currents, and 1 to as many in the levels"
            )
        allowed = (most, *[min(most, self.currents[1])] * (len(self.currents) - 1))
        limits = ((self.currents, allowed), (self.levels, self.currents))
        if any(not 1 <= count <= limit for counts, top in limits for count, limit in zip(counts, top, strict=False)):
            raise InputError(
                f"form: currents = {self.currents}, levels = {self.levels}: expected 1 to {most} functions for each "
                "power of the level, from the third on no more than for the second, in levels no more than in currents"
            )

    @property
    def linear(self) -> bool:
        """Whether the tile is the linear array alone, without residual currents."""
        return not self.currents

    @property
    def products(self) -> int:
        """Matrix products of one read, counted in products of shape (rows, cols)."""
        return 1 if self.linear else sum(count - 1 for count in self.currents + self.levels)

    @property
    def phrase(self) -> str:
        """Its price in words for reports: "nine matrix products"."""
        number = _WORDS[self.products] if self.products < len(_WORDS) else str(self.products)
        return f"{number} matrix product{'' if self.products == 1 else 's'}"


def _check_inputs(inputs: str) -> None:
    if inputs not in INPUT_POINTS:
        raise InputError(f"inputs = {inputs!r}: expected {' or '.join(map(repr, INPUT_POINTS))}")


GRADES: dict[int, TileForm] = {
    1: TileForm("analog"),
    2: TileForm("analog", currents=(3, 3, 2), levels=(2,)),
    3: TileForm("analog", currents=(4, 3, 2), levels=(3, 2)),
}
"""Forms for analog inputs by the number that a user names."""

BINARY = TileForm("binary", currents=(2, 2, 2), levels=(2, 2))
"""The form for binary inputs, whatever the grade: two input voltages tell no more than 1 and s apart."""


def form_of(grade: int, inputs: str = "analog") -> TileForm:
    """Return the form that a tile of this grade has.

    Args:
        grade: A key of `GRADES`.
        inputs: "analog", or "binary" for inputs that are either v_ref or one end of the range.

    Raises:
        InputError: The grade or the kind of inputs is unknown.
    """
    if grade not in GRADES:
        first, *rest = (f"{number} ({form.phrase})" for number, form in GRADES.items())
        expected = f"{', '.join([first, *rest[:-1]])} or {rest[-1]}"
        raise InputError(f"grade = {grade}: expected {expected}")
    _check_inputs(inputs)
    return BINARY if inputs == "binary" else GRADES[grade]
