"""What `circuitsim block` prints: the list of blocks, the sheet of one, the figures of a characterized one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.table import Table

from circuitsim.blocks import Block
from circuitsim.results import SenseTable
from circuitsim.units import format_quantity


def block_list(blocks: Sequence[Block]) -> list[Any]:
    """One line a block, under the heading of its kind."""
    lines: list[Any] = []
    for kind in dict.fromkeys(block.kind for block in blocks):
        lines += ["" if lines else None, f"{kind}:"]
        lines.append(_grid([(f"  {block.name}", block.title) for block in blocks if block.kind == kind]))
    return [line for line in lines if line is not None]


def block_sheet(block: Block) -> list[Any]:
    """Everything that a card states."""
    facts = [(key, getattr(block, key)) for key in ("source", "licence", "valid", "tested")]
    facts += [("file", str(block.lib))]
    facts += [("ports", ", ".join(f"{t} = {r}" for t, r in zip(block.terminals, block.roles, strict=True)))]
    facts += [("current", _POLARITY[block.polarity]), ("output", block.output)]
    if block.load is not None:
        facts.append(("load", format_quantity(block.load, "Ω")))
    for key, unit in (("supply", "V"), ("reference", "V"), ("temperature", "°C")):
        if (span := getattr(block, key)) is not None:
            facts.append((key, f"{span.nominal:g} {unit}, from {span.minimum:g} to {span.maximum:g} {unit}"))
    for name, phase in block.phases.items():
        facts.append((f"phase {name}", f"from {phase.start} for {phase.width}: {phase.what}"))
    lines = [f"{block.name}: {block.title}", _grid(facts)]
    for title, items in (("parameters", block.parameters), ("timing", block.timing)):
        if items:
            rows = [(f"  {name}", f"{item.value:.6g}", item.unit, item.source) for name, item in items.items()]
            lines += ["", f"{title}:", _grid(rows)]
    return [*lines, "", "not modelled:", *(f"  {each}" for each in block.not_modelled)]


def sense_content(table: SenseTable) -> dict[str, Any]:
    """Figures of a characterized amplifier, for machines."""
    assert table.current is not None and table.drop is not None and table.reported is not None
    content: dict[str, Any] = {
        "block": table.block,
        "current_A": [float(table.current[0]), float(table.current[-1])],
        "drop_V": [float(table.drop[0]), float(table.drop[-1])],
        "reported": [float(table.reported[0]), float(table.reported[-1])],
        "unit": table.unit,
        "drop_error_V": table.drop_error,
        "reported_error": table.reported_error,
        "largest_power_W": None if table.power is None else float(table.power.max()),
        "supply_V": table.supply,
        "temperature_C": table.temperature_c,
        "t_ready_s": table.t_ready,
    }
    if table.dynamics is not None:
        d = table.dynamics
        content["dynamics"] = {
            "current_A": d.current.tolist(),
            "conductance_S": d.conductance.tolist(),
            "settling_s": d.settling.tolist(),
            "band": d.band,
            "bandwidth_Hz": d.bandwidth.tolist(),
            "noise_density_A_per_sqrt_Hz": d.noise_density.tolist(),
            "noise_frequency_Hz": d.noise_frequency,
            "noise_rms": d.noise_rms.tolist(),
            "noise_band_Hz": list(d.noise_band),
            "energy_J": d.energy.tolist(),
        }
    return content


def sense_lines(table: SenseTable) -> list[Any]:
    """Figures of a characterized amplifier, for people."""
    assert table.current is not None and table.drop is not None and table.reported is not None
    low, high = (format_quantity(float(table.current[k]) + 0.0, "A") for k in (0, -1))
    drop = " to ".join(format_quantity(float(table.drop[k]), "V") for k in (0, -1))
    out = " to ".join(format_quantity(float(table.reported[k]), table.unit) for k in (0, -1))
    rows = [
        ("works from", f"{low} to {high}"),
        ("column above v_ref", drop),
        ("output", f"{out}; between the points of the table right to {table.reported_error:.1e} of its span"),
    ]
    if table.t_ready is not None:
        rows.append(("output taken after", format_quantity(table.t_ready, "s")))
    if table.power is not None and table.supply is not None:
        rows.append(("power at rest, at most", format_quantity(float(table.power.max()), "W")))
    lines: list[Any] = [f"{table.block}, {table.temperature_c:g} °C", _grid(rows)]
    if table.dynamics is not None:
        lines += ["", *_dynamics(table)]
    return lines


def _dynamics(table: SenseTable) -> list[Any]:
    d = table.dynamics
    assert d is not None
    head = ("  current", "column", f"settled to {d.band:.1%}", "bandwidth", "noise at 1 MHz", "noise of the output")
    rows: list[tuple[str, ...]] = [head]
    for i, m in np.ndindex(d.settling.shape):
        rows.append(
            (
                f"  {format_quantity(float(d.current[i]), 'A', 3)}",
                format_quantity(float(d.conductance[m]), "S", 3),
                format_quantity(float(d.settling[i, m]), "s", 3),
                format_quantity(float(d.bandwidth[i, m]), "Hz", 3),
                f"{d.noise_density[i, m] * 1e12:.3g} pA/√Hz",
                f"{format_quantity(float(d.noise_rms[i, m]), table.unit, 3)} rms",
            )
        )
    low, high = (format_quantity(f, "Hz") for f in d.noise_band)
    return [_grid(rows), f"  noise of the output: {low} to {high}"]


_POLARITY = {
    "into": "into the amplifier: rows above v_ref",
    "out_of": "out of the amplifier: rows below v_ref",
    "both": "either way",
}


def _grid(rows: Sequence[tuple[str, ...]]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*row)
    return table
