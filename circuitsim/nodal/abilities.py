"""Which arrays the solver simulates as they are specified."""

from circuitsim.spec import Abilities

_QUASI_STATIC = {
    "driver.input_code": ("amplitude", "bit_serial"),  # a pulse width is a charge
    "driver.block": (None,),
    "sense.block": (None,),  # `read_with_sense` takes the voltage at its input as a function of the current
    "adc.block": (None,),
}

SIMULATES: Abilities = {
    "bl": {"array.cell": ("1r", "1t1r", "2t2r", "1t", "own"), **_QUASI_STATIC},
    "wl": {"array.cell": ("1t1r", "2t2r", "1t", "own"), **_QUASI_STATIC},
    "string": {"array.cell": ("1t1r", "own"), **_QUASI_STATIC},
}

SETTLES: Abilities = {
    "bl": {**SIMULATES["bl"], "driver.input_code": ("amplitude",)},
    "wl": {**SIMULATES["wl"], "array.cell": ("1t1r", "2t2r"), "driver.input_code": ("amplitude",)},
}
"""What `step_response` follows in time. Left out are strings and charge cells, and gates that switch in cells of one
part, whose inner nodes are not known; codings that are several reads are one read each."""
