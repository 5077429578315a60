"""Which arrays the behavioral model describes as they are specified, and why no others."""

from circuitsim import nodal
from circuitsim.spec import Abilities, Only

_AROUND = ("driver.block", "sense.block", "adc.block")

SIMULATES: Abilities = {
    "bl": {
        **{key: only for key, only in nodal.SIMULATES["bl"].items() if key not in _AROUND},
        "technique.skip_zero_rows": Only(
            (False,), "which rows load a column depends on the input, so that no fixed set of products describes it"
        ),
    },
    "wl": {key: only for key, only in nodal.SIMULATES["wl"].items() if key != "adc.block"},
    "string": {
        **{key: only for key, only in nodal.SIMULATES["string"].items() if key != "adc.block"},
        "array.cell": Only(
            ("1t1r",),
            "a tile adds the voltages of devices that transistors bypass; your own cell may have no bypass",
        ),
    },
}
"""Circuits around the array are no part of a tile: it takes the table of its sense amplifiers from its model, on
bit lines."""
