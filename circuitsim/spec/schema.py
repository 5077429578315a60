"""The JSON Schema of the specification, with the unit of every key and what it matters to."""

from typing import Any

from circuitsim.spec.array import ArraySpec
from circuitsim.spec.key_docs import document_keys
from circuitsim.spec.key_uses import key_uses


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the specification, for editors that complete and check TOML.

    Besides the words of JSON Schema, a key has "unit" where it is a number, and "matters_to", see `spec.USES`.
    """
    schema = ArraySpec.model_json_schema(by_alias=True)
    for each in document_keys(ArraySpec):
        section, _, name = each.key.partition(".")
        if not name or "." in name:
            continue
        entry = schema["$defs"][_definition(schema["properties"][section])]["properties"][name]
        if each.unit is not None:
            entry["unit"] = each.unit
        entry["matters_to"] = list(key_uses(each.key))
    return schema


def _definition(entry: dict[str, Any]) -> str:
    """Return the name of the definition to which a section refers, alone or beside null."""
    refers = [entry, *entry.get("anyOf", []), *entry.get("allOf", [])]
    return next(each["$ref"] for each in refers if "$ref" in each).rpartition("/")[2]
