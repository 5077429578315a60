"""A card is printed whole: name, origin, range, parameters with unit and source, statistics."""

import pytest
from rich.table import Table

from circuitsim.cli.device_tables import card_list, card_sheet
from circuitsim.devices import list_cards, load_card


def rows(part: Table) -> list[tuple[str, ...]]:
    return list(zip(*(list(column.cells) for column in part.columns), strict=True))


def test_the_list_names_memories_then_transistors():
    first, memories, _, second, transistors = card_list([load_card(name) for name in list_cards()])
    assert (first, second) == ("Memories", "Transistors")
    names = [name.strip() for part in (memories, transistors) for name, _ in rows(part)]
    assert names == [n for kind in ("memory", "transistor") for n in list_cards() if load_card(n).kind == kind]


def test_a_memory_with_switching():
    parts = card_sheet(load_card("rram_vteam"))
    facts, switching = (part for part in parts if isinstance(part, Table))
    assert dict(rows(facts))["state"] == "g [S] from 1e-06 to 0.00012; 1 µS to 120 µS at 0.2 V"
    assert dict(rows(facts))["temperature"] == "none: absent in this card (-40 to 125 °C)"
    assert "not modelled: forming" in parts and "switching" in parts and "parameters" not in parts
    cells = {row[0].strip(): row[1:] for row in rows(switching)}
    assert cells["v_reset"] == ("-0.8", "V", "as above")
    assert cells["r_on"][2].startswith("loose fit of 1 / 120 uS")


@pytest.mark.parametrize("name", list_cards())
def test_every_parameter_of_every_card_is_printed(name):
    card = load_card(name)
    printed = {row[0].strip() for part in card_sheet(card) if isinstance(part, Table) for row in rows(part)}
    given = (card.parameters, card.model_parameters, card.measured, card.dynamic.parameters if card.dynamic else {})
    assert {key for parameters in given for key in parameters} <= printed
    assert {"source", "licence", "valid", "file", "terminals"} <= printed
    assert ("state" in printed) == (card.state is not None) and ("corners" in printed) == bool(card.corners)


def test_capacitances_are_in_farads():
    facts = dict(rows(next(part for part in card_sheet(load_card("charge_cell")) if isinstance(part, Table))))
    assert facts["state"].startswith("c [F] from ") and "fF at" in facts["state"]
