"""The grades of a tile: how much of its cells' nonlinearity each keeps, and at what price. To add one, edit this file.

A tile starts from the linear array in which every cell is its least-squares conductance. What a cell carries beyond
that, its residual current, depends on the cell's scaled input s and on the level t of its column (see `Tile`). A form
says how many functions of s the tile keeps for each power of t, and over how many bands of rows a column has a level of
its own. Calibration tries the grades from the fewest products to the most.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from circuitsim.behavioral.bands import band_limit
from circuitsim.errors import InputError

# Points at which residual currents are tabulated: no form can tell more functions of s, or powers of t, apart.
INPUT_POINTS = {"analog": 6, "binary": 2}
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_WORDS += ("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen")


def _counted(products: int) -> str:
    number = _WORDS[products] if products < len(_WORDS) else str(products)
    return f"{number} matrix product{'' if products == 1 else 's'}"


@dataclass(frozen=True)
class TileForm:
    """What a tile keeps of its cells' residual currents.

    With `currents = (3, 3, 2)` the residual current of a cell is

        n(s, t) = c00 + c01·s + c02·f(s)  +  t·(c10 + c11·s + c12·h(s))  +  t²·(c20 + c21·s)

    where f and h are fitted to the array (see `expansion`). Each function but the constant is one product.

    Attributes:
        inputs: Inputs it serves: "analog" (anything in the range) or "binary" (v_ref or the end of the range).
        currents: Functions of s kept in the output currents, one number for each power of t, in the order 1, s, and
            then the fitted ones; powers from t² on share the functions fitted to t. Empty: the linear array alone,
            which is one product.
        levels: The same for what the residual currents do to the levels themselves; no number above that of `currents`.
            With bands there are none: the levels follow the bands' own output currents (see `BandProducts`).
        bands: Number of bands of rows in each of which a column has a level of its own; 0: one level a column, and
            residual currents act on it through `levels`.
        across: With bands, number of functions besides 1 that describe what it does to a current that columns have
            other levels than the output's (see `RowCorrection`).

    Raises:
        InputError: The kind of inputs is unknown, the table of residual currents cannot tell that many functions or
            powers apart, or the numbers contradict each other.
    """

    inputs: str
    currents: tuple[int, ...] = ()
    levels: tuple[int, ...] = ()
    bands: int = 0
    across: int = 0

    def __post_init__(self) -> None:
        _check_inputs(self.inputs)
        if self.bands:
            _check_banded(self)
        elif self.currents or self.levels:
            _check_one_level(self)

    @property
    def linear(self) -> bool:
        """Whether the tile is the linear array alone, without residual currents."""
        return not self.currents

    @property
    def level_points(self) -> int:
        """Number of levels at which residual currents are tabulated."""
        return max(3, len(self.currents))

    @property
    def products(self) -> int:
        """Matrix products of one read, counted in products of shape (rows, cols).

        A banded tile has those of the currents, one for the linear array and the first function s of t⁰ together, one
        for the level of each band, two for the levels that rows see and their first effect, and three for each function
        of the levels' distance: for the own level's powers 0 to 2.
        """
        own = sum(count - 1 for count in self.currents + self.levels)
        return 1 if self.linear else own + (self.bands + 2 + 3 * self.across if self.bands else 0)

    @property
    def phrase(self) -> str:
        """Its price in words for reports: "thirteen matrix products"."""
        return _counted(self.products)


@dataclass(frozen=True)
class GatedForm:
    """What a tile keeps of columns whose rows are gated, see `column_balance`.

    Attributes:
        bands: Bands of rows with moments of their own; 0: every cell carries its current at the column's typical drop,
            which is one product.
        moments: Moments of the drop in each band: its mean, its slope, …

    Raises:
        InputError: A number is negative, or only one of both is 0.
    """

    bands: int = 0
    moments: int = 0

    def __post_init__(self) -> None:
        if min(self.bands, self.moments) < 0 or (self.bands > 0) != (self.moments > 0):
            raise InputError(
                f"form: bands = {self.bands}, moments = {self.moments}: expected both 0, or both 1 or more"
            )

    @property
    def linear(self) -> bool:
        """Whether the output is one product of the inputs."""
        return self.bands == 0

    @property
    def products(self) -> int:
        """Matrix products of one read, counted in products of shape (rows, cols): each band multiplies its own rows."""
        return 3 * self.moments if self.bands else 1

    @property
    def phrase(self) -> str:
        """Its price in words for reports."""
        return f"{_counted(self.products)}, {self.bands} bands of rows" if self.bands > 1 else _counted(self.products)


@dataclass(frozen=True)
class StringForm:
    """What a tile keeps of strings, see `string_balance`.

    Attributes:
        powers: Powers of the current, from the first on, in the voltage of a selected cell.
        bands: Bands of rows, in each of which bypassed cells lie below and above the selected ones.

    Raises:
        InputError: A number is below 1.
    """

    powers: int
    bands: int

    def __post_init__(self) -> None:
        if min(self.powers, self.bands) < 1:
            raise InputError(f"form: powers = {self.powers}, bands = {self.bands}: expected both 1 or more")

    @property
    def products(self) -> int:
        """Matrix products of one read, counted in products of shape (rows, cols): each band multiplies its own rows.

        Besides the powers they are the bypasses, and the bypassed cells that lie above the selected ones.
        """
        return self.powers + 2

    @property
    def phrase(self) -> str:
        """Its price in words for reports."""
        return f"{_counted(self.products)}, {self.bands} bands of rows" if self.bands > 1 else _counted(self.products)


@dataclass(frozen=True)
class ChargeForm:
    """Which charges of an array of capacitors a tile keeps.

    Attributes:
        settled: Those of a read that has settled, which no wire changes and which cost no solution of the array; else
            those at the end of `driver.t_read`, as the array solver has them.
    """

    settled: bool

    @property
    def products(self) -> int:
        """Matrix products of one read."""
        return 1

    @property
    def exact(self) -> bool:
        """Whether the product is the array solver's own, so that a comparison with it finds nothing but rounding."""
        return not self.settled

    @property
    def phrase(self) -> str:
        """Its price in words for reports."""
        return f"{_counted(1)}, {'settled charges' if self.settled else 'charges at the end of the read'}"


