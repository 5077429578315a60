"""`circuitsim block`: list, show and characterize drivers, sense amplifiers and converters."""

from pathlib import Path
from typing import Annotated, Any

import typer

from circuitsim.blocks import FOLDERS, list_blocks, load_block
from circuitsim.cli.block_bench import BlockTable, Conditions, characterized_block
from circuitsim.cli.block_choice import Choice, chosen_block, quantities, shipped_or_folder
from circuitsim.cli.block_figures import table_content, table_lines
from circuitsim.cli.block_tables import block_card, block_list, block_sheet
from circuitsim.cli.block_transfer import write_transfer
from circuitsim.cli.options import PlotFile, within
from circuitsim.cli.output import Json, card_listing, plot_files, print_result, replaces
from circuitsim.cli.usage import help_without_command

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.callback(invoke_without_command=True)(help_without_command)

Text = str | None
VRef = Annotated[
    Text,
    typer.Option(
        help="Voltage at which a column is held, lower voltage of a driver, or voltage at ref of a converter [V]; "
        "absent: that of the card."
    ),
]
IMax = Annotated[Text, typer.Option(help="Largest column current of a sense amplifier [A]; absent: 100u.")]
GColumn = Annotated[
    Text, typer.Option(help="Largest conductance of a column at it, rounded up to a step of 1.25 [S]; absent: 400u.")
]
VRead = Annotated[Text, typer.Option(help="Range of a driver above --v-ref [V]; absent: 200m.")]
CLoad = Annotated[
    Text, typer.Option(help="Capacitance of the row at a driver, rounded up to a step of 1.25 [F]; absent: 100f.")
]
Bits = Annotated[
    int | None,
    typer.Option(
        parser=within("--bits"),
        metavar="N",
        help="Bits of a converter that counts, or of an ideal DAC before a driver without a digital word; absent: 8.",
    ),
]
Temperature = Annotated[float, typer.Option(parser=within("--temperature-c"), metavar="T", help="Temperature [°C].")]
Several = list[str] | None


@app.command("list")
def list_shipped(as_json: Json = False) -> None:
    """List the shipped blocks."""
    blocks = [load_block(kind, name) for kind in FOLDERS for name in list_blocks(kind)]
    print_result(card_listing(blocks), block_list(blocks), as_json)


@app.command()
@replaces(plot_files, option="plot")
def show(
    name: Annotated[
        str, typer.Argument(help="Name of a block (circuitsim block list shows them), or a block folder of your own.")
    ],
    plot: PlotFile = None,
    v_ref: VRef = None,
    i_max: IMax = None,
    g_column: GColumn = None,
    v_read: VRead = None,
    c_load: CLoad = None,
    bits: Bits = None,
    temperature_c: Temperature = 27.0,
    as_json: Json = False,
) -> None:
    """Show one block: ports, range, parameters with unit and source, what is not modelled; --plot draws its curves."""
    block = shipped_or_folder(name)
    content, lines = block_card(block), block_sheet(block)
    if plot is not None:
        choice = Choice(block.kind, {"folder": block.lib.parent}, block)
        given = Conditions(v_ref=v_ref, i_max=i_max, g_column=g_column, v_read=v_read, c_load=c_load, bits=bits)
        table = characterized_block(choice, given, temperature_c=temperature_c, params={}, timing={})
        more, drawn = _shown(table, plot)
        content["plot"] = more["plot"]
        lines += ["", *drawn]
    print_result(content, lines, as_json)


@app.command()
@replaces(plot_files, option="plot")
@replaces(lambda file: [file], option="transfer")
def characterize(
    block: Annotated[
        str, typer.Argument(help="Name of a shipped block, a block folder, or a SPICE file with a sub-circuit.")
    ],
    kind: Annotated[
        Text, typer.Option(help="What a sub-circuit in a file is: driver, sense, converter; absent: as its ports tell.")
    ] = None,
    subckt: Annotated[Text, typer.Option(help="Name of the sub-circuit in a file.")] = None,
    ports: Annotated[
        Text,
        typer.Option(
            help="Terminals of a sub-circuit in a file by their roles: in=a,out=y,ref=vcm,vdd=vdda,vss=gnd; bits=b{k} "
            "names b0, b1, …; phases.compare=clk a clock; nc=t leaves one open."
        ),
    ] = None,
    corner: Annotated[Several, typer.Option(help="Section of the file (.lib FILE CORNER); repeat it for more.")] = None,
    param: Annotated[Several, typer.Option(help="Value of a parameter, NAME=VALUE; repeatable.")] = None,
    timing: Annotated[
        Several,
        typer.Option(
            help="Another duration, NAME=VALUE [s]; repeat it. Of a file: P_start, P_width of phase P, and ready."
        ),
    ] = None,
    supply: Annotated[Text, typer.Option(help="Supply voltage [V].")] = None,
    load: Annotated[Text, typer.Option(help="Resistance from the output of a sense amplifier to ground [ohm].")] = None,
    v_ref: VRef = None,
    i_max: IMax = None,
    g_column: GColumn = None,
    v_read: VRead = None,
    c_load: CLoad = None,
    bits: Bits = None,
    temperature_c: Temperature = 27.0,
    plot: PlotFile = None,
    transfer: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Write its transfer as CSV with units: thresholds of an ADC or levels of a driver by code, with INL; "
            "output of a sense amplifier by current.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a block in ngspice, a shipped one or your own, and show its table: curves, noise, times, energies."""
    choice = chosen_block(block, kind=kind, subckt=subckt, ports=ports, corner=corner)
    given = Conditions(v_ref, i_max, g_column, v_read, c_load, bits, supply, load)
    overrides = {"params": quantities("--param", param), "timing": quantities("--timing", timing)}
    table = characterized_block(choice, given, temperature_c=temperature_c, **overrides)
    content, lines = _shown(table, plot)
    if transfer is not None:
        write_transfer(table, transfer)
        content["transfer"] = str(transfer)
        lines.append(f"transfer: {transfer}")
    print_result(content, lines, as_json, beside=transfer)


def _shown(table: BlockTable, plot: Path | None) -> tuple[dict[str, Any], list[Any]]:
    """Figures of a table, for machines and for people; with the pictures that were drawn."""
    content, lines = table_content(table), table_lines(table)
    if plot is not None:
        from circuitsim.cli.block_panels import table_panels
        from circuitsim.report import save_device_figure

        content["plot"] = [str(path) for path in save_device_figure(table.block, table_panels(table), plot)]
        lines += ["", f"drawn: {' '.join(content['plot'])}"]
    return content, lines
