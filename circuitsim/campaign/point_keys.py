"""What a result depends on, as a digest: its place in the store, and the seed of its own generator."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from circuitsim import __version__
from circuitsim.blocks import blocks_of
from circuitsim.campaign.measure_sources import source_digest
from circuitsim.campaign.measures import MeasureCall
from circuitsim.devices import access_card, device_card
from circuitsim.errors import SimulatorError
from circuitsim.library import assemble_own
from circuitsim.netlist import cell_text
from circuitsim.spec import ArraySpec
from circuitsim.spec.array import WITH_FILES
from circuitsim.spice import find_ngspice

KEY_SCHEMA = 1
_TABLE = "device.toml"
"""File beside the SPICE file of a card that decide results: its statistics."""


def draw_digest(seed: int, replicate: int) -> str:
    """Return the digest that seeds the generator of a point.

    Points of one seed and replicate draw the same numbers, whatever the array and the measure: a curve along an axis
    then shows the axis, and not other draws. Replicates, or an axis of seeds, tell how much draws matter.
    """
    return _digest([seed, replicate])


def point_key(spec_digest: str, files: str, measure: str, drawn: str, versions: Mapping[str, str]) -> str:
    """Return the key of a point: what it measures, where, with which draws and versions of programs.

    Args:
        spec_digest: `ArraySpec.digest`.
        files: `files_digest` of the specification.
        measure: `measure_digest`.
        drawn: `draw_digest` of the point.
        versions: See `program_versions`.
    """
    return _digest([KEY_SCHEMA, spec_digest, files, measure, drawn, dict(versions)])


def generator_of(drawn: str) -> np.random.Generator:
    """Return the generator of a point, which depends on nothing but its `draw_digest`."""
    return np.random.default_rng(np.random.SeedSequence(int(drawn, 16)))


def program_versions() -> dict[str, str]:
    """Return the versions on which results depend: circuitsim and ngspice ("none" where there is none)."""
    try:
        ngspice = find_ngspice().version_text
    except SimulatorError:
        ngspice = "none"
    return {"circuitsim": __version__, "ngspice": ngspice}


def measure_digest(call: MeasureCall) -> str:
    """Return the SHA-256 of what a measure depends on: function, arguments, files, and its version."""
    arguments = {
        key: {"file": _file_digest(value)} if isinstance(value, Path) else value
        for key, value in call.arguments.items()
    }
    return _digest({"function": call.function, "arguments": arguments, "source": source_digest(call)})


def files_digest(spec: ArraySpec) -> str:
    """Return the SHA-256 of everything in files that an array uses: its cell, its circuits, the statistics of its card.

    Raises:
        InputError: A file cannot be used.
    """
    cards = [device_card(spec), *([] if spec.access is None else [access_card(spec)])]
    tables = [card.folder / _TABLE for card in cards]
    calls = [f"{block.include}\nx1 {' '.join(block.terminals)} {block.subckt}\n" for block in blocks_of(spec).values()]
    return _digest(
        [
            cell_text(spec).digest,
            *(assemble_own(call).digest for call in calls),
            *(_file_digest(table) for table in tables if table.is_file()),
        ]
    )


def parts_with_files(spec: ArraySpec) -> str:
    """Return the sections that may name files, as one text."""
    parts = [spec.array.cell, spec.array.input_line, str(spec.array.temperature_c)]
    return "\n".join([*parts, *(repr(getattr(spec, name)) for name in WITH_FILES)])


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
