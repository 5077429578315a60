"""A sub-circuit without models, coefficients and the word temper does not depend on temperature."""

import pytest

from circuitsim.devices import load_card
from circuitsim.library import feels_temperature, read_library

TEXT = """title
.func law(a,b) {BODY}
.model diode d is=1e-14
.subckt mine a b g=1u
b1 a b i={g}*law(v(a,b),1)
ELEMENT
.ends mine
.subckt other a b
d1 a b diode
.ends other
"""


@pytest.mark.parametrize(
    ("body", "element", "feels"),
    [
        ("a*b", "r1 a b 1k", False),
        ("a*(temper+273)", "", True),
        ("a*b", "r1 a b 1k tc1=1m", True),
        ("a*b", "d1 a b diode", True),
        ("a*b", "x1 a b other", True),
        ("a*b", "c1 a b 1f", False),
    ],
)
def test_what_the_text_shows(body, element, feels, tmp_path):
    file = tmp_path / "mine.lib"
    file.write_text(TEXT.replace("BODY", body).replace("ELEMENT", element))
    assert feels_temperature(read_library(file), "Mine") is feels


@pytest.mark.parametrize(
    ("name", "feels"),
    [
        ("rram_sinh", False),
        ("rram_stanford_a", False),
        ("charge_cell", False),
        ("rram_jart_v1b", True),
        ("flash_fg", True),
    ],
)
def test_shipped_cards_by_the_sub_circuit_that_reads(name, feels):
    card = load_card(name)
    assert feels_temperature(read_library(card.lib, card.sections), card.subckt) is feels
