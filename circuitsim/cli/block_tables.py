"""What `circuitsim block` prints of cards: the list of blocks, and the sheet of one."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from circuitsim.blocks import Block
from circuitsim.units import format_quantity


def block_list(blocks: Sequence[Block]) -> list[Any]:
    """One line a block, under the heading of its kind."""
    lines: list[Any] = []
    for kind in dict.fromkeys(block.kind for block in blocks):
        lines += ["" if lines else None, f"{kind}:"]
        lines.append(grid([(f"  {block.name}", block.title) for block in blocks if block.kind == kind]))
    return [line for line in lines if line is not None]


def block_sheet(block: Block) -> list[Any]:
    """Everything that a card states."""
    facts = [(key, getattr(block, key)) for key in ("source", "licence", "valid", "tested")]
    facts += [("file", str(block.lib))]
    facts += [("ports", ", ".join(f"{t} = {r}" for t, r in zip(block.terminals, block.roles, strict=True)))]
    facts += [("current", _POLARITY[block.polarity]), ("output", block.output)]
    if block.load is not None:
        facts.append(("load", format_quantity(block.load, "Ω")))
    for key, unit in (("supply", "V"), ("reference", "V"), ("temperature", "°C")):
        if (span := getattr(block, key)) is not None:
            facts.append((key, f"{span.nominal:g} {unit}, from {span.minimum:g} to {span.maximum:g} {unit}"))
    for name, phase in block.phases.items():
        facts.append((f"phase {name}", f"from {phase.start} for {phase.width}: {phase.what}"))
    lines = [f"{block.name}: {block.title}", grid(facts)]
    for title, items in (("parameters", block.parameters), ("timing", block.timing)):
        if items:
            rows = [(f"  {name}", f"{item.value:.6g}", item.unit, item.source) for name, item in items.items()]
            lines += ["", f"{title}:", grid(rows)]
    return [*lines, "", "not modelled:", *(f"  {each}" for each in block.not_modelled)]


def block_card(block: Block) -> dict[str, Any]:
    """Everything that a card states, for machines."""
    spans = {key: getattr(block, key) for key in ("supply", "reference", "temperature")}
    return {
        "name": block.name,
        "kind": block.kind,
        "title": block.title,
        "file": str(block.lib),
        "subckt": block.subckt,
        "ports": dict(zip(block.terminals, block.roles, strict=True)),
        "polarity": block.polarity,
        "output": block.output,
        "load_ohm": block.load,
        **{key: None if span is None else span.model_dump() for key, span in spans.items()},
        "parameters": {name: item.model_dump() for name, item in block.parameters.items()},
        "timing": {name: item.model_dump() for name, item in block.timing.items()},
        "phases": {name: phase.model_dump() for name, phase in block.phases.items()},
        "not_modelled": list(block.not_modelled),
        **{key: getattr(block, key) for key in ("source", "licence", "valid", "tested")},
    }


_POLARITY = {
    "into": "into the amplifier: rows above v_ref",
    "out_of": "out of the amplifier: rows below v_ref",
    "both": "either way",
}


def grid(rows: Sequence[tuple[str, ...]]) -> Table:
    """Return a table of words without lines and headings."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*row)
    return table
