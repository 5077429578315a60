"""The circuits around an array: their curves, the waveforms of one product, energy and time by part."""

from circuitsim.report.content import CircuitCurves, ReportContent
from circuitsim.report.parts import Column, PagePart, Paragraph, Picture, Section, Table
from circuitsim.results import ArrayEnergy, ProductCost, SurveyPlace
from circuitsim.units import format_quantity, one_prefix

_WAVES = (
    "One product in one deck of the whole chain: rows, column currents, outputs of the sense amplifiers, and the bits "
    "of the first ADC. Dotted lines: the moments at which the ADCs take their inputs."
)


def circuits_section(content: ReportContent) -> Section:
    """The curves of each circuit, and the waveforms of one product where they are given."""
    names = ", ".join(curves.block for curves in content.circuits)
    pictures: list[PagePart] = [Picture(figure_name(curves), curves.caption) for curves in content.circuits]
    if content.waveforms is not None:
        pictures.append(Picture("waveforms", _WAVES))
    heading = f"The array stands between circuits: {names}" if names else "One product of the whole chain"
    return Section("circuits", "Circuits", heading, tuple(pictures))


def figure_name(curves: CircuitCurves) -> str:
    """Name of the figure of a circuit among the page's figures."""
    return f"circuit_{curves.part}"


def cost_section(cost: ProductCost, energy: ArrayEnergy | None) -> Section:
    """Energy and time of one product, part by part, beside published converters."""
    heading = f"One product takes {format_quantity(cost.energy, 'J', 3)} and {format_quantity(cost.latency, 's', 3)}"
    lead = (
        f"{cost.operations} operations (1 multiply-accumulate = 2), "
        f"{format_quantity(cost.energy / cost.operations, 'J', 3)} each. Rows and sense amplifiers are on for "
        f"{format_quantity(cost.duration, 's', 3)}{_repeated(cost)}. Energies that are not known are not in the sum."
    )
    parts: list[PagePart] = [Paragraph(lead), _table(cost)]
    parts += [Paragraph(f"{remark[:1].upper()}{remark[1:]}.") for remark in cost.remarks]
    parts.append(Paragraph(_published(cost, energy)))
    return Section("cost", "Cost", heading, tuple(parts))


def cost_in_words(cost: ProductCost | None, energy: ArrayEnergy | None) -> str:
    """Say energy and time of one product by part; empty where the circuits around the array are ideal."""
    if cost is None:
        return ""
    parts = ", ".join(
        f"{part.part} {'not known' if part.energy is None else format_quantity(part.energy, 'J', 3)}"
        + ("" if part.time is None else f" in {format_quantity(part.time, 's', 3)}")
        for part in cost.parts
    )
    remarks = "".join(f" {remark[:1].upper()}{remark[1:]}." for remark in cost.remarks)
    return (
        f"One product takes {format_quantity(cost.energy, 'J', 3)} and {format_quantity(cost.latency, 's', 3)}, "
        f"{format_quantity(cost.energy / cost.operations, 'J', 3)} per operation, from the tables: {parts}."
        f"{remarks} {_published(cost, energy)}"
    )


def _repeated(cost: ProductCost) -> str:
    return f", {cost.reads} times, once for each bit" if cost.reads > 1 else ""


def _table(cost: ProductCost) -> Table:
    scale, unit = one_prefix(cost.energy, "J")
    slot, second = one_prefix(max(cost.latency, 1e-12), "s")
    columns = (Column("part", False), Column(f"energy [{unit}]"), Column(f"time [{second}]"), Column("from", False))
    rows = [
        (
            part.part,
            "–" if part.energy is None else f"{part.energy / scale:.3g}",
            "–" if part.time is None else f"{part.time / slot:.3g}",
            part.what,
        )
        for part in cost.parts
    ]
    return Table(columns, [*rows, ("sum", f"{cost.energy / scale:.3g}", f"{cost.latency / slot:.3g}", "")])


def _published(cost: ProductCost, energy: ArrayEnergy | None) -> str:
    """Put the converter beside published ones."""
    known = [] if energy is None else [f"{c.what}: {format_quantity(c.energy, 'J', 3)}" for c in energy.converters]
    beside = f"Published converters of 8 bits, per conversion: {'; '.join(known)}. " if known else ""
    return beside + (_survey(cost.survey) if cost.survey is not None else "No place in the ADC survey is known.")


def _survey(place: SurveyPlace) -> str:
    levels = ", ".join(format_quantity(level, "J", 3) for level in place.percentiles)
    return (
        f"This one takes {format_quantity(place.energy, 'J', 3)} at {place.enob:.1f} effective bits: {place.place} of "
        f"converters of {place.bits[0]} to {place.bits[1]} effective bits published {place.years[0]} to "
        f"{place.years[1]} (10, 50, 90 %: {levels}; {place.source}); {place.missing}."
    )
