"""Write a driver that puts out the bits of its code one after another, the lowest first."""

from typing import Any

from circuitsim.blocks.generated.card import folded, phase, shared, span


def bit_serial_files(name: str, bits: int) -> tuple[str, dict[str, Any]]:
    """Return the text of `block.lib` and the content of `block.toml`.

    Args:
        name: Name of the block and of its sub-circuit.
        bits: Resolution.
    """
    order = range(bits - 1, -1, -1)
    ports = ["out", "ref", "low", *(f"b{k}" for k in order), *(f"s{k}" for k in order)]
    lines = [
        f"* name:    {name}",
        f"* ports:   {' '.join(ports)}",
        "* source:  bit-serial row driver with rise time and output resistance; own work",
        "* licence: GPL-3.0-or-later",
        f"* valid:   {bits} bits, any temperature",
        "* tested:  ngspice 39.3",
        f"* Written by circuitsim.blocks.write_block('bit_serial', ...), {bits} bits.",
        "* While s<k> is on, v(out) is ref where bit k is set, and low otherwise. t_rise: 10 to 90 %, exponential.",
        *folded(f".subckt {name} {' '.join(ports)} params: t_rise=100p r_out=100"),
        "bon 0 y i=1m*(" + "+".join(f"v(b{k})*v(s{k})" for k in order) + "-v(y))",
        "cy y 0 {1m*t_rise/2.1972245773362196}",
        "bo z 0 v=v(low)+v(ref,low)*v(y)",
        "vm z a 0",
        "hr a out vm {r_out}",
        f".ends {name}",
        "",
    ]
    card = {
        "schema": 1,
        "kind": "driver",
        "title": f"Bit-serial row driver with rise time, {bits} bits, the lowest first",
        "ports": {"out": "out", "ref": "ref", "low": "low", "bits": "b{k}", "phases": {"slot": "s{k}"}},
        "output": "voltage",
        "ready": "n * t_slot",
        "not_modelled": ["what the reference delivers", "the shift register"],
        "phases": {"slot": phase("k * t_slot", "t_slot - t_gap", "bit k stands at the output")},
        "timing": shared("textbook scale")
        | {"t_slot": {"value": 1e-8, "unit": "s"}, "t_gap": {"value": 1e-9, "unit": "s"}},
        "parameters": shared("textbook scale")
        | {"t_rise": {"value": 1e-10, "unit": "s"}, "r_out": {"value": 100.0, "unit": "ohm"}},
        "temperature": span(27, -40, 125, "independent of temperature"),
    }
    return "\n".join(lines), card
