"""Write a flash ADC of any resolution: a resistor ladder, one comparator a tap, and the sum of their decisions."""

from typing import Any

from circuitsim.blocks.generated.card import folded, logic_energy, shared, span


def flash_files(name: str, bits: int) -> tuple[str, dict[str, Any]]:
    """Return the text of `block.lib` and the content of `block.toml`.

    Args:
        name: Name of the block and of its sub-circuit.
        bits: Resolution.
    """
    codes = 2**bits
    values = {"r": (10.0, "ohm", "10"), "vs": (5e-5, "V", "50u"), "ib": (1e-5, "A", "10u")}
    errors = {f"e{k}": "1" for k in range(1, codes + 1)} | {f"os{k}": "V" for k in range(1, codes)}
    lines = [
        f"* name:    {name}",
        "* ports:   in out ref low vdd vss",
        "* source:  flash converter: ladder and comparators; textbook circuit, own work",
        "* licence: GPL-3.0-or-later",
        f"* valid:   {bits} bits, inputs from low to ref, any temperature",
        "* tested:  ngspice 39.3",
        f"* Written by circuitsim.blocks.write_block('flash', ...), {bits} bits.",
        "* v(out) counts the comparators that are on, 1 V each. Resistor k is r (1 + ek), osk an offset,",
        "* ib the current that a comparator takes from vdd.",
        *folded(
            f".subckt {name} in out ref low vdd vss params: "
            + " ".join([*(f"{key}={text}" for key, (_, _, text) in values.items()), *(f"{key}=0" for key in errors)])
        ),
    ]
    for k in range(1, codes + 1):
        above, below = ("ref" if k == codes else f"l{k}"), ("low" if k == 1 else f"l{k - 1}")
        lines.append(f"r{k} {above} {below} {{r*(1+e{k})}}")
    for k in range(1, codes):
        lines.append(f"b{k} 0 out i=0.5*(1+tanh((v(in,l{k})-{{os{k}}})/{{vs}}))")
    lines += ["rout out 0 1", f"ib vdd vss {{{codes - 1}*ib}}", f".ends {name}", ""]
    card = {
        "schema": 1,
        "kind": "converter",
        "title": f"Flash converter: resistor ladder and {codes - 1} comparators, {bits} bits",
        "ports": {"in": "in", "out": "out", "ref": "ref", "low": "low", "vdd": "vdd", "vss": "vss"},
        "output": "count",
        "logic_energy": logic_energy((codes - 1) * 1e-14, "an encoder of 12 gates of 0.45 fF at 1.8 V a comparator"),
        "not_modelled": [
            "transistors: comparators of infinite speed with a smooth decision and a constant current",
            "kick-back on the ladder",
            "noise",
        ],
        "parameters": shared("sizing of this project")
        | {key: {"value": value, "unit": unit} for key, (value, unit, _) in values.items()}
        | {key: {"value": 0.0, "unit": unit} for key, unit in errors.items()},
        "timing": shared("textbook scale") | {"t_convert": {"value": 1e-8, "unit": "s"}},
        "reference": span(1.8, 0.6, 3.3, "range in which the block was run"),
        "supply": span(1.8, 0.6, 3.3, "range in which the block was run"),
        "temperature": span(27, -40, 125, "independent of temperature"),
    }
    return "\n".join(lines), card
