"""The shipped benches: decks in `netlists/benches/` that draw the characteristic curve of a card."""

from circuitsim.devices.card import Card
from circuitsim.errors import InputError
from circuitsim.resources import device_models_folder, netlists_folder

READ, SWITCHING = "read", "switching"


def bench_deck(card: Card, which: str = READ) -> str:
    """Text of a bench with absolute include paths, so that it runs in any folder.

    Args:
        card: A shipped card.
        which: "read" (or transfer curves of a transistor), or "switching" for a card with a dynamic form.

    Raises:
        InputError: The card has no such bench.
    """
    name = card.name if which == READ else f"{card.name}_{which}"
    path = netlists_folder() / "benches" / f"{name}.cir"
    if not path.is_file():
        raise InputError(f"{card.name}: no {which} bench; expected {path}")
    return path.read_text(encoding="utf-8").replace('"../../device_models/', f'"{device_models_folder()}/')


def has_bench(card: Card, which: str = READ) -> bool:
    """Whether the card ships this bench."""
    name = card.name if which == READ else f"{card.name}_{which}"
    return (netlists_folder() / "benches" / f"{name}.cir").is_file()
