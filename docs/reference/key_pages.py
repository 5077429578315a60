"""A page for each TOML file: its keys by table, each with kind, unit, default, range, meaning, and levels."""

from page_text import code, plain, table

from circuitsim.cli.known_keys import FILES, KnownKey, documented_keys
from circuitsim.cli.manual_places import TOP, table_of_key
from circuitsim.evaluation import key_levels
from circuitsim.spec import USES, KeyDoc

TITLES = {
    "specification": "The specification of an array",
    "campaign": "The file of a campaign",
    "exploration": "The file of an exploration",
    "device.toml": "The card of a device, device.toml",
    "block.toml": "The card of a block, block.toml",
    "claim.toml": "The claim of a study, claim.toml",
}
_HEADS = ("key", "kind", "unit", "default", "values", "meaning", "honoured by")


def key_pages() -> dict[str, str]:
    """Return the pages by their names."""
    known = documented_keys()
    return {name: _page(name, [each for each in known if each.file == name]) for name in FILES}


def _page(name: str, keys: list[KnownKey]) -> str:
    lines = [f"# {TITLES[name]}", ""]
    if name == "specification":
        lines += ["The last column names the tasks in which a key has an effect:", ""]
        lines += [*(f"- **{use}**: {words}" for use, words in USES.items()), ""]
        lines += ["Levels in parentheses honour the key in that task; without them, every level does. "]
        lines[-1] += "All numbers are in SI units."
        lines += [""]
    groups: dict[str, list[KnownKey]] = {"": []}
    for each in keys:
        if each.doc.is_table:
            groups[each.doc.key] = []
        groups[table_of_key(name, each.doc.key)].append(each)
    heads = {each.doc.key: each.doc for each in keys if each.doc.is_table}
    for key, members in groups.items():
        if members:
            lines += [f"## `[{key}]`" if key else f"## {TOP}", ""]
            lines += [plain(heads[key].meaning), ""] if key else []
            lines += [*table(_HEADS, [_row(each) for each in members]), ""]
            lines += _limits(members)
    return "\n".join(lines)


def _row(each: KnownKey) -> tuple[str, ...]:
    doc = each.doc
    default = "required" if doc.required else code(doc.default) or "none"
    values = ", ".join(filter(None, (*map(code, doc.choices), doc.bounds)))
    return (
        code(doc.key),
        doc.kind,
        doc.unit or "",
        "" if doc.is_table else default,
        values,
        doc.meaning,
        _uses(doc, each),
    )


def _uses(doc: KeyDoc, each: KnownKey) -> str:
    if each.file != "specification" or doc.is_table or "." not in doc.key:
        return ""
    found = key_levels(".".join(doc.key.split(".")[:2]))
    return ", ".join(one.use + (f" ({', '.join(one.levels)})" if len(one.levels) < 3 else "") for one in found)


def _limits(members: list[KnownKey]) -> list[str]:
    """Return what levels take alone of some keys, as a list below the table."""
    said = []
    for each in members:
        if each.file == "specification" and each.doc.key.count(".") == 1:
            limits = dict.fromkeys(limit for use in key_levels(each.doc.key) for limit in use.limits)
            said += [f"- {code(each.doc.key)}: {plain(limit)}" for limit in limits]
    return [*said, ""] if said else []