def _check_inputs(inputs: str) -> None:
    if inputs not in INPUT_POINTS:
        raise InputError(f"inputs = {inputs!r}: expected {' or '.join(map(repr, INPUT_POINTS))}")


def _check_one_level(form: TileForm) -> None:
    most, powers = INPUT_POINTS[form.inputs], form.level_points
    named = f"form: currents = {form.currents}, levels = {form.levels}"
    if not (2 <= len(form.currents) <= 3 and 1 <= len(form.levels) <= len(form.currents)):
        raise InputError(
            f"{named}: expected 2 to 3 powers of the level in the currents, and 1 to as many in the levels"
        )
    allowed = (most, *[min(most, form.currents[1])] * (powers - 1))
    limits = ((form.currents, allowed), (form.levels, form.currents))
    if any(not 1 <= count <= limit for counts, top in limits for count, limit in zip(counts, top, strict=False)):
        raise InputError(
            f"{named}: expected 1 to {most} functions for each power of the level, from the third on no more than for "
            "the second, in levels no more than in currents"
        )


def _check_banded(form: TileForm) -> None:
    most = INPUT_POINTS[form.inputs]
    fits = len(form.currents) == 4 and all(2 <= count <= most for count in form.currents[:2])
    if form.bands < 0 or form.levels or not fits or form.currents[2:] != (2, 1):
        raise InputError(
            f"form: currents = {form.currents}, levels = {form.levels}, bands = {form.bands}: expected 1 band or more, "
            f"no levels, and currents = (2 to {most}, 2 to {most}, 2, 1)"
        )


