"""What `circuitsim block` prints of a characterized sense amplifier."""

from typing import Any

import numpy as np

from circuitsim.cli.block_tables import grid
from circuitsim.results import SenseTable
from circuitsim.units import format_quantity


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
        "v_ref_V": table.reference,
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
    lines: list[Any] = [f"{table.block}, {table.temperature_c:g} °C", grid(rows)]
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
                f"{d.noise_density[i, m] * 1e12:.3g} pA/√Hz" if d.noise_density[i, m] else "none",
                f"{format_quantity(float(d.noise_rms[i, m]), table.unit, 3)} rms",
            )
        )
    low, high = (format_quantity(f, "Hz") for f in d.noise_band)
    return [grid(rows), f"  noise of the output: {low} to {high}"]
