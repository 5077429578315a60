"""The keys of a specification on which the current of a cell depends."""

from circuitsim.spec.array import ArraySpec

# Ranges and spreads do not enter the circuit; the gate voltage is one number, whichever section states it.
_NOT_THE_CELL = {"g_min", "g_max", "v_gate", "a_vt", "a_beta"}
_PATHS = ("file", "folder")


def cell_keys(spec: ArraySpec, *, v_gate: float | None = None) -> dict[str, str]:
    """Return every key that determines the current of a cell, with its value as text.

    Two specifications with equal keys have the same cell, whatever the size, the wires and the range of conductances of
    their arrays. Of files and folders only the names count; `Provenance.files_digest` covers their contents.

    Args:
        spec: The array.
        v_gate: Gate voltage of the cell [V]; None: that of a selected row.
    """
    keys = {
        "array.cell": spec.array.cell,
        "array.input_line": "string" if spec.array.input_line == "string" else "bl or wl",
        "array.temperature_c": repr(spec.array.temperature_c),
        "driver.v_read": repr(spec.driver.v_read),
        "v_gate": repr(spec.v_gate if v_gate is None else v_gate),
    }
    for name, part in (("device", spec.device), ("access", spec.access)):
        for key, value in {} if part is None else part:
            if key not in _NOT_THE_CELL and value is not None:
                keys[f"{name}.{key}"] = value.name if key in _PATHS else _text(value)
    return keys


def _text(value: object) -> str:
    return repr(dict(sorted(value.items())) if isinstance(value, dict) else value)
