"""`circuitsim preset`: chips of the field as specifications, with the source of every key."""

import dataclasses
import re
import tomllib
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from circuitsim.cli.options import Out
from circuitsim.cli.output import Json, print_result, write_new
from circuitsim.cli.usage import help_without_command
from circuitsim.errors import InputError
from circuitsim.spec import state_unit
from circuitsim.units import format_quantity

if TYPE_CHECKING:
    from circuitsim.presets import Preset

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.callback(invoke_without_command=True)(help_without_command)

Name = Annotated[str, typer.Argument(help="Name of a chip; circuitsim preset list shows them.")]
IDEAL = "ideal"


@app.command("list")
def list_presets(as_json: Json = False) -> None:
    """List the chips: array, device, converters, and the publication."""
    from circuitsim.presets import load_preset, preset_names

    rows = [_row(load_preset(name)) for name in preset_names()]
    table = Table("chip", "array", "device", "DAC, input", "ADC", "source", box=None, pad_edge=False)
    for row in rows:
        publication = re.sub(r', ".*?"', "", row["source"])  # without its title
        table.add_row(*(row[key] for key in ("name", "array", "device", "dac", "adc")), publication)
    print_result(rows, [table], as_json)


@app.command()
def show(name: Name, as_json: Json = False) -> None:
    """Show one chip: every key with its value and its source, what was published, and what was not."""
    from circuitsim.presets import load_preset

    preset = load_preset(name)
    values = {
        f"{section}.{key}": value
        for section, keys in tomllib.loads(preset.text).items()
        if isinstance(keys, dict)
        for key, value in keys.items()
    }
    sources = {key: dataclasses.asdict(source) | {"value": values[key]} for key, source in preset.sources.items()}
    content = {"name": preset.name, "title": preset.title, "references": preset.references, "keys": sources}
    content |= {"published": preset.published, "unknown": preset.unknown, "toml": preset.text}
    print_result(content, _sheet(preset, values), as_json)


@app.command()
def write(name: Name, out: Out, as_json: Json = False) -> None:
    """Write the specification of a chip, with its sources in comments, to a file.

    A file of other content is never replaced.
    """
    from circuitsim.presets import load_preset

    preset = load_preset(name)
    if preset.spec is None:
        raise InputError(f"preset = {name!r}: a digital machine has no array to write; circuitsim preset show {name}")
    write_new(out, preset.text)
    print_result({"name": name, "file": str(out)}, f"{out}: {preset.title}", as_json)


def _row(preset: "Preset") -> dict[str, Any]:
    """What stands in the list."""
    row = {"name": preset.name, "title": preset.title, "array": "none: digital", "device": "", "dac": "", "adc": ""}
    spec, source = preset.spec, min(preset.references.items())[1]
    if spec is not None:
        bits = spec.driver.dac_bits
        row |= {
            "array": f"{spec.array.rows} x {spec.array.cols} {spec.array.cell}, input on {spec.array.input_line}",
            "device": f"{spec.device.model}, {format_quantity(spec.device.g_max, state_unit(spec))} at most",
            "dac": f"{IDEAL if bits is None else f'{bits} bits'}, {spec.driver.input_code}",
            "adc": IDEAL if spec.adc.bits is None else f"{spec.adc.bits} bits",
        }
    return row | {"source": source}


def _sheet(preset: "Preset", values: dict[str, Any]) -> list[Any]:
    table = Table("key", "value", "source", box=None, pad_edge=False)
    for key, source in preset.sources.items():
        origin = f"{source.kind}:" if source.reference is None else f"[{source.reference}]"
        table.add_row(key, str(values[key]), f"{origin} {source.note}")
    return [
        preset.title,
        "",
        *([table, ""] if preset.sources else ["no array: circuitsim energy prints it beside the arrays of yours", ""]),
        *(f"published: {each}" for each in preset.published),
        *(f"unknown: {each}" for each in preset.unknown),
        "",
        *(f"[{number}] {each}" for number, each in preset.references.items()),
    ]
