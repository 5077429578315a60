"""Device cards: what a folder of `device_models/`, or a user's own file, says about a memory or a transistor."""

from circuitsim.devices.card import Card, State, Temperature
from circuitsim.devices.device_toml import json_schema
from circuitsim.devices.from_spec import access_card, access_values, device_card, device_values, programmable_range
from circuitsim.devices.load import list_cards, load_card, load_folder
from circuitsim.devices.parameters import Parameter

__all__ = [
    "Card",
    "Parameter",
    "State",
    "Temperature",
    "access_card",
    "access_values",
    "device_card",
    "device_values",
    "json_schema",
    "list_cards",
    "load_card",
    "load_folder",
    "programmable_range",
]
