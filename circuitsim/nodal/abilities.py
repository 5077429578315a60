"""Which arrays the solver simulates as they are specified, and why no others."""

from circuitsim.spec import Abilities, Only

_AT_REST = "a pulse width is a charge, and the solver finds currents at rest"
_STATIC = {
    "driver.input_code": Only(("amplitude", "bit_serial"), _AT_REST),
    "driver.block": Only((None,), "an array ends at its drivers; their table joins it from code to code"),
    # `read_with_sense` takes the voltage at its input as a function of the current
    "sense.block": Only((None,), "an array ends at its sense amplifiers, whose table joins bit lines alone"),
    "adc.block": Only((None,), "an array ends before its ADC; its table joins it from code to code"),
}
_GATED = "only a cell with a gate takes inputs on gates"

SIMULATES: Abilities = {
    "bl": {**_STATIC},
    "wl": {"array.cell": Only(("1t1r", "2t2r", "1t", "own"), _GATED), **_STATIC},
    "string": {"array.cell": Only(("1t1r", "own"), "a string needs cells that conduct at input 0"), **_STATIC},
}
"""What reads at rest of the array solver take, by input line."""

SETTLES: Abilities = {
    "bl": {
        **SIMULATES["bl"],
        "array.cell": Only(("1r", "1t1r", "2t2r", "1t", "own"), "the current of a capacitor settles to nothing"),
        "technique.skip_zero_rows": Only((False,), "gates that a read switches charge the nodes within the cells"),
        "driver.input_code": Only(("amplitude",), "every other coding is several reads, each of which settles alone"),
    },
    "wl": {
        **SIMULATES["wl"],
        "array.cell": Only(("1t1r", "2t2r"), "a gate that switches charges the nodes within a cell of one part"),
        "driver.input_code": Only(("amplitude",), "every other coding is several reads, each of which settles alone"),
        "driver.gate_levels": Only((None,), "the charges of a cell between off and on are not characterized"),
    },
}
"""What `step_response` follows in time. Left out are strings and charge cells, and gates that switch in cells of one
part, whose inner nodes are not known; gates of several levels, whose charges between off and on are not characterized;
codings that are several reads are one read each."""
