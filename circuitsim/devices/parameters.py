"""A number of a device as its card states it: with unit, source and quality of the fit."""

from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, Strict

from circuitsim.spec.base import Part

FitQuality = Literal["fit of", "loose fit of", "textbook scale", "definition", "user"]


def _not_empty(text: str) -> str:
    if not text.strip():
        raise ValueError(f"got {text!r}, expected a text")
    return text


Number = Annotated[float, Strict()]  # a text that holds a number is a slip in a file of numbers
Text = Annotated[str, AfterValidator(_not_empty)]


def _source_optional(schema: dict[str, Any]) -> None:
    schema["required"] = ["value", "unit"]  # the section may state source and fit for all its entries


class Parameter(Part):
    """One number of a card."""

    model_config = ConfigDict(json_schema_extra=_source_optional)

    value: Number = Field(description="Value in `unit`")
    unit: Text = Field(description="Unit: 'V', 'nm', '1' for a pure number")
    source: Text = Field(description="Paper and table, or file, that the value comes from")
    fit: FitQuality = Field(description="Quality of the value; 'definition': how g or a unit is defined")
    condition: str = Field(default="", description="Voltages and temperature at which a measured value holds")


def _share_source(table: Any) -> Any:
    """Give every entry the `source` and `fit` that its section states for all."""
    if not isinstance(table, dict):
        return table
    shared = {key: table[key] for key in ("source", "fit") if isinstance(table.get(key), str)}
    return {
        name: shared | entry if isinstance(entry, dict) else entry
        for name, entry in table.items()
        if name not in shared
    }


_SHARED = {"source": {"type": "string"}, "fit": {"enum": list(get_args(FitQuality))}}
Parameters = Annotated[
    dict[str, Parameter], BeforeValidator(_share_source), Field(json_schema_extra={"properties": _SHARED})
]
