"""A publication or a program that a card takes values from, in fields, so that a bibliography can be made of it."""

from typing import Annotated

from pydantic import Field

from circuitsim.devices.parameters import Text
from circuitsim.spec.base import Part, Whole


class Citation(Part):
    """What a card cites; fields that its source does not state are absent, and never filled in from elsewhere."""

    authors: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(
        description="Authors as the source names them; 'others' stands for those that it does not name"
    )
    used_for: Text = Field(description="What the card takes from it")
    title: Text | None = Field(default=None, description="Title; absent: not stated")
    journal: Text | None = Field(default=None, description="Journal, conference or distribution")
    volume: Text | None = Field(default=None, description="Volume as printed")
    pages: Text | None = Field(default=None, description="First page, or number of the article")
    year: Whole = Field(ge=1900, le=2100, description="Year of publication")
    doi: Text | None = Field(default=None, description="DOI without https://doi.org/; absent: not stated")
    url: Text | None = Field(default=None, description="Address; absent: none")