GRADES: dict[int, TileForm] = {
    1: TileForm("analog"),
    2: TileForm("analog", currents=(3, 3, 2), levels=(2,)),
    3: TileForm("analog", currents=(4, 3, 2, 1), bands=2, across=1),
    4: TileForm("analog", currents=(4, 3, 2, 1), bands=4, across=2),
}
"""Forms for analog inputs by the number that a user names."""

BINARY = TileForm("binary", currents=(2, 2, 2), levels=(2, 2))
"""The form for binary inputs of grades without bands: two input voltages tell no more than 1 and s apart."""


GATED_GRADES: dict[int, GatedForm] = {1: GatedForm(), 2: GatedForm(2, 3), 3: GatedForm(4, 3)}
"""Forms for inputs that switch gates."""

STRING_GRADES: dict[int, StringForm] = {1: StringForm(3, 1), 2: StringForm(4, 2), 3: StringForm(7, 4)}
"""Forms for strings. Odd powers alone would follow weakly nonlinear devices as well, and lose strongly nonlinear ones:
with the bias at 2.4 times the v0 of sinh cells seven of them are 1e-1 off and more, seven powers 2.5e-3."""

CHARGE_GRADES: dict[int, ChargeForm] = {1: ChargeForm(settled=True), 2: ChargeForm(settled=False)}
"""Forms for capacitors. Both read by one product; the second solves the array once for each matrix."""

AnyForm = TileForm | GatedForm | StringForm | ChargeForm


def grades_for(input_line: str, cell: str = "") -> Mapping[int, AnyForm]:
    """Return the forms of the grades of arrays with inputs on this line, "bl", "wl" or "string".

    Args:
        input_line: As `array.input_line`.
        cell: As `array.cell`: those of "1c" have forms of their own.
    """
    if cell == "1c":
        return CHARGE_GRADES
    return {"bl": GRADES, "wl": GATED_GRADES, "string": STRING_GRADES}[input_line]


def gated_form(grade: int) -> GatedForm:
    """Return the form of this grade for inputs that switch gates; rows and wires may bear less, see `model_form`.

    Raises:
        InputError: The grade is unknown.
    """
    _check_grade(grade, GATED_GRADES)
    return GATED_GRADES[grade]


def string_form(grade: int) -> StringForm:
    """Return the form of this grade for strings; few rows bear fewer bands, see `model_form`.

    Raises:
        InputError: The grade is unknown.
    """
    _check_grade(grade, STRING_GRADES)
    return STRING_GRADES[grade]


def charge_form(grade: int) -> ChargeForm:
    """Return the form of this grade for capacitors.

    Raises:
        InputError: The grade is unknown.
    """
    _check_grade(grade, CHARGE_GRADES)
    return CHARGE_GRADES[grade]


def _check_grade(grade: int, grades: Mapping[int, AnyForm]) -> None:
    if grade not in grades:
        first, *rest = (f"{number} ({form.phrase})" for number, form in grades.items())
        expected = f"{', '.join([first, *rest[:-1]])} or {rest[-1]}"
        raise InputError(f"grade = {grade}: expected {expected}")


def form_of(grade: int, inputs: str = "analog", *, rows: int | None = None) -> TileForm:
    """Return the form that a tile of this grade has whose inputs are voltages.

    Args:
        grade: A key of `GRADES`.
        inputs: "analog", or "binary" for inputs that are either v_ref or one end of the range.
        rows: Rows of the array: a column of few rows has fewer bands than its grade. None: as many rows as it takes.

    Raises:
        InputError: The grade or the kind of inputs is unknown.
    """
    _check_grade(grade, GRADES)
    _check_inputs(inputs)
    form = GRADES[grade]
    if inputs == "binary":
        most = INPUT_POINTS[inputs]
        currents = tuple(min(count, most) for count in form.currents)
        form = replace(form, inputs=inputs, currents=currents) if form.bands else BINARY
    return form if rows is None else replace(form, bands=min(form.bands, band_limit(rows)))
