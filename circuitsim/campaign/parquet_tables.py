"""Tables of a campaign as Parquet: columns typed, units in the metadata."""

import importlib
import io
import json
import re
from typing import Any

from circuitsim.errors import require

_HEADING = re.compile(r"(.+) \[([^\[\]]+)\]")
"""Name and unit of a column of a table of text."""


def require_parquet() -> None:
    """Check that Parquet can be written.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    require("pyarrow", extra="parquet")


def parquet_bytes(table: str, about: dict[str, str]) -> bytes:
    """Return a table of text (CSV, headings "name [unit]") as the content of a Parquet file.

    Columns are named without their units. The unit of a column is in its metadata and, for tools that do not show
    these, with those of all others as JSON in the metadata of the file, both under "units". What is empty is null.

    Args:
        table: The table.
        about: Texts for the metadata of the file, by name.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    require_parquet()
    arrow, text, parquet = (importlib.import_module(f"pyarrow{name}") for name in ("", ".csv", ".parquet"))
    read: Any = text.read_csv(
        io.BytesIO(table.encode()),
        parse_options=text.ParseOptions(newlines_in_values=True),
        convert_options=text.ConvertOptions(null_values=["", "nan"], strings_can_be_null=False),
    )
    units = {name: unit for head in read.column_names for name, unit in [_name_and_unit(head)] if unit}
    columns, fields = [], []
    for head, column in zip(read.column_names, read.columns, strict=True):
        name, unit = _name_and_unit(head)
        if arrow.types.is_null(column.type):  # of a result that no point has yet
            column = column.cast(arrow.float64())
        columns.append(column)
        fields.append(arrow.field(name, column.type, metadata={"units": unit} if unit else None))
    told = about | {"units": json.dumps(units)}
    sink = io.BytesIO()
    parquet.write_table(arrow.table(columns, schema=arrow.schema(fields, metadata=told)), sink)
    return sink.getvalue()


def _name_and_unit(head: str) -> tuple[str, str]:
    found = _HEADING.fullmatch(head)
    return (found[1], found[2]) if found else (head, "")
