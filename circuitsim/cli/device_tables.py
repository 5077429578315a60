"""A device card and a fit as text and tables for people."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from circuitsim.devices import Card, Parameter
from circuitsim.units import format_quantity

if TYPE_CHECKING:
    from circuitsim.devices import Fit


def card_list(cards: Sequence[Card]) -> list[str | Table]:
    """Names and titles, memories first."""
    width = max(len(card.name) for card in cards)
    parts: list[str | Table] = []
    for kind, heading in (("memory", "Memories"), ("transistor", "Transistors")):
        rows = [(f"  {card.name:<{width}}", card.title) for card in cards if card.kind == kind]
        parts += ["", heading, _table(rows)]
    return parts[1:]


def card_sheet(card: Card) -> list[str | Table]:
    """Everything that a card states: origin, range, what it leaves out, parameters with unit and source, statistics."""
    parts: list[str | Table] = [f"{card.name}: {card.title}", "", _table(_facts(card))]
    parts += ["", *(f"not modelled: {item}" for item in card.not_modelled)]
    for heading, parameters in (
        ("parameters", card.parameters),
        ("switching", card.dynamic.parameters if card.dynamic else {}),
        ("model", card.model_parameters),
        ("measured", card.measured),
    ):
        if parameters:
            parts += ["", heading, _table(_parameter_rows(parameters))]
    if card.statistics is not None:
        parts += ["", f"statistics   {card.statistics.fit} {card.statistics.source}"]
        parts += [f"  {name}" for name in card.statistics.parts]
    if card.pulses is not None:
        parts += ["", f"pulses       {card.pulses.fit} {card.pulses.source}"]
    return parts


def fit_content(fit: "Fit") -> dict[str, Any]:
    """A fit for machines."""
    return {
        "form": fit.form,
        "values": fit.values,
        "units": fit.units,
        "residual_rms": fit.rms,
        "residual_max": fit.worst,
        "notes": list(fit.notes),
    }


def fit_lines(folder: str, states: "Mapping[str, Fit]") -> list[str]:
    """Parameters and residual of each state (named where there are two), and each note once."""
    lines = []
    for state, fit in states.items():
        values = _law_in_words(fit)
        name = f"state of {state} conductance: " if state else ""
        lines.append(f"{folder}: {name}{fit.form}, {values}; residual rms {fit.rms:.2e}, largest {fit.worst:.2e}")
    notes = dict.fromkeys(note for fit in states.values() for note in fit.notes)
    return [*lines, *(f"note: {note}" for note in notes)]


def _law_in_words(fit: "Fit") -> str:
    """The parameters of a form; of the states form, whose coefficients mean nothing alone, its size and range."""
    from circuitsim.devices import StatesFit

    if not isinstance(fit, StatesFit):
        return ", ".join(f"{key} = {format_quantity(value, fit.units[key])}" for key, value in fit.values.items())
    powers_v, powers_g = fit.coefficients.shape
    low, high = (format_quantity(g, "S") for g in fit.g)
    powers = f"powers of v up to {powers_v} and of ln g up to {powers_g - 1}"
    return f"{len(fit.g_states)} states from {low} to {high}, {powers}"


def _facts(card: Card) -> list[tuple[str, str]]:
    temperature = card.temperature
    facts = [(key, getattr(card, key)) for key in ("source", "licence", "valid", "tested")]
    facts += [("file", str(card.lib)), ("terminals", " ".join(card.ports))]
    if card.corners:
        facts.append(("corners", " ".join(card.corners)))
    if card.state is not None:
        facts.append(("state", _state(card)))
    facts.append(("temperature", f"{temperature.law} ({temperature.min_c:g} to {temperature.max_c:g} °C)"))
    return facts


def _state(card: Card) -> str:
    state = card.state
    assert state is not None
    unit = "F" if state.kind == "capacitance" else "S"
    return (
        f"{state.parameter} [{state.unit}] from {state.minimum:g} to {state.maximum:g};"
        f" {format_quantity(state.g_min, unit)} to {format_quantity(state.g_max, unit)} at {state.v_read:g} V"
    )


def _parameter_rows(parameters: Mapping[str, Parameter]) -> Iterable[tuple[str, ...]]:
    """Name, value, unit and condition or source; the same words as in the row above are not repeated."""
    before = ""
    for name, item in parameters.items():
        quality = f"{item.fit} " if item.fit.endswith("of") else ""
        note = item.condition or quality + item.source
        yield f"  {name}", f"{item.value:.6g}", item.unit, "as above" if note == before else note
        before = note


def _table(rows: Iterable[tuple[str, ...]]) -> Table:
    """A table without lines and headings, one blank more than usual between its columns."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*row)
    return table
