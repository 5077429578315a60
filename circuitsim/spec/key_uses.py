"""What a key of the specification matters to: reads, reads in time, codes, networks, or the spread of transistors."""

from typing import Literal

from circuitsim.spec.abilities import CONVERTERS, GATE_WIRES, IN_TIME, NETWORK, SPREAD, charges_rows, unfelt
from circuitsim.spec.arguments import checked
from circuitsim.spec.array import ArraySpec
from circuitsim.spec.block import NAMING, BlockSpec

KeyUse = Literal["reads", "time", "charges", "energy", "codes", "networks", "spread"]

USES: dict[KeyUse, str] = {
    "reads": "reads (circuitsim solve, calibrate)",
    "time": "reads in time (circuitsim.solve_in_time)",
    "charges": "reads whose output is a charge (1c cells, pulse widths)",
    "energy": "energy and latency",
    "codes": "reads from code to code (circuitsim solve --codes)",
    "networks": "networks (circuitsim infer, age, budget)",
    "spread": "Monte Carlo of transistors, and the error budget of a certificate",
}
"""What a key may matter to, in words."""

_ALL: tuple[KeyUse, ...] = ("reads", "time", "energy", "codes", "networks")
_CODING: tuple[KeyUse, ...] = ("codes", "networks")
_BAND = ("adc.bits", "adc.full_scale")
"""Half an LSB is the band within which columns settle."""

_RANGE = "adc.full_scale"
"""Energies of converters go with bits, numbers of conversions with codings and mappings, none with a range."""

_CIRCUITS = {f"{section}.{key}" for section in ("driver", "adc") for key in (*NAMING, *BlockSpec.OF_BLOCK)}
"""Drivers and converters that are circuits: a read of voltages has no codes, which they take or give."""


@checked
def key_uses(key: str, spec: ArraySpec | None = None) -> tuple[KeyUse, ...]:
    """Return what a key matters to; `USES` has the words.

    Args:
        key: Section and key, joined by a dot.
        spec: The array; None: whatever an array may be. Only with charges do reads depend on times and
            capacitances, and only with circuits do codes.
    """
    if key in NETWORK:
        return ("energy", "networks")
    if key in CONVERTERS or key in _CIRCUITS:
        has_band = spec is None or (spec.adc.bits is not None and spec.adc.full_scale != "auto")
        before: tuple[KeyUse, ...] = ("time",) if key in _BAND and has_band else ()
        return (*before, "codes", "networks") if key == _RANGE else (*before, "energy", *_CODING)
    if key in SPREAD:
        return ("spread",)
    if key == "driver.input_code":
        reads: tuple[KeyUse, ...] = ("reads",) if spec is None or unfelt(spec, key) is None else ()
        return (*reads, "energy", *_CODING)
    if key == "driver.gate_levels" and spec is not None and spec.driver.gate_levels == (0.0, spec.v_gate):
        return _CODING  # gates are off and on without it, and take no codes
    leads_to_gates = spec is not None and spec.array.input_line != "bl" and key in GATE_WIRES
    if key not in IN_TIME and not leads_to_gates:
        return _ALL
    paid = key == "driver.t_read" or (key == "wire.c_row" and (spec is None or charges_rows(spec)))
    times: tuple[KeyUse, ...] = ("time", "charges", "energy") if paid else ("time", "charges")
    if spec is None:
        return (*times, "codes")
    circuits: tuple[KeyUse, ...] = ("codes",) if _has_circuits(spec) else ()
    return (*(use for use in times if use != "charges" or unfelt(spec, key) is None), *circuits)


def _has_circuits(spec: ArraySpec) -> bool:
    """Tell whether codes pass circuits, whose deck follows edges and capacitances."""
    return any(part.block is not None for part in (spec.driver, spec.sense, spec.adc))
