"""Every field of what writing returns has a place in docs/written_cells.md, and no field there is unknown."""

import dataclasses
import re
from pathlib import Path

import pytest

from circuitsim.results import WriteDisturb, WrittenArray, WrittenCells

PAGE = (Path(__file__).parents[3] / "docs" / "written_cells.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("record", [WrittenCells, WrittenArray, WriteDisturb])
def test_every_field_is_on_the_page(record):
    section = PAGE.split(f"## `{record.__name__}`")[1].split("\n## ")[0]
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (.*?) \|", section, flags=re.M))))
    fields = {field.name for field in dataclasses.fields(record)} - {"provenance"}
    derived = {name for name, value in vars(record).items() if isinstance(value, property)}
    assert named - derived == fields
