"""`circuitsim block`: list, show and characterize drivers, sense amplifiers and converters."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from circuitsim.blocks import FOLDERS, Block, BlockKind, list_blocks, load_block, load_block_folder
from circuitsim.cli.block_tables import block_list, block_sheet, sense_content, sense_lines
from circuitsim.cli.options import within
from circuitsim.cli.output import Json, plot_files, print_result, replaces
from circuitsim.errors import InputError
from circuitsim.units import parse_quantity

if TYPE_CHECKING:
    from circuitsim.results import SenseTable

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

PlotFile = Annotated[
    Path | None, typer.Option("--plot", help="Draw its curves into this file: .png and .svg beside each other.")
]
Text = str | None
VRef = Annotated[Text, typer.Option(help="Voltage at which the column is held [V]; absent: that of the card.")]
IMax = Annotated[str, typer.Option(help="Largest column current, for example 100u [A].")]
GColumn = Annotated[str, typer.Option(help="Largest conductance of a column [S].")]
Temperature = Annotated[float, typer.Option(parser=within("--temperature-c"), metavar="T", help="Temperature [°C].")]


@app.command("list")
def list_shipped(as_json: Json = False) -> None:
    """List the shipped blocks."""
    blocks = [load_block(kind, name) for kind in FOLDERS for name in list_blocks(kind)]
    content = [{"name": one.name, "kind": one.kind, "title": one.title, "licence": one.licence} for one in blocks]
    print_result(content, block_list(blocks), as_json)


@app.command()
@replaces(plot_files, option="plot")
def show(
    name: Annotated[
        str, typer.Argument(help="Name of a block (circuitsim block list shows them), or a block folder of your own.")
    ],
    plot: PlotFile = None,
    v_ref: VRef = None,
    i_max: IMax = "100u",
    g_column: GColumn = "400u",
    temperature_c: Temperature = 27.0,
    as_json: Json = False,
) -> None:
    """Show one block: ports, range, parameters with unit and source, what is not modelled; --plot draws its curves."""
    block = _find(name)
    content, lines = _card(block), block_sheet(block)
    if plot is not None:
        keys = {"folder": block.lib.parent}
        content["plot"], more = _characterized(block, keys, plot, v_ref, i_max, g_column, temperature_c)
        lines += more
    print_result(content, lines, as_json)


@app.command()
@replaces(plot_files, option="plot")
def characterize(
    file: Annotated[Path, typer.Argument(help="SPICE file with the sub-circuit of a sense amplifier, or its folder.")],
    subckt: Annotated[Text, typer.Option(help="Name of the sub-circuit.")] = None,
    ports: Annotated[
        Text, typer.Option(help="Terminals by their roles: in=a,out=y,ref=vcm,vdd=vdda,vss=gnd; nc=t leaves one open.")
    ] = None,
    corner: Annotated[Text, typer.Option(help="Section of the file (.lib FILE CORNER).")] = None,
    supply: Annotated[Text, typer.Option(help="Supply voltage [V].")] = None,
    load: Annotated[Text, typer.Option(help="Resistance from the output to ground [ohm].")] = None,
    v_ref: VRef = None,
    i_max: IMax = "100u",
    g_column: GColumn = "400u",
    temperature_c: Temperature = 27.0,
    plot: PlotFile = None,
    as_json: Json = False,
) -> None:
    """Run a sense amplifier of your own in ngspice: transfer, input resistance, settling, bandwidth, noise."""
    keys: dict[str, Any] = {"supply": supply, "load": load}
    if file.is_dir():
        given = {"--subckt": subckt, "--ports": ports, "--corner": corner}
        if ignored := [option for option, value in given.items() if value is not None]:
            raise InputError(f"{file}: a block folder states its own {', '.join(ignored)}; leave the option out")
        block = load_block_folder(file)
        keys["folder"] = file
    elif subckt is None or ports is None:
        raise InputError(f"{file}: a SPICE file needs --subckt and --ports; a block folder does not")
    else:
        block = None
        keys |= {"file": file, "subckt": subckt, "corner": corner, "ports": _roles(ports)}
    content, lines = _characterized(block, keys, plot, v_ref, i_max, g_column, temperature_c)
    print_result(content, lines, as_json)


def _find(name: str) -> Block:
    kinds: list[BlockKind] = [kind for kind in FOLDERS if name in list_blocks(kind)]
    if kinds:
        return load_block(kinds[0], name)
    if Path(name).is_dir():
        return load_block_folder(name)
    known = ", ".join(each for kind in FOLDERS for each in list_blocks(kind))
    raise InputError(f"block {name!r}: no such block, expected one of {known}, or a folder with a block.toml")


def _roles(text: str) -> dict[str, str]:
    pairs = [word.partition("=") for word in text.replace(",", " ").split()]
    for role, sign, terminal in pairs:
        if not (role and sign and terminal):
            raise InputError(f"--ports {text!r}: expected ROLE=TERMINAL between commas, such as in=a,out=y")
    return {role: terminal for role, _, terminal in pairs}


def _characterized(
    block: Block | None,
    keys: dict[str, Any],
    plot: Path | None,
    v_ref: str | None,
    i_max: str,
    g_column: str,
    temperature_c: float,
) -> tuple[dict[str, Any], list[Any]]:
    """Characterize a sense amplifier beside a column of one row; return its figures for machines and for people."""
    from circuitsim.characterization import characterize as tables_of
    from circuitsim.spec import parse_spec

    if block is not None and block.kind != "sense":
        raise InputError(
            f"{block.name}: a {block.kind}, and this command characterizes sense amplifiers only; "
            "circuitsim.characterize(spec) gives the tables of drivers and converters"
        )
    reference = block.reference.nominal if block is not None and block.reference is not None else 0.0
    g = parse_quantity(g_column)
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": 1, "cols": 1, "cell": "1r", "temperature_c": temperature_c},
            "device": {"model": "rram_ohmic", "g_min": 1e-3 * g, "g_max": g},
            "wire": {"r_row": 0, "r_col": 0},
            "driver": {"v_read": 0.2},
            "sense": {**keys, "i_max": i_max, "v_ref": reference if v_ref is None else v_ref},
        }
    )
    table = tables_of(spec).sense
    assert table is not None
    content, lines = sense_content(table), sense_lines(table)
    if plot is not None:
        content["plot"] = _drawn(table, plot)
        lines += ["", f"drawn: {' '.join(content['plot'])}"]
    return content, lines


def _drawn(table: "SenseTable", plot: Path) -> list[str]:
    from circuitsim.cli.block_panels import sense_panels
    from circuitsim.report import save_device_figure

    return [str(path) for path in save_device_figure(table.block, sense_panels(table), plot)]


def _card(block: Block) -> dict[str, Any]:
    spans = {key: getattr(block, key) for key in ("supply", "reference", "temperature")}
    return {
        "name": block.name,
        "kind": block.kind,
        "title": block.title,
        "file": str(block.lib),
        "subckt": block.subckt,
        "ports": dict(zip(block.terminals, block.roles, strict=True)),
        "polarity": block.polarity,
        "output": block.output,
        "load_ohm": block.load,
        **{key: None if span is None else span.model_dump() for key, span in spans.items()},
        "parameters": {name: item.model_dump() for name, item in block.parameters.items()},
        "timing": {name: item.model_dump() for name, item in block.timing.items()},
        "phases": {name: phase.model_dump() for name, phase in block.phases.items()},
        "not_modelled": list(block.not_modelled),
        **{key: getattr(block, key) for key in ("source", "licence", "valid", "tested")},
    }
