"""`circuitsim device`: which devices exist, where they come from, how they behave."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from pydantic import ValidationError

from circuitsim.cli import device_tabulate
from circuitsim.cli.device_tables import card_list, card_sheet, fit_content, fit_lines
from circuitsim.cli.options import PlotFile, ReadVoltage, within
from circuitsim.cli.output import Json, card_listing, plot_files, print_result, replaces
from circuitsim.cli.usage import help_without_command
from circuitsim.devices import GATES, Card, Parameter, list_cards, load_card, load_folder, user_device
from circuitsim.errors import InputError
from circuitsim.spec import DeviceSpec, sentence
from circuitsim.units import format_quantity, parse_quantity

if TYPE_CHECKING:
    from circuitsim.characterization import ReadCurves, StateMap

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.callback(invoke_without_command=True)(help_without_command)

app.command()(device_tabulate.tabulate)

REACH = 1e-4  # relative deviation of a conductance at which a searched state still reaches it


@app.command("list")
def list_devices(as_json: Json = False) -> None:
    """List the shipped cards."""
    cards = [load_card(name) for name in list_cards()]
    print_result(card_listing(cards), card_list(cards), as_json)


@app.command()
@replaces(plot_files, option="plot")
def show(
    name: Annotated[
        str, typer.Argument(help="Name of a card (circuitsim device list shows them), or a device folder of your own.")
    ],
    plot: PlotFile = None,
    as_json: Json = False,
) -> None:
    """Show one card: parameters with unit and source, range, statistics, what is not modelled; --plot draws it."""
    card = load_folder(name) if name not in list_cards() and Path(name).is_dir() else load_card(name)
    content = _content(card)
    if plot is not None:
        from circuitsim.cli.device_panels import save_panels, show_panels

        content["plot"] = save_panels(plot, card.name, show_panels(card))
    print_result(content, [*card_sheet(card), *_drawn(content)], as_json)


@app.command()
@replaces(plot_files, option="plot")
def characterize(
    file: Annotated[Path, typer.Argument(help="SPICE file with the sub-circuit of a memory, or a device folder.")],
    subckt: Annotated[str | None, typer.Option(help="Name of the sub-circuit.")] = None,
    g_min: Annotated[str | None, typer.Option(help="Smallest conductance, for example 1u [S].")] = None,
    g_max: Annotated[str | None, typer.Option(help="Largest conductance [S].")] = None,
    corner: Annotated[
        list[str] | None, typer.Option(help="Section of the file (.lib FILE CORNER); repeat it to take several.")
    ] = None,
    ports: Annotated[str, typer.Option(help="What each terminal is, in the sub-circuit's order.")] = "te be",
    state: Annotated[str, typer.Option(help="Parameter that holds the state.")] = "g",
    state_kind: Annotated[
        str | None, typer.Option(help="What it takes: conductance (the default), resistance, or searched.")
    ] = None,
    state_range: Annotated[
        str | None, typer.Option(help='Its ends, smaller first, where it is searched: "0.2 1.7".')
    ] = None,
    v_gate: Annotated[str | None, typer.Option(help="Voltage of the gate, where the ports have one [V].")] = None,
    v_read: ReadVoltage = 0.2,
    temperature_c: Annotated[
        float, typer.Option(parser=within("--temperature-c"), metavar="T", help="Temperature [°C].")
    ] = 27.0,
    plot: PlotFile = None,
    as_json: Json = False,
) -> None:
    """Read a memory of your own in ngspice: current, nonlinearity, and how g maps to its actual conductance."""
    from circuitsim.characterization import map_states, read_curves

    if file.is_dir():
        given = {"--subckt": subckt, "--g-min": g_min, "--g-max": g_max, "--corner": corner or None}
        given |= {"--state-kind": state_kind, "--state-range": state_range, "--v-gate": v_gate}
        if ignored := [option for option, value in given.items() if value is not None]:
            raise InputError(f"{file}: a device folder states its own {', '.join(ignored)}; leave the option out")
        card = load_folder(file)
    elif subckt is None or g_min is None or g_max is None:
        raise InputError(f"{file}: a SPICE file needs --subckt, --g-min and --g-max; a device folder does not")
    else:
        keys = {"corner": corner or None, "subckt": subckt, "state": state, "g_min": g_min, "g_max": g_max}
        keys |= {"state_kind": state_kind, "state_range": state_range and state_range.split(), "v_gate": v_gate}
        card = _users_card(file, ports.split(), keys)
    curves = read_curves(card, v_max=2 * v_read, temperature_c=temperature_c)
    mapping = map_states(card, v_read=v_read, temperature_c=temperature_c)
    content = _characterization(card, curves, mapping)
    if plot is not None:
        from circuitsim.cli.device_panels import read_panels, save_panels

        content["plot"] = save_panels(plot, card.name, read_panels(curves))
    print_result(content, _characterization_text(content, card, v_read), as_json)


@app.command()
@replaces(plot_files, option="plot")
def fit(
    file: Annotated[Path, typer.Argument(help="Table with a heading such as v_V,i_uA (and gap_nm or state).")],
    out: Annotated[Path, typer.Option("--out", "-o", help="New device folder; its name becomes the card's name.")],
    form: Annotated[
        str, typer.Option(help="sinh, cubic, gap, states, or auto: states with a column state, else sinh or cubic.")
    ] = "auto",
    v_read: ReadVoltage = 0.2,
    columns: Annotated[
        str, typer.Option(help="Headings to take, voltage before current: v_set_V,i_set_A. Several pairs are joined.")
    ] = "",
    v_max: Annotated[str | None, typer.Option(help="Take only voltages up to this magnitude [V].")] = None,
    two_states: Annotated[
        bool, typer.Option("--two-states", help="Divide the sweeps of a hysteresis loop into two states and fit both.")
    ] = False,
    plot: PlotFile = None,
    as_json: Json = False,
) -> None:
    """Fit a read current to a measured I–V and write it as a device folder, with the residual.

    A fit that leaves more than 10 % rms of the current is refused, with the likely cause.
    """
    from circuitsim.devices import Fit, fit_current, fit_two_states, read_measurement, write_folder

    names = [name.strip() for name in next(csv.reader([columns], skipinitialspace=True), [])]
    data = read_measurement(file, names, v_max=None if v_max is None else parse_quantity(v_max))
    result = (fit_two_states if two_states else fit_current)(data, form, v_read=v_read)
    card = write_folder(result, out)
    states = {"": result} if isinstance(result, Fit) else {"low": result.low, "high": result.high}
    content: dict[str, Any] = {"folder": str(card.folder)}
    content |= fit_content(result) if isinstance(result, Fit) else {k: fit_content(each) for k, each in states.items()}
    if plot is not None:
        from circuitsim.cli.device_panels import fit_panels, save_panels

        content["plot"] = save_panels(plot, card.name, fit_panels(states))
    print_result(content, [*fit_lines(str(card.folder), states), *_drawn(content)], as_json)


def _users_card(file: Path, ports: list[str], keys: dict[str, Any]) -> Card:
    """The card of a sub-circuit in a user's file, from the options by the keys of [device]."""
    ends = keys["state_range"]
    if ends is not None and len(ends) != 2:
        raise InputError(f'--state-range {" ".join(ends)!r}: expected two numbers, the smaller first: "0.2 1.7"')
    given = {key: value for key, value in keys.items() if value is not None}
    try:
        card = user_device(DeviceSpec.model_validate({"file": file, "ports": ports, **given}))
    except ValidationError as error:
        raise InputError(sentence(error, DeviceSpec)) from None
    gate = next((name for name in ports if name in GATES), None)
    if (gate is None) != (keys["v_gate"] is None):
        said = "has no gate: leave out --v-gate" if gate is None else f"has the gate {gate!r}: give --v-gate"
        raise InputError(f"{file}: --ports {' '.join(ports)!r} {said}")
    return card


