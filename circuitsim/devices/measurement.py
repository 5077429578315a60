"""A measured I–V: the tables that laboratories write, read into volts and amperes."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from circuitsim.devices.measured_columns import QUANTITY, UNITS, MeasuredColumn, read_column, read_unit
from circuitsim.devices.text_rows import (
    COMMENT,
    NOT_FINITE,
    NUMBER,
    SEPARATOR,
    Line,
    is_number_row,
    likely_separator,
    row_separator,
    split_row,
    text_lines,
)
from circuitsim.errors import InputError
from circuitsim.spec import by_value, checked

MIN_POINTS = 8
LARGEST = {"v": 100.0, "i": 1.0, "gap": 1e3}  # [V, A, nm] beyond which a column without a unit stands in another one
UNIT = {"v": "V", "i": "A", "gap": "nm"}  # of a column without a unit, and of a measurement
OVERFLOW = 9e37  # instruments mark a reading that is none with 9.9e37


@by_value
@dataclass(frozen=True)
class Measurement:
    """A measured read current.

    Attributes:
        file: Where it was read from.
        v, i: (points,) voltage [V] and current [A], in the order of the file.
        gap: (points,) gap of the state each point was measured in [nm], or None.
        notes: What was assumed in reading, in sentences.
        state: (points,) what tells the states apart, in any unit, or None.
    """

    file: Path
    v: np.ndarray
    i: np.ndarray
    gap: np.ndarray | None
    notes: tuple[str, ...] = ()
    state: np.ndarray | None = None

    def part(self, keep: np.ndarray) -> "Measurement":
        """The points that a mask or an index array (points,) keeps."""
        gap, state = (None if column is None else column[keep] for column in (self.gap, self.state))
        return replace(self, v=self.v[keep], i=self.i[keep], gap=gap, state=state)


@dataclass(frozen=True)
class _Table:
    """Where the table of a file begins and how its rows are read."""

    path: Path
    line: int  # of the heading, 0 where there is none
    separator: str
    width: int
    columns: tuple[MeasuredColumn, ...]
    rows: tuple[Line, ...]
    notes: tuple[str, ...] = ()


@checked
def read_measurement(path: str | Path, columns: Sequence[str] = (), *, v_max: float | None = None) -> Measurement:
    """Read a text table of voltage [V], current [A], and what tells states apart: the gap [nm], or a column `state`.

    The columns stand between commas, semicolons, tabs or spaces; the decimal sign is a point or a comma. The heading
    names quantity and unit as laboratories do: `v_V,i_uA`, `V [mV]`, `Voltage (V)`, `Smu1.V[1][1]`, `V1,I1`, or the
    units in a row of their own below it. Without a unit the column stands in V, A or nm. Other columns, lines before
    the heading and comment lines (#, %, !) are left out. A file without a heading is taken as voltage [V] and current
    [A] where it has two columns that can be nothing else, and a note says so.

    Args:
        path: The file.
        columns: Headings of the columns to take, voltage before current; several pairs are read one after another.
            Empty: the one voltage and the one current that the heading names.
        v_max: Largest |v| to take [V]; None takes all.

    Raises:
        InputError: The file cannot be read; a column is missing, stands there twice, or has a unit that is none; a
            value is no finite number; or there are fewer than 8 points with a voltage other than 0. Names file and
            line.
    """
    path = Path(path)
    lines = text_lines(path)
    table = _with_units(_table(path, lines, columns))
    values = np.array(list(_numbers(table))).reshape(-1, len(table.columns))
    _check_size(table, values)
    found = list(zip(values.T, table.columns, strict=True))
    v, i = (np.concatenate([c for c, k in found if k.quantity == q]) for q in "vi")
    gap, state = (next((c for c, k in found if k.quantity == q), None) for q in ("gap", "state"))
    measurement = Measurement(path, v, i, gap, table.notes + _assumed_units(table), state)
    measurement = measurement.part(np.isfinite(v))  # a pair of columns that ends before the other
    if v_max is not None:
        measurement = measurement.part(np.abs(measurement.v) <= v_max)
    if (useful := int(np.count_nonzero(measurement.v))) < MIN_POINTS:
        up_to = "" if v_max is None else f" up to {v_max:g} V"
        raise InputError(f"{path}: {useful} points with a voltage other than 0{up_to}, expected {MIN_POINTS} or more")
    return measurement


def _table(path: Path, lines: list[Line], names: Sequence[str]) -> _Table:
    """Find the heading: the first line that names what is sought, under the first separator that shows it."""
    if names and len(names) % 2:
        raise InputError(f"columns = {','.join(names)}: expected pairs of headings, voltage before current")
    for separator in SEPARATOR:
        for index, (number, line) in enumerate(lines):
            cells = split_row(line.strip().lstrip(COMMENT), separator)
            if is_number_row(cells):
                break
            if columns := (_named(cells, names) if names else _recognized(cells)):
                _check_columns(path, number, columns, pairs=len(names) // 2 or 1)
                return _Table(path, number, separator, len(cells), columns, tuple(lines[index + 1 :]))
    return _without_heading(path, lines, names)


def _named(cells: list[str], names: Sequence[str]) -> tuple[MeasuredColumn, ...]:
    """The columns that the user named, or none where one is missing."""
    if not set(names) <= set(cells):
        return ()
    for k, name in enumerate(names):
        alone = read_column(name, 0)
        if alone and alone.quantity != "vi"[k % 2]:
            raise InputError(
                f"columns = {','.join(names)}: {name!r} names a {QUANTITY[alone.quantity]},"
                " expected pairs of headings, voltage before current"
            )
    taken = [read_column(name, cells.index(name), "vi"[k % 2]) for k, name in enumerate(names)]
    others = [each for each in _understood(cells) if each.quantity in ("gap", "state")] if len(names) == 2 else []
    return tuple(column for column in (*taken, *others) if column is not None)


def _recognized(cells: list[str]) -> tuple[MeasuredColumn, ...]:
    """The columns that a heading names, or none where it has no voltage or no current."""
    columns = _understood(cells)
    return columns if {"v", "i"} <= {column.quantity for column in columns} else ()


def _understood(cells: list[str]) -> tuple[MeasuredColumn, ...]:
    found = (read_column(cell, place) for place, cell in enumerate(cells))
    return tuple(column for column in found if column is not None)


def _check_columns(path: Path, line: int, columns: tuple[MeasuredColumn, ...], *, pairs: int) -> None:
    for quantity, word in QUANTITY.items():
        same = [column.name for column in columns if column.quantity == quantity]
        if len(same) > pairs:
            first = ",".join(next(c.name for c in columns if c.quantity == q) for q in "vi")
            hint = (
                f"take one of each with --columns {shlex.quote(first)}" if len(set(same)) == len(same) else "rename one"
            )
            raise InputError(f"{path}:{line}: {len(same)} columns of {word}, {', '.join(map(repr, same))}; {hint}")
    for column in columns:
        if column.exponent is None:
            expected = f"expected one of {UNITS[column.quantity]}"
            kind = QUANTITY[column.quantity]
            raise InputError(f"{path}:{line}: {column.name!r}: {column.unit!r} is no unit of {kind}, {expected}")


def _without_heading(path: Path, lines: list[Line], names: Sequence[str]) -> _Table:
    """Two columns of numbers whose sizes leave no doubt; anything else is refused with what to write."""
    numbers = next((k for k, (_, line) in enumerate(lines) if row_separator(line)), None)
    if names or not lines or numbers is None or not _is_preamble(lines[:numbers]):
        _refuse_heading(path, lines, names, numbers)
    assert numbers is not None
    separator = row_separator(lines[numbers][1])
    width = len(split_row(lines[numbers][1], separator))
    columns = (MeasuredColumn("v", 0, "v", "V", 0), MeasuredColumn("i", 1, "i", "A", 0))
    note = f"{path} has no heading: its first column was taken as voltage in V, its second as current in A"
    table = _Table(path, 0, separator, width, columns, tuple(lines[numbers:]), (note,))
    if width == 2:
        v, i = np.abs(np.array(list(_numbers(table)))).max(axis=0)
        if 0.01 <= v <= 20 and i <= 0.01 and i < v / 100:
            return table
    raise InputError(
        f"{path}:{lines[numbers][0]}: no heading, and {width} columns that could be anything;"
        " write the quantity and unit of each into a first line, such as v_V,i_A"
    )


def _refuse_heading(path: Path, lines: list[Line], names: Sequence[str], numbers: int | None) -> None:
    """Say which column no line names."""
    number, line = lines[max(0, (numbers or 1) - 1)] if lines else (1, "")
    cells = split_row(line, row_separator(lines[numbers][1]) if numbers else likely_separator(line))
    found = f"found {', '.join(map(repr, cells))}; " if cells and not is_number_row(cells) else ""
    if names:
        sought = ", ".join(map(repr, names))
        raise InputError(f"{path}:{number}: no line names the columns {sought}; {found}".rstrip("; "))
    missing = "i" if any(column.quantity == "v" for column in _understood(cells)) else "v"
    raise InputError(
        f"{path}:{number}: no column {missing!r}; {found}expected a heading such as v_V,i_A (and gap_nm),"
        " or the columns' names, voltage before current, with --columns"
    )


def _is_preamble(lines: list[Line]) -> bool:
    """Whether lines before the first numbers are comments only."""
    return all(line.strip()[0] in COMMENT for _, line in lines)


def _with_units(table: _Table) -> _Table:
    """Take the units from a row below the heading."""
    if not table.line or not table.rows:
        return table
    number, line = table.rows[0]
    cells = split_row(line.strip().lstrip(COMMENT), table.separator)
    sought = tuple(column for column in table.columns if column.quantity != "state")
    units = [read_unit(cells[c.place]) if c.place < len(cells) else None for c in sought]
    if not all(unit and unit[0] == column.quantity for unit, column in zip(units, sought, strict=True)):
        return table
    columns = [column for column in table.columns if column.quantity == "state"]
    for unit, column in zip(units, sought, strict=True):
        assert unit is not None
        if column.unit and column.exponent != unit[1]:
            raise InputError(f"{table.path}:{number}: the unit of {column.name!r} is {cells[column.place]!r} here")
        columns.append(replace(column, unit=cells[column.place], exponent=unit[1]))
    return replace(table, columns=tuple(columns), rows=table.rows[1:])


def _numbers(table: _Table) -> Iterator[list[float]]:
    """The numbers of each row in V, A and nm; a pair of columns that has ended gives nan."""
    decimal = ""
    pairs = sum(column.quantity == "v" for column in table.columns)
    for number, line in table.rows:
        if line.strip()[0] in COMMENT:
            continue
        cells = split_row(line, table.separator)
        chosen = [cells[c.place] if c.place < len(cells) else "" for c in table.columns]
        if not any(chosen):
            continue
        where = f"{table.path}:{number}: {line.strip()!r}"
        if len(cells) > table.width and any(cells[table.width :]):
            hint = "; a decimal comma needs semicolons, tabs or spaces between the columns" * (table.separator == ",")
            raise InputError(f"{where}, expected {table.width} cells as in the heading{hint}")
        ended = [pairs > 1 and not any(chosen[k - k % 2 : k - k % 2 + 2]) for k in range(len(chosen))]
        row = [
            np.nan if over else _value(text, column, where, table)
            for text, column, over in zip(chosen, table.columns, ended, strict=True)
        ]
        signs = decimal + "".join(sign for text in chosen for sign in ".," if sign in text)
        if len(set(signs)) > 1:
            raise InputError(f"{where}: both a comma and a point in numbers, expected one decimal sign in the file")
        decimal = signs[:1]
        yield row


def _value(text: str, column: MeasuredColumn, where: str, table: _Table) -> float:
    """One cell in V, A or nm, rounded once."""
    if NOT_FINITE.fullmatch(text):
        raise InputError(f"{where}, expected finite numbers; leave the line out")
    found = NUMBER.fullmatch(text)
    if not found:
        empty = "" if text else f" (no {QUANTITY[column.quantity]})"
        wanted = f"{len(table.columns)} numbers between {SEPARATOR[table.separator]}"
        raise InputError(f"{where}{empty}, expected {wanted}")
    mantissa = found[1].replace(",", ".")
    if abs(float(f"{mantissa}e{found[2] or 0}")) >= OVERFLOW:
        raise InputError(f"{where}, expected finite numbers; {text} marks an overflow, leave the line out")
    return float(f"{mantissa}e{int(found[2] or 0) + column.shift}")


def _assumed_units(table: _Table) -> tuple[str, ...]:
    bare = [column for column in table.columns if not column.unit]
    names = " and ".join(f"{column.name!r} in {UNIT[column.quantity]}" for column in bare)
    return (f"{table.path}:{table.line}: no unit in the heading; read {names}",) if bare else ()


def _check_size(table: _Table, values: np.ndarray) -> None:
    """Refuse numbers that cannot stand in the unit that is taken where none is written."""
    for column, data in zip(table.columns, values.T, strict=True):
        largest = float(np.abs(data[np.isfinite(data)]).max(initial=0.0))
        if not column.unit and largest > LARGEST[column.quantity]:
            unit = UNIT[column.quantity]
            write = {"v": "v_mV", "i": "i_uA", "gap": "gap_pm"}[column.quantity]
            raise InputError(
                f"{table.path}:{table.line}: {column.name!r} has no unit and holds {largest:g}, which cannot be {unit};"
                f" write the unit into the heading, such as {write}"
            )
