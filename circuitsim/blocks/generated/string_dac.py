"""Write a resistor-string DAC of any resolution, with and without a buffer.

One switch connects the tap of the code to the output. Without a buffer the output resistance is that of the string seen
from the tap, R k (N - k) / N^2 for code k of N, and of the switch.
"""

from typing import Any

from circuitsim.blocks.generated.card import folded, shared, span

_BUFFER = {
    "a0": (1e4, "1", "1e4"),
    "gbw": (2e9, "Hz", "2g"),
    "islew": (2e-3, "A", "2m"),
    "cp": (1e-12, "F", "1p"),
    "ro": (100.0, "ohm", "100"),
    "vmin": (-2.0, "V", "-2"),
    "vmax": (4.0, "V", "4"),
    "en": (5e-9, "V/sqrt(Hz)", "5n"),
    "voff": (0.0, "V", "0"),
}


def string_dac_files(name: str, bits: int, *, buffered: bool, netlists: str) -> tuple[str, dict[str, Any]]:
    """Return the text of `block.lib` and the content of `block.toml`.

    Args:
        name: Name of the block and of its sub-circuit.
        bits: Resolution.
        buffered: An op-amp follows the string.
        netlists: Path of `netlists` as the file includes it.
    """
    codes = 2**bits
    ports = ["out", "ref", "low", *(f"b{k}" for k in range(bits - 1, -1, -1))]
    values = {"r": (1e4, "ohm", "10k"), "ron": (1e3, "ohm", "1k")} | (_BUFFER if buffered else {})
    defaults = " ".join(f"{key}={text}" for key, (_, _, text) in values.items())
    tap = "tap" if buffered else "out"
    lines = [
        f"* name:    {name}",
        f"* ports:   {' '.join(ports)}",
        "* source:  resistor-string DAC" + (" with buffer" if buffered else "") + "; textbook circuit, own work",
        "* licence: GPL-3.0-or-later",
        f"* valid:   {bits} bits, any temperature",
        "* tested:  ngspice 39.3",
        f"* Written by circuitsim.blocks.write_block({'string_dac_buffered' if buffered else 'string_dac'!r}, ...).",
        f"* Code k of {codes} puts out low + k / {codes} (ref - low). Bits are logic, 0 and 1 V.",
        *([f'.include "{netlists}/sense/opamp_1p.lib"'] if buffered else []),
        *folded(f".subckt {name} {' '.join(ports)} params: {defaults}"),
        "bcode code 0 v=" + "+".join(f"{2**k}*v(b{k})" for k in range(bits - 1, -1, -1)),
    ]
    for k in range(codes):
        node = f"l{k}" if k else "low"
        lines.append(f"r{k} {'ref' if k == codes - 1 else f'l{k + 1}'} {node} {{r/{codes}}}")
    for k in range(codes):
        node = f"l{k}" if k else "low"
        lines.append(f"b{k} {tap} {node} i=v({tap},{node})*((abs(v(code)-{k})<0.5)?({{1/ron}}):(1e-15))")
    if buffered:
        given = " ".join(f"{key}={{{key}}}" for key in _BUFFER)
        lines += ["rtap tap low 1e12", f"xbuf tap out out opamp_1p {given}"]
    return "\n".join([*lines, f".ends {name}", ""]), _card(bits, values, buffered)


def _card(bits: int, values: dict[str, tuple[float, str, str]], buffered: bool) -> dict[str, Any]:
    missing = ["mismatch of the resistors", "glitches between codes", "the decoder"]
    return {
        "schema": 1,
        "kind": "driver",
        "title": f"Resistor-string DAC {'with' if buffered else 'without'} buffer, {bits} bits",
        "ports": {"out": "out", "ref": "ref", "low": "low", "bits": "b{k}"},
        "output": "voltage",
        "not_modelled": ["supply current of the buffer", *missing] if buffered else missing,
        "parameters": shared("sizing of this project")
        | {key: {"value": value, "unit": unit} for key, (value, unit, _) in values.items()},
        "temperature": span(27, -40, 125, "independent of temperature"),
    }