def _characterization(card: Card, curves: "ReadCurves", mapping: "StateMap") -> dict[str, Any]:
    state = card.state
    assert state is not None
    by_resistance = state.kind == "resistance"
    asked = 1 / mapping.states if by_resistance else mapping.states
    searched = state.kind == "analog"
    low, high = mapping.g_range
    return {
        "file": str(card.lib),
        "subckt": card.subckt,
        "ohmic": curves.ohmic,
        "bend": curves.bend,
        "g_min_S": low,
        "g_max_S": high,
        "largest_deviation_from_state": float(np.abs(mapping.g / asked - 1).max())
        if mapping.exact or by_resistance
        else None,
        "reaches": low <= state.g_min * (1 + REACH) and state.g_max <= high * (1 + REACH) if searched else None,
    }


def _characterization_text(content: dict[str, Any], card: Card, v_read: float) -> str:
    bend = "ohmic" if content["ohmic"] else f"chord conductance changes by {content['bend']:.3%}"
    low, high = (format_quantity(content[key], "S") for key in ("g_min_S", "g_max_S"))
    off = content["largest_deviation_from_state"]
    state = card.state
    said = "" if off is None else f", {off:.2e} or less away from the parameter"
    if content["reaches"] is not None and state is not None:
        wanted = f"{format_quantity(state.g_min, 'S')} to {format_quantity(state.g_max, 'S')}"
        said = f"; the states {'reach' if content['reaches'] else 'do NOT reach'} {wanted}"
    return (
        f"{content['subckt']} of {content['file']}: {bend} up to {format_quantity(2 * v_read, 'V')}\n"
        f"conductance at {format_quantity(v_read, 'V')}: {low} to {high}{said}"
    )


def _content(card: Card) -> dict[str, Any]:
    parts = {
        "name": card.name,
        "kind": card.kind,
        "title": card.title,
        "file": str(card.lib),
        "subckt": card.subckt,
        "ports": list(card.ports),
        "corners": list(card.corners),
        "ohmic": card.ohmic,
        "source": card.source,
        "licence": card.licence,
        "valid": card.valid,
        "tested": card.tested,
        "temperature": card.temperature.model_dump(),
        "not_modelled": list(card.not_modelled),
        "statistics": card.statistics.model_dump(exclude_none=True) if card.statistics else {},
        "pulses": card.pulses.model_dump(exclude_none=True) if card.pulses else {},
    }
    if card.state is not None:
        parts["state"] = card.state.model_dump()
    for key in ("parameters", "model_parameters", "measured"):
        parts[key] = _named(getattr(card, key))
    if card.dynamic is not None:
        parts["dynamic"] = {**card.dynamic.model_dump(), "parameters": _named(card.dynamic.parameters)}
    return parts


def _named(parameters: Mapping[str, Parameter]) -> dict[str, dict[str, Any]]:
    return {name: {"name": name, **parameter.model_dump()} for name, parameter in parameters.items()}


def _drawn(content: dict[str, Any]) -> list[str]:
    return ["", f"drawn: {' '.join(content['plot'])}"] if "plot" in content else []
