"""Counts and costs of a network as plain values, and as tables."""

import csv
import dataclasses
from pathlib import Path
from typing import Any

from circuitsim.results import NetworkCost, NetworkCount
from circuitsim.results.atomic_files import atomic

_NAMES = ("name", "op", "groups", "inputs", "outputs")


def count_content(count: NetworkCount) -> dict[str, Any]:
    """Return counts as plain values: of each layer, and in total."""
    quantities = [field.name for field in dataclasses.fields(count.layers[0]) if field.name not in _NAMES]
    return {
        "images": count.images,
        "total": {name: count.total(name) for name in quantities},
        "utilization": count.utilization,
        "layers": [dataclasses.asdict(layer) for layer in count.layers],
        "digital_layers": list(count.digital),
        "digital_macs": count.digital_macs,
        "remarks": list(count.remarks),
    }


def cost_content(cost: NetworkCost) -> dict[str, Any]:
    """Return counts, energies, times and areas as plain values."""
    times, macs = cost.times, cost.count.total("macs") or 1
    return {
        **count_content(cost.count),
        "energy_without_converters_J": list(cost.ends),
        "parts": [_with_units(part, "J", "low", "high", "by_layer") for part in cost.parts],
        "converters": [
            {
                **_with_units(row, "J", "per_conversion", "energy", "parts"),
                "total_J": list(cost.total(row)),
                "per_mac_J": [end / macs for end in cost.total(row)],
            }
            for row in cost.converters
        ],
        "times": {
            **_with_units(times, "s", "read", "conversion"),
            "layers": [_with_units(each, "s", "time") for each in times.layers],
            "cycle_s": times.cycle,
            "latency_s": times.latency,
            "interval_pipelined_s": times.interval,
        },
        "areas": [_with_units(area, "m2", "low", "high") for area in cost.areas],
        "digital": [
            _with_units(each, "J_per_mac", "low", "high")
            | {"inference_J": [each.low * macs, each.high * macs], "verified": False}
            for each in cost.digital
        ],
        "left_out": list(cost.left_out),
        "remarks": list(cost.remarks),
    }


def _with_units(record: Any, unit: str, *names: str) -> dict[str, Any]:
    """Return the fields of a record; those named have the unit behind their names."""
    return {f"{name}_{unit}" if name in names else name: value for name, value in dataclasses.asdict(record).items()}


def write_cost(path: Path, cost: NetworkCost) -> None:
    """Write counts, time and energies of each layer as a table."""
    rows = []
    for k, layer in enumerate(cost.count.layers):
        row = dataclasses.asdict(layer) | {"time [s]": cost.times.layers[k].time}
        for part in cost.parts:
            ends = part.by_layer[k] if part.by_layer else (None, None)
            row |= {f"{part.part} low [J]": ends[0], f"{part.part} high [J]": ends[1]}
        row |= {f"{each.name} [J]": each.per_conversion * layer.conversions for each in cost.converters}
        rows.append(row)
    write_rows(path, rows)


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows of equal keys as a table; counts have the unit 1, bytes are bytes."""
    heads = [_head(name) for name in rows[0]]
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heads)
        writer.writerows(["" if value is None else value for value in row.values()] for row in rows)


def _head(name: str) -> str:
    if "[" in name or name in ("name", "op"):
        return name
    return f"{name} [byte]" if name.startswith("bytes_") else f"{name} [1]"
