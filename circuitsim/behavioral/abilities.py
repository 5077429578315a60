"""Which arrays the behavioral model describes as they are specified."""

from circuitsim import nodal
from circuitsim.spec import Abilities

_AROUND = ("driver.block", "sense.block", "adc.block")

SIMULATES: Abilities = {
    "bl": {
        **{key: values for key, values in nodal.SIMULATES["bl"].items() if key not in _AROUND},
        "technique.skip_zero_rows": (False,),
    },
    "wl": {key: values for key, values in nodal.SIMULATES["wl"].items() if key != "adc.block"},
    "string": {
        **{key: values for key, values in nodal.SIMULATES["string"].items() if key != "adc.block"},
        "array.cell": ("1t1r",),
    },
}
"""Circuits around the array are no part of a tile: it takes the table of its sense amplifiers from its model, on
bit lines. Of strings a tile knows those whose transistors bypass the devices, not cells of a user's own."""
