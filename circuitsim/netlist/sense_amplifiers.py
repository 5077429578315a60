"""Write sense amplifiers that are circuits: their rails, and one amplifier with its load at the end of a column."""

from circuitsim.blocks import Block, block_of
from circuitsim.errors import SpecError
from circuitsim.netlist.names import check_path, number
from circuitsim.spec import ArraySpec, checked

_RAILS = {"ref": "sref", "vdd": "svdd", "vss": "0"}
"""Node of each role that all amplifiers of an array share."""
SENSE_CLOCKS = "ck_sense_"
"""Start of the names of the clocks of an array's amplifiers."""


@checked
def static_sense(spec: ArraySpec) -> Block | None:
    """Return the circuit of the sense amplifiers of an array that is read at an operating point; None: ideal ones.

    Raises:
        SpecError: The circuit needs phases, or the output of the array is a charge.
        InputError, OutsideRangeError: As `blocks.block_of`.
    """
    block = block_of(spec, "sense")
    if block is None:
        return None
    key = f"sense.{spec.sense.sources[0]} = {block.name!r}"
    if block.clocked:
        raise SpecError(
            f"{key}: it works in phases and has no operating point; with a circuit in [adc] circuitsim.convert_codes "
            "and `circuitsim solve --codes FILE` read through it"
        )
    if spec.array.cell == "1c" or spec.driver.input_code == "pulse_width":
        cause = "array.cell = '1c'" if spec.array.cell == "1c" else "driver.input_code = 'pulse_width'"
        raise SpecError(
            f"{key}: with {cause} the output is a charge, which this amplifier does not integrate; pulse widths are "
            "read through one with the phase 'integrate', such as model = 'sc_integrator', by circuitsim.convert_codes"
        )
    return block


@checked
def rail_cards(block: Block, v_ref: float) -> list[str]:
    """Write the sources of reference and supply that all amplifiers share: `vsref` and `vsvdd`."""
    cards = []
    if "ref" in block.roles:
        cards.append(f"vsref sref 0 {number(v_ref)}")
    if block.v_supply is not None:
        cards.append(f"vsvdd svdd 0 {number(block.v_supply)}")
    return cards


@checked
def amplifier_cards(block: Block, name: str, column: str, out: str, phases: dict[str, str] | None = None) -> list[str]:
    """Write one amplifier and its load.

    Args:
        block: The circuit.
        name: Completes the names of its elements: `xamp_<name>`, `rload_<name>`.
        column: Node of its input.
        out: Node of its output.
        phases: Node of each clock input by its role; None without phases.
    """
    check_path(f"file of {block.name}", block.lib)
    cards = [block.call(f"xamp_{name}", {**_RAILS, **(phases or {}), "in": column, "out": out})]
    return cards if block.load is None else [*cards, f"rload_{name} {out} 0 {number(block.load)}"]
