"""Keep what was measured: one JSON file for each measurement, and all of them as tables."""

import json
from pathlib import Path

FOLDER = Path(__file__).parent / "measured"


def keep(row: str, entry: dict, machine: dict) -> None:
    """Store an entry in place of an earlier one of its name, and write the tables anew."""
    path = FOLDER / f"{row}.json"
    kept = json.loads(path.read_text()) if path.exists() else []
    others = [each for each in kept if each["name"] != entry["name"]]
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([*others, entry | {"machine": machine}], indent=1) + "\n")
    write_tables()


def write_tables() -> None:
    """Write every stored measurement into one Markdown file."""
    parts = [
        "# Measured worst cases\n\n`python tests/worst_cases` wrote these tables; errors are fractions of full scale, "
        "times are processor time of one thread.\n"
    ]
    for path in sorted(FOLDER.glob("*.json")):
        entries = json.loads(path.read_text())
        columns = [key for key in entries[0] if key not in ("machine", "starts")]
        lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
        lines += ["| " + " | ".join(_cell(entry.get(key)) for key in columns) + " |" for entry in entries]
        on = "; ".join(dict.fromkeys(_named(entry["machine"]) for entry in entries))
        parts.append(f"\n## `python tests/worst_cases {path.stem}`\n\n" + "\n".join(lines) + f"\n\nOn {on}.\n")
    (FOLDER / "README.md").write_text("".join(parts))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "**no**"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _named(machine: dict) -> str:
    return f"{machine['processor']}, ngspice {machine['ngspice']['version']}, {machine['date']}"
